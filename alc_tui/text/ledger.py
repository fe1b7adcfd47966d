"""The ledger in words: the labeling cost of each round and of all together."""

from __future__ import annotations

from collections.abc import Sequence

from alc_tui.session.store.ledger import Ledger
from alc_tui.session.store.records import RoundRecord

_COUNTS = {
    "shown": "shown",
    "confirmed": "confirmed",
    "changed": "changed",
    "skipped": "skipped",
    "flagged": "flagged",
    "excluded": "excluded",
    "undone": "undone",
    "repeated": "repeated",
    "reviewed": "reviewed",
    "free_corrections": "free corrections",
}


def by_round(rounds: Sequence[RoundRecord], number: int, now: Ledger) -> list[tuple[str, Ledger]]:
    """Title and ledger of each finished round and, once it has any verdict, of the running one. number, now: of the
    running one."""
    ledgers = [(str(record.round), record.ledger) for record in rounds[1:]]
    return ledgers if now == Ledger() else [*ledgers, (f"{number} (now)", now)]


def counts(ledgers: Sequence[Ledger]) -> list[tuple[str, ...]]:
    """One row per count: its name, then the count in each ledger."""
    return [(words, *(f"{getattr(each, name):,}" for each in ledgers)) for name, words in _COUNTS.items()]


def times(ledgers: Sequence[Ledger]) -> list[tuple[str, ...]]:
    """The rows of the annotation time."""
    return [
        ("minutes", *(f"{each.label_seconds / 60:.1f}" for each in ledgers)),
        ("seconds per verdict", *map(_pace, ledgers)),
    ]


def _pace(ledger: Ledger) -> str:
    """Seconds per current verdict; time spent on undone verdicts counts toward their replacements."""
    verdicts = ledger.shown + ledger.repeated + ledger.reviewed
    return f"{ledger.label_seconds / verdicts:.1f}" if verdicts > 0 else "–"
