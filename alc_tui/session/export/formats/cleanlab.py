"""cleanlab: the table of `Datalab.get_issues("label")`, with columns of alc after its own.

`CleanLearning.fit(…, label_issues=…)` takes its column `is_label_issue`, and `csv:PATH` reads it back.
"""

from __future__ import annotations

from alc_tui.session.export.formats.csv_table import as_csv
from alc_tui.session.export.table import CONFIRMED, KEPT, LabelTable

COLUMNS = ("is_label_issue", "label_score", "given_label", "predicted_label")
"""Those of cleanlab, https://docs.cleanlab.ai/stable/cleanlab/datalab/datalab.html."""
_OWN = ("id", "final", "status", "who", "when", "round", "probability", "path", "note")


def content(table: LabelTable) -> bytes:
    """The table as CSV.

    is_label_issue: False for given labels that were confirmed or selected as clean. label_score: the probability of
    the given label, cleanlab's `self_confidence`.
    """
    lines = (
        (
            row.status not in (KEPT, CONFIRMED),
            row.given_probability,
            row.given,
            row.suggestion,
            *(getattr(row, name) for name in _OWN),
        )
        for row in table.rows
    )
    return as_csv((*COLUMNS, *_OWN), lines)
