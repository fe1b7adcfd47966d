"""A round's queue as one looks through it: which samples are shown, and what is said of them. Knows no screen."""

from __future__ import annotations

from collections.abc import Callable

from alc_tui.session.items import Item
from alc_tui.session.journal import EXCLUDE, FLAG, LABEL, SKIP, Decision
from alc_tui.session.service import SessionService
from alc_tui.session.standing import FINAL
from alc_tui.tui.text import percent, plain

ALL = "all"
STATES: dict[str, Callable[[Decision | None, str], bool]] = {
    ALL: lambda _verdict, _given: True,
    "undecided": lambda verdict, _given: verdict is None,
    "decided": lambda verdict, _given: verdict is not None,
    "changed": lambda verdict, given: verdict is not None and verdict.label not in (None, given),
    "flagged": lambda verdict, _given: verdict is not None and verdict.kind == FLAG,
    "skipped": lambda verdict, _given: verdict is not None and verdict.kind == SKIP,
    "excluded": lambda verdict, _given: verdict is not None and verdict.kind == EXCLUDE,
}
"""What a sample may be, by the verdict that stands and the given label."""

OPEN, CHANGED = "open", "*"
_SHORT = {SKIP: "skip", FLAG: "flag", EXCLUDE: "excl"}


class QueueView:
    """The samples of one state and one class; at first of any."""

    def __init__(self, service: SessionService, is_blind: bool) -> None:
        """is_blind: nothing is said, and nothing can be found out, of what others believe of undecided samples."""
        self._service, self._is_blind = service, is_blind
        self.state = ALL
        self.label: str | None = None

    def next_state(self) -> None:
        """Samples of the next state."""
        names = list(STATES)
        self.state = names[(names.index(self.state) + 1) % len(names)]

    def places(self) -> list[int]:
        """The places in the queue of the samples that are shown."""
        fits = STATES[self.state]
        found = []
        for place, sample in enumerate(self._service.queue):
            verdict, given = self._service.verdict(sample), self._service.given_label(sample)
            if fits(verdict, given) and self.label in (None, self._standing(verdict, given)):
                found.append(place)
        return found

    @property
    def title(self) -> str:
        """What is shown."""
        return self.state if self.label is None else f"{self.state}, {plain(self.label)}"

    @property
    def nothing(self) -> str:
        """Why there is nothing to show."""
        if not self._service.queue:
            return "There is no queue to show: no round is waiting to be labeled."
        said = [] if self.state == ALL else [f"is {self.state}"]
        said += [] if self.label is None else [f"stands as {plain(self.label)}"]
        return f"No image {' and '.join(said)}. t shows others, c another class."

    def caption(self, item: Item) -> str:
        """What has become of a sample, in a word."""
        verdict = item.verdict
        if verdict is None:
            return OPEN
        if verdict.label is None:
            return _SHORT[verdict.kind]
        return plain(verdict.label) + (CHANGED if verdict.label != item.given else "")

    def about(self, item: Item) -> str:
        """What is known of a sample, as far as it is no secret."""
        is_secret = item.verdict is None and self._is_blind
        name = item.sample.rpartition("/")[2] if is_secret else item.sample
        said = ["" if item.place is None else f"{item.place + 1:,}  {plain(name)}"]
        if not is_secret:
            shares = dict(zip(self._service.classes, item.probabilities.tolist(), strict=True))
            said.append(f"given {plain(item.given)} {percent(shares[item.given]).strip()}")
            said.append(f"model {plain(item.suggestion)} {percent(shares[item.suggestion]).strip()}")
        said.append("undecided" if item.verdict is None else self._decided(item.verdict))
        return "   ".join(said)

    def _decided(self, verdict: Decision) -> str:
        answer = FINAL[verdict.kind] if verdict.label is None else f"decided {plain(verdict.label)}"
        return answer if verdict.annotator == self._service.annotator else f"{answer} by {plain(verdict.annotator)}"

    def _standing(self, verdict: Decision | None, given: str) -> str | None:
        """The class that stands, unless it is a secret."""
        if verdict is None:
            return None if self._is_blind else given
        return verdict.label if verdict.kind == LABEL else given
