"""A session as pandas tables: its samples, decisions, rounds and labels. Writes nothing; needs the extra `report`."""

from __future__ import annotations

import warnings
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alc_tui.data.dataset import SPLIT_NAMES, UNKNOWN
from alc_tui.errors import UsageError
from alc_tui.session.export.table import label_table
from alc_tui.session.labeling.reader import SessionReader
from alc_tui.session.settings.config import Config
from alc_tui.session.store.arrays import RoundArrays
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Decision


class Session:
    """A session, read from its folder; every table is re-read, so that it includes what others have written since.

    `open_session` opens one.
    """

    def __init__(self, folder: SessionFolder) -> None:
        self._folder = folder
        self._service = SessionReader(folder)
        for notice in self._service.notices:
            warnings.warn(notice, stacklevel=3)

    def __repr__(self) -> str:
        return f"<Session {self.name!r}: {self.settings.dataset}, round {self.round}, {self.state}>"

    @property
    def name(self) -> str:
        """The session's name."""
        return self._folder.name

    @property
    def path(self) -> Path:
        """The session's folder."""
        return self._folder.path

    @property
    def settings(self) -> Config:
        """All settings of the session, by name."""
        return self._service.config

    @property
    def classes(self) -> tuple[str, ...]:
        """The class names, in the order of the data."""
        return self._service.classes

    @property
    def state(self) -> str:
        """`new`, `training`, `stopped`, `failed`, `labeling`, `decided` (waiting for retraining), or `done`."""
        self._service.refresh()
        return self._service.state

    @property
    def round(self) -> int:
        """The last finished round; −1 before round 0 is finished."""
        self._service.refresh()
        return len(self._service.rounds) - 1

    def samples(self) -> pd.DataFrame:
        """All samples, by id: `split` (train, val, test), `given` and `truth` (labels; truth missing where unknown)."""
        samples = self._service.samples
        columns = {
            "split": [SPLIT_NAMES[split] for split in samples.split],
            "given": self._names(samples.given),
            "truth": [None if label == UNKNOWN else self.classes[label] for label in samples.truth],
        }
        return pd.DataFrame(columns, index=pd.Index(samples.ids.tolist(), name="id"))

    def model(self, round: int | None = None) -> pd.DataFrame:
        """The outputs of a round's model for each training sample, by id.

        round: from 0; the last finished one if omitted.

        Columns: `clean` (whether it is in the clean set), `label` (the current label), `loss` (cross-entropy with it,
        in nats), `vog` (of round 0; missing where the method has none), `suggestion` (the most probable class), `rank`
        (position in the ranking for the next round, from 0; missing for samples outside it), and one probability
        per class, named `p(CLASS)`. Raises UsageError for a round that is not finished.
        """
        arrays = self._arrays(round)
        rank = np.full(len(arrays.clean), np.nan)
        rank[arrays.ranking] = np.arange(len(arrays.ranking))
        table = pd.DataFrame(
            {
                "clean": arrays.clean,
                "label": self._names(arrays.labels),
                "loss": arrays.loss,
                "vog": arrays.vog,
                "suggestion": self._names(arrays.probabilities.argmax(1)),
                "rank": pd.array(rank, dtype="Int64"),
            },
            index=self._train_index(),
        )
        shares = {f"p({name})": arrays.probabilities[:, number] for number, name in enumerate(self.classes)}
        return table.join(pd.DataFrame(shares, index=table.index))

    def decisions(self) -> pd.DataFrame:
        """The journal, one decision a row, in order: undone ones and `undo` itself included; `at` in UTC,
        missing where the journal holds no valid time. Rows with the occasion `round` have no sample: `finish` finished
        the round early."""
        self._service.catch_up()
        rows = [asdict(decision) for decision in self._service.decisions]
        table = pd.DataFrame(rows, columns=[field.name for field in fields(Decision)]).set_index("seq")
        table["at"] = pd.to_datetime(table["at"], utc=True, format="ISO8601", errors="coerce")
        return table

    def labels(self) -> pd.DataFrame:
        """The cleaned labels of the training samples, by id, as `alc session export` writes them.

        Columns: `given`, `final`, `status` (`kept`: selected as clean; `noisy`: not decided; `confirmed`, `changed`,
        `skip`, `flag`, `exclude`: decided), `who`, `when` and `round` of the verdict, `suggestion` (the class that the
        model suggested for the verdict or, without one, suggests now), its `probability` and that of the given label
        (`given_probability`), `path` (the image file), and `note` (why a sample is flagged, possibly empty).
        """
        self._service.catch_up()
        return pd.DataFrame([asdict(row) for row in label_table(self._service).rows]).set_index("id")

    def rounds(self) -> pd.DataFrame:
        """The finished rounds, one per row: scores on the test set in [0, 1], sizes, labeling cost, and duration in
        seconds."""
        self._service.refresh()
        rows = []
        for record in self._service.rounds:
            numbers = {name: value for name, value in record.to_dict().items() if isinstance(value, int | float)}
            rows.append({**numbers, "macro_f1": record.macro_f1.best, "macro_f1_last": record.macro_f1.last})
        return pd.DataFrame(rows).set_index("round") if rows else pd.DataFrame()

    def scores(self) -> pd.DataFrame:
        """F1 of each class in [0, 1] at the best epoch of each finished round: one column per class, one row per
        round."""
        self._service.refresh()
        rows = {record.round: record.f1 for record in self._service.rounds}
        table = pd.DataFrame.from_dict(rows, orient="index", columns=list(self.classes))
        return table.rename_axis("round")

    def _arrays(self, round: int | None) -> RoundArrays:
        last = self.round
        number = last if round is None else round
        if not 0 <= number <= last:
            finished = f"rounds 0 to {last} are finished" if last >= 0 else "no round is finished yet"
            raise UsageError(f"Round {number} of session {self.name!r} cannot be read: {finished}.")
        return self._service.round_arrays(number)

    def _names(self, labels: NDArray[np.int64]) -> list[str]:
        return [self.classes[label] for label in labels]

    def _train_index(self) -> pd.Index:
        samples = self._service.samples
        index: pd.Index = pd.Index(samples.ids[samples.train].tolist(), name="id")
        return index
