"""A session's configuration: every setting, its allowed values, and the presets of the paper's data sets."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from alc_tui.active.samplers import SAMPLERS
from alc_tui.data.splits import SPLITS
from alc_tui.errors import UsageError
from alc_tui.session.settings.departures import ALL, DEPARTURES, SHARED_NOISE, VOG_PASS

CO_TEACHING = ("ct-vog", "ct", "alc-ct")
METHODS = (*CO_TEACHING, "ce", "elr", "dividemix", "clean", "al")
TWO_PEERS = (*CO_TEACHING, "dividemix")
SAMPLER_NAMES = tuple(SAMPLERS)
PAPER, AUTHORS_CODE = "paper", "authors-code"
PRESETS = (PAPER, AUTHORS_CODE)
CLEAN_SETS = ("last_epoch", "global")
VOG_PASSES = ("fused", "eval")
VOG_GRADIENTS = ("row", "all-rows")
AUTO = "auto"


@dataclass(frozen=True)
class Config:
    """All that a session's outcome depends on, besides the images and the decisions.

    noise: rate p in [0, 1) to inject into the training labels, None for data that is noisy already (its truth is then
    unknown). noise_kind: `uniform`, `pair`, `instance`, `none` or `matrix:PATH`. noise_exempt: names of classes that
    keep their labels, separated by commas. forget_rate: τ in [0, 1), or `auto`. warmup: epochs without VOG, and T_k; of
    dividemix, epochs before its first division. mix_ratio: m in [0, 1]. rounds: M; budget: a_i, samples shown per
    round, None for the paper's share of the training samples. epochs: E of LNL; round_epochs: of each round.
    vog_gradient: of the given label's `row` of the last layer, or of `all-rows`. departures: what is done as in the
    authors' code and not as in the paper, names from `departures` separated by commas, or `all`.
    image_size: side of the network's input in pixels. long_tail: the ratio r ≥ 1 of the exponential class profile.
    device: None for the best there is. repeat: share of a round's samples that are silently shown a second time. blind:
    given label and suggestion stay hidden until the verdict.
    """

    dataset: str
    data_root: str | None = None
    noise: float | None = None
    noise_kind: str = "uniform"
    noise_exempt: str | None = None
    forget_rate: float | str = AUTO
    seed: int = 0
    split: str | None = None
    long_tail: float | None = None
    preset: str = "paper"
    departures: str | None = None
    method: str = "ct-vog"
    mix_ratio: float = 0.2
    warmup: int = 10
    vog_window: int = 5
    vog_pass: str = "fused"
    vog_gradient: str = "row"
    vog_normalised: bool = False
    clean_set: str = "last_epoch"
    sampler: str = "entropy"
    rounds: int = 8
    budget: int | None = None
    epochs: int = 50
    round_epochs: int = 25
    batch_size: int = 256
    lr: float = 0.01
    image_size: int = 224
    backbone: str = "resnet18"
    weights: str = "imagenet"
    device: str | None = None
    skip_bad: bool = False
    repeat: float = 0.0
    blind: bool = False

    def __post_init__(self) -> None:
        self._check_choices()
        self._check_ranges()

    def as_dict(self) -> dict[str, Any]:
        """The settings by name, fit for JSON."""
        return asdict(self)

    @property
    def injects_noise(self) -> bool:
        """Whether the labels that came with the data are taken for true, and noise is put into the training labels."""
        return self.noise is not None or self.noise_kind.startswith("matrix:")

    def sampler_of(self, number: int) -> str:
        """What ranks the queue of round `number` ≥ 1: of `al` the first one at random, since nobody has taught its
        network anything that it could be unsure of."""
        return "random" if self.method == "al" and number == 1 else self.sampler

    @property
    def exempt_classes(self) -> tuple[str, ...]:
        """The names in `noise_exempt`."""
        return _between_commas(self.noise_exempt)

    @property
    def departing(self) -> tuple[str, ...]:
        """The names in `departures`, in the order of `departures.DEPARTURES`."""
        named = _between_commas(self.departures)
        return tuple(name for name in DEPARTURES if name in named or ALL in named)

    def departs(self, name: str) -> bool:
        """Whether this is done as in the authors' code."""
        return name in self.departing

    @property
    def data_seed(self) -> int:
        """The seed of split, long tail and noise: a draw of noise can be shared where the split is, and only there."""
        return 0 if self.departs(SHARED_NOISE) else self.seed

    @property
    def ranks_all(self) -> bool:
        """Whether the queue may hold what LNL took for clean."""
        return self.method == "alc-ct"

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Config:
        """The configuration that `as_dict` gave; raises UsageError naming a setting that does not exist."""
        unknown = set(values) - set(names())
        if unknown:
            raise UsageError(f"Unknown setting {sorted(unknown)[0]!r}; the settings are {', '.join(names())}.")
        return cls(**values)

    def _check_choices(self) -> None:
        choose("method", self.method, METHODS)
        choose("sampler", self.sampler, SAMPLER_NAMES)
        if self.sampler == "peers" and self.method not in TWO_PEERS:
            raise UsageError(
                f"The sampler peers needs two peers, and the method {self.method} trains one network; choose another "
                f"sampler, or the method ct-vog or ct or dividemix."
            )
        if self.method == "alc-ct" and self.sampler != "joint":
            raise UsageError(f"The method alc-ct ranks by the joint rule, not by {self.sampler}; give --sampler joint.")
        choose("preset", self.preset, PRESETS)
        choose("clean set", self.clean_set, CLEAN_SETS)
        choose("vog pass", self.vog_pass, VOG_PASSES)
        choose("vog gradient", self.vog_gradient, VOG_GRADIENTS)
        for name in _between_commas(self.departures):
            choose("departure", name, (*DEPARTURES, ALL))
        if self.departs(VOG_PASS) and self.vog_pass != "fused":
            raise UsageError(
                f"The departure {VOG_PASS} is a pass of its own; leave out it or the vog pass {self.vog_pass}."
            )
        if self.split is not None:
            choose("split", self.split, SPLITS)
        if not self.noise_kind.startswith("matrix:"):
            choose("noise kind", self.noise_kind, ("uniform", "pair", "instance", "none", "matrix:PATH"))
        if self.noise is not None and self.noise_kind == "none":
            raise UsageError("The noise kind none is for data that is noisy already; leave out --noise.")
        if self.noise is None and self.noise_kind in ("pair", "instance"):
            raise UsageError(f"The noise kind {self.noise_kind} needs a noise rate; add --noise.")
        if self.noise is not None and self.noise_kind.startswith("matrix:"):
            raise UsageError("The matrix says how many labels flip; leave out --noise.")
        if self.exempt_classes and not self.injects_noise:
            raise UsageError("No noise is injected that a class could be exempt from; leave out --noise-exempt.")

    def _check_ranges(self) -> None:
        if self.noise is not None:
            within("noise", self.noise, 0, 1, open_end=True)
        if self.forget_rate != AUTO:
            if isinstance(self.forget_rate, str):
                raise UsageError(f"Forget rate {self.forget_rate!r} is neither a number in [0, 1) nor auto.")
            within("forget rate", self.forget_rate, 0, 1, open_end=True)
        within("mix ratio", self.mix_ratio, 0, 1)
        within("repeat", self.repeat, 0, 0.5)
        within("seed", self.seed, 0, 2**63 - 1)
        if self.long_tail is not None and not 1 <= self.long_tail < float("inf"):
            raise UsageError(f"A long tail of {self.long_tail} is not a ratio of at least 1, such as 100.")
        for name in ("warmup", "rounds"):
            within(name, getattr(self, name), 0, 10_000)
        for name in ("vog_window", "epochs", "round_epochs"):
            within(name.replace("_", " "), getattr(self, name), 1, 1_000_000)
        if self.budget is not None:
            within("budget", self.budget, 1, 10_000_000)
        within("batch size", self.batch_size, 2, 1_000_000)
        within("image size", self.image_size, 8, 4096)
        if self.method == "clean" and self.rounds:
            raise UsageError(
                "With the method clean all labels are true and there is nothing to clean; give --rounds 0."
            )
        if self.method == "dividemix" and self.warmup >= self.epochs:
            raise UsageError(
                f"With a warm-up of {self.warmup} epochs of {self.epochs} the method dividemix never divides; give a "
                "smaller --warmup, or more --epochs."
            )
        if not 0 < self.lr < float("inf"):
            raise UsageError(f"A learning rate of {self.lr} is not above 0; the paper uses 0.01.")


def names() -> list[str]:
    """The names of all settings."""
    return [field.name for field in fields(Config)]


def _between_commas(text: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def choose(what: str, value: str, known: tuple[str, ...]) -> None:
    """Raise UsageError unless `value` is one of `known`, with the nearest as a hint."""
    if value not in known:
        near = difflib.get_close_matches(value, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"use one of {', '.join(known)}."
        raise UsageError(f"Unknown {what} {value!r}; {hint}")


def within(what: str, value: float, low: float, high: float, open_end: bool = False) -> None:
    """Raise UsageError unless low ≤ value ≤ high (value < high with `open_end`); NaN is outside."""
    if not (low <= value < high if open_end else low <= value <= high):
        bracket = ")" if open_end else "]"
        raise UsageError(f"{value} for {what} is outside [{low}, {high}{bracket}; give a value inside.")


def dataset_preset(dataset: str, noise: float | None) -> dict[str, Any]:
    """What a data set's preset sets: the paper's m by noise rate (PAPER.md, Protocol), and what suits other data.

    Between and beyond the paper's rates, the nearer of the two counts.
    """
    family = dataset.partition(":")[0]
    if family == "isic":
        return {"mix_ratio": 0.0 if noise is not None and noise < 0.45 else 0.2}
    if family in ("nct", "nct-lt"):
        return {"mix_ratio": 1.0}
    if family == "medmnist":
        _, _, size = dataset.partition("@")
        return {"image_size": int(size) if size.isdigit() else 28}
    if family == "demo":
        return dict(DEMO)
    return {}


DEMO = {
    "backbone": "small",
    "weights": "none",
    "image_size": 32,
    "mix_ratio": 0.5,
    "epochs": 20,
    "warmup": 16,
    "batch_size": 32,
    "lr": 0.02,
    "round_epochs": 5,
    "rounds": 4,
    "budget": 90,
}


def paper_budget(dataset: str, noise: float | None, training: int) -> int:
    """a_i for `training` samples: the paper's share of its own training set, exactly a_i at the paper's size.

    ISIC-2019: 394 (p = 0.4) or 492 (0.5) of 17,731; long-tailed NCT: 70 (0.7) or 80 (0.8) of 15,924; 492 for others.
    """
    family = dataset.partition(":")[0]
    if family in ("nct", "nct-lt"):
        paper, size = (70 if noise is not None and noise < 0.75 else 80), 15_924
    else:
        paper, size = (394 if family == "isic" and noise is not None and noise < 0.45 else 492), 17_731
    return max(1, round(paper * training / size))
