"""The journal: the append-only record of all decisions, in order. It is the source of truth for the annotators' work.

One JSON object per line, on disk (fsync) before `append` returns. The state of a session is the fold of its journal. A
crash can leave only the last line incomplete, which is moved to another file and reported when the journal is next
opened; a last line that lacks nothing but its line break counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path

from alc_tui.errors import AlcError
from alc_tui.session.store import jsonl
from alc_tui.session.store.typed_json import decode, parse

LABEL, SKIP, FLAG, EXCLUDE, UNDO, FINISH, FOCUS = "label", "skip", "flag", "exclude", "undo", "finish", "focus"
KINDS = (LABEL, SKIP, FLAG, EXCLUDE, UNDO)
"""The kinds of decisions on a sample."""
QUEUE, GRID, REVIEW, SECOND, REPEAT, ROUND = "queue", "grid", "review", "second", "repeat", "round"
RANKING = "ranking"
OCCASIONS = (QUEUE, GRID, REVIEW, SECOND, REPEAT, ROUND, RANKING)
WITHOUT_SAMPLE = {ROUND: (FINISH, UNDO), RANKING: (FOCUS, UNDO)}
"""The occasions of decisions that are on no sample, and the kinds of these decisions."""
SEPARATE = frozenset({SECOND, REPEAT})
"""Occasions whose verdicts are compared with the current verdict and never replace it."""


UNNUMBERED = -1


@dataclass(frozen=True)
class Verdict:
    """A verdict on a sample, before it is recorded as a `Decision`.

    kind: one of KINDS. label: the chosen class, only for `label`. seconds: time from the image being shown to the
    keystroke. blind: whether given label and suggestion were hidden. note: why a sample is flagged, possibly empty.
    """

    kind: str
    label: str | None = None
    seconds: float = 0.0
    blind: bool = False
    note: str = ""


@dataclass(frozen=True)
class Decision:
    """A verdict on a sample as recorded in the journal. For kind, label, seconds, blind and note, see `Verdict`.

    seq: its position in the journal, from 0. sample: the sample's id. suggested: the class that the model suggested.
    at: UTC, ISO 8601. occasion: one by one in the round's `queue`, several at once in the `grid`, again in a `review`,
    by a `second` annotator, or on a silent `repeat`. An `undo` reverts the last current verdict on its sample; for
    `second` or `repeat`, the last one by the same annotator.

    The occasion `round` is for the round as a whole, with an empty sample: `finish` finishes it before its queue is
    decided, an `undo` reverts that. The occasion `ranking` is for the rounds that are ranked later: `focus` makes
    `label` the focus class, an `undo` clears it.
    """

    seq: int
    round: int
    sample: str
    kind: str
    label: str | None
    annotator: str
    seconds: float
    suggested: str | None
    at: str
    occasion: str = QUEUE
    blind: bool = False
    note: str = ""

    @classmethod
    def now(
        cls, verdict: Verdict, sample: str, number: int, annotator: str, suggested: str | None, occasion: str
    ) -> Decision:
        """Create a decision from a verdict, now, in round `number`; the journal assigns its number."""
        return cls(
            seq=UNNUMBERED,
            round=number,
            sample=sample,
            kind=verdict.kind,
            label=verdict.label,
            annotator=annotator,
            seconds=round(verdict.seconds, 3),
            suggested=suggested,
            at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            occasion=occasion,
            blind=verdict.blind,
            note=verdict.note,
        )

    @property
    def verdict(self) -> Verdict:
        """What was decided."""
        return Verdict(self.kind, self.label, self.seconds, self.blind, self.note)

    @property
    def answer(self) -> str:
        """The label or, without one, the kind."""
        return self.kind if self.label is None else self.label


class Journal:
    """The journal of one session: read whole when opened, then appended to."""

    def __init__(self, path: Path, on_torn: Callable[[str], None] | None = None, repair: bool = False) -> None:
        """Read the journal. `on_torn` is called with a message if the last line is incomplete; `repair` (for writers
        only) moves that line to `journal.torn`.

        Raises AlcError naming the line if another one cannot be read.
        """
        self._path = path
        self.decisions: list[Decision] = []
        lines, torn = jsonl.read(path)
        self._size = sum(len(line) + 1 for line in lines) + len(torn)
        self._lead, self._refused = b"", b""
        for number, line in enumerate(lines, start=1):
            if line.strip():
                self.decisions.append(_parse(path, number, line, len(self.decisions)))
        if torn:
            outcome = self._take_last(torn, len(lines) + 1, repair)
            if on_torn:
                on_torn(f"A crash left the last line of {path} incomplete; {outcome}.")

    @property
    def size(self) -> int:
        """Bytes read and written so far: if the file has another size, another process has written to it."""
        return self._size

    def append(self, decision: Decision) -> Decision:
        """`extend` by one decision."""
        return self.extend([decision])[0]

    def extend(self, decisions: Sequence[Decision]) -> list[Decision]:
        """Add decisions, renumbered, which are on disk on return; returns the numbered decisions.

        Raises OSError if they could not be written; those that are in the file all the same, because a failing disk
        could not take them back, are in `decisions`. After a crash, a prefix of them (possibly empty) is on disk.
        """
        numbered = [replace(decision, seq=seq) for seq, decision in enumerate(decisions, start=len(self.decisions))]
        if not numbered:
            return []
        self.cut_refused()
        lines = [jsonl.line(_stored(decision)) for decision in numbered]
        lines[0] = self._lead + lines[0]
        try:
            self._size += jsonl.write(self._path, b"".join(lines), sync=True, size=self._size)
        except jsonl.UnexpectedSizeError:
            raise
        except OSError:
            remaining = self._keep_written(numbered, lines)
            if remaining:
                raise
        else:
            self._lead = b""
            self.decisions += numbered
        return numbered

    def cut_refused(self) -> None:
        """Remove from the file what an earlier `extend` could neither complete nor take back; raises OSError if this
        fails again."""
        if not self._refused:
            return
        rest = jsonl.read_rest(self._path, self._size)
        if rest and self._refused.startswith(rest):
            jsonl.cut(self._path, self._size)
        self._refused = b""

    def _keep_written(self, numbered: Sequence[Decision], lines: Sequence[bytes]) -> int:
        """After a failed write, add the decisions that are in the file all the same; returns the number of others."""
        self._refused = b"".join(lines)
        try:
            rest = jsonl.read_rest(self._path, self._size)
        except OSError:
            return len(numbered)
        if not self._refused.startswith(rest):
            return len(numbered)
        for count, (decision, line) in enumerate(zip(numbered, lines, strict=True)):
            if len(rest) < len(line) - 1:
                return len(numbered) - count
            self._lead = b"" if rest.startswith(line) else b"\n"
            written, rest = rest[: len(line)], rest[len(line) :]
            self._size += len(written)
            self._refused = self._refused[len(written) :]
            self.decisions.append(decision)
        self._refused = b""
        return 0

    def _take_last(self, torn: bytes, number: int, repair: bool) -> str:
        """Add the last line, which lacks its line break, if it is whole; else set it aside. Says what was done."""
        before = len(self.decisions)
        try:
            self.decisions.append(_parse(self._path, number, torn, before))
        except AlcError:
            if repair:
                self._size -= len(torn)
                jsonl.write(self._path.with_suffix(".torn"), torn + b"\n", sync=True, size=None)
                jsonl.cut(self._path, self._size)
            action = f"moved to {self._path.with_suffix('.torn').name}" if repair else "ignored"
            return f"it was {action}, and the {before} decisions before it are complete"
        self._lead = b"\n"
        return "only its line break is missing, so its decision counts"


class Verdicts:
    """The fold of a journal: the current verdict on each sample, updated incrementally."""

    def __init__(self, decisions: Iterable[Decision] = ()) -> None:
        self._standing: dict[str, list[Decision]] = {}
        self._separate: dict[tuple[str, str, str], list[Decision]] = {}
        for decision in decisions:
            self.add(decision)

    def add(self, decision: Decision) -> None:
        """Fold in the next decision of the journal."""
        if decision.occasion in WITHOUT_SAMPLE:
            return
        if decision.occasion in SEPARATE:
            key = (decision.occasion, decision.annotator, decision.sample)
            given = self._separate.setdefault(key, [])
        else:
            given = self._standing.setdefault(decision.sample, [])
        if decision.kind != UNDO:
            given.append(decision)
        elif given:
            given.pop()

    def of(self, sample: str) -> Decision | None:
        """The current verdict on a sample, None if it is undecided."""
        given = self._standing.get(sample)
        return given[-1] if given else None

    def given(self, sample: str) -> Sequence[Decision]:
        """The verdicts on a sample that were not undone, oldest first. The last one is current. Only the first one is
        independent: later annotators could see the current verdict.
        """
        return self._standing.get(sample, ())

    def all(self) -> dict[str, Decision]:
        """The current verdicts, by sample, in chronological order."""
        last = (given[-1] for given in self._standing.values() if given)
        return {decision.sample: decision for decision in sorted(last, key=lambda decision: decision.seq)}

    def separate_verdict(self, occasion: str, sample: str, annotator: str) -> Decision | None:
        """An annotator's `second` or `repeat` verdict on a sample, None if there is none."""
        given = self._separate.get((occasion, annotator, sample))
        return given[-1] if given else None

    def separate_verdicts(self, occasion: str) -> list[Decision]:
        """All `second` or all `repeat` verdicts that were not undone, in chronological order."""
        last = (given[-1] for (where, _, _), given in self._separate.items() if where == occasion and given)
        return sorted(last, key=lambda decision: decision.seq)


_NAMES = {field.name for field in fields(Decision)}


def _stored(decision: Decision) -> dict[str, object]:
    """The fields of a line; without a note, those that all versions read."""
    values = asdict(decision)
    return values if decision.note else {name: value for name, value in values.items() if name != "note"}


def _parse(path: Path, number: int, line: bytes, seq: int) -> Decision:
    try:
        values = parse(line)
        decision = decode(Decision, values)
        unknown = values.keys() - _NAMES
        if unknown:
            raise ValueError(f"unknown {sorted(unknown)[0]!r}")
        kinds = WITHOUT_SAMPLE.get(decision.occasion, KINDS)
        if decision.seq != seq or decision.kind not in kinds or decision.occasion not in OCCASIONS:
            raise ValueError(f"seq {decision.seq}, kind {decision.kind!r}, occasion {decision.occasion!r}")
    except ValueError as error:
        raise AlcError(
            f"{path}, line {number} is not a valid decision ({error}); correct that line, or restore it from a backup."
        ) from error
    return decision
