"""The journal: the append-only record of all decisions, in order. It is the truth about what people did.

One JSON object a line, on disk (fsync) before `append` returns. State is what folding the journal gives. A crash can
only tear the last line; it is set aside on the next opening and reported.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from alc_tui.data.files import sync_folder
from alc_tui.errors import AlcError

LABEL, SKIP, FLAG, EXCLUDE, UNDO = "label", "skip", "flag", "exclude", "undo"
KINDS = (LABEL, SKIP, FLAG, EXCLUDE, UNDO)
QUEUE, GRID, REVIEW, SECOND, REPEAT = "queue", "grid", "review", "second", "repeat"
OCCASIONS = (QUEUE, GRID, REVIEW, SECOND, REPEAT)
APART = frozenset({SECOND, REPEAT})
"""Occasions whose verdicts are compared with the one that stands, and never take its place."""


@dataclass(frozen=True)
class Decision:
    """One verdict on one sample.

    seq: its place in the journal, from 0. sample: the sample's id. kind: one of KINDS. label: the class decided, for
    `label` only. seconds: from the image being shown to the key. suggested: the class the model suggested. at: UTC.
    occasion: where it was given: one by one in the round's `queue`, several at once in the `grid`, again in `review`,
    by a `second` annotator, or on a silent `repeat`. blind: given label and suggestion were hidden.
    An `undo` takes back the last verdict on its sample that still stands; of a `second` or `repeat`, its annotator's.
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

    @property
    def answer(self) -> str:
        """What was decided, in one word: the label, else the kind."""
        return self.kind if self.label is None else self.label


class Journal:
    """The journal of one session, read whole when opened, then appended to."""

    def __init__(self, path: Path, on_torn: Callable[[str], None] | None = None, repair: bool = False) -> None:
        """Read the journal; `on_torn` hears of a torn last line, which `repair` (writers only) moves to `journal.torn`.

        Raises AlcError naming the line if one in the middle cannot be read.
        """
        self._path = path
        self.decisions: list[Decision] = []
        content = path.read_bytes() if path.exists() else b""
        self._size = len(content)
        whole, _, torn = content.rpartition(b"\n")
        for number, line in enumerate(whole.split(b"\n"), start=1):
            if line.strip():
                self.decisions.append(_parse(path, number, line, len(self.decisions)))
        if torn and repair:
            self._size -= len(torn)
            self._set_aside(torn, self._size)
        if torn and on_torn:
            aside = f"set aside in {path.with_suffix('.torn').name}" if repair else "passed over"
            on_torn(f"A crash tore the last line of {path}; it is {aside}, the {len(self.decisions)} before it stand.")

    @property
    def size(self) -> int:
        """Bytes that were read and written: a file of another size has been written to by someone else."""
        return self._size

    def append(
        self,
        round_number: int,
        sample: str,
        kind: str,
        label: str | None,
        annotator: str,
        seconds: float,
        suggested: str | None,
        occasion: str = QUEUE,
        blind: bool = False,
    ) -> Decision:
        """Add a decision, on disk when this returns. Raises OSError if it could not be written: nothing is added."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        decision = Decision(
            len(self.decisions),
            round_number,
            sample,
            kind,
            label,
            annotator,
            round(seconds, 3),
            suggested,
            now,
            occasion,
            blind,
        )
        return self.extend([decision])[0]

    def extend(self, decisions: Sequence[Decision]) -> list[Decision]:
        """Add decisions as they are, numbered anew, on disk when this returns; returns them as they were added.

        Raises OSError if they could not be written: nothing is added. A crash leaves the first of them, or none.
        """
        numbered = [replace(decision, seq=seq) for seq, decision in enumerate(decisions, start=len(self.decisions))]
        lines = b"".join(json.dumps(asdict(decision), ensure_ascii=True).encode() + b"\n" for decision in numbered)
        if lines:
            self._write(lines)
        self._size += len(lines)
        self.decisions += numbered
        return numbered

    def _write(self, lines: bytes) -> None:
        """Append and force to disk; what a full disk wrote of the lines is cut off again."""
        is_new = not self._path.exists()
        with self._path.open("ab", buffering=0) as file:
            before = file.seek(0, os.SEEK_END)
            if before != self._size:
                raise OSError(errno.ESTALE, "somebody else has written to it", str(self._path))
            try:
                if file.write(lines) != len(lines):
                    raise OSError(28, "No space left on device", str(self._path))
                os.fsync(file.fileno())
            except OSError:
                file.truncate(before)
                raise
        if is_new:
            sync_folder(self._path.parent)

    def _set_aside(self, torn: bytes, length: int) -> None:
        with self._path.with_suffix(".torn").open("ab") as file:
            file.write(torn + b"\n")
            os.fsync(file.fileno())
        with self._path.open("rb+") as file:
            file.truncate(length)
            os.fsync(file.fileno())


class Verdicts:
    """The fold of a journal: which verdict stands for each sample. Kept up to date decision by decision."""

    def __init__(self, decisions: Iterable[Decision] = ()) -> None:
        self._standing: dict[str, list[Decision]] = {}
        self._apart: dict[tuple[str, str, str], list[Decision]] = {}
        for decision in decisions:
            self.add(decision)

    def add(self, decision: Decision) -> None:
        """Take in the next decision of the journal."""
        if decision.occasion in APART:
            key = (decision.occasion, decision.annotator, decision.sample)
            given = self._apart.setdefault(key, [])
        else:
            given = self._standing.setdefault(decision.sample, [])
        if decision.kind != UNDO:
            given.append(decision)
        elif given:
            given.pop()

    def of(self, sample: str) -> Decision | None:
        """The verdict that stands for a sample, None if it is undecided."""
        given = self._standing.get(sample)
        return given[-1] if given else None

    def given(self, sample: str) -> Sequence[Decision]:
        """The verdicts on a sample that were not taken back, oldest first.

        The last one stands. The first one is its annotator's own: whoever gave another could see what stood.
        """
        return self._standing.get(sample, ())

    def all(self) -> dict[str, Decision]:
        """The verdicts that stand, by sample, in the order in which they were given."""
        last = (given[-1] for given in self._standing.values() if given)
        return {decision.sample: decision for decision in sorted(last, key=lambda decision: decision.seq)}

    def aside(self, occasion: str, sample: str, annotator: str) -> Decision | None:
        """An annotator's `second` or `repeat` verdict on a sample, None if there is none."""
        given = self._apart.get((occasion, annotator, sample))
        return given[-1] if given else None

    def all_aside(self, occasion: str) -> list[Decision]:
        """All `second` or all `repeat` verdicts that were not taken back, in the order in which they were given."""
        last = (given[-1] for (where, _, _), given in self._apart.items() if where == occasion and given)
        return sorted(last, key=lambda decision: decision.seq)


def _parse(path: Path, number: int, line: bytes, seq: int) -> Decision:
    try:
        decision = Decision(**json.loads(line))
        if decision.seq != seq or decision.kind not in KINDS or decision.occasion not in OCCASIONS:
            raise ValueError(f"seq {decision.seq}, kind {decision.kind!r}, occasion {decision.occasion!r}")
    except (ValueError, TypeError) as error:
        raise AlcError(
            f"{path}, line {number} cannot be read as a decision ({error}); mend that line by hand or from a copy."
        ) from error
    return decision
