"""What somebody does in the grid, and what is seen there."""

from __future__ import annotations

from alc_tui.tui.grid.screen import GridScreen
from alc_tui.tui.grid.thumbnail_grid import ThumbnailGrid
from alc_tui.tui.widgets.status_line import StatusLine
from tests.app.person import Person
from tests.made_sessions import CLASSES


async def opens_grid(person: Person) -> None:
    await person.presses("g")
    await person.waits_until(lambda: person.is_at(GridScreen))
    await painted(person)


async def painted(person: Person) -> None:
    """Wait until every thumbnail of the page is on the screen."""
    shown = person.app.screen.query_one(ThumbnailGrid)
    await person.waits_until(
        lambda: bool(shown.on_page) and all(shown.seen(tile) is not None for tile in shown.on_page)
    )


async def types(person: Person, *keys: str) -> None:
    """Type as fast as keys come; a y only once its question was read."""
    for key in keys:
        if key == "y":
            await person.reads_the_question()
        await person.pilot.press(key)
        await person.waits_until(lambda: person.app._key_delay.held is None)


def here(person: Person) -> int:
    """The place of the sample that is described below the thumbnails."""
    line = str(person.screen(GridScreen).query_one("#here").render())
    return int(line.split(maxsplit=1)[0]) - 1


def said(person: Person) -> str:
    return str(person.screen(GridScreen).query_one(StatusLine).render())


def other_class(person: Person, place: int) -> str:
    return next(name for name in CLASSES if name != person.service.item(place).given)
