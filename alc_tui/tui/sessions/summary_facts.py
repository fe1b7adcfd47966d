"""The contents of the summary: the data and its problems, the settings, and the estimated time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.console import Group
from rich.table import Table
from rich.text import Text
from textual.widgets import Static

from alc_tui.data import catalog
from alc_tui.data.dataset import SPLIT_NAMES
from alc_tui.data.report import frames_sentence
from alc_tui.data.splits import shared_groups
from alc_tui.session.create import SessionDraft
from alc_tui.text.format import counted, duration, plain
from alc_tui.text.network import describe_network
from alc_tui.tui import palette

BAD_SHOWN = 5


class SummaryFacts(Static):
    """Facts by name, then the classes with their counts."""

    def __init__(self) -> None:
        super().__init__(markup=False)

    def show(self, checked: SessionDraft, command: str) -> None:
        """Draw the summary. command: the equivalent shell command."""
        colors = palette.of(self)
        facts = Table.grid(padding=(0, 2))
        facts.add_column(style=colors.faint, no_wrap=True)
        facts.add_column(ratio=1)
        for name, lines, is_bad in _facts(checked, command):
            facts.add_row(name, Text(plain_lines(lines), style=colors.given if is_bad else ""))
        self.update(Group(facts, Text(), _classes(checked, colors.faint)))


def plain_lines(lines: Sequence[str]) -> str:
    """Escaped lines."""
    return "\n".join(plain(line) for line in lines)


def _facts(checked: SessionDraft, command: str) -> list[tuple[str, list[str], bool]]:
    """(name, lines, whether to highlight it as a warning)."""
    config, samples = checked.config, checked.samples
    validation = "given" if checked.has_validation else "drawn"
    data = (
        f"{config.dataset}: {len(samples.train):,} training, {len(samples.validation):,} validation ({validation}) and "
        f"{len(samples.test):,} test samples of {len(checked.dataset.classes)} classes"
    )
    kind = "" if config.noise is None else f"{config.noise:g} {config.noise_kind}, injected"
    noise = kind or (f"after {config.noise_kind}" if config.injects_noise else "as in the data")
    estimate = checked.estimate
    doubt = "; uncertain: the machine is busy" if estimate is not None and estimate.is_uncertain else ""
    cost = (
        "unknown: the speed of this machine could not be measured"
        if estimate is None
        else f"at least {duration(estimate.learning)} for learning, then {duration(estimate.round)} per round{doubt}"
    )
    return [
        ("Data", [data], False),
        *_inventory(checked),
        ("Bad images", _bad(checked), bool(checked.skipped)),
        ("Duplicates", _duplicates(checked), bool(checked.prepared.duplicates)),
        *_leakage(checked),
        ("Noise", [f"{noise}; forget rate {config.forget_rate}"], False),
        (
            "Learning",
            [f"{config.method}, {counted(config.epochs, 'epoch')} of {describe_network(config)}"],
            False,
        ),
        (
            "Rounds",
            [
                f"{config.rounds} × {counted(config.budget or 0, 'sample')} by {config.sampler}, "
                f"{counted(config.round_epochs, 'epoch')} each"
            ],
            False,
        ),
        ("Device", [checked.device], False),
        ("Time", [cost], False),
        ("Command", [command], False),
    ]


def _inventory(checked: SessionDraft) -> list[tuple[str, list[str], bool]]:
    """What was followed and left out, if anything."""
    sentences = replace(checked.dataset.inventory, problems=()).sentences()
    if frames := frames_sentence(checked.prepared.frames_left_out):
        sentences.append(frames)
    return [("Inventory", sentences, False)] if sentences else []


def _bad(checked: SessionDraft) -> list[str]:
    bad = checked.skipped
    if not bad:
        return ["none"]
    more = [f"and {len(bad) - BAD_SHOWN:,} more"] if len(bad) > BAD_SHOWN else []
    return [f"{len(bad):,}, which would be skipped:", *(f"{b.locator}: {b.reason}" for b in bad[:BAD_SHOWN]), *more]


def _duplicates(checked: SessionDraft) -> list[str]:
    duplicates = catalog.report(checked.dataset, checked.prepared).duplicates
    if not duplicates:
        return ["none"]
    across, differing = sum(t.crosses_splits for t in duplicates), sum(t.labels_differ for t in duplicates)
    groups = f"{counted(len(duplicates), 'group')} of identical images"
    return [f"{groups}; {across:,} in more than one split, {differing:,} with different labels"]


def _leakage(checked: SessionDraft) -> list[tuple[str, list[str], bool]]:
    """Lesions, patients or other groups that are in several splits, if any."""
    shared = shared_groups(checked.dataset)
    return [] if shared is None else [("Leakage", [shared.sentence()], True)]


def _classes(checked: SessionDraft, faint: str) -> Table:
    """The number of samples of each given label, by split."""
    samples, names = checked.samples, checked.dataset.classes
    table = Table.grid(padding=(0, 2))
    table.add_column()
    for _ in SPLIT_NAMES:
        table.add_column(justify="right")
    table.add_row(*(Text(title, style=faint) for title in ("given label", *SPLIT_NAMES)))
    for label, name in enumerate(names):
        counts = (int((samples.given[samples.split == part] == label).sum()) for part in range(len(SPLIT_NAMES)))
        table.add_row(Text(plain(name)), *(f"{count:,}" for count in counts))
    return table
