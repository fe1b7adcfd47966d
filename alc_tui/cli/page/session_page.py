"""The page about one session: its configuration, scores, changed labels, costs, and agreement.

It shows decided samples only, so that it gives nothing away to those who still decide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from alc_tui import __version__
from alc_tui.cli import session_output
from alc_tui.cli.output import number
from alc_tui.cli.page import markup
from alc_tui.cli.page.curve import f1_curve
from alc_tui.cli.page.thumbnails import data_uri
from alc_tui.cli.session_output import SessionReport
from alc_tui.data.dataset import ImageSource
from alc_tui.data.images import BadImageError
from alc_tui.errors import AlcError
from alc_tui.session.export.table import CHANGED, ExportRow, LabelTable, label_table
from alc_tui.session.labeling.reader import SessionReader
from alc_tui.session.labeling.sample_numbers import SampleNumbers
from alc_tui.session.store.ledger import total
from alc_tui.session.store.records import RoundRecord
from alc_tui.text import agreement, ledger, scores
from alc_tui.text.format import counted, signed

GENERATOR = f"alc {__version__}"


def session_page(service: SessionReader, report: SessionReport) -> str:
    """The report as HTML. Images that cannot be read are left out of the changed labels, and the page says so."""
    table, rounds = label_table(service), report.rounds
    sections = [
        markup.section("Session", markup.table((), session_output.facts(report)[1:], "text"), _settings(report)),
        *([_scores(rounds, table.classes)] if rounds else []),
        _labels(table),
        *([_costs(service, rounds)] if rounds else []),
        _agreement(report),
        _changed(service, table),
    ]
    return markup.document(f"Session {table.session}", GENERATOR, sections)


def _settings(report: SessionReport) -> str:
    settings = markup.table(session_output.ORIGIN_HEAD, session_output.origin_rows(report), "text")
    return f"<details><summary>All settings</summary>\n{settings}\n</details>"


def _scores(rounds: Sequence[RoundRecord], classes: Sequence[str]) -> str:
    last, before = rounds[-1], rounds[-2] if len(rounds) > 1 else None
    sentence = scores.describe_macro_f1(last, before)
    note = f"{sentence[0].upper()}{sentence[1:]}{scores.note_on_change(before)}."
    head = ("class", "test images", *(f"F1 round {record.round}" for record in rounds), "since round 0")
    rows = [
        (
            name,
            f"{last.scores.best.support[place]:,}",
            *(number(record.f1[name]) for record in rounds),
            signed(last.f1[name] - rounds[0].f1[name]),
        )
        for place, name in enumerate(classes)
    ]
    return markup.section("Scores on the test set", markup.paragraph(note), f1_curve(rounds), markup.table(head, rows))


def _labels(table: LabelTable) -> str:
    counts = sorted(table.counts.items())
    flow = [
        (name, *(sum(row.given == name and row.final == other for row in _decided(table)) for other in table.classes))
        for name in table.classes
    ]
    return markup.section(
        "Labels",
        markup.table(("status", "samples"), [(status, f"{count:,}") for status, count in counts]),
        markup.paragraph("Decided labels, from the given label (rows) to the final one (columns):"),
        markup.table(("given", *table.classes), flow),
    )


def _costs(service: SessionReader, rounds: Sequence[RoundRecord]) -> str:
    training = markup.table(session_output.ROUND_HEAD, map(session_output.round_row, rounds))
    by_round = ledger.by_round(rounds, service.round, service.progress().ledger)
    if not by_round:
        return markup.section("Costs", training)
    ledgers = [each for _, each in by_round]
    ledgers.append(total(ledgers))
    head = ("round", *(title for title, _ in by_round), "total")
    labeling = markup.table(head, [*ledger.counts(ledgers), *ledger.times(ledgers)])
    return markup.section("Costs", training, markup.paragraph("What was done in each round:"), labeling)


def _agreement(report: SessionReport) -> str:
    lines = agreement.lines(report.agreement)
    content = markup.table((), lines, "text") if lines else markup.paragraph("Nothing to compare yet.")
    return markup.section("Agreement", content)


def _changed(service: SessionReader, table: LabelTable) -> str:
    rows = [row for row in table.rows if row.status == CHANGED]
    if not rows:
        return markup.section("Changed labels", markup.paragraph("No label was changed."))
    names = _names(service, table)
    positions = service.samples.ids.find_all([row.id for row in rows]).tolist()
    figures, unread = [], 0
    try:
        images = service.images()
    except AlcError:
        figures, unread = [_figure(None, row, 0, names(row.id)) for row in rows], len(rows)
    else:
        for row, position in zip(rows, positions, strict=True):
            figure = _figure(images, row, position, names(row.id))
            unread += "<img" not in figure
            figures.append(figure)
    notes = [markup.paragraph(f"{counted(unread, 'image')} could not be read.")] if unread else []
    heading = f"{counted(len(rows), 'changed label')}"
    return markup.section(heading, *notes, '<div class="images">', *figures, "</div>")


def _names(service: SessionReader, table: LabelTable) -> Callable[[str], str]:
    """What a sample is called: a number where its id may tell a label that is hidden."""
    is_secret = table.is_blind or service.config.injects_noise
    return SampleNumbers(service.samples.ids, service.config.seed).name if is_secret else str


def _figure(images: ImageSource | None, row: ExportRow, position: int, name: str) -> str:
    try:
        picture = "" if images is None else f'<img alt="{markup.text(name)}" src="{data_uri(images, position)}">'
    except (AlcError, BadImageError, OSError):
        picture = ""
    suggestion = row.suggestion or "none"
    share = "" if row.probability is None else f" ({row.probability:.2f})"
    who = f"{row.who}, round {row.round}; suggested: {suggestion}{share}"
    change = f"<b>{markup.text(row.given)} → {markup.text(row.final)}</b>"
    return f"<figure>{picture}<figcaption>{change}<br>{markup.text(who)}<br>{markup.text(name)}</figcaption></figure>"


def _decided(table: LabelTable) -> list[ExportRow]:
    return [row for row in table.rows if row.status in ("confirmed", CHANGED)]
