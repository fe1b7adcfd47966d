"""Sorts results into tasks (a data set, a noise) and arms (what is compared there, over seeds). Computes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from alc_tui.bench.results import Result
from alc_tui.bench.statistics import Curve
from alc_tui.session.settings.departures import ALL, DEPARTURES, OF_ROUNDS
from alc_tui.session.settings.names import AUTHORS_CODE

CEILING = "clean"
_TASK = ("dataset", "noise", "noise_kind")
_DATA = ("noise_exempt", "split", "long_tail", "image_size", "backbone", "weights")
"""Settings that make another task where they differ: scores under them are not to be compared."""
_OF_CEILING = ("epochs", "batch_size", "lr")
"""Settings that make another task where ceilings differ in them: each arm is held against its own."""
_OF_ROUNDS = ("sampler", "rounds", "budget", "round_epochs")
"""Settings that LNL knows nothing of."""
_UNTOLD = ("method", "sampler", "seed", "preset")
"""Settings that are no variant of an arm. Of a preset the departures tell, which are all that it changes."""


@dataclass(frozen=True)
class Arm:
    """Runs that differ by seed alone; without a sampler, an LNL that several share.

    variant: the settings in which it is unlike most runs of its task.
    """

    method: str
    sampler: str
    variant: tuple[tuple[str, Any], ...]
    by_seed: Mapping[int, Result]

    @property
    def name(self) -> str:
        """In words: `ct-vog entropy`, `clean`; with the variant, `ct-vog entropy, mix_ratio 0.5`."""
        return ", ".join([f"{self.method} {self.sampler}".strip(), *(_words(*each) for each in self.variant)])

    def curve(self, seed: int, which: str = "best") -> Curve:
        """Labels decided and macro-F1 of each round. which: `best` (validation) or `last` epoch."""
        return [(entry["decided_total"], entry["macro_f1"][which]) for entry in self.by_seed[seed].rounds]


@dataclass(frozen=True)
class Task:
    """One data set with one noise, and what was run on it.

    settings: what else tells it from other tasks. learned: an arm for each LNL that arms share, of whose results only
    round 0 is its own. ceiling: with all labels clean, None if that was not run.
    """

    dataset: str
    noise: float | None
    noise_kind: str
    settings: tuple[tuple[str, Any], ...]
    arms: tuple[Arm, ...]
    learned: tuple[Arm, ...]
    ceiling: Arm | None

    @property
    def name(self) -> str:
        """In words: `demo, noise 0.5`."""
        return ", ".join([self.dataset, self._noise, *(_words(*each) for each in self.settings)])

    @property
    def _noise(self) -> str:
        if not self.arms:
            return "all labels clean"
        if self.noise is None:
            return f"noise {self.noise_kind}" if self.noise_kind.startswith("matrix:") else "labels as they came"
        return f"noise {self.noise:g}" + ("" if self.noise_kind == "uniform" else f" {self.noise_kind}")

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the data's order."""
        return next(result.classes for arm in self.all for result in arm.by_seed.values())

    @property
    def all(self) -> tuple[Arm, ...]:
        """The arms, the ceiling first."""
        return (*([] if self.ceiling is None else [self.ceiling]), *self.arms)


def tasks(results: Sequence[Result]) -> list[Task]:
    """The results as tasks and arms, in the order in which they first appear."""
    differing = _differing(results)
    of_ceilings = _differing([result for result in results if result.config["method"] == CEILING])
    of_data = [name for name in _DATA if name in differing] + [name for name in _OF_CEILING if name in of_ceilings]
    of_task = [*_TASK, *of_data]
    grouped: dict[tuple[Any, ...], list[Result]] = {}
    ceilings: dict[tuple[Any, ...], dict[int, Result]] = {}
    for result in results:
        config = result.config
        if config["method"] == CEILING:
            # All labels are true: the noise they would have had makes no difference.
            ceilings.setdefault(_values(config, ["dataset", *of_data]), {})[config["seed"]] = result
        else:
            grouped.setdefault(_values(config, of_task), []).append(result)
    for dataset, *data in ceilings:
        if not any((task[0], *task[3:]) == (dataset, *data) for task in grouped):
            grouped[dataset, None, "none", *data] = []
    found = []
    for (dataset, noise, noise_kind, *data), there in grouped.items():
        by_seed = ceilings.get((dataset, *data))
        ceiling = None if by_seed is None else Arm(CEILING, "", (), by_seed)
        arms = _arms([_departing(result, tuple(DEPARTURES)) for result in there], of_task)
        learned = _arms([_learned(result) for result in there], of_task)
        settings = tuple(zip(of_data, data, strict=True))
        found.append(Task(dataset, noise, noise_kind, settings, arms, learned, ceiling))
    return found


def _arms(results: Sequence[Result], of_task: Sequence[str]) -> tuple[Arm, ...]:
    """The arms of one task."""
    usual = {
        name: _usual([repr(_settings(result).get(name)) for result in results])
        for name in _differing(results)
        if name not in (*of_task, *_UNTOLD)
    }
    found: dict[tuple[str, str, tuple[tuple[str, Any], ...]], dict[int, Result]] = {}
    for result in results:
        config, settings = result.config, _settings(result)
        variant = tuple((name, settings.get(name)) for name in usual if repr(settings.get(name)) != usual[name])
        found.setdefault((config["method"], config["sampler"], variant), {})[config["seed"]] = result
    return tuple(Arm(method, sampler, variant, by_seed) for (method, sampler, variant), by_seed in found.items())


def _usual(values: Sequence[str]) -> str | None:
    """The value that is more frequent than any other; None where several are."""
    (first, often), *others = Counter(values).most_common(2)
    return None if others and others[0][1] == often else first


def _learned(result: Result) -> Result:
    """The result without what begins after LNL, so that those that share their LNL are alike."""
    early = _departing(result, tuple(name for name in DEPARTURES if name not in OF_ROUNDS))
    config = {name: value for name, value in early.config.items() if name not in _OF_ROUNDS}
    return replace(early, oracle="", config=config | {"sampler": ""})


def _departing(result: Result, of: Sequence[str]) -> Result:
    """The result with its departures in words, as far as they are some of these."""
    said = (result.config.get("departures") or "").split(",")
    names = [name for name in of if name in said or ALL in said]
    missing = [name for name in of if name not in names]
    words = ",".join(names) or "as in the paper"
    if len(missing) < len(names):
        words = AUTHORS_CODE + (f" but {','.join(missing)}" if missing else "")
    return replace(result, config={**result.config, "departures": words})


def _words(name: str, value: Any) -> str:
    """A setting for a person."""
    return str(value) if name == "departures" else f"{name} {value}"


def _values(config: Mapping[str, Any], settings: Sequence[str]) -> tuple[Any, ...]:
    return tuple(config.get(name) for name in settings)


def _differing(results: Sequence[Result]) -> list[str]:
    """The settings, and the oracle, that do not have one value in all results."""
    values: dict[str, set[str]] = {}
    for result in results:
        for name, value in _settings(result).items():
            values.setdefault(name, set()).add(repr(value))
    return [name for name, several in values.items() if len(several) > 1]


def _settings(result: Result) -> dict[str, Any]:
    return {**result.config, "oracle": result.oracle}


def rare_classes(task: Task) -> tuple[str, ...]:
    """The three classes with the fewest training samples, at most half of all, rarest first; none if not known."""
    counts = next((r.training for arm in task.all for r in arm.by_seed.values() if r.training), {})
    return tuple(sorted(counts, key=lambda name: counts[name])[: min(3, len(counts) // 2)])
