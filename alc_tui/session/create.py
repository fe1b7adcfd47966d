"""Making a session: everything a careful user wants checked is checked before its folder exists."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from alc_tui.data import catalog, noise, noise_instance
from alc_tui.data.cache.pixels import PixelCache, Prepared
from alc_tui.data.dataset import SPLIT_NAMES, TRAIN, UNKNOWN, VAL, Dataset
from alc_tui.data.paths import expand_home
from alc_tui.data.random_streams import random_stream
from alc_tui.errors import AlcError, TrainingFailed, UsageError
from alc_tui.model.sizes import stored_size
from alc_tui.session.expected_split import expected_clean, expected_noisy
from alc_tui.session.settings.budget import check_budget, with_budget
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.departures import FREE_CORRECTIONS
from alc_tui.session.settings.forecast import Estimate, Pace, forecast
from alc_tui.session.settings.setting import choose
from alc_tui.session.store import arrays
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder, check_name, free_name
from alc_tui.session.store.records import BadImage, DatasetRecord, TwinGroup

Progress = Callable[[int, int], None]
BAD_SHOWN = 3


@dataclass(frozen=True)
class Checked:
    """A configuration that holds against its data: what `write` needs."""

    config: Config
    origins: dict[str, str]
    dataset: Dataset
    prepared: Prepared
    samples: arrays.Samples
    device: str
    has_validation: bool
    estimate: Estimate | None
    """None where the pace of this machine could not be measured."""


@dataclass(frozen=True)
class Probed:
    """What the probe found: the device in words, and the pace on it where it could be measured."""

    device: str
    pace: Pace | None


def check(
    config: Config, origins: Mapping[str, str], progress: Progress | None = None, probed: Probed | None = None
) -> Checked:
    """Open the data, decode its images, split, inject noise, and check every setting against what was found.

    progress hears of decoded images (done, total). probed: what `probe` said of it, None to ask. Raises UsageError or
    AlcError with the first thing wrong.
    """
    config, origins = _with_places(config, dict(origins))
    root = None if config.data_root is None else Path(config.data_root)
    opened = catalog.open_dataset(config.dataset, root)
    has_validation = config.split in (None, "given") and bool((opened.split == VAL).any())
    dataset = catalog.arrange(
        opened,
        config.split,
        config.long_tail,
        random_stream(config.data_seed, "split"),
        random_stream(config.data_seed, "long tail"),
    )
    probed = probed or probe(config)
    cache = PixelCache(stored_size(config.image_size))
    prepared = cache.prepare(dataset.images, progress)
    good = _without_bad(dataset, prepared, config.skip_bad)
    samples = _samples(good, config, cache)
    check_truth(config, samples)
    if _noise_sets_forget_rate(config, origins):
        flipped = float((samples.given != samples.truth)[samples.train].mean())
        config, origins["forget_rate"] = replace(config, forget_rate=round(flipped, 3)), "noise"
    noisy = expected_noisy(config, len(samples.train))
    config = with_budget(config, origins, len(samples.train), noisy)
    check_budget(config, noisy)
    estimate = _estimate(probed.pace, config, samples, noisy)
    return Checked(config, origins, dataset, prepared, samples, probed.device, has_validation, estimate)


def _with_places(config: Config, origins: dict[str, str]) -> tuple[Config, dict[str, str]]:
    """The configuration with the data root and the weights as paths that hold in any working folder."""
    root = catalog.data_root(Path(config.data_root) if config.data_root else None)
    if root is not None and config.data_root is None:
        origins["data_root"] = "environment"
    weights = config.weights
    if weights not in ("imagenet", "none"):
        weights = str(expand_home(Path(weights)).absolute())
    return replace(config, data_root=None if root is None else str(root), weights=weights), origins


def write(checked: Checked, store: Path, name: str | None) -> SessionFolder:
    """Make the session's folder, whole or not at all. Raises UsageError if the name is taken."""
    config = checked.config
    if name is None:
        rate = "" if config.noise is None else f"-p{round(100 * config.noise):02d}"
        family = config.dataset.partition(":")[0]
        name = free_name(store, f"{family}{rate}")
    folder = free_folder(store, name)
    staging = SessionFolder(store / f".{name}.{os.getpid()}")
    try:
        (staging.path / "weights").mkdir(parents=True)
        arrays.save(staging.samples, checked.samples)
        _create_document(staging.document, checked)
        staging.path.rename(folder.path)
    finally:
        shutil.rmtree(staging.path, ignore_errors=True)
    return folder


def check_writable(store: Path) -> None:
    """Raise OSError, as the file system does, if no session can be made in the store."""
    place = next(folder for folder in (store.absolute(), *store.absolute().parents) if folder.exists())
    with tempfile.TemporaryFile(dir=place):
        pass


def free_folder(store: Path, name: str) -> SessionFolder:
    """The folder of a session to be made; raises UsageError if the name cannot be one or is taken."""
    folder = SessionFolder(store / check_name(name))
    if folder.path.exists():
        raise UsageError(f"There is a session {name!r} in {store} already; give another --name, or delete it first.")
    return folder


def probe(config: Config) -> Probed:
    """The device and its pace, found by a process that may import torch.

    Raises what is wrong with backbone, weights or device.
    """
    command = [
        sys.executable,
        "-m",
        "alc_tui.model.probing.backbone",
        "--backbone",
        config.backbone,
        "--weights",
        config.weights,
        "--image-size",
        str(config.image_size),
        "--batch-size",
        str(config.batch_size),
    ]
    if config.device is not None:
        command += ["--device", config.device]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError) as error:
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise AlcError(
            f"The backbone could not be tried: {last}; `python -c 'import torchvision'` may say more."
        ) from error
    if "error" in answer:
        kinds = {2: UsageError, 4: TrainingFailed}
        raise kinds.get(answer["exit_code"], AlcError)(answer["error"])
    pace = answer["pace"]
    return Probed(str(answer["device"]), None if pace is None else Pace(**pace))


def _without_bad(dataset: Dataset, prepared: Prepared, skip: bool) -> Dataset:
    bad = {entry.index for entry in prepared.bad}
    if not bad:
        return dataset
    if not skip:
        named = "; ".join(f"{entry.locator}: {entry.reason}" for entry in prepared.bad[:BAD_SHOWN])
        more = f" and {len(bad) - BAD_SHOWN} more" if len(bad) > BAD_SHOWN else ""
        raise UsageError(
            f"{len(bad)} of {len(dataset)} images cannot be used ({named}{more}); `alc dataset info` lists them, and "
            "--skip-bad goes on without them."
        )
    good = dataset.take([index for index in range(len(dataset)) if index not in bad])
    catalog.check_splits(good)
    return good


def _samples(dataset: Dataset, config: Config, cache: PixelCache) -> arrays.Samples:
    given, truth = dataset.labels, dataset.truth
    if not config.injects_noise:
        truth = np.full_like(given, UNKNOWN) if truth is None else truth
    else:
        if truth is not None and ((truth != UNKNOWN) & (truth != given)).any():
            raise UsageError(
                f"The labels of {config.dataset} are noisy already, by their truth column; leave out --noise."
            )
        truth, given = given, _noisy(dataset, config, cache)
    return arrays.Samples(
        ids=np.array(dataset.ids),
        locators=np.array([dataset.images.locator(index) for index in range(len(dataset))]),
        given=given.astype(np.int64),
        truth=truth.astype(np.int64),
        split=dataset.split.astype(np.int8),
    )


def _noisy(dataset: Dataset, config: Config, cache: PixelCache) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The labels with noise in the training split; validation and test labels stay clean."""
    kind, _, path = config.noise_kind.partition(":")
    for name in config.exempt_classes:
        choose("class to exempt from noise", name, dataset.classes)
    train = np.flatnonzero(dataset.split == TRAIN)
    given = dataset.labels.copy()
    given[train] = noise.inject(
        dataset.labels[train],
        len(dataset.classes),
        config.noise or 0.0,
        kind,
        random_stream(config.data_seed, "noise"),
        exempt=[dataset.classes.index(name) for name in config.exempt_classes],
        matrix=noise.read_matrix(Path(path), dataset.classes) if kind == "matrix" else None,
        features=_seen(dataset.take(train), cache) if kind == "instance" else None,
    )
    return given


def _seen(dataset: Dataset, cache: PixelCache) -> np.ndarray[Any, np.dtype[np.float64]]:
    return noise_instance.thumbnails(cache.pixels(), cache.rows(dataset.images))


def _noise_sets_forget_rate(config: Config, origins: Mapping[str, str]) -> bool:
    """Whether τ is the rate at which labels did flip: a matrix or exempt classes set it, and nobody gave τ."""
    if config.noise_kind.startswith("matrix:"):
        return origins["forget_rate"] == "default"
    return bool(config.exempt_classes) and origins["forget_rate"] == "noise"


def check_truth(config: Config, samples: arrays.Samples) -> None:
    """Raise UsageError if the configuration asks for true labels and they are not known."""
    if config.method == "clean" and not samples.truth_is_known:
        raise UsageError(
            f"The method clean learns from true labels, and those of {config.dataset} are not known; choose another "
            "--method, or inject --noise into labels that are right."
        )
    if config.departs(FREE_CORRECTIONS) and not samples.truth_is_known:
        raise UsageError(
            f"The departure {FREE_CORRECTIONS} needs true labels, and those of {config.dataset} are not known; name "
            "other --departures, or inject --noise into labels that are right."
        )


def _estimate(pace: Pace | None, config: Config, samples: arrays.Samples, noisy: int) -> Estimate | None:
    """How long it will take, see `forecast`."""
    if pace is None:
        return None
    training = len(samples.train)
    clean = expected_clean(config, training, noisy)
    return forecast(pace, config, training, len(samples.validation), len(samples.test), clean)


def _create_document(path: Path, checked: Checked) -> None:
    dataset, samples = checked.dataset, checked.samples
    twins = catalog.report(dataset, checked.prepared).twins
    Document(path).create(
        checked.config,
        checked.origins,
        DatasetRecord(
            name=dataset.name,
            root=str(dataset.root.absolute()),
            validation="given" if checked.has_validation else "drawn",
            splits={name: int((samples.split == part).sum()) for part, name in enumerate(SPLIT_NAMES)},
        ),
        dataset.classes,
        checked.device,
        [BadImage(bad.locator, bad.reason) for bad in checked.prepared.bad],
        [TwinGroup(group.ids, group.classes, group.splits) for group in twins],
    )
