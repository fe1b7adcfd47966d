"""Sorts results into tasks (a data set, a noise) and arms (what is compared there, over seeds). Computes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alc_tui.bench.results import Result
from alc_tui.bench.statistics import Curve

CEILING = "clean"
_TASK = ("dataset", "noise", "noise_kind")
_DATA = ("noise_exempt", "split", "long_tail", "image_size", "backbone", "weights")
"""Settings that make another task where they differ: scores under them are not to be compared."""


@dataclass(frozen=True)
class Arm:
    """Runs that differ by seed alone. variant: other settings in which arms of the suite differ, and their values."""

    method: str
    sampler: str
    variant: tuple[tuple[str, Any], ...]
    by_seed: Mapping[int, Result]

    @property
    def name(self) -> str:
        """In words: `ct-vog entropy`, `clean`; with the variant, `ct-vog entropy, mix_ratio 0.5`."""
        return ", ".join(
            [f"{self.method} {self.sampler}".strip(), *(f"{name} {value}" for name, value in self.variant)]
        )

    def curve(self, seed: int, which: str = "best") -> Curve:
        """Labels decided and macro-F1 of each round. which: `best` (validation) or `last` epoch."""
        return [(entry["decided_total"], entry["macro_f1"][which]) for entry in self.by_seed[seed].rounds]


@dataclass(frozen=True)
class Task:
    """One data set with one noise, and what was run on it. ceiling: with all labels clean, None if that was not run."""

    dataset: str
    noise: float | None
    settings: tuple[tuple[str, Any], ...]
    arms: tuple[Arm, ...]
    ceiling: Arm | None

    @property
    def name(self) -> str:
        """In words: `demo, noise 0.5`."""
        noise = "labels as they came" if self.noise is None else f"noise {self.noise:g}"
        return ", ".join([self.dataset, noise, *(f"{name} {value}" for name, value in self.settings)])

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
    of_data = [name for name in _DATA if name in differing]
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
    told = [name for name in ("noise_kind", *of_data) if name in differing]
    found = []
    for key, there in grouped.items():
        dataset, noise = key[:2]
        ceiling = ceilings.get((dataset, *key[3:]))
        settings = tuple((name, value) for name, value in zip(of_task, key, strict=True) if name in told)
        clean = None if ceiling is None else Arm(CEILING, "", (), ceiling)
        found.append(Task(dataset, noise, settings, _arms(there, of_task), clean))
    return found


def _arms(results: Sequence[Result], of_task: Sequence[str]) -> tuple[Arm, ...]:
    """The arms of one task."""
    variants = [name for name in _differing(results) if name not in (*of_task, "method", "sampler", "seed")]
    found: dict[tuple[str, str, tuple[tuple[str, Any], ...]], dict[int, Result]] = {}
    for result in results:
        config = {**result.config, "oracle": result.oracle}
        variant = tuple((name, config.get(name)) for name in variants)
        found.setdefault((config["method"], config["sampler"], variant), {})[config["seed"]] = result
    return tuple(Arm(method, sampler, variant, by_seed) for (method, sampler, variant), by_seed in found.items())


def _values(config: Mapping[str, Any], settings: Sequence[str]) -> tuple[Any, ...]:
    return tuple(config.get(name) for name in settings)


def _differing(results: Sequence[Result]) -> list[str]:
    """The settings, and the oracle, that do not have one value in all results."""
    values: dict[str, set[str]] = {}
    for result in results:
        for name, value in {**result.config, "oracle": result.oracle}.items():
            values.setdefault(name, set()).add(repr(value))
    return [name for name, several in values.items() if len(several) > 1]


def rare_classes(task: Task) -> tuple[str, ...]:
    """The three classes with the fewest training samples, at most half of all, rarest first; none if not known."""
    counts = next((r.training for arm in task.all for r in arm.by_seed.values() if r.training), {})
    return tuple(sorted(counts, key=lambda name: counts[name])[: min(3, len(counts) // 2)])
