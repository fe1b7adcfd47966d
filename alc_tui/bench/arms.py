"""Groups results by condition (data set and noise) and arm (the runs to compare, over seeds). Does not compute
statistics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from alc_tui.bench.results import RunResult, SettingValue
from alc_tui.bench.statistics import Curve
from alc_tui.errors import UsageError
from alc_tui.session.settings.config import RETRAINING_SETTINGS, SETTINGS
from alc_tui.session.settings.departures import ALL, DEPARTURES, FIRST_ALL, ROUND_DEPARTURES
from alc_tui.session.settings.names import AUTHORS_CODE, BALANCED
from alc_tui.session.settings.presets import RECIPE_SETTINGS

CEILING = "clean"
_CONDITION = ("dataset", "noise", "noise_kind")
_DATA = ("noise_exempt", "split", "long_tail", "image_size", "backbone", "weights")
"""Settings that define separate conditions: scores with different values are not comparable."""
_OF_CEILING = ("epochs", "batch_size", "lr")
"""Settings that define separate conditions if they differ among ceilings, because each arm is compared with its own
ceiling."""
_OF_ROUNDS = ("sampler", "rounds", "budget", "round_epochs", *RETRAINING_SETTINGS)
"""Settings that do not affect LNL."""
_NO_VARIANT = ("method", "sampler", "seed", "recipe")
"""Settings that do not define a variant of an arm. A recipe only changes other settings, which do."""
_NAMED_RECIPES = {BALANCED: RECIPE_SETTINGS[BALANCED]}
"""The recipes by which arms are named, and their settings."""

Variant = tuple[tuple[str, SettingValue], ...]
"""Names and values of settings."""


@dataclass(frozen=True)
class Arm:
    """Runs that differ only by seed; without a sampler, the LNL shared by several arms.

    variant: the settings that differ from those of most runs in its condition, or, with a recipe that names arms, from
    those of the recipe.
    """

    method: str
    sampler: str
    variant: Variant
    by_seed: Mapping[int, RunResult]
    recipe: str = ""

    @property
    def name(self) -> str:
        """Such as `ct-vog entropy`, `clean`, `balanced`; with the variant, `ct-vog entropy, mix_ratio 0.5`."""
        base = self.recipe or f"{self.method} {self.sampler}".strip()
        return ", ".join([base, *(_words(*each) for each in self.variant)])

    @property
    def results(self) -> tuple[RunResult, ...]:
        """One result per seed."""
        return tuple(self.by_seed.values())

    def curve(self, seed: int) -> Curve:
        """Labels decided, and macro-F1 at the best epoch by validation, of each round."""
        return [(each.decided_total, each.macro_f1.best) for each in self.by_seed[seed].rounds]


@dataclass(frozen=True)
class Condition:
    """One data set with one kind of noise, and the runs on it.

    settings: what else distinguishes it from other conditions. learned: one arm per shared LNL, whose results are
    meaningful only for round 0. ceiling: the arm with all labels clean, None if it was not run.
    """

    dataset: str
    noise: float | None
    noise_kind: str
    settings: Variant
    arms: tuple[Arm, ...]
    learned: tuple[Arm, ...]
    ceiling: Arm | None

    @property
    def name(self) -> str:
        """Such as `demo, noise 0.5`."""
        return ", ".join([self.dataset, self._noise, *(_words(*each) for each in self.settings)])

    @property
    def _noise(self) -> str:
        if not self.arms:
            return "all labels clean"
        if self.noise is None:
            return f"noise {self.noise_kind}" if self.noise_kind.startswith("matrix:") else "labels as given"
        return f"noise {self.noise:g}" + ("" if self.noise_kind == "uniform" else f" {self.noise_kind}")

    @property
    def all(self) -> tuple[Arm, ...]:
        """The arms, the ceiling first."""
        return (*([] if self.ceiling is None else [self.ceiling]), *self.arms)

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the data's order; raises UsageError if the results disagree about them."""
        run_by_classes = {result.classes: result.id for arm in self.all for result in arm.results}
        if len(run_by_classes) > 1:
            first, second = list(run_by_classes.values())[:2]
            raise UsageError(
                f"The runs {first} and {second} of {self.name} have different classes; report them from separate files."
            )
        return next(iter(run_by_classes))

    def rare_classes(self) -> tuple[str, ...]:
        """The three classes with the fewest training samples, rarest first, at most half of all; none if unknown."""
        counts = next((each.training for arm in self.all for each in arm.results if each.training), {})
        return tuple(sorted(counts, key=lambda name: counts[name])[: min(3, len(counts) // 2)])


def conditions(results: Sequence[RunResult]) -> list[Condition]:
    """The results by condition and arm, in the order of their first appearance."""
    differing = _differing(results)
    of_ceilings = _differing([result for result in results if result.method == CEILING])
    of_data = [name for name in _DATA if name in differing] + [name for name in _OF_CEILING if name in of_ceilings]
    of_condition = [*_CONDITION, *of_data]
    grouped: dict[tuple[SettingValue, ...], list[RunResult]] = {}
    ceilings: dict[tuple[SettingValue, ...], dict[int, RunResult]] = {}
    for result in results:
        if result.method == CEILING:
            # All labels are true, so the noise settings make no difference.
            ceilings.setdefault(_values(result, ["dataset", *of_data]), {})[result.seed] = result
        else:
            grouped.setdefault(_values(result, of_condition), []).append(result)
    for dataset, *data in ceilings:
        if not any((key[0], *key[3:]) == (dataset, *data) for key in grouped):
            grouped[dataset, None, "none", *data] = []
    return [_condition(key, group, of_data, ceilings) for key, group in grouped.items()]


def _condition(
    key: tuple[SettingValue, ...],
    group: Sequence[RunResult],
    of_data: Sequence[str],
    ceilings: Mapping[tuple[SettingValue, ...], dict[int, RunResult]],
) -> Condition:
    dataset, noise, noise_kind, *data = key
    of_condition = [*_CONDITION, *of_data]
    by_seed = ceilings.get((dataset, *data))
    return Condition(
        dataset=str(dataset),
        noise=None if noise is None else float(noise),
        noise_kind=str(noise_kind),
        settings=tuple(zip(of_data, data, strict=True)),
        arms=_arms([_with_departures_as_text(result, tuple(DEPARTURES)) for result in group], of_condition),
        learned=_arms([_only_lnl(result) for result in group], of_condition),
        ceiling=None if by_seed is None else Arm(CEILING, "", (), by_seed),
    )


def _arms(results: Sequence[RunResult], of_condition: Sequence[str]) -> tuple[Arm, ...]:
    """The arms of one condition."""
    usual = {
        name: _most_frequent([repr(_settings(result).get(name)) for result in results])
        for name in _differing(results)
        if name not in (*of_condition, *_NO_VARIANT)
    }
    by_arm: dict[tuple[str, str, Variant, str], dict[int, RunResult]] = {}
    for result in results:
        key = (result.method, result.sampler, *_variant(_settings(result), usual))
        by_arm.setdefault(key, {})[result.seed] = result
    return tuple(
        Arm(method, sampler, variant, by_seed, recipe) for (method, sampler, variant, recipe), by_seed in by_arm.items()
    )


def _variant(settings: Mapping[str, SettingValue], usual: Mapping[str, str | None]) -> tuple[Variant, str]:
    """The settings that define the variant of an arm, and the recipe that names it, or "".

    usual: the representation of the most frequent value of each setting that differs, None if there is none.
    """
    recipe = str(settings.get("recipe"))
    if recipe in _NAMED_RECIPES and settings.get("sampler"):
        own = _NAMED_RECIPES[recipe]
    else:  # another recipe, or the LNL shared by several arms
        recipe, own = "", {name: SETTINGS[name].default for name in RECIPE_SETTINGS[BALANCED] if name in usual}
    of_recipe = {name: repr(value) for name, value in own.items()}
    expected = {**of_recipe, **usual, **of_recipe}  # those of the recipe first
    different = [name for name, value in expected.items() if repr(settings.get(name)) != value]
    return tuple((name, settings.get(name)) for name in different), recipe


def _most_frequent(values: Sequence[str]) -> str | None:
    """The value that is more frequent than any other; None if several are."""
    (first, count), *others = Counter(values).most_common(2)
    return None if others and others[0][1] == count else first


def _only_lnl(result: RunResult) -> RunResult:
    """The result without the settings of the rounds, so that results that share their LNL are alike."""
    early = _with_departures_as_text(result, tuple(name for name in DEPARTURES if name not in ROUND_DEPARTURES))
    config = {name: value for name, value in early.config.items() if name not in _OF_ROUNDS}
    return replace(early, oracle="", config=config | {"sampler": ""})


def _with_departures_as_text(result: RunResult, of: Sequence[str]) -> RunResult:
    """The result with its departures among `of` described as text."""
    listed = str(result.config.get("departures") or "").split(",")
    names = [name for name in of if name in listed or (ALL in listed and name in FIRST_ALL)]
    missing = [name for name in of if name not in names]
    words = ",".join(names) or "as in the paper"
    if len(missing) < len(names):
        words = AUTHORS_CODE + (f" except {','.join(missing)}" if missing else "")
    return replace(result, config={**result.config, "departures": words})


def _words(name: str, value: SettingValue) -> str:
    """A setting as human-readable text."""
    return str(value) if name == "departures" else f"{name} {value}"


def _values(result: RunResult, settings: Sequence[str]) -> tuple[SettingValue, ...]:
    return tuple(result.config.get(name) for name in settings)


def _differing(results: Sequence[RunResult]) -> list[str]:
    """The settings, and the oracle, that differ among the results."""
    values: dict[str, set[str]] = {}
    for result in results:
        for name, value in _settings(result).items():
            values.setdefault(name, set()).add(repr(value))
    return [name for name, several in values.items() if len(several) > 1]


def _settings(result: RunResult) -> dict[str, SettingValue]:
    """The settings of a result, with those that it implies, and its oracle."""
    implied = {name: setting.default for name, setting in SETTINGS.items() if setting.is_late}
    return {**implied, **result.config, "oracle": result.oracle}
