"""What was used last, up to a bound."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Kept(Generic[Key, Value]):
    """Forgets what was not used for longest once the costs of all exceed `most`. Not for several threads at once."""

    def __init__(self, most: int) -> None:
        self._most, self._cost = most, 0
        self._kept: OrderedDict[Key, tuple[Value, int]] = OrderedDict()

    def __contains__(self, key: Key) -> bool:
        return key in self._kept

    def get(self, key: Key) -> Value | None:
        """What is kept for the key; it is used now."""
        if key not in self._kept:
            return None
        self._kept.move_to_end(key)
        return self._kept[key][0]

    def put(self, key: Key, value: Value, cost: int) -> None:
        """Keep the value, if it does not cost more than all may."""
        if cost > self._most:
            return
        self._cost += cost - self._kept.pop(key, (value, 0))[1]
        self._kept[key] = value, cost
        while self._cost > self._most:
            self._cost -= self._kept.popitem(last=False)[1][1]
