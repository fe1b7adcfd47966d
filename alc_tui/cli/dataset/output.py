"""The output of `alc dataset info`, as data and as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from alc_tui.cli.output import table
from alc_tui.text.format import counted, plain

if TYPE_CHECKING:
    from alc_tui.data.dataset import Dataset
    from alc_tui.data.report import Duplicates, Report
    from alc_tui.data.similarity.report import SimilarityReport

SHOWN = 20
"""How many entries of a list are shown; `--json` has all of them."""


def to_dict(opened: Dataset, dataset: Dataset, found: Report, similarity: SimilarityReport | None) -> dict[str, Any]:
    """Everything `info --json` prints. opened: the data set before subsampling."""
    return {
        "name": opened.name,
        "root": str(dataset.root),
        "samples": len(dataset),
        **found.to_dict(),
        "case_data": _case_data(opened),
        "inventory": _inventory(opened),
        **({} if similarity is None else similarity.to_dict()),
    }


def describe(dataset: Dataset, found: Report, similarity: SimilarityReport | None) -> str:
    """`info` as text."""
    from alc_tui.data.dataset import SPLIT_NAMES, TRAIN
    from alc_tui.data.report import frames_sentence

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
    if found.shared_groups is not None:
        lines += ["", found.shared_groups.sentence()]
    if sentence := _case_data_sentence(dataset):
        lines += ["", sentence]
    if sentence := frames_sentence(found.frames_left_out):
        lines += ["", sentence]
    lines += _listed(
        f"{counted(len(found.bad), 'image')} cannot be used", [f"{b.locator}: {b.reason}" for b in found.bad]
    )
    lines += _listed(f"{counted(len(found.duplicates), 'group')} of duplicate images", _groups(found.duplicates))
    if similarity is not None:
        lines += _similarity(similarity)
    counts_text = table(("class", *columns), [*rows, ("all", *total)])
    return "\n".join([plain(heading), "", counts_text, *map(plain, lines)])


def _case_data(dataset: Dataset) -> dict[str, Any]:
    """The columns of case data, and those of them that are shown unless others are asked for."""
    from alc_tui.data.case_data import default_columns

    known = dataset.case_data
    return {
        "columns": () if known is None else known.columns,
        "shown": () if known is None else default_columns(known, dataset.labels),
    }


def _case_data_sentence(dataset: Dataset) -> str:
    """The columns of case data; "" if there are none."""
    columns, shown = _case_data(dataset).values()
    if not columns:
        return ""
    others = [name for name in columns if name not in shown]
    if not others:
        return f"Case data shown beside the image: {', '.join(shown)}."
    rest = f"{', '.join(others)}: add {'it' if len(others) == 1 else 'them'} with --show"
    return f"Case data shown beside the image: {', '.join(shown) or 'none'}; not shown: {rest}."


def _similarity(found: SimilarityReport) -> list[str]:
    groups = found.near_duplicates
    across, differing = sum(g.crosses_splits for g in groups), sum(g.labels_differ for g in groups)
    heading = f"{counted(len(groups), 'group')} of near duplicates by features"
    if groups:
        heading += (
            f", {across:,} in several splits, {differing:,} with different classes, "
            f"{counted(found.test_with_train, 'test sample')} with a training sample"
        )
    outliers = [f"{each.id} ({each.label}, {each.split}): {each.score:.1f}" for each in found.outliers]
    return [
        *_listed(heading, _groups(groups)),
        *_listed(f"{counted(len(outliers), 'outlier')} by features", outliers),
    ]


def _groups(groups: Sequence[Duplicates]) -> list[str]:
    lines = []
    for group in groups:
        members = ", ".join(f"{i} ({c}, {s})" for i, c, s in zip(group.ids, group.classes, group.splits, strict=True))
        similarity = "" if group.similarity is None else f" – similarity {group.similarity:.2f}"
        warning = " – different classes" * group.labels_differ + " – in several splits" * group.crosses_splits
        lines.append(f"{members}{similarity}{warning}")
    return lines


def _listed(heading: str, entries: Sequence[str]) -> list[str]:
    """An empty line, the heading, and the first entries."""
    more = [f"  and {len(entries) - SHOWN:,} more; --json lists all"] if len(entries) > SHOWN else []
    return ["", heading + (":" if entries else "."), *(f"  {entry}" for entry in entries[:SHOWN]), *more]


def _inventory(opened: Dataset) -> dict[str, Any]:
    """The inventory for JSON; what was left out, in counts. images: before subsampling."""
    inventory = opened.inventory
    return {
        "images": len(opened),
        "links": [asdict(link) for link in inventory.links],
        "left_out": inventory.omission_counts(),
        "problems": [asdict(problem) for problem in inventory.problems],
    }
