"""What can be said about a session to be made, as texts, and the command that says the same. Knows no widget."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from alc_tui.data.catalog import KNOWN
from alc_tui.data.paths import expand_home
from alc_tui.data.splits import SPLITS
from alc_tui.errors import UsageError
from alc_tui.session.create import free_folder
from alc_tui.session.settings.config import METHODS, PRESETS, SAMPLER_NAMES, Config
from alc_tui.session.settings.resolution import parse, resolve
from alc_tui.session.store.folder import store_path

YES = "yes"
NAME = "name"
"""The one field that is no setting: what the session is called."""


@dataclass(frozen=True)
class Field:
    """choices: what it can be, by what is needed beside it (`PATH` for `folder:`, else nothing); none: any text.

    nothing: what holds where the setting has no value. hints: of choices that are told apart.
    """

    name: str
    title: str
    hint: str
    choices: Mapping[str, str] = field(default_factory=dict)
    nothing: str = ""
    hints: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_flag(self) -> bool:
        """Whether the command names it without a value."""
        return tuple(self.choices) == (YES,)

    def hint_for(self, text: str) -> str:
        """What a person should know, once `text` stands there."""
        return next((said for choice, said in self.hints.items() if text.startswith(choice)), self.hint)


def _choices(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "")


_KINDS = {spec[: spec.find(":") + 1] or spec: (spec.partition(":")[2], said) for spec, said in KNOWN}

COMMON = (
    Field(
        "dataset",
        "Data set",
        "Enter opens the list; folders and tables of your own are folder: and csv:.",
        {kind: beside for kind, (beside, _) in _KINDS.items()},
        nothing="which one?",
        hints={kind: said for kind, (_, said) in sorted(_KINDS.items(), reverse=True)},
    ),
    Field(NAME, "Name", "What the session is called: letters, digits, dots, dashes.", nothing="made from the data set"),
    Field("noise", "Noise", "Rate to inject, in [0, 1). Empty: the labels are noisy as they came.", nothing="none"),
    Field(
        "noise_kind",
        "Noise kind",
        "uniform, pair (next class), instance (hard images more), none, or a matrix, which sets the rate.",
        {**_choices("uniform", "pair", "instance", "none"), "matrix:": "PATH"},
    ),
    Field("forget_rate", "Forget rate", "τ: share of the samples that is taken for noisy, in [0, 1), or auto."),
    Field(
        "method",
        "Method",
        "ct-vog, ct, alc-ct: co-teaching; ce: plain; elr, dividemix: others; clean: true labels; al: no learning.",
        _choices(*METHODS),
    ),
    Field("sampler", "Sampler", "Which noisy samples are shown first.", _choices(*SAMPLER_NAMES)),
    Field("rounds", "Rounds", "How often labels are decided and the model is retrained."),
    Field("budget", "Budget", "Samples shown per round.", nothing="the paper's share"),
)
MORE = (
    Field("noise_exempt", "Noise exempt", "Classes that keep their labels, separated by commas.", nothing="no class"),
    Field("image_size", "Image size", "Side of the network's input, in pixels."),
    Field("backbone", "Backbone", "small, resnet18 or any torchvision classifier."),
    Field("weights", "Weights", "imagenet (downloaded once), none, or a file of weights."),
    Field("epochs", "Epochs", "Of learning with noisy labels."),
    Field("round_epochs", "Round epochs", "Of each retraining."),
    Field("seed", "Seed", "Of every random choice."),
    Field("repeat", "Repeat", "Share of the samples that is silently shown twice, to see how steady the verdicts are."),
    Field("blind", "Blind", "Given label and suggestion stay hidden until the first verdict.", _choices(YES)),
    Field("skip_bad", "Skip bad", "Go on without images that cannot be read.", _choices(YES)),
    Field("data_root", "Data root", "The folder in which data sets lie.", nothing="as ALC_DATA says"),
    Field("warmup", "Warm-up", "Epochs before VOG counts, and of the rising forget rate."),
    Field("mix_ratio", "Mix ratio", "m: share of the kept samples that VOG chooses, in [0, 1]."),
    Field("batch_size", "Batch size", "Samples per batch."),
    Field("lr", "Learning rate", "At the beginning of each training."),
    Field(
        "split",
        "Split",
        "image, lesion (groups stay together) or given.",
        _choices(*SPLITS),
        nothing="as given, else by image",
    ),
    Field("long_tail", "Long tail", "Ratio of the largest class to the smallest, to be cut.", nothing="none"),
    Field("device", "Device", "cuda, cuda:N, mps or cpu.", nothing="the best there is"),
    Field("preset", "Preset", "paper, or authors-code: all of its departures.", _choices(*PRESETS)),
    Field(
        "departures",
        "Departures",
        "What is done as in the authors' code, by name, separated by commas, or all.",
        nothing="none",
    ),
)
FIELDS = (*COMMON, *MORE)


@dataclass(frozen=True)
class Wanted:
    """A session as it was asked for. texts: by field, empty for what was left out."""

    store: Path
    texts: Mapping[str, str]

    @property
    def name(self) -> str | None:
        """What it is to be called, None for a name made from the data set."""
        return self.texts.get(NAME) or None

    def skipping_bad(self) -> Wanted:
        """The same without images that cannot be read."""
        return replace(self, texts={**self.texts, "skip_bad": YES})

    def resolve(self, environment: Mapping[str, str], folder: Path) -> tuple[Config, dict[str, str]]:
        """As the command line does, see `settings.resolve`; raises UsageError for a name that is taken, too."""
        for each in FIELDS:
            text = self.texts.get(each.name, "")
            if text.endswith(":") and text in each.choices:
                raise UsageError(f"{each.title}: {text} needs a {each.choices[text]} beside it.")
        found = resolve(self._options(), environment, folder)
        if self.name is not None:
            free_folder(self.store, self.name)
        return found

    def command(self) -> str:
        """What makes the same session from a shell in this folder."""
        words = ["alc", "session", "new"]
        for each in FIELDS:
            text = self._text(each)
            if text:
                words += [f"--{each.name.replace('_', '-')}"] + ([] if each.is_flag else [text])
        if self.store.absolute() != store_path().absolute():
            words += ["--store", str(self.store)]
        return shlex.join(words)

    def _options(self) -> dict[str, Any]:
        given = [(each, self._text(each)) for each in FIELDS if each.name != NAME]
        return {each.name: parse(each.name, text, each.title) for each, text in given if text}

    def _text(self, each: Field) -> str:
        text = self.texts.get(each.name, "")
        return _place(text) if text and each.name == "data_root" else text


def _place(text: str) -> str:
    """A folder as a path that means the same wherever it is read."""
    with suppress(RuntimeError):  # a home folder that nobody has is an odd name and no more
        return str(expand_home(Path(text)).absolute())
    return str(Path(text).absolute())


def otherwise(each: Field, config: Config, origins: Mapping[str, str]) -> str:
    """What holds for a field that is left empty, and where that comes from."""
    if each.name == NAME:
        return each.nothing
    value = getattr(config, each.name)
    if value in (None, ""):
        return each.nothing
    said = f"{value:g}" if isinstance(value, float) else str(value)
    if each.is_flag:
        said = YES if value else "no"
    return f"{said} ({origins[each.name]})"
