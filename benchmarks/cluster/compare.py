"""Compares the results of the same suites in two stores, digit by digit but for durations: `python -m
benchmarks.cluster.compare STORE STORE`. Exits with 1 if they differ, or if a result is missing or there twice."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

from alc_tui.bench.results import RunResult, read
from alc_tui.session.store.typed_json import encode

_DURATIONS = ("seconds", "label_seconds")


def differences(one: Path, other: Path) -> list[str]:
    """What differs between two results files, a sentence each."""
    sides = [{each.id: _numbers(each) for each in read(path)[0]} for path in (one, other)]
    found = [f"{id_} is only in one of them." for id_ in sides[0].keys() ^ sides[1].keys()]
    found += [f"{id_} differs." for id_ in sides[0].keys() & sides[1].keys() if sides[0][id_] != sides[1][id_]]
    for path in (one, other):
        ids = Counter(line.partition('"id": "')[2][:12] for line in path.read_text().splitlines())
        found += [f"{id_} is in {path} {count} times." for id_, count in ids.items() if count > 1]
    return found


def _numbers(result: RunResult) -> dict[str, Any]:
    values = encode(result)
    rounds = [{name: value for name, value in each.items() if name not in _DURATIONS} for each in values["rounds"]]
    return {**values, "rounds": rounds, "seconds": None}


def main(stores: list[str]) -> int:
    """Compare all suites that both stores have; returns an exit code."""
    one, other = (sorted(Path(store).glob("bench/*/results.jsonl")) for store in stores)
    problems = [sentence for pair in zip(one, other, strict=True) for sentence in differences(*pair)]
    count = sum(len(read(path)[0]) for path in one)
    print("\n".join(problems) if problems else f"{count} results are equal; none is missing, none is there twice.")
    return int(bool(problems or not count))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
