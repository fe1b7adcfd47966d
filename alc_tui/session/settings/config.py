"""A session's configuration: every setting declared once, with its type, default, range, choices and help.

Options, forms, parsing, checks, and the reference are generated from these declarations; to add a setting, add a field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import inf
from typing import Annotated, Any

from alc_tui.data.dataset_names import DATASETS
from alc_tui.data.ranges import RATE, SHARE, Range
from alc_tui.errors import UsageError
from alc_tui.session.settings.conflicts import check_conflicts
from alc_tui.session.settings.departures import ALL, DEPARTURES, FIRST_ALL, NONE, SHARED_NOISE
from alc_tui.session.settings.names import (
    AUTO,
    BACKBONES,
    BATCH_NORMS,
    BOTH,
    CLEAN_SETS,
    COMPILE,
    DEVICES,
    HEADS,
    HIDDEN,
    MEAN,
    METHODS,
    NOISE_KINDS,
    ONE,
    PAPER,
    PEER_1,
    PREDICTIONS,
    RECIPES,
    SAMPLER_NAMES,
    SPLITS,
    SYNCHRONIZED,
    TUNED_PEERS,
    VOG_GRADIENTS,
    VOG_PASSES,
    WEIGHTS,
)
from alc_tui.session.settings.renamed import current_names
from alc_tui.session.settings.setting import DATA, LEARNING, NOISE, ROUNDS, Setting, declared, split_names

COUNT = Range(1, 1_000_000)
COUNT_OR_NONE = Range(0, 10_000)


@dataclass(frozen=True)
class Config:
    """Everything that a session's results depend on, besides the images and the decisions. Raises UsageError if
    invalid."""

    # fmt: off
    dataset: Annotated[str, Setting(
        DATA, "Data set; `alc dataset list` lists all", "NAME", "Data set", suggestions=DATASETS, is_common=True,
        has_variable=False,
    )]
    data_root: Annotated[str | None, Setting(
        DATA, "Folder with the data sets", "FOLDER", default_text="ALC_DATA", has_variable=False,
    )] = None
    split: Annotated[str | None, Setting(
        DATA, "How to split samples into train, val, and test", "NAME", choices=SPLITS,
        default_text="given if the data set has a split, else image",
    )] = None
    long_tail: Annotated[float | None, Setting(
        DATA, "Subsample the training set to a long tail with this ratio of largest to smallest class",
        "RATIO", range=Range(1, inf, high_open=True), default_text="none",
    )] = None
    image_size: Annotated[int, Setting(
        DATA, "Width and height of the network's input in pixels", "PIXELS", range=Range(8, 4096),
    )] = 224
    skip_bad: Annotated[bool, Setting(DATA, "Skip images, folders and rows of a table that cannot be used")] = False
    merge_alike: Annotated[bool, Setting(
        DATA, "Join classes whose names differ only in case, blanks or the like", is_late=True,
    )] = False
    show: Annotated[str | None, Setting(
        DATA, "Columns of the data's table to show beside the image, separated by commas, or none", "COLUMNS",
        "Case data", several=True, default_text="those that neither name the samples nor tell their labels",
        is_late=True,
    )] = None
    noise: Annotated[float | None, Setting(
        NOISE, "Rate p of label noise to inject into the training labels", "RATE", range=RATE, is_common=True,
        default_text="none: the labels are already noisy",
    )] = None
    noise_kind: Annotated[str, Setting(
        NOISE, "Kind of noise to inject", "KIND", choices=NOISE_KINDS, is_common=True,
    )] = "uniform"
    noise_exempt: Annotated[str | None, Setting(
        NOISE, "Classes that keep their labels, separated by commas", "CLASSES", several=True,
        default_text="none",
    )] = None
    forget_rate: Annotated[float | str, Setting(
        NOISE, "Forget rate τ: the share of the samples to treat as noisy", "RATE", range=RATE, words=(AUTO,),
        default_text="the noise rate if specified, else auto", is_common=True,
    )] = AUTO
    recipe: Annotated[str, Setting(
        LEARNING, "Named set of values for the whole loop", "NAME", choices=RECIPES, is_common=True,
    )] = PAPER
    departures: Annotated[str | None, Setting(
        LEARNING, "Departures from the paper, as in the authors' code, separated by commas", "NAMES", several=True,
        choices={ALL: "All of them.", NONE: "None of them.", **DEPARTURES}, default_text=NONE,
    )] = None
    method: Annotated[str, Setting(
        LEARNING, "Method of learning with noisy labels", "NAME", choices=METHODS, is_common=True,
    )] = "ct-vog"
    mix_ratio: Annotated[float, Setting(
        LEARNING, "Mix ratio m: the share of the selected samples that VOG selects", "SHARE", range=SHARE,
    )] = 0.2
    warmup: Annotated[int, Setting(
        LEARNING, "Warm-up epochs, before VOG or DivideMix takes effect and while the forget rate rises", "EPOCHS",
        "Warm-up", range=COUNT_OR_NONE,
    )] = 10
    vog_window: Annotated[int, Setting(
        LEARNING, "VOG window t: number of epochs over which VOG is computed", "EPOCHS", "VOG window", range=COUNT,
    )] = 5
    vog_pass: Annotated[str, Setting(
        LEARNING, "Forward pass that provides VOG's gradients", "NAME", "VOG pass", choices=VOG_PASSES,
    )] = "fused"
    vog_gradient: Annotated[str, Setting(
        LEARNING, "Rows of the final layer whose gradients VOG uses", "NAME", "VOG gradient",
        choices=VOG_GRADIENTS,
    )] = "row"
    vog_normalized: Annotated[bool, Setting(
        LEARNING, "Normalize VOG within each given class, as in the original paper", title="VOG normalized",
    )] = False
    clean_set: Annotated[str, Setting(
        LEARNING, "How the clean set is selected after the last epoch", "NAME", choices=CLEAN_SETS,
    )] = "last_epoch"
    epochs: Annotated[int, Setting(
        LEARNING, "Epochs of learning with noisy labels", "EPOCHS", range=COUNT,
    )] = 50
    batch_size: Annotated[int, Setting(LEARNING, "Samples per batch", "SAMPLES", range=Range(2, 1_000_000))] = 256
    lr: Annotated[float, Setting(
        LEARNING, "Initial learning rate of each training phase", "RATE", "Learning rate",
        range=Range(0, inf, low_open=True, high_open=True),
    )] = 0.01
    backbone: Annotated[str, Setting(
        LEARNING, "Network: small, any torchvision classifier, or timm:NAME", "NAME", suggestions=BACKBONES,
    )] = "resnet18"
    weights: Annotated[str, Setting(
        LEARNING, "Initial weights: imagenet (downloaded on first use), none, or a file", "NAME", suggestions=WEIGHTS,
    )] = "imagenet"
    freeze: Annotated[bool, Setting(
        LEARNING, "Keep the backbone's initial weights: compute its features once, and train heads on them",
        is_late=True,
    )] = False
    views: Annotated[int, Setting(
        LEARNING, "Views of each image to compute frozen features of: one as it is, the others augmented", "VIEWS",
        range=Range(1, 64), is_late=True,
    )] = 4
    head: Annotated[str, Setting(
        LEARNING, "Head to train on frozen features", "NAME", choices=HEADS, is_late=True,
    )] = HIDDEN
    features: Annotated[str | None, Setting(
        LEARNING, "Frozen features that you computed elsewhere, with ids: .npz, .parquet, or .npy beside a .txt file",
        "FILE", default_text="none", is_late=True,
    )] = None
    device: Annotated[str | None, Setting(
        LEARNING, "Device: cuda, cuda:N, mps, or cpu", "NAME", suggestions=DEVICES, default_text="the best available",
    )] = None
    batch_norm: Annotated[str, Setting(
        LEARNING, "Statistics of batch normalization while several GPUs train", "NAME", choices=BATCH_NORMS,
        is_late=True,
    )] = SYNCHRONIZED
    fast: Annotated[bool, Setting(
        LEARNING, "Let a GPU use its fastest algorithms; results then differ slightly from run to run", is_late=True,
        off="deterministic",
    )] = False
    compile: Annotated[str, Setting(
        LEARNING, "When torch's compiler speeds up the training on images, after about a minute of compiling", "WHEN",
        title="Compiler", choices=COMPILE, is_late=True,
    )] = AUTO
    seed: Annotated[int, Setting(LEARNING, "Seed of all random choices", "SEED", range=Range(0, 2**63 - 1))] = 0
    sampler: Annotated[str, Setting(
        ROUNDS, "Sampler that ranks the noisy samples", "NAME", choices=SAMPLER_NAMES, is_common=True,
    )] = "entropy"
    show_first: Annotated[str | None, Setting(
        ROUNDS, "Samples to show before all others: a table of cleanlab, or an export of Label Studio (.json)", "FILE",
        default_text="none", is_late=True,
    )] = None
    rounds: Annotated[int, Setting(
        ROUNDS, "Rounds of labeling and retraining", "ROUNDS", range=COUNT_OR_NONE, is_common=True,
    )] = 8
    budget: Annotated[int | None, Setting(
        ROUNDS, "Samples shown per round", "SAMPLES", range=Range(1, 10_000_000), is_common=True,
        default_text="the paper's share of the training set, or 20 with --live",
    )] = None
    round_epochs: Annotated[int, Setting(ROUNDS, "Epochs of each retraining", "EPOCHS", range=COUNT)] = 25
    balance: Annotated[float, Setting(
        ROUNDS, "Power of the class balancing in retraining: 0 draws samples as they come, 1 all classes alike",
        "POWER", range=SHARE, is_late=True,
    )] = 0.0
    decided_weight: Annotated[float, Setting(
        ROUNDS, "How much more often retraining draws a decided sample than one that LNL selected", "WEIGHT",
        range=Range(0, 1000, low_open=True), is_late=True,
    )] = 1.0
    tune_peers: Annotated[str, Setting(
        ROUNDS, "Peers that retraining fine-tunes", "NAME", choices=TUNED_PEERS, is_late=True,
    )] = ONE
    prediction: Annotated[str, Setting(
        ROUNDS, "Predictions that are scored, shown and ranked by", "NAME", choices=PREDICTIONS, is_late=True,
    )] = PEER_1
    live: Annotated[bool, Setting(
        ROUNDS, "Small rounds, retrained in the background while you label on; for frozen features", is_late=True,
    )] = False
    repeat: Annotated[float, Setting(
        ROUNDS, "Share of each round to show twice silently, as a consistency check", "SHARE",
        range=Range(0, 0.5),
    )] = 0.0
    blind: Annotated[bool, Setting(
        ROUNDS, "Hide the given label and the suggestion until the annotator decides",
    )] = False
    blind_hides: Annotated[str | None, Setting(
        ROUNDS, "Columns of --show to hide in blind mode, separated by commas, or all", "COLUMNS", several=True,
        default_text="none", is_late=True,
    )] = None
    # fmt: on

    def __post_init__(self) -> None:
        for name, setting in SETTINGS.items():
            setting.check(getattr(self, name))
        check_conflicts(self, SETTINGS)

    def as_dict(self) -> dict[str, Any]:
        """The settings by name, fit for JSON."""
        return asdict(self)

    @property
    def injects_noise(self) -> bool:
        """Whether the labels of the data are assumed to be true and noise is injected into the training labels."""
        return self.noise is not None or self.noise_kind.startswith("matrix:")

    def sampler_of(self, number: int) -> str:
        """The sampler that ranks the queue of round `number` ≥ 1.

        Round 1 of `al` is in random order: its network is untrained, so its uncertainty is meaningless.
        """
        return "random" if self.method == "al" and number == 1 else self.sampler

    @property
    def is_frozen(self) -> bool:
        """Whether heads are trained on frozen features, rather than whole networks on images."""
        return self.freeze or self.features is not None

    @property
    def exempt_classes(self) -> tuple[str, ...]:
        """The names in `noise_exempt`."""
        return split_names(self.noise_exempt)

    @property
    def active_departures(self) -> tuple[str, ...]:
        """The names in `departures`, in the order of `departures.DEPARTURES`."""
        named = split_names(self.departures)
        return tuple(name for name in DEPARTURES if name in named or (ALL in named and name in FIRST_ALL))

    def has_departure(self, name: str) -> bool:
        """Whether a departure is active."""
        return name in self.active_departures

    @property
    def data_seed(self) -> int:
        """The seed of split, long tail and noise: runs can share the noise only if they share the split."""
        return 0 if self.has_departure(SHARED_NOISE) else self.seed

    @property
    def retrains_both(self) -> bool:
        """Whether the rounds retrain both peers."""
        return self.tune_peers == BOTH or self.method == "alc-ct"

    @property
    def ranks_by_mean(self) -> bool:
        """Whether samples are shown and ranked by the mean of both peers' probabilities."""
        return self.prediction == MEAN or self.method == "alc-ct"

    @property
    def ranks_all(self) -> bool:
        """Whether the queue may hold samples of the clean set."""
        return self.method == "alc-ct"

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Config:
        """The configuration that `as_dict` gave; raises UsageError for other values, naming the setting."""
        if not isinstance(values, Mapping):
            raise UsageError(f"Expected the settings by name, found {values!r:.80}.")
        values = current_names(values)
        unknown = sorted(set(values) - set(SETTINGS))
        if unknown:
            raise UsageError(f"Unknown setting {unknown[0]!r}; the settings are {', '.join(SETTINGS)}.")
        return cls(**values)


SETTINGS: dict[str, Setting] = declared(Config)
"""Every setting by name, in the order of the fields."""
RETRAINING_SETTINGS = ("balance", "decided_weight", "tune_peers")
"""Settings that take effect only in retraining, so that a replay can change them, as it can change the sampler. Not
`prediction`, which also chooses the best epoch of LNL."""
