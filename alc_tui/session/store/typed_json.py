"""Converts dataclasses to JSON and back; reading checks declared types, and errors include the location.

Supported types of fields: `str`, `int`, `float`, `bool`, dataclasses, `tuple`, `Mapping` with keys of type `str`, and
each of them or `None`. Numbers are finite, whole ones fit into 64 bits. Field metadata can change the encoding: `FLAT`,
`stored_as`, or the functions of `as_json`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache, partial
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from alc_tui.errors import AlcError

T = TypeVar("T")
Decoder = Callable[[object, str], Any]
_TOO_LARGE = 2**63

FLAT: Mapping[str, Any] = {"flat": True}
"""Metadata for a nested dataclass whose fields are stored inline in JSON."""


class MalformedValueError(ValueError):
    """A value of the wrong type. The message gives its location, the expected type, and the value."""


def parse(content: bytes) -> Any:
    """The value of a JSON text; raises MalformedValueError if it is none, or nested too deeply."""
    try:
        return json.loads(content)
    except ValueError as error:
        raise MalformedValueError(str(error)) from error
    except RecursionError as error:
        raise MalformedValueError("nested too deeply") from error


def is_text(value: str) -> bool:
    """Whether a string can be written as UTF-8: it has no surrogates other than those of file names in another
    encoding."""
    try:
        return value.isascii() or bool(value.encode(errors="surrogateescape"))
    except UnicodeEncodeError:
        return False


def as_json(encode: Callable[[Any], Any], decode: Callable[[Any], Any]) -> Mapping[str, Any]:
    """Metadata of a field with its own two functions; `decode` may raise TypeError, ValueError or AlcError."""
    return {"encode": encode, "decode": decode}


def stored_as(key: str) -> Mapping[str, Any]:
    """Metadata of a field whose key in JSON differs from its name."""
    return {"key": key}


def key_of(field: Field[Any]) -> str:
    """The key of a field in JSON."""
    return str(field.metadata.get("key", field.name))


def decode(kind: type[T], value: object, place: str = "") -> T:
    """The dataclass `kind` from a JSON object. Unknown keys are ignored; a key with a default may be missing.

    place: where the value is, such as `rounds[1]`. Raises MalformedValueError for the first value of a wrong type.
    """
    return cast(T, _decoder(cast(Any, kind))(value, place))


def encode(record: Any) -> dict[str, Any]:
    """The fields of a dataclass by key, fit for JSON, without those that are None and have the default None."""
    stored: dict[str, Any] = {}
    for field in fields(record):
        value = getattr(record, field.name)
        if field.metadata.get("flat"):
            stored |= encode(value)
        elif value is not None or field.default is not None:
            stored[key_of(field)] = field.metadata.get("encode", _encoded)(value)
    return stored


def _encoded(value: Any) -> Any:
    if is_dataclass(value):
        return encode(value)
    if isinstance(value, Mapping):
        return {name: _encoded(each) for name, each in value.items()}
    return [_encoded(each) for each in value] if isinstance(value, tuple | list) else value


@cache
def _decoder(kind: Any) -> Decoder:
    origin, arguments = get_origin(kind), get_args(kind)
    if kind in _SCALARS:
        return _SCALARS[kind]
    if is_dataclass(kind):
        return _record(cast(type, kind))
    if origin in (Union, UnionType) and arguments[-1] is NoneType and len(arguments) == 2:
        return partial(_optional, _decoder(arguments[0]))
    if origin is tuple and arguments[-1] is Ellipsis:
        return partial(_list, _decoder(arguments[0]))
    if origin is tuple:
        return partial(_fixed, [_decoder(argument) for argument in arguments])
    if origin is not None and issubclass(origin, Mapping):
        return partial(_mapping, _decoder(arguments[1]))
    raise TypeError(f"{kind} cannot be read from JSON")


def _text(value: object, place: str) -> str:
    if isinstance(value, str) and is_text(value):
        return value
    raise _malformed(place, "text", value)


def _whole_number(value: object, place: str) -> int:
    if type(value) is int and abs(value) < _TOO_LARGE:
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < _TOO_LARGE:
        return int(value)
    raise _malformed(place, "a whole number", value)


def _number(value: object, place: str) -> int | float:
    if type(value) is int and abs(value) < _TOO_LARGE:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise _malformed(place, "a number", value)


def _truth_value(value: object, place: str) -> bool:
    if isinstance(value, bool):
        return value
    raise _malformed(place, "true or false", value)


_SCALARS: dict[Any, Decoder] = {
    str: _text,
    int: _whole_number,
    float: _number,
    bool: _truth_value,
}


def _optional(inner: Decoder, value: object, place: str) -> Any:
    return None if value is None else inner(value, place)


def _list(inner: Decoder, value: object, place: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise _malformed(place, "a list", value)
    return tuple(inner(each, f"{place}[{index}]") for index, each in enumerate(value))


def _fixed(inner: list[Decoder], value: object, place: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple) or len(value) != len(inner):
        raise _malformed(place, f"a list of {len(inner)}", value)
    return tuple(one(each, f"{place}[{index}]") for index, (one, each) in enumerate(zip(inner, value, strict=True)))


def _mapping(inner: Decoder, value: object, place: str) -> dict[str, Any]:
    values = _object(value, place)
    return {_text(name, place): inner(each, _below(place, name)) for name, each in values.items()}


def _record(kind: type) -> Decoder:
    hints = get_type_hints(kind)
    known = [(field.name, _key_to_read(field), _field_decoder(field, hints[field.name])) for field in fields(kind)]
    required = {field.name for field in fields(kind) if MISSING is field.default is field.default_factory}

    def record(value: object, place: str) -> Any:
        values, arguments = _object(value, place), {}
        for name, key, decoder in known:
            if key is None:
                arguments[name] = decoder(values, place)
            elif key in values:
                arguments[name] = decoder(values[key], _below(place, key))
            elif name in required:
                raise MalformedValueError(f"{_below(place, key)}: missing")
        return kind(**arguments)

    return record


def _key_to_read(field: Field[Any]) -> str | None:
    """The key of a field in JSON, None if its own fields are stored inline."""
    return None if field.metadata.get("flat") else key_of(field)


def _field_decoder(field: Field[Any], hint: Any) -> Decoder:
    own = field.metadata.get("decode")
    if own is None:
        return _decoder(hint)

    def decoder(value: object, place: str) -> Any:
        try:
            return own(value)
        except (AlcError, TypeError, ValueError) as error:
            raise MalformedValueError(f"{place}: {error}") from error

    return decoder


def _object(value: object, place: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _malformed(place, "an object", value)
    return value


def _below(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _malformed(place: str, expected: str, value: object) -> MalformedValueError:
    return MalformedValueError(f"{place or 'the value'}: expected {expected}, found {value!r:.80}")
