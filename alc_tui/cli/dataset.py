"""`alc dataset`: list, inspect, prepare, and download data sets."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alc_tui.cli import completion
from alc_tui.cli.options import DataRoot, Json, flag, show_help
from alc_tui.cli.output import print_data, print_json, print_message, progress_counter, size, table
from alc_tui.data.dataset_names import DATASETS
from alc_tui.errors import UsageError
from alc_tui.session.settings.config import SETTINGS, Config
from alc_tui.session.settings.presets import dataset_preset
from alc_tui.text.format import counted, plain

if TYPE_CHECKING:
    from alc_tui.data.dataset import Dataset
    from alc_tui.data.report import Report

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
SHOWN = 20
_ALIKE = SETTINGS["merge_alike"]
MergeAlike = Annotated[bool, flag(_ALIKE.option, _ALIKE.sentence)]
_SPLIT, _TAIL = SETTINGS["split"], SETTINGS["long_tail"]


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
    split: Annotated[
        str | None,
        typer.Option(
            metavar=_SPLIT.metavar,
            help=_SPLIT.sentence,
            show_default=_SPLIT.default_text,
            autocompletion=completion.values_of(_SPLIT),
        ),
    ] = None,
    long_tail: Annotated[
        float | None,
        typer.Option(metavar=_TAIL.metavar, help=_TAIL.sentence, show_default=_TAIL.default_text),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="SEED", min=0, help="Seed of the split.")] = 0,
    image_size: ImageSize = None,
    merge_alike: MergeAlike = False,
    json: Json = False,
) -> None:
    """Show what is in a data set: classes, splits, what was left out and why, unreadable images, duplicate images."""
    from alc_tui.data import catalog
    from alc_tui.data.cache.pixels import PixelCache
    from alc_tui.data.random_streams import random_stream
    from alc_tui.data.report import report

    opened = catalog.open_dataset(name, catalog.data_root(data_root), merge_alike)
    dataset = catalog.apply_split(
        opened,
        split,
        long_tail,
        random_stream(seed, "split"),
        random_stream(seed, "long tail"),
    )
    prepared = PixelCache(_stored_size(name, image_size)).prepare(dataset.images, progress_counter("Reading images"))
    found = report(dataset, prepared)
    if json:
        print_json(
            {
                "name": name,
                "root": str(dataset.root),
                "samples": len(dataset),
                **found.to_dict(),
                "inventory": _inventory(opened),
            }
        )
    else:
        print_data(_describe(dataset, found))


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

    if clear:
        if name is not None:
            raise UsageError("--clear clears the cache of all data sets; omit the name.")
        print_message(f"Freed {size(cache.clear())} in {cache.cache_folder()}.")
        return
    if name is None:
        raise UsageError("No data set was specified; `alc dataset list` lists the data sets.")
    dataset = catalog.open_dataset(name, catalog.data_root(data_root), merge_alike)
    prepared = PixelCache(_stored_size(name, image_size)).prepare(dataset.images, progress_counter("Decoding images"))
    for sentence in dataset.inventory.sentences():
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


def _inventory(opened: Dataset) -> dict[str, Any]:
    """The inventory for JSON; what was left out, in counts. images: before subsampling."""
    inventory = opened.inventory
    return {
        "images": len(opened),
        "links": [asdict(link) for link in inventory.links],
        "left_out": inventory.omission_counts(),
        "problems": [asdict(problem) for problem in inventory.problems],
    }


def _describe(dataset: Dataset, found: Report) -> str:
    from alc_tui.data.dataset import SPLIT_NAMES, TRAIN

    columns = list(next(iter(found.counts.values())))
    total = tuple(str(sum(counts[column] for counts in found.counts.values())) for column in columns)
    rows = [(label, *(str(counts[column]) for column in columns)) for label, counts in found.counts.items()]
    train = [counts[SPLIT_NAMES[TRAIN]] for counts in found.counts.values()]
    heading = (
        f"{dataset.name} in {dataset.root}: {len(dataset):,} samples, {len(dataset.classes)} classes, "
        f"imbalance {max(train) / max(min(train), 1):.0f}:1"
    )
    lines: list[str] = []
    if sentences := dataset.inventory.sentences():
        lines += ["", *sentences]
    lines += ["", f"{counted(len(found.bad), 'image')} cannot be used" + (":" if found.bad else ".")]
    lines += [f"  {bad.locator}: {bad.reason}" for bad in found.bad[:SHOWN]]
    lines += ["", f"{counted(len(found.duplicates), 'group')} of duplicate images" + (":" if found.duplicates else ".")]
    for group in found.duplicates[:SHOWN]:
        members = ", ".join(f"{i} ({c}, {s})" for i, c, s in zip(group.ids, group.classes, group.splits, strict=True))
        warning = " – different classes" * group.labels_differ + " – in several splits" * group.crosses_splits
        lines.append(f"  {members}{warning}")
    counts_text = table(("class", *columns), [*rows, ("all", *total)])
    return "\n".join([plain(heading), "", counts_text, *map(plain, lines)])
