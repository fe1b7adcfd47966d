"""Creating a session: every setting is checked against the data before the session's folder is created."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alc_tui.data import catalog
from alc_tui.data.cache.pixels import OnProgress, PixelCache, PreparedImages
from alc_tui.data.cache.sizes import stored_size
from alc_tui.data.case_data import CaseData
from alc_tui.data.dataset import SPLIT_NAMES, VAL, Dataset
from alc_tui.data.files.atomic import write_atomically
from alc_tui.data.inventory.contents import summary
from alc_tui.data.paths import location
from alc_tui.data.random_streams import random_stream
from alc_tui.data.sources.features import FeatureTable, read_features, save_features
from alc_tui.data.sources.show_first import check_matched, match_names, read_show_first
from alc_tui.errors import UsageError
from alc_tui.session import probe
from alc_tui.session.case_data import select_case_data
from alc_tui.session.expected_split import check_selection, expected_clean, expected_noisy
from alc_tui.session.feature_memory import check_memory
from alc_tui.session.image_size import has_own_size, with_size_of_images
from alc_tui.session.labels import check_noise, check_truth, label_samples, with_forget_rate
from alc_tui.session.paths import with_absolute_paths
from alc_tui.session.settings.budget import check_budget, with_budget
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.training_time import Estimate, estimate_training
from alc_tui.session.store import arrays, checksums
from alc_tui.session.store.case_data import save_case_data
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import BENCHMARKS, SessionFolder, check_name, free_name, staging
from alc_tui.session.store.records import BadImageRecord, DatasetRecord, DuplicateGroup
from alc_tui.session.store.show_first import save_show_first

BAD_SHOWN = 3


@dataclass(frozen=True)
class SessionDraft:
    """A configuration that has been checked against its data; the input of `write`.

    origins: where each setting came from. digests: uint8[n, 16], checksums of the images. device: description.
    has_validation: whether the data has a validation split. estimate: None if the speed of this machine could not be
    measured. features: float32[n, D], if they were computed elsewhere. surplus: ids of their file that are no samples.
    show_first: ids of the training samples to show before all others. unmatched: names in their file that are no one
    training sample. case_data: what is shown of the data's table, None if nothing is.
    """

    config: Config
    origins: dict[str, str]
    dataset: Dataset
    prepared: PreparedImages
    samples: arrays.Samples
    digests: NDArray[np.uint8]
    device: str
    has_validation: bool
    estimate: Estimate | None
    features: NDArray[np.float32] | None = None
    surplus: tuple[str, ...] = ()
    show_first: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()
    case_data: CaseData | None = None

    @property
    def skipped(self) -> list[BadImageRecord]:
        """What was skipped: files, folders and rows that cannot be used, then images that cannot be decoded."""
        problems = [BadImageRecord(problem.path, problem.reason) for problem in self.dataset.inventory.problems]
        return problems + [BadImageRecord(image.locator, image.reason) for image in self.prepared.bad]


def check(
    config: Config,
    origins: Mapping[str, str],
    on_progress: OnProgress | None = None,
    device: probe.DeviceProbe | None = None,
    on_probe: Callable[[Config], None] = lambda _config: None,
) -> SessionDraft:
    """Open the data, decode its images, split, inject noise, and check every setting against the data.

    Paths are checked before anything is downloaded, measured or decoded. on_progress: called with (images decoded,
    images to decode). device: the result of `probe_device`, None to probe. on_probe: called before that. Raises
    UsageError or AlcError for the first problem.
    """
    config, origins = with_absolute_paths(config, origins)
    root = None if config.data_root is None else location(config.data_root)
    opened = catalog.open_dataset(config.dataset, root, config.merge_alike)
    _check_opened(opened, config)
    dataset = _apply_split(opened, config)
    dataset = replace(dataset, case_data=select_case_data(dataset, config))
    table = None if config.features is None else read_features(Path(config.features))
    names = [] if config.show_first is None else read_show_first(Path(config.show_first))
    config, origins = with_size_of_images(config, origins, dataset.images)
    if device is None:
        on_probe(config)
        device = probe_device(config, origins, table)
    if has_own_size(config, origins) and device.image_size is not None:
        config, origins = replace(config, image_size=device.image_size), origins | {"image_size": "backbone"}
    cache = PixelCache(stored_size(config.image_size))
    prepared = cache.prepare(dataset.images, on_progress)
    good = _without_bad(dataset, prepared, config.skip_bad)
    samples = label_samples(good, config, cache)
    features, surplus = (None, ()) if table is None else table.of(samples.ids.tolist(), samples.given, good.classes)
    if device.dimensions is not None:
        check_memory(config, device.dimensions, samples, device.device)
    show_first, unmatched = _match_names(config, samples, names)
    check_truth(config, samples)
    config, origins = with_forget_rate(config, origins, samples)
    check_selection(config)
    noisy = expected_noisy(config, len(samples.train))
    config = with_budget(config, origins, len(samples.train), noisy)
    check_budget(config, noisy)
    return SessionDraft(
        config=config,
        origins=origins,
        dataset=dataset,
        prepared=prepared,
        samples=samples,
        digests=cache.digests(good.images),
        device=device.device,
        has_validation=config.split in (None, "given") and bool((opened.split == VAL).any()),
        estimate=estimate(device, config, samples),
        features=features,
        surplus=surplus,
        show_first=tuple(show_first),
        unmatched=tuple(unmatched),
        case_data=good.case_data,
    )


def probe_device(
    config: Config, origins: Mapping[str, str] | None = None, table: FeatureTable | None = None
) -> probe.DeviceProbe:
    """`probe.probe_device`, with the length of the features in `table`, which are read if it is omitted.

    origins: where each setting came from; a backbone of timm has its own image size, unless it was specified.
    """
    config, _ = with_absolute_paths(config, origins or {})
    if config.features is None:
        return (
            probe.probe_device(config, own_size=True) if has_own_size(config, origins) else probe.probe_device(config)
        )
    table = table or read_features(Path(config.features))
    return probe.probe_device(config, table.features.shape[1])


def estimate(device: probe.DeviceProbe, config: Config, samples: arrays.Samples) -> Estimate | None:
    """How long a session of these samples trains on a device, None if its speed could not be measured."""
    if device.speed is None:
        return None
    training = len(samples.train)
    clean = expected_clean(config, training, expected_noisy(config, training))
    seconds = estimate_training(device.speed, config, training, len(samples.validation), len(samples.test), clean)
    return replace(seconds, is_uncertain=device.is_busy)


def write(draft: SessionDraft, store: Path, name: str | None) -> SessionFolder:
    """Create the session's folder atomically. name: None to derive one from the data set and the noise.

    Raises UsageError if the name is taken.
    """
    folder = new_session_folder(store, _default_name(draft.config, store) if name is None else name)
    with staging(folder) as staged:
        arrays.save(staged.samples, draft.samples)
        checksums.save(staged.checksums, draft.digests)
        features = draft.features
        if features is not None:
            write_atomically(staged.features, lambda file: save_features(file, features))
        if draft.show_first:
            save_show_first(staged.show_first, draft.show_first)
        if draft.case_data is not None:
            save_case_data(staged.case_data, draft.case_data)
        _create_document(staged.document, draft)
    return folder


def check_writable(store: Path) -> None:
    """Raise OSError if no session can be created in the store."""
    existing = next(folder for folder in (store.absolute(), *store.absolute().parents) if folder.exists())
    with tempfile.TemporaryFile(dir=existing):
        pass


def new_session_folder(store: Path, name: str) -> SessionFolder:
    """The folder of a session to be created; raises UsageError if the name is invalid or taken."""
    if name == BENCHMARKS:
        raise UsageError(f"{name!r} is the folder of the benchmarks in {store}; specify another --name.")
    folder = SessionFolder(store / check_name(name))
    if folder.path.exists():
        raise UsageError(f"Session {name!r} already exists in {store}; specify another --name, or delete it first.")
    return folder


def _default_name(config: Config, store: Path) -> str:
    rate = "" if config.noise is None else f"-p{round(100 * config.noise):02d}"
    family = config.dataset.partition(":")[0]
    return free_name(store, f"{family}{rate}")


def _match_names(config: Config, samples: arrays.Samples, names: list[str]) -> tuple[list[str], list[str]]:
    """The training samples to show before all others, and the names that are none."""
    if config.show_first is None:
        return [], []
    matched, others = match_names(names, dict(zip(samples.ids.tolist(), samples.locators.tolist(), strict=True)))
    training = set(samples.ids[samples.train].tolist())
    others += [sample for sample in matched if sample not in training]
    matched = [sample for sample in matched if sample in training]
    check_matched(Path(config.show_first), matched)
    return matched, others


def _apply_split(opened: Dataset, config: Config) -> Dataset:
    return catalog.apply_split(
        opened,
        config.split,
        config.long_tail,
        random_stream(config.data_seed, "split"),
        random_stream(config.data_seed, "long tail"),
    )


def _check_opened(dataset: Dataset, config: Config) -> None:
    """Raise UsageError for data that no session can use, before its images are read."""
    problems = dataset.inventory.problems
    if problems and not config.skip_bad:
        raise UsageError(
            f"Parts of {dataset.name} cannot be used: {summary(problems)}; correct them, or skip them with --skip-bad."
        )
    if len(dataset.classes) < 2:
        raise UsageError(
            f"All samples of {dataset.name} have the class {dataset.classes[0]!r}, and a session needs at least two "
            "classes; specify the folder that holds a folder for each class, or a table with several labels."
        )
    check_noise(config, dataset.classes)


def _without_bad(dataset: Dataset, prepared: PreparedImages, skip: bool) -> Dataset:
    """The data set without its bad images; raises UsageError if there are any and `skip` is False."""
    bad = {image.index for image in prepared.bad}
    if not bad:
        return dataset
    if not skip:
        first = "; ".join(f"{image.locator}: {image.reason}" for image in prepared.bad[:BAD_SHOWN])
        more = f" and {len(bad) - BAD_SHOWN} more" if len(bad) > BAD_SHOWN else ""
        raise UsageError(
            f"{len(bad)} of {len(dataset)} images cannot be used ({first}{more}); `alc dataset info` lists them, and "
            "--skip-bad skips them."
        )
    good = dataset.take([index for index in range(len(dataset)) if index not in bad])
    catalog.check_splits(good)
    return good


def _create_document(path: Path, draft: SessionDraft) -> None:
    dataset, samples = draft.dataset, draft.samples
    report = catalog.report(dataset, draft.prepared)
    Document(path).create(
        draft.config,
        draft.origins,
        DatasetRecord(
            name=dataset.name,
            root=str(dataset.root.absolute()),
            validation="given" if draft.has_validation else "drawn",
            splits={name: int((samples.split == part).sum()) for part, name in enumerate(SPLIT_NAMES)},
        ),
        dataset.classes,
        draft.device,
        draft.skipped,
        [DuplicateGroup(group.ids, group.classes, group.splits) for group in report.duplicates],
        estimate=draft.estimate,
    )
