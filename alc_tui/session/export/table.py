"""The cleaned labels of a session as a table: who decided them and when, and what the model suggested."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alc_tui import __version__
from alc_tui.data.catalog import open_images
from alc_tui.data.images.frames import frame_of
from alc_tui.data.paths import UrlPath, location
from alc_tui.errors import AlcError, UsageError
from alc_tui.session.labeling.reader import SessionReader
from alc_tui.session.settings.renamed import all_names
from alc_tui.session.store.arrays import RoundArrays
from alc_tui.session.store.events import finish_times
from alc_tui.session.store.journal import LABEL, Decision
from alc_tui.session.store.state import State
from alc_tui.session.store.typed_json import encode

KEPT, NOISY, CONFIRMED, CHANGED = "kept", "noisy", "confirmed", "changed"
CLEAN = (KEPT, CONFIRMED, CHANGED)


@dataclass(frozen=True)
class ExportRow:
    """One training sample.

    status: `kept` (undecided, in the clean set), `noisy` (undecided, not in it), `confirmed`, `changed`, or the kind of
    a verdict without a label: `skip`, `flag`, `exclude`. who, when, round: of the verdict. suggestion: the class that
    the model suggested for the verdict or, without one, suggests now; probability: in [0, 1], of that class;
    given_probability: of the given label. All three are empty or None before round 0 and, until a blind session is
    done, for undecided samples. path: the image file, `FILE#N` for its frame N, empty if it has none. note: why the
    sample is flagged, possibly empty.
    """

    id: str
    given: str
    final: str
    status: str
    who: str = ""
    when: str = ""
    round: str = ""
    suggestion: str = ""
    probability: float | None = None
    given_probability: float | None = None
    path: str = ""
    note: str = ""

    @property
    def is_decided(self) -> bool:
        """Whether there is a verdict."""
        return self.status not in (KEPT, NOISY)


@dataclass(frozen=True)
class LabelTable:
    """All training samples of a session, in the order of the data.

    dataset: its name as in `--dataset`. root: the folder of the images. is_blind: whether given labels and suggestions
    are hidden until the verdict, as in a blind session that is not done. provenance: see `label_table`.
    """

    session: str
    dataset: str
    classes: tuple[str, ...]
    root: Path
    is_blind: bool
    rows: tuple[ExportRow, ...]
    provenance: Mapping[str, Any]

    @property
    def counts(self) -> dict[str, int]:
        """The number of rows by status."""
        return dict(Counter(row.status for row in self.rows))

    def hides(self, row: ExportRow) -> bool:
        """Whether annotators must not see the given label of a row."""
        return self.is_blind and not row.is_decided

    def locator(self, row: ExportRow) -> str:
        """The path of a row's image relative to the folder of the images, with forward slashes."""
        return location(row.path).relative_to(self.root.absolute()).as_posix()

    def check_files(self, rows: Iterable[ExportRow]) -> None:
        """Raise UsageError unless each of the rows has an image file of its own."""
        paths = [row.path for row in rows]
        if "" in paths:
            raise UsageError(
                f"The images of {self.dataset} have no files of their own; export --format csv or cleanlab instead."
            )
        if isinstance(self.root, UrlPath):
            raise UsageError(
                f"The images of {self.dataset} are at {self.root}, not in files here; export --format csv or cleanlab "
                "instead."
            )
        frames = [path for path in paths if frame_of(path) is not None]
        if frames:
            raise UsageError(
                f"{len(frames):,} of {len(paths):,} images are frames of a file, such as {Path(frames[0]).name!r}, "
                "which only --format csv and cleanlab can name; export one of these."
            )
        missing = [Path(path) for path in paths if not Path(path).is_file()]
        if missing:
            raise UsageError(
                f"{len(missing):,} of {len(paths):,} images to export are not in {self.root}, such as "
                f"{missing[0].name!r}; specify the folder that holds them now with --data-root."
            )


def label_table(service: SessionReader) -> LabelTable:
    """The cleaned labels of a session, with the provenance of the labels: session, data, configuration, journal, and
    counts. An undecided sample keeps its given label."""
    is_blind = service.config.blind and service.state != State.DONE
    rows = tuple(_Rows(service, is_blind).all())
    return LabelTable(
        session=service.folder.name,
        dataset=service.config.dataset,
        classes=service.classes,
        root=service.data_root,
        is_blind=is_blind,
        rows=rows,
        provenance=_provenance(service, rows),
    )


class _Rows:
    """Makes the rows from the verdicts and the arrays of the finished rounds, which are read once."""

    def __init__(self, service: SessionReader, is_blind: bool) -> None:
        self._is_blind = is_blind
        self._service, self._samples, self._classes = service, service.samples, service.classes
        self._images = open_images(service.config.dataset, service.data_root, self._samples.locators)
        self._last = service.rounds[-1].round if service.rounds else None
        self._arrays: dict[int, RoundArrays | None] = {}
        self._finish_times = finish_times(service.folder.events)

    def all(self) -> list[ExportRow]:
        """One row per training sample."""
        service, verdicts = self._service, self._service.verdicts()
        # With alc-ct, each round selects a clean set of its own.
        number = (self._last or 0) if service.config.method == "alc-ct" else 0
        clean = service.round_arrays(number).clean if service.rounds else None
        rows = []
        for local, position in enumerate(self._samples.train):
            verdict = verdicts.get(str(self._samples.ids[position]))
            is_clean = clean is not None and bool(clean[local])
            rows.append(self._row(local, int(position), verdict, is_clean))
        return rows

    def _row(self, local: int, position: int, verdict: Decision | None, is_clean: bool) -> ExportRow:
        given = self._classes[self._samples.given[position]]
        final, status = _outcome(given, verdict, is_clean)
        suggestion, probability, given_probability = self._suggestion(local, given, verdict)
        return ExportRow(
            id=str(self._samples.ids[position]),
            given=given,
            final=final,
            status=status,
            who=verdict.annotator if verdict else "",
            when=verdict.at if verdict else "",
            round=str(verdict.round) if verdict else "",
            suggestion=suggestion,
            probability=probability,
            given_probability=given_probability,
            path=self._path(position),
            note=verdict.note if verdict else "",
        )

    def _path(self, position: int) -> str:
        path, frame = self._images.path(position), frame_of(self._images.locator(position))
        root = self._service.data_root
        if path is None and isinstance(root, UrlPath):
            return f"{root}/{self._images.locator(position)}"
        return "" if path is None else str(path) if frame is None else f"{path}#{frame}"

    def _suggestion(self, local: int, given: str, verdict: Decision | None) -> tuple[str, float | None, float | None]:
        """The suggested class, its probability and that of the given label."""
        if self._last is None or (verdict is None and self._is_blind):
            return "", None, None
        suggested = verdict.suggested if verdict else None
        arrays = self._round(self._last if verdict is None else self._shown_in(verdict, self._last))
        if arrays is None:
            return suggested or "", None, None
        probabilities = arrays.probabilities[local]
        suggestion = self._classes[int(probabilities.argmax())]
        if suggested not in (None, suggestion):  # the screen was older than the round
            return suggested, None, None
        of = {name: round(float(p), 4) for name, p in zip(self._classes, probabilities, strict=True)}
        return suggestion, of[suggestion], of[given]

    def _shown_in(self, verdict: Decision, last: int) -> int:
        """The round whose model made the suggestion of a verdict: the last one that was finished then. It is not always
        the one before the verdict's round, for samples are decided ahead, and reviewed during a retraining."""
        finished: list[int] = []
        with suppress(ValueError):  # a journal may tell no time
            decided = datetime.fromisoformat(verdict.at).astimezone(UTC)
            finished = [number for number, at in self._finish_times.items() if at <= decided]
        return min(max(finished, default=verdict.round - 1), last)

    def _round(self, number: int) -> RoundArrays | None:
        """The arrays of a finished round; None if they cannot be read, which must not keep anybody from the labels."""
        if number not in self._arrays:
            self._arrays[number] = None
            with suppress(AlcError):
                self._arrays[number] = self._service.round_arrays(number)
        return self._arrays[number]


def _outcome(given: str, verdict: Decision | None, is_clean: bool) -> tuple[str, str]:
    """The final label and the status."""
    if verdict is None:
        return given, KEPT if is_clean else NOISY
    if verdict.kind != LABEL:
        return given, verdict.kind
    final = str(verdict.label)
    return final, CONFIRMED if final == given else CHANGED


def _provenance(service: SessionReader, rows: Iterable[ExportRow]) -> dict[str, Any]:
    journal = service.folder.journal
    content = journal.read_bytes() if journal.exists() else b""
    return {
        "alc_version": __version__,
        "session": service.folder.name,
        "created": service.record.created,
        "dataset": encode(service.record.dataset),
        "classes": list(service.classes),
        "config": all_names(service.config.as_dict()),
        "rounds_finished": len(service.rounds),
        "journal_sha256": hashlib.sha256(content).hexdigest(),
        "counts": dict(Counter(row.status for row in rows)),
    }
