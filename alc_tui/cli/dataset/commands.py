"""`alc dataset`: list, inspect, prepare, and download data sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alc_tui.cli import completion
from alc_tui.cli.dataset.output import SHOWN
from alc_tui.cli.options import DataRoot, Json, flag, of_setting, show_help
from alc_tui.cli.output import print_data, print_json, print_message, progress_counter, size, table
from alc_tui.data.dataset_names import DATASETS
from alc_tui.errors import UsageError
from alc_tui.session.settings.config import SETTINGS, Config
from alc_tui.session.settings.presets import dataset_preset

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alc_tui.data.dataset import Dataset
    from alc_tui.data.similarity.result import Similarity

    FeaturesOf = Callable[[Dataset], NDArray[np.float32]]

app = typer.Typer(
    help="Data sets: list, inspect, prepare, and download.",
    callback=show_help,
    invoke_without_command=True,
    rich_markup_mode="rich",
)

_NAMED = typer.Argument(
    metavar="DATASET", help="Name of the data set, as in `alc dataset list`.", autocompletion=completion.datasets
)
ImageSize = Annotated[
    int | None,
    typer.Option(
        metavar="PIXELS",
        min=8,
        max=4096,
        help=SETTINGS["image_size"].sentence,
        show_default="as in a new session",
    ),
]
_ALIKE = SETTINGS["merge_alike"]
MergeAlike = Annotated[bool, flag(_ALIKE.option, _ALIKE.sentence)]
COMPUTED = "computed"
"""Instead of a file of features: those of a backbone."""
_WITH_FEATURES = f"With --features {COMPUTED}"


@app.command("list")
def list_(json: Json = False) -> None:
    """List the data sets that `alc session new --dataset` accepts."""
    if json:
        print_json([{"name": name, "what": what} for name, what in DATASETS.items()])
        return
    print_data(table(("name", "what"), list(DATASETS.items()), texts=2))


@app.command()
def info(
    name: Annotated[str, _NAMED],
    data_root: DataRoot = None,
    split: Annotated[str | None, of_setting("split")] = None,
    long_tail: Annotated[float | None, of_setting("long_tail")] = None,
    seed: Annotated[int, typer.Option(metavar="SEED", min=0, help="Seed of the split.")] = 0,
    image_size: ImageSize = None,
    merge_alike: MergeAlike = False,
    features: Annotated[
        str | None,
        typer.Option(
            metavar=f"FILE|{COMPUTED}",
            help="Find near duplicates and outliers by features: in a file as for `alc session new --features`, or "
            f"{COMPUTED} by the backbone.",
            show_default="none",
        ),
    ] = None,
    backbone: Annotated[str | None, of_setting("backbone", _WITH_FEATURES)] = None,
    weights: Annotated[str | None, of_setting("weights", _WITH_FEATURES)] = None,
    device: Annotated[str | None, of_setting("device", _WITH_FEATURES)] = None,
    json: Json = False,
) -> None:
    """Show what is in a data set: classes, splits, what was left out and why, unreadable images, duplicate images.

    With --features, near duplicates and outliers, too.
    """
    from alc_tui.cli.dataset import output
    from alc_tui.data import catalog
    from alc_tui.data.cache.pixels import PixelCache
    from alc_tui.data.random_streams import random_stream
    from alc_tui.data.report import report
    from alc_tui.data.similarity.report import similarity_report

    opened = catalog.open_dataset(name, catalog.data_root(data_root), merge_alike)
    dataset = catalog.apply_split(
        opened,
        split,
        long_tail,
        random_stream(seed, "split"),
        random_stream(seed, "long tail"),
    )
    given: dict[str, str | None] = {"backbone": backbone, "weights": weights, "device": device}
    given = {name: value for name, value in given.items() if value is not None}
    side, features_of = _features(name, data_root, features, image_size, given)
    prepared = PixelCache(side).prepare(dataset.images, progress_counter("Reading images"))
    found = report(dataset, prepared)
    similarity = None
    if features_of is not None:
        bad = {image.index for image in prepared.bad}
        good = dataset.take([index for index in range(len(dataset)) if index not in bad])
        similarity = similarity_report(good, _compare(good, features_of), found.duplicates)
    if json:
        print_json(output.to_dict(opened, dataset, found, similarity))
    else:
        print_data(output.describe(dataset, found, similarity))


@app.command()
def prepare(
    name: Annotated[str | None, _NAMED] = None,
    data_root: DataRoot = None,
    image_size: ImageSize = None,
    merge_alike: MergeAlike = False,
    clear: Annotated[bool, flag("--clear", "Clear the whole image cache instead.")] = False,
) -> None:
    """Decode the images of a data set into the cache ahead of time, or clear the cache."""
    from alc_tui.data import catalog
    from alc_tui.data.cache import folder as cache
    from alc_tui.data.cache.pixels import PixelCache
    from alc_tui.data.report import frames_sentence

    if clear:
        if name is not None:
            raise UsageError("--clear clears the cache of all data sets; omit the name.")
        print_message(f"Freed {size(cache.clear())} in {cache.cache_folder()}.")
        return
    if name is None:
        raise UsageError("No data set was specified; `alc dataset list` lists the data sets.")
    dataset = catalog.open_dataset(name, catalog.data_root(data_root), merge_alike)
    prepared = PixelCache(_stored_size(name, image_size)).prepare(dataset.images, progress_counter("Decoding images"))
    for sentence in (*dataset.inventory.sentences(), frames_sentence(prepared.frames_left_out)):
        if sentence:
            print_message(sentence)
    for bad in prepared.bad[:SHOWN]:
        print_message(f"  cannot be used: {bad.locator}: {bad.reason}")
    if len(prepared.bad) > SHOWN:
        print_message(f"  and {len(prepared.bad) - SHOWN} more; `alc dataset info {name} --json` lists all.")
    good, side = len(dataset) - len(prepared.bad), _stored_size(name, image_size)
    print_message(
        f"{good:,} of {len(dataset):,} images are ready at {side} px; the cache in {cache.cache_folder()} holds "
        f"{size(cache.cache_size())}."
    )


@app.command()
def fetch(
    name: Annotated[
        str,
        typer.Argument(
            metavar="DATASET", help="medmnist:FLAG or medmnist:FLAG@SIZE.", autocompletion=completion.datasets
        ),
    ],
    data_root: DataRoot = None,
) -> None:
    """Download a MedMNIST file and verify its checksum; needs the extra `fetch`."""
    from alc_tui.data import catalog
    from alc_tui.data.sources import medmnist, medmnist_fetch

    kind, _, rest = name.partition(":")
    if kind != "medmnist":
        raise UsageError(
            f"Only medmnist:FLAG[@SIZE] can be downloaded, not {name!r}; the others must be obtained from their owners."
        )
    root = catalog.data_root(data_root)
    if root is None:
        raise UsageError("No download folder was specified; add --data-root or set ALC_DATA.")
    choice = medmnist.parse(rest)
    path = medmnist_fetch.fetch(choice.flag, choice.size, root, progress_counter("Fetching bytes"))
    print_message(f"Downloaded {path}; use it with `alc session new --dataset {name}`.")


def _stored_size(name: str, image_size: int | None) -> int:
    """The side in pixels at which a session of the data set would store its images."""
    from alc_tui.data.cache.sizes import stored_size

    return stored_size(image_size or dataset_preset(name, None).get("image_size", Config.image_size))


def _features(
    name: str, data_root: Path | None, features: str | None, image_size: int | None, given: Mapping[str, str | None]
) -> tuple[int, FeaturesOf | None]:
    """The side at which images are stored, and what gives the features of a data set, None without `features`.

    given: settings of the backbone by name. Raises UsageError for what cannot be used, before images are read.
    """
    from alc_tui.data.cache.sizes import stored_size
    from alc_tui.data.paths import expand_home
    from alc_tui.data.sources.features import read_features

    if features != COMPUTED and given:
        option = SETTINGS[next(iter(given))].option
        raise UsageError(f"{option} is for features that are computed; add --features {COMPUTED}, or omit {option}.")
    if features is None:
        return _stored_size(name, image_size), None
    if features != COMPUTED:
        read = read_features(expand_home(Path(features)))
        return _stored_size(name, image_size), lambda dataset: read.of(dataset.ids, dataset.labels, dataset.classes)[0]
    from alc_tui.session.paths import with_absolute_paths
    from alc_tui.session.training.inputs.dataset_features import DatasetFeatures

    settings = {**dataset_preset(name, None), **given}
    if image_size is not None:
        settings["image_size"] = image_size
    chosen = {each: settings[each] for each in ("backbone", "weights", "device", "image_size") if each in settings}
    root = None if data_root is None else str(data_root)
    config, _ = with_absolute_paths(Config(dataset=name, freeze=True, views=1, data_root=root, **chosen), {})
    source = DatasetFeatures(config, "image_size" not in chosen)
    return stored_size(source.image_size), lambda dataset: source.of(dataset, progress_counter("Computing features"))


def _compare(dataset: Dataset, features_of: FeaturesOf) -> Similarity:
    from alc_tui.data.similarity.comparison import compare

    if len(dataset) < 2:
        raise UsageError(f"{dataset.name} has {len(dataset)} usable images; to compare images, add some.")
    return compare(features_of(dataset), progress_counter("Comparing images"))
