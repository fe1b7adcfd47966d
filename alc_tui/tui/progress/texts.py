"""Texts of the progress screen: the results and cost of a round, and what comes next."""

from __future__ import annotations

from collections.abc import Sequence

from alc_tui.session.store.ledger import Ledger
from alc_tui.session.store.records import RoundRecord
from alc_tui.text.format import duration, percent
from alc_tui.text.rounds import why_done

NOTHING_YET = "No scores yet. They will appear after the first training phase."


def title(finished: int, rounds: int) -> str:
    """The last of the `finished` rounds, round 0 included."""
    if not finished:
        return "not trained yet"
    return "after learning with noisy labels" if finished == 1 else f"round {finished - 1} of {rounds}, retrained"


def curve_title(rounds: Sequence[RoundRecord]) -> str:
    """The title of the curve, with a legend of its marks."""
    bars = ", │ 95 % interval" if any(record.interval is not None for record in rounds) else ""
    return f"macro-F1 by labels spent (digits: round{bars}; ×: last epoch)"


def legend(rounds: Sequence[RoundRecord]) -> str:
    """What the columns of the classes mean that do not explain themselves; empty if there are none."""
    columns = ["clean: images in the clean set."] * (rounds[-1].clean_per_class is not None)
    columns += ["guess: share of right labels that round 0 kept."] * (rounds[0].selection is not None)
    return " ".join(columns)


def facts(record: RoundRecord, before: RoundRecord | None) -> str:
    """The results of a round, and its cost or, for round 0, its selection. before: the previous round."""
    growth = "" if before is None else f" ({record.clean_size - before.clean_size:+,})"
    learned = (
        f"clean set {record.clean_size:,}{growth}   best epoch {record.best_epoch + 1}   "
        f"last epoch's F1 {record.macro_f1.last:.3f}   took {duration(record.seconds)}"
    )
    cost = _cost(record.ledger) if record.round else _selection(record)
    return f"{learned}\n{cost}" if cost else learned


def finished(name: str, done: int, rounds: int) -> str:
    """The session is done. done: how many rounds are, with round 0. rounds: after round 0."""
    all_rounds = f"All {rounds} rounds are done" if rounds > 1 else "The only round is done"
    what = all_rounds if done > rounds else why_done(done, rounds)
    return f"{what}. Run `alc session export {name}` to write the cleaned labels."


def _cost(ledger: Ledger) -> str:
    free = f"; {ledger.free_corrections} free corrections" if ledger.free_corrections else ""
    return (
        f"{ledger.shown} shown: {ledger.changed} changed, {ledger.confirmed} confirmed, {ledger.skipped} skipped, "
        f"{ledger.flagged} flagged, {ledger.excluded} excluded{free}"
    )


def _selection(record: RoundRecord) -> str:
    selection = record.selection
    if selection is None:
        return ""
    precision, recall = (percent(share).strip() for share in (selection.precision, selection.recall))
    return f"clean set: precision {precision} (correct labels), recall {recall} (of all correct labels)"
