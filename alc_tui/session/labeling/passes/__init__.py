"""Passes over samples: a round's queue, a second annotator's pass over it, a review. Each determines what is shown
next. Independent of screens; all passes use the same labeling screen.
"""

from alc_tui.session.labeling.passes.labeling_pass import LabelingPass, Showing, Undone
from alc_tui.session.labeling.passes.queue_pass import ASIDE, CHANGED, CONFIRMED, OPEN, QueuePass
from alc_tui.session.labeling.passes.review_pass import ReviewPass
from alc_tui.session.labeling.passes.second_pass import SecondPass

__all__ = [
    "ASIDE",
    "CHANGED",
    "CONFIRMED",
    "OPEN",
    "LabelingPass",
    "QueuePass",
    "ReviewPass",
    "SecondPass",
    "Showing",
    "Undone",
]
