"""Makes `docs/reference.md` from the declarations of settings and commands: `python docs/make_reference.py`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from alc_tui.cli.main import app
from alc_tui.session.settings.config import SETTINGS
from alc_tui.session.settings.renamed import RENAMED
from alc_tui.session.settings.setting import GROUPS, Setting

PAGE = Path(__file__).with_name("reference.md")
_HEAD = """# Reference

Made by `python docs/make_reference.py` from the code; do not edit it.

- [Settings](#settings): [Data](#data), [Noise](#noise), [Learning](#learning), [Rounds](#rounds)
- [Values by name](#values-by-name)
- [Where a setting comes from](#where-a-setting-comes-from)
- [Commands](#commands)
- [Exit codes](#exit-codes)

## Settings

The name is that of the option of `alc session new` (`--mix-ratio`), of the variable (`ALC_MIX_RATIO`) and of the
entry in `alc.toml` and in the file of a suite (`mix_ratio`). Data sets preset some values.
"""
_SOURCES = """
## Where a setting comes from

The first of these that has it counts, and `alc session show --origin` names it:

| source | origin |
|---|---|
| the option of the command | `option` |
| the environment variable, such as `ALC_LR` | `environment` |
| the table `[session]` of `alc.toml` in the working folder | `alc.toml` |
| the table `[session]` of your own `alc.toml` | `user alc.toml` |
| another setting: the forget rate follows the noise; rounds and sampler follow the method | `noise`, `method` |
| the preset of the data set or of `preset`; the paper's budget | `preset` |
| the default | `default` |

Your own `alc.toml` is in the configuration folder of your system (`~/.config/alc/alc.toml` on Linux,
`~/Library/Application Support/alc/alc.toml` on macOS), or where `ALC_CONFIG` says. Its tables `[app]` and `[keys]` hold
your preferences for the labeling app; those of the working folder override them one by one. `alc doctor` names both
files.

| variable | default | meaning |
|---|---|---|
| `ALC_DATA` | none | folder that holds the data sets |
| `ALC_SESSIONS` | `./sessions` | folder that holds the sessions |
| `ALC_CACHE` | the user's cache folder | folder of the decoded images |
| `ALC_CONFIG` | see above | your own `alc.toml` |
| `ALC_DEBUG` | none | `1` shows the traceback of an error |
"""
_EXIT_CODES = """
## Exit codes

| code | meaning |
|---|---|
| 0 | done |
| 1 | failed |
| 2 | wrong usage or configuration |
| 3 | session missing or locked |
| 4 | training failed |
| 130 | interrupted |
| 129, 143 | ended by SIGHUP or SIGTERM |
"""


def reference() -> str:
    """The whole page."""
    return "\n".join([_HEAD.rstrip("\n"), *_settings(), *_names(), _SOURCES.rstrip("\n"), *_commands(), _EXIT_CODES])


def _settings() -> Iterator[str]:
    for group in GROUPS:
        yield from ("", f"### {group}", "", "| name | values | default | meaning |", "|---|---|---|---|")
        for setting in SETTINGS.values():
            if setting.group == group:
                default = setting.default_text or _code(setting.default_shown)
                yield _row(
                    f"`{setting.name}`", _values(setting), "no" if setting.is_flag else default, f"{setting.help}."
                )
    former = ", ".join(f"`{present}` (formerly `{name}`)" for name, present in RENAMED.items())
    without = ", ".join(f"`{name}`" for name, setting in SETTINGS.items() if setting.variable is None)
    yield from ("", f"Renamed, and found under both names: {former}. Without a variable: {without}.")


def _names() -> Iterator[str]:
    yield from ("", "## Values by name")
    for name, setting in SETTINGS.items():
        known = {**setting.choices, **setting.suggestions}
        if any(known.values()):
            yield from ("", f"### `{name}`", "", "| value | meaning |", "|---|---|")
            unexplained = [_code(value) for value, meaning in known.items() if not meaning]
            yield from (_row(_code(value), meaning) for value, meaning in known.items() if meaning)
            if unexplained:
                yield _row(", ".join(unexplained), "")


def _commands() -> Iterator[str]:
    yield from ("", "## Commands", "", "Every command has `--help`.")
    root: Any = typer.main.get_command(app)
    for words, command in _walk("alc", root):
        arguments = [parameter for parameter in command.params if not parameter.opts[0].startswith("-")]
        usage = " ".join([words, *(_argument(each) for each in arguments)])
        yield from ("", f"### `{words}`", "", " ".join((command.help or "").split()), "", f"`{usage} [OPTIONS]`", "")
        yield from ("| option | value | default | meaning |", "|---|---|---|---|")
        for each in [*arguments, *(each for each in command.params if each not in arguments)]:
            if each.name not in SETTINGS or words != "alc session new":
                yield _row(
                    _code(each.opts[0] if each.opts[0][0] == "-" else each.metavar or each.name), *_described(each)
                )
        if words == "alc session new":
            yield _row("every setting", "", "", "See [Settings](#settings).")


def _walk(words: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Every command that does something, with what is typed for it."""
    children: Mapping[str, Any] = getattr(command, "commands", {})
    for name, child in children.items():
        yield from _walk(f"{words} {name}", child)
    if not children:
        yield words, command


def _described(parameter: Any) -> tuple[str, str, str]:
    """Value, default and meaning of an option or argument."""
    shown = parameter.show_default
    has_default = bool(shown) and parameter.default is not None
    default = shown if isinstance(shown, str) else _code(parameter.default) if has_default else ""
    is_option = parameter.opts[0].startswith("-")
    return (parameter.metavar or "") if is_option else "", default, parameter.help or ""


def _values(setting: Setting) -> str:
    if setting.is_flag:
        return "yes or no"
    if setting.choices:
        return ("names of " if setting.several else "") + f"[these](#{setting.name})"
    if setting.range is not None:
        whole = "integer in " if setting.kind is int else ""
        return f"{whole}{setting.range}" + "".join(f", or `{word}`" for word in setting.words)
    return setting.metavar.lower()


def _argument(parameter: Any) -> str:
    return str(parameter.metavar) if parameter.required else f"[{parameter.metavar}]"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _code(text: object) -> str:
    return f"`{text}`" if str(text) else ""


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--to", type=Path, default=PAGE.parent, help="The folder to write to.")
    (parser.parse_args().to / PAGE.name).write_text(reference(), encoding="utf-8")
