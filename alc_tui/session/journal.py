"""The journal: the append-only record of all decisions, in order. It is the truth about what people did.

One JSON object a line, on disk (fsync) before `append` returns. State is what folding the journal gives. A crash can
only tear the last line; it is set aside on the next opening and reported.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from alc_tui.data.files import sync_folder
from alc_tui.errors import AlcError

LABEL, SKIP, FLAG, EXCLUDE, UNDO = "label", "skip", "flag", "exclude", "undo"
KINDS = (LABEL, SKIP, FLAG, EXCLUDE, UNDO)


@dataclass(frozen=True)
class Decision:
    """One verdict on one sample.

    seq: its place in the journal, from 0. sample: the sample's id. kind: one of KINDS. label: the class decided, for
    `label` only. seconds: from the image being shown to the key. suggested: the class the model suggested. at: UTC.
    An `undo` takes back the last verdict on its sample that still stands.
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


class Journal:
    """The journal of one session, read whole when opened, then appended to."""

    def __init__(self, path: Path, on_torn: Callable[[str], None] | None = None, repair: bool = False) -> None:
        """Read the journal; `on_torn` hears of a torn last line, which `repair` (writers only) moves to `journal.torn`.

        Raises AlcError naming the line if one in the middle cannot be read.
        """
        self._path = path
        self.decisions: list[Decision] = []
        content = path.read_bytes() if path.exists() else b""
        whole, _, torn = content.rpartition(b"\n")
        for number, line in enumerate(whole.split(b"\n"), start=1):
            if line.strip():
                self.decisions.append(_parse(path, number, line, len(self.decisions)))
        if torn and repair:
            self._set_aside(torn, len(content) - len(torn))
        if torn and on_torn:
            aside = f"set aside in {path.with_suffix('.torn').name}" if repair else "passed over"
            on_torn(f"A crash tore the last line of {path}; it is {aside}, the {len(self.decisions)} before it stand.")

    def append(
        self,
        round_number: int,
        sample: str,
        kind: str,
        label: str | None,
        annotator: str,
        seconds: float,
        suggested: str | None,
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
        )
        self._write(json.dumps(asdict(decision), ensure_ascii=True).encode() + b"\n")
        self.decisions.append(decision)
        return decision

    def _write(self, line: bytes) -> None:
        """Append and force to disk; what a full disk wrote of the line is cut off again."""
        is_new = not self._path.exists()
        with self._path.open("ab", buffering=0) as file:
            before = file.seek(0, os.SEEK_END)
            try:
                if file.write(line) != len(line):
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
        self._given: dict[str, list[Decision]] = {}
        for decision in decisions:
            self.add(decision)

    def add(self, decision: Decision) -> None:
        """Take in the next decision of the journal."""
        if decision.kind != UNDO:
            self._given.setdefault(decision.sample, []).append(decision)
        elif self._given.get(decision.sample):
            self._given[decision.sample].pop()

    def of(self, sample: str) -> Decision | None:
        """The verdict that stands for a sample, None if it is undecided."""
        given = self._given.get(sample)
        return given[-1] if given else None

    def all(self) -> dict[str, Decision]:
        """The verdicts that stand, by sample, in the order in which they were given."""
        last = (given[-1] for given in self._given.values() if given)
        return {decision.sample: decision for decision in sorted(last, key=lambda decision: decision.seq)}


def _parse(path: Path, number: int, line: bytes, seq: int) -> Decision:
    try:
        decision = Decision(**json.loads(line))
        if decision.seq != seq or decision.kind not in KINDS:
            raise ValueError(f"seq {decision.seq}, kind {decision.kind!r}")
    except (ValueError, TypeError) as error:
        raise AlcError(
            f"{path}, line {number} cannot be read as a decision ({error}); mend that line by hand or from a copy."
        ) from error
    return decision
