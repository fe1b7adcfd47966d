"""Given labels and true labels of a new session: noise injection, and the settings that need the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.cache.pixels import PixelCache
from alc_tui.data.dataset import TRAIN, UNKNOWN, Dataset
from alc_tui.data.noise import injection, instance
from alc_tui.data.random_streams import random_stream
from alc_tui.data.texts import Texts
from alc_tui.errors import UsageError
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.departures import EXEMPT_TARGETS, FREE_CORRECTIONS
from alc_tui.session.settings.setting import check_choice
from alc_tui.session.store.arrays import Samples


def label_samples(dataset: Dataset, config: Config, cache: PixelCache) -> Samples:
    """The samples of a session: with noise injection, the labels of the data set become the truth.

    cache: holds the images of the training samples, which instance-dependent noise uses. Raises UsageError if the
    labels are known to be noisy already, or if a setting of the noise is invalid.
    """
    given, truth = dataset.labels, dataset.truth
    if not config.injects_noise:
        truth = np.full_like(given, UNKNOWN) if truth is None else truth
    else:
        if truth is not None and ((truth != UNKNOWN) & (truth != given)).any():
            raise UsageError(
                f"The labels of {config.dataset} are already noisy according to the truth column; omit --noise."
            )
        truth, given = given, _inject_noise(dataset, config, cache)
    return Samples(
        ids=Texts(np.array(dataset.ids)),
        locators=Texts(np.array([dataset.images.locator(index) for index in range(len(dataset))])),
        given=given.astype(np.int64),
        truth=truth.astype(np.int64),
        split=dataset.split.astype(np.int8),
    )


def with_forget_rate(config: Config, origins: Mapping[str, str], samples: Samples) -> tuple[Config, dict[str, str]]:
    """Set τ to the rate at which labels actually flipped, if a matrix or exempt classes, not the user, determine it.

    Returns the configuration and the origins of its settings.
    """
    if not _noise_sets_forget_rate(config, origins):
        return config, dict(origins)
    flipped = float((samples.given != samples.truth)[samples.train].mean())
    return replace(config, forget_rate=round(flipped, 3)), {**origins, "forget_rate": "noise"}


def check_noise(config: Config, classes: Sequence[str]) -> None:
    """Raise UsageError for exempt classes that the data does not have, and for an invalid transition matrix."""
    for name in config.exempt_classes:
        check_choice("class to exempt from noise", name, classes)
    _matrix(config, classes)


def check_truth(config: Config, samples: Samples) -> None:
    """Raise UsageError if a setting needs true labels and they are not known."""
    if samples.truth_is_known:
        return
    if config.method == "clean":
        raise UsageError(
            f"The method clean needs true labels, which are not known for {config.dataset}; choose another --method, "
            "or inject --noise into correct labels."
        )
    if config.has_departure(FREE_CORRECTIONS):
        raise UsageError(
            f"The departure {FREE_CORRECTIONS} needs true labels, which are not known for {config.dataset}; specify "
            "other --departures, or inject --noise into correct labels."
        )


def _inject_noise(dataset: Dataset, config: Config, cache: PixelCache) -> NDArray[np.int64]:
    """int64[n], the labels with noise in the training split; validation and test labels stay clean."""
    kind, _, _ = config.noise_kind.partition(":")
    train = np.flatnonzero(dataset.split == TRAIN)
    given = dataset.labels.copy()
    given[train] = injection.inject(
        dataset.labels[train],
        len(dataset.classes),
        config.noise or 0.0,
        kind,
        random_stream(config.data_seed, "noise"),
        exempt=[dataset.classes.index(name) for name in config.exempt_classes],
        into_exempt=not config.has_departure(EXEMPT_TARGETS),
        matrix=_matrix(config, dataset.classes),
        features=_features(dataset.take(train), cache) if kind == "instance" else None,
    )
    return given


def _matrix(config: Config, classes: Sequence[str]) -> NDArray[np.float64] | None:
    kind, _, path = config.noise_kind.partition(":")
    return injection.read_matrix(Path(path), classes) if kind == "matrix" else None


def _features(dataset: Dataset, cache: PixelCache) -> NDArray[np.float64]:
    return instance.thumbnails(cache.pixels(), cache.rows(dataset.images))


def _noise_sets_forget_rate(config: Config, origins: Mapping[str, str]) -> bool:
    if config.noise_kind.startswith("matrix:"):
        return origins["forget_rate"] == "default"
    return bool(config.exempt_classes) and origins["forget_rate"] == "noise"
