"""The output of `new`, `show`, and `replay` about a session, as data and as text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alc_tui.cli.output import number, table
from alc_tui.data.report import frames_sentence
from alc_tui.data.splits import shared_groups
from alc_tui.errors import AlcError
from alc_tui.lnl.bases import BASES
from alc_tui.session.forecast.next_round import Forecast, read_forecast
from alc_tui.session.labeling.agreement import Summary
from alc_tui.session.labeling.agreement import summary as agreement_of
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.names import MEAN
from alc_tui.session.settings.renamed import all_names
from alc_tui.session.store.document import Document
from alc_tui.session.store.focus import focus_of
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Journal, Verdicts
from alc_tui.session.store.records import RoundRecord, SessionRecord
from alc_tui.session.store.state import Overview, overview
from alc_tui.session.store.typed_json import encode
from alc_tui.text import focus, scores
from alc_tui.text import forecast as forecast_texts
from alc_tui.text.format import counted, duration, plain
from alc_tui.text.network import describe_network

if TYPE_CHECKING:
    from alc_tui.session.create import SessionDraft

ROUND_HEAD = (
    "round",
    "labels",
    "shown",
    "confirmed",
    "changed",
    "skipped",
    "free",
    "clean",
    "F1 best",
    "F1 last",
    "time",
)
ORIGIN_HEAD = ("setting", "value", "origin")


@dataclass(frozen=True)
class SessionReport:
    """What `show` prints of a session."""

    overview: Overview
    record: SessionRecord
    rounds: Sequence[RoundRecord]
    agreement: Summary
    forecast: Forecast | None
    focus: str | None

    def to_dict(self) -> dict[str, Any]:
        """Everything `show --json` prints."""
        stored = encode(self.record)
        return {
            "name": self.overview.name,
            "dataset": self.overview.dataset,
            "classes": stored["classes"],
            "state": self.overview.state,
            "noise": self.overview.noise,
            "estimated_noise": self.record.estimated_noise,
            "noise_interval": self.record.noise_interval,
            "noise_basis": self.record.noise_basis,
            "splits": stored["dataset"]["splits"],
            "data_root": stored["dataset"]["root"],
            "device": self.record.device,
            "created": self.record.created,
            "alc_version": self.record.alc_version,
            "decided_total": self.overview.decided_total,
            "budget_total": self.overview.budget_total,
            "bad": stored["bad"],
            "twins": stored["twins"],
            "config": all_names(stored["config"]),
            "origins": all_names(stored["origins"]),
            "rounds": [record.to_dict() for record in self.rounds],
            "agreement": self.agreement.as_dict(),
            "focus": self.focus,
            "forecast": None if self.forecast is None else self.forecast.as_dict(),
        }


def report(folder: SessionFolder, on_notice: Callable[[str], None] | None = None) -> SessionReport:
    """Read a session; raises AlcError if its document or its journal cannot be read.

    on_notice: called with a sentence if the journal's last line is incomplete, or if there can be no forecast.
    """
    document = Document(folder.document)
    record, decisions = document.session, Journal(folder.journal, on_notice).decisions
    agreement = agreement_of(Verdicts(decisions), record.classes)
    try:
        forecast = read_forecast(folder)
    except AlcError as error:
        forecast = None
        if on_notice is not None:
            on_notice(f"No forecast: {error}")
    return SessionReport(overview(folder), record, document.rounds, agreement, forecast, focus_of(decisions))


def summary(folder: SessionFolder, checked: SessionDraft) -> list[str]:
    """The lines that `new` prints: the samples, the estimated time, and notes on bad and duplicate images and on
    groups in several splits."""
    samples = checked.samples
    lines = [
        f"Session {folder.name}: {len(samples.train):,} training, {len(samples.validation):,} validation and "
        f"{len(samples.test):,} test samples of {len(checked.dataset.classes)} classes, on {checked.device}"
    ]
    if checked.estimate is not None:
        learning, a_round = duration(checked.estimate.learning), duration(checked.estimate.round)
        doubt = "; uncertain: the machine is busy" if checked.estimate.is_uncertain else ""
        lines.append(f"Estimated time: at least {learning} for learning, then {a_round} per round{doubt}")
    lines += map(plain, checked.dataset.inventory.sentences())
    if sentence := frames_sentence(checked.prepared.frames_left_out):
        lines.append(plain(sentence))
    if checked.surplus:
        others = f"{counted(len(checked.surplus), 'id')} of the features (the first is {checked.surplus[0]!r})"
        lines.append(plain(f"Left out {others}, which no sample has."))
    if checked.unmatched:
        names = f"{counted(len(checked.unmatched), 'name')} in {checked.config.show_first}"
        lines.append(plain(f"Left out {names} that no training sample has, such as {checked.unmatched[0]!r}."))
    if checked.prepared.bad:
        skipped = counted(len(checked.prepared.bad), "image")
        lines.append(f"Skipped {skipped} that cannot be read; `alc session show --json` lists them.")
    if checked.prepared.duplicates:
        groups = counted(len(checked.prepared.duplicates), "group")
        lines.append(f"Found {groups} of duplicate images; `alc dataset info` lists their classes.")
    shared = shared_groups(checked.dataset)
    return lines if shared is None else [*lines, shared.sentence()]


def origin_rows(report: SessionReport) -> list[tuple[str, str, str]]:
    """Each setting with its value and where that came from, as in `ORIGIN_HEAD`."""
    origins = report.record.origins
    return [(name, str(value), origins.get(name, "default")) for name, value in report.record.config.as_dict().items()]


def origins_text(report: SessionReport) -> str:
    """`show --origin` as text."""
    return table(ORIGIN_HEAD, origin_rows(report))


def facts(report: SessionReport) -> list[tuple[str, str]]:
    """The session in a few (title, description) pairs; titles have at most eight characters."""
    record, overview, config = report.record, report.overview, report.record.config
    splits = ", ".join(f"{count:,} {name}" for name, count in record.dataset.splits.items())
    noise = _noise(config)
    if record.estimated_noise is not None:
        noise += f", estimated {record.estimated_noise:.3f}"
        if record.noise_interval is not None:
            noise += " [{:.3f}, {:.3f}]".format(*record.noise_interval)
        if record.noise_basis is not None:
            noise += f" ({BASES.get(record.noise_basis, record.noise_basis)})"
    pairs = [
        ("Session", f"{overview.name}  ({overview.state})"),
        ("Dataset", f"{overview.dataset}: {splits}; {len(record.classes)} classes"),
        ("Noise", f"{noise}; forget rate {config.forget_rate}"),
        (
            "Method",
            f"{config.method}, mix ratio {config.mix_ratio:g}, {counted(config.epochs, 'epoch')} of "
            f"{describe_network(config)}",
        ),
        (
            "Rounds",
            f"{config.rounds} of {counted(config.budget or 0, 'sample')} by {config.sampler}, "
            f"{counted(config.round_epochs, 'epoch')} each",
        ),
        *_focus(report),
        *_retraining(config),
        *_labeling(config),
        *_departures(config),
        ("Labels", f"{overview.decided_total} of {overview.budget_total}"),
        ("Device", record.device),
        *([] if config.dataset == "demo" else [("Images", record.dataset.root)]),
    ]
    if record.bad:
        pairs.append(("Skipped", f"{counted(len(record.bad), 'item')} that cannot be used (`show --json` lists them)"))
    if record.duplicates:
        groups = counted(len(record.duplicates), "group")
        pairs.append(("Copies", f"{groups} of identical images (`show --json` lists them)"))
    return pairs


def describe(report: SessionReport) -> str:
    """`show` as text."""
    lines = [plain(f"{title:<9}{text}") for title, text in facts(report)]
    tables = [rounds_text(report.rounds, report.record.classes)] if report.rounds else []
    next_round = [] if report.forecast is None else [_forecast(report.forecast)]
    return "\n\n".join(["\n".join(lines), *tables, *next_round])


def rounds_text(rounds: Sequence[RoundRecord], classes: Sequence[str]) -> str:
    """Tables of the rounds: costs and scores, the interval of the last round, F1 per class, and the LNL selection."""
    costs = table(ROUND_HEAD, [round_row(record) for record in rounds])
    last, before = rounds[-1], rounds[-2] if len(rounds) > 1 else None
    if last.interval is not None:
        costs += f"\n{scores.describe_macro_f1(last, before)}{scores.note_on_change(before)}."
    by_class = table(
        ("F1 (best)", *(f"r{record.round}" for record in rounds), "since r0"),
        [
            (name, *(number(record.f1[name]) for record in rounds), f"{last.f1[name] - rounds[0].f1[name]:+.3f}")
            for name in classes
        ],
    )
    return "\n\n".join([costs, by_class, *_selection_text(rounds[0])])


def _forecast(forecast: Forecast) -> str:
    return "\n".join(map(plain, [*forecast_texts.lines(forecast), forecast_texts.note(forecast)]))


def _noise(config: Config) -> str:
    if not config.injects_noise:
        return "none injected"
    return (
        f"injected by {config.noise_kind}"
        if config.noise is None
        else f"{config.noise:g} injected ({config.noise_kind})"
    )


def _labeling(config: Config) -> list[tuple[str, str]]:
    modes = ["live"] if config.live else []
    modes += ["blind"] if config.blind else []
    if config.repeat:
        modes.append(f"{config.repeat:g} of each round silently shown twice")
    return [("Labeling", ", ".join(modes))] if modes else []


def _focus(report: SessionReport) -> list[tuple[str, str]]:
    rounds = focus.rounds_by_focus(report.rounds)
    return [("Focus", focus.described(report.focus, rounds).replace("\n", "; "))] if rounds or report.focus else []


def _retraining(config: Config) -> list[tuple[str, str]]:
    words = [f"balance {config.balance:g}"] if config.balance else []
    if config.decided_weight != 1:
        words.append(f"decided samples × {config.decided_weight:g}")
    if config.retrains_both:
        words.append("both peers")
    if config.prediction == MEAN:
        words.append("predicted by their mean")
    return [("Retrain", ", ".join(words))] if words else []


def _departures(config: Config) -> list[tuple[str, str]]:
    if not config.departures:
        return []
    return [("Departs", f"from the paper, as in the authors' code: {config.departures}")]


def round_row(record: RoundRecord) -> tuple[str, ...]:
    """The cells of a round, as in `ROUND_HEAD`."""
    ledger = record.ledger
    counts = (
        record.round,
        record.decided_total,
        ledger.shown,
        ledger.confirmed,
        ledger.changed,
        ledger.skipped,
        ledger.free_corrections,
        record.clean_size,
    )
    return (
        *map(str, counts),
        number(record.macro_f1.best),
        number(record.macro_f1.last),
        duration(record.seconds),
    )


def _selection_text(record: RoundRecord) -> list[str]:
    selection = record.selection
    if selection is None:
        return []
    guess = "  ".join(f"{name} {number(_percent(share), 1)}" for name, share in selection.guess.items())
    return [
        f"LNL's selection: precision {number(selection.precision)}, recall {number(selection.recall)}\n"
        f"Guess % per class: {plain(guess)}"
    ]


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
