"""What the labeling screen and the browser show of the current sample, or of the end of the pass."""

from __future__ import annotations

from functools import partial
from typing import Any

from textual.screen import Screen

from alc_tui.session.labeling.passes import ReviewPass, Showing
from alc_tui.session.labeling.service import SessionService
from alc_tui.tui.keys import key_in_words, keys_of
from alc_tui.tui.labeling import texts
from alc_tui.tui.labeling.blind_mode import BlindMode
from alc_tui.tui.labeling.browser_view import BrowserView
from alc_tui.tui.labeling.current_sample import CurrentSample
from alc_tui.tui.labeling.round_end import RoundEnd
from alc_tui.tui.labeling.sample.evidence_panel import EvidencePanel
from alc_tui.tui.labeling.sample.round_facts import class_counts, round_state
from alc_tui.tui.labeling.sample.sample_view import SampleView
from alc_tui.tui.terminal.delivery import DeliveryConfirmation
from alc_tui.tui.widgets.heading import Heading
from alc_tui.tui.widgets.preview import AHEAD, Preview


class Presentation:
    """Fills the widgets of a labeling screen, and asks the terminal when it has received what counts as seen."""

    def __init__(
        self,
        screen: Screen[Any],
        service: SessionService,
        current: CurrentSample,
        blind_mode: BlindMode,
        browser_view: BrowserView,
        delivery: DeliveryConfirmation,
    ) -> None:
        self._screen, self._service, self._current, self._blind_mode = screen, service, current, blind_mode
        self._browser_view, self._delivery = browser_view, delivery

    def show(self, showing: Showing | None) -> None:
        """Show a sample or, for None, only the heading: `show_end` shows the rest."""
        labeling_pass = self._current.labeling_pass
        is_blind = self._blind_mode.is_on and not isinstance(labeling_pass, ReviewPass)
        heading = texts.heading(self._service, labeling_pass.title, is_blind, showing)
        self._screen.query_one(Heading).show(*heading)
        self._view.display = showing is not None
        self._screen.query_one(RoundEnd).display = showing is None
        if showing is None:
            self._browser_view.leave()
        else:
            self._show_sample(showing, is_blind)

    def _show_sample(self, showing: Showing, is_blind: bool) -> None:
        current, labeling_pass = self._current, self._current.labeling_pass
        near = current.case.near_duplicate if current.case else None
        names = [self._blind_mode.name(one.sample) for one in (showing.item, near) if one is not None]
        self._screen.query_one(EvidencePanel).name_sample(*names)
        upcoming, hidden = labeling_pass.upcoming(AHEAD), current.is_hidden
        self._browser_view.show(showing, labeling_pass.title, upcoming, hidden, self._view.window)
        state = None if is_blind else round_state(labeling_pass, self._service, showing)
        counts = class_counts(labeling_pass, self._service)
        self._view.show(showing, upcoming, hidden, current.case, state, counts)

    def show_end(self, text: str) -> None:
        """Show the end of the pass, and ask whether the terminal has received it."""
        end = self._screen.query_one(RoundEnd)
        end.show(text)
        end.call_after_refresh(self._delivery.ask, partial(self._current.receive, None))

    def leave(self) -> None:
        """Show no sample of this screen in the browser any more."""
        self._browser_view.leave()

    def painted(self, message: Preview.Painted) -> str:
        """The image of a sample is painted: ask the terminal whether it has received it, if it is the current one.

        Returns a status message, possibly empty.
        """
        current = self._current
        if current.is_seen or current.is_covered:  # what covers it waits for a receipt of its own
            return ""
        if current.showing is None or message.position != current.showing.item.position:
            return ""
        current.readable = message.readable
        is_news = message.is_draft and self._delivery.line_speed.is_slow_news()
        self._delivery.ask(partial(current.receive, current.showing))
        return texts.SLOW_LINE if is_news else "" if message.is_draft else self._about_coarse_image()

    def _about_coarse_image(self) -> str:
        """Where an image can be seen better, once; empty for those who watch, and are told so."""
        if not self._service.is_writable or not self._view.is_coarse_news():
            return ""
        keys = (key_in_words(keys_of(self._screen, f"label.{name}")[0]) for name in ("viewer", "preview"))
        return texts.coarse(*keys)

    def change(self, change: str, steps: tuple[int, ...]) -> str:
        """Change what is shown of the sample, see `SampleView.change`; returns a status message, possibly empty."""
        sentence = self._view.change(change, steps)
        self._browser_view.change_window(self._view.window)
        return sentence

    def next_window(self) -> str:
        """See `SampleView.next_window`."""
        if sentence := self._view.next_window():
            self._browser_view.change_window(self._view.window)
        return sentence

    def show_original(self) -> str:
        """Show numbers instead of words, or words again; returns the size and the path of the original image."""
        self._view.change("numbers", ())
        hides_path = self._blind_mode.hides_names
        size = self._view.original(with_path=not hides_path)
        return f"{size} {texts.BLIND_PATH}" if hides_path else size

    @property
    def _view(self) -> SampleView:
        return self._screen.query_one(SampleView)
