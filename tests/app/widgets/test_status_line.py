"""The line that says what happened: as it is, on one line, an error marked as one until something else is said."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.screen import Screen

from alc_tui.tui.widgets.status_line import StatusLine
from tests.app.desk import at


class Speaker(Screen[None]):
    def compose(self) -> ComposeResult:
        yield StatusLine()


async def test_foreign_text_can_neither_mark_up_nor_control_the_screen() -> None:
    async with at(Speaker()) as guest:
        guest.app.screen.query_one(StatusLine).show_message("[red]a\x1b[2J\nb")
        await guest.sees_text(r"[red]a\x1b[2J\nb")


async def test_an_error_is_marked_by_a_sign_and_in_bold_until_the_next_sentence() -> None:
    async with at(Speaker()) as guest:
        said = guest.app.screen.query_one(StatusLine)
        said.show_message("The disk is full.", is_error=True)
        await guest.sees_text("✗ The disk is full.")
        assert said.styles.text_style.bold
        said.show_message("Done.")
        await guest.sees_text("Done.")
        assert "✗" not in guest.sees
        assert not said.styles.text_style.bold
