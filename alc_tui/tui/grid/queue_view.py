"""A view of a round's queue: which samples are shown, and their captions. Independent of screens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rich.cells import cell_len

from alc_tui.session.labeling.items import Item
from alc_tui.session.labeling.journal_state import FINAL
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import EXCLUDE, FLAG, LABEL, QUEUE, SKIP, Decision
from alc_tui.text.format import percent, plain, shorten
from alc_tui.tui.grid import texts
from alc_tui.tui.grid.orders import ORDERS, RANK, SIMILARITY, SUGGESTION, Arrangement, knows_clusters
from alc_tui.tui.grid.tile import BECOMES, OR, Tile
from alc_tui.tui.labeling.blind_mode import BlindMode

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
"""Filters, by current verdict and given label."""

OPEN = "open"
_SHORTEST_NAME = 12
_SHORT = {SKIP: "skip", FLAG: "flag", EXCLUDE: "excl"}


class QueueView:
    """The samples with one state and one class; by default, any."""

    def __init__(self, service: SessionService, blind_mode: BlindMode) -> None:
        """blind_mode: labels that it hides are neither shown nor revealed by filters."""
        self._service, self._blind_mode = service, blind_mode
        self.state = ALL
        self.label: str | None = None
        self.order = RANK
        self._arrangement = Arrangement(service)

    def renew(self) -> None:
        """Give up an order that cannot be shown any more."""
        if self._refusal(self.order):
            self.order = RANK

    def next_state(self) -> None:
        """Switch to the next state."""
        names = list(STATES)
        self.state = names[(names.index(self.state) + 1) % len(names)]

    def next_order(self, step: int) -> str:
        """Switch to the next order that can be shown, or to the previous one; says which others cannot."""
        refusals = list[str]()
        while True:
            self.order = ORDERS[(ORDERS.index(self.order) + step) % len(ORDERS)]
            refusal = self._refusal(self.order)
            if not refusal:
                return " ".join(refusals)
            refusals.append(refusal)

    def samples(self) -> list[str]:
        """The ids of the samples that are shown, in the current order."""
        self._arrangement = Arrangement(self._service, self.order)
        return [sample for sample in self._arrangement.samples if self._is_shown(sample)]

    @property
    def arrangement(self) -> Arrangement:
        """The order and the groups of the last `samples`."""
        return self._arrangement

    @property
    def title(self) -> str:
        """The state and the class that are shown."""
        return self.state if self.label is None else f"{self.state}, {plain(self.label)}"

    @property
    def empty_text(self) -> str:
        """Why no image is shown."""
        if not self._service.queue:
            return "No queue to show: no round is waiting for labels."
        conditions = [] if self.state == ALL else [f"is {self.state}"]
        conditions += [] if self.label is None else [f"is labeled {plain(self.label)}"]
        return f"No image {' and '.join(conditions)}. Press t to change the filter or c to change the class."

    def is_secret(self, sample: str) -> bool:
        """Whether the labels of a sample are hidden."""
        return self._service.verdict(sample) is None and self._blind_mode.hides(sample, QUEUE)

    def caption(self, item: Item) -> str:
        """The state of a sample, in one word."""
        verdict = item.verdict
        if verdict is None:
            return OPEN
        if verdict.label is None:
            return FINAL[verdict.kind]
        return plain(verdict.label)

    def group_title(self, item: Item, among: Sequence[str]) -> str:
        """The group of a sample, with those of some samples; empty in an order without groups."""
        name = item.suggestion if self.order == SUGGESTION else ""
        return texts.group_title(self._arrangement.numbers(item.sample, among), name)

    def name(self, sample: str) -> str:
        """The name of a sample, or a number that tells nothing about it."""
        return self._blind_mode.name(sample)

    def color(self, item: Item) -> str:
        """The color of the caption, by its name in the palette."""
        if item.verdict is None:
            return "faint"
        if item.verdict.label is None:
            return "bad"
        return "good" if item.verdict.label == item.given else "given"

    def about(self, item: Item, group: str, width: int) -> str:
        """What is known about a sample, except for hidden labels. group: about its group. The name is shortened so that
        the rest fits the width."""
        number = "" if item.place is None else f"{item.place + 1:,}  "
        fields = [group] if group else []
        if not self.is_secret(item.sample):
            shares = dict(zip(self._service.classes, item.probabilities.tolist(), strict=True))
            fields.append(f"given {plain(item.given)} {percent(shares[item.given]).strip()}")
            fields.append(f"model {plain(item.suggestion)} {percent(shares[item.suggestion]).strip()}")
        fields.append("undecided" if item.verdict is None else self._decided(item.verdict))
        rest = f"   {'   '.join(fields)}"
        free = max(_SHORTEST_NAME, width - cell_len(number + rest))
        return number + shorten(plain(self.name(item.sample)), free) + rest

    def tile(self, sample: str, is_marked: bool, beside: str | None) -> Tile:
        """The tile of a sample, without hidden labels. beside: the sample under the cursor."""
        item, group = self._service.item_of(sample), self._arrangement.group(sample)
        decided = None if item.verdict is None else item.verdict.label
        return Tile(
            item.position,
            self.name(sample),
            self._arrangement.number(sample),
            self.caption(item),
            self.color(item),
            None if self.is_secret(sample) else (item.given, decided or item.suggestion),
            BECOMES if decided else OR,
            is_marked,
            group,
            is_beside=group is not None and group == self._arrangement.group(beside),
            short_state=_SHORT[item.verdict.kind] if item.verdict is not None and decided is None else "",
        )

    def mark_seen(self, samples: Iterable[str]) -> None:
        """The labels of these samples were shown, unless they are hidden."""
        for sample in samples:
            if not self.is_secret(sample):
                self._blind_mode.mark_seen(sample, QUEUE)

    def _is_shown(self, sample: str) -> bool:
        verdict, given = self._service.verdict(sample), self._service.given_label(sample)
        return STATES[self.state](verdict, given) and self.label in (None, self._current_label(sample))

    def _refusal(self, order: str) -> str:
        """Why the queue cannot be shown in this order; empty if it can."""
        if order == SUGGESTION and any(map(self.is_secret, self._service.queue)):
            return texts.SECRET_ORDER
        if order == SIMILARITY and self._service.queue and not knows_clusters(self._service):
            return texts.NO_CLUSTERS
        return ""

    def _decided(self, verdict: Decision) -> str:
        answer = FINAL[verdict.kind] if verdict.label is None else f"decided {plain(verdict.label)}"
        return answer if verdict.annotator == self._service.annotator else f"{answer} by {plain(verdict.annotator)}"

    def _current_label(self, sample: str) -> str | None:
        """The current label, unless it is hidden."""
        if self.is_secret(sample):
            return None
        verdict = self._service.verdict(sample)
        return verdict.label if verdict and verdict.kind == LABEL else self._service.given_label(sample)
