"""`W` goes through the windows of an image with more than 8 bits, on the labeling screen and on the page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from textual.strip import Strip

from alc_tui.session.store.folder import SessionFolder
from alc_tui.tui.labeling.screen import LabelScreen
from alc_tui.tui.labeling.texts import ONE_WINDOW
from alc_tui.tui.widgets.preview import Preview
from alc_tui.tui.widgets.status_line import StatusLine
from tests.app.person import Person, Sit
from tests.app.test_viewing import watches
from tests.data.images.samples import png
from tests.made_sessions import make_session

SIDE = 64
TYPICAL, FULL = {0, 255}, {0, 4}
"""Grays of two halves with the values 1000 and 2000 where two pixels have 65,535: (2000 − 1000) / 64,535 · 255 is 4."""


def halves() -> bytes:
    samples = np.full((SIDE, SIDE), 1000, np.uint16)
    samples[:, SIDE // 2 :] = 2000
    samples[0, :2] = 65_535
    return png(samples)


def session_of(folder: Path, contents: Sequence[bytes]) -> SessionFolder:
    """A session in which these images take turns."""
    files = [folder / f"image-{number:02d}.png" for number in range(60)]
    for number, file in enumerate(files):
        file.write_bytes(contents[number % len(contents)])
    return make_session(folder / "skin", images=files)


@pytest.fixture
def deep(tmp_path: Path) -> SessionFolder:
    return session_of(tmp_path, [halves()])


@pytest.fixture
def plain_content(tmp_path: Path) -> bytes:
    Image.new("L", (SIDE, SIDE), 120).save(tmp_path / "plain.png")
    return (tmp_path / "plain.png").read_bytes()


def grays(person: Person) -> set[int]:
    """Those at the left and the right edge of the image on the screen, halfway down."""
    place = person.app.screen.query_one(Preview).region
    rows = []
    for line in person.app.screen._compositor.render_strips()[place.y : place.bottom]:
        cells = [
            segment.style.color.triplet.red
            for segment in Strip(line).crop(place.x, place.right)
            if "▄" in segment.text and segment.style and segment.style.color and segment.style.color.triplet
        ]
        rows += [{cells[0], cells[-1]}] if cells else []
    return rows[len(rows) // 2]


async def sees_grays(person: Person, expected: set[int]) -> None:
    await person.waits_until(lambda: grays(person) == expected)


async def test_each_press_shows_the_next_window_and_names_it_beside_the_image(deep: SessionFolder, sit: Sit) -> None:
    async with sit(deep) as person:
        await person.looks()
        await person.sees_text("window typical range (1 of 2)")
        assert grays(person) == TYPICAL
        await person.pilot.press("W")
        await sees_grays(person, FULL)
        await person.sees_text("Window: full range (2 of 2).")
        await person.sees_text("window full range (2 of 2)")
        await person.pilot.press("W")
        await sees_grays(person, TYPICAL)
        await person.sees_text("window typical range (1 of 2)")
        assert person.decisions() == []


async def test_the_window_stays_for_the_next_images_until_it_is_reset(deep: SessionFolder, sit: Sit) -> None:
    async with sit(deep) as person:
        await person.looks()
        await person.pilot.press("W")
        await sees_grays(person, FULL)
        await person.presses("1")
        await person.looks()
        assert grays(person) == FULL
        await person.sees_text("window full range (2 of 2)")
        await person.pilot.press("=")
        await sees_grays(person, TYPICAL)
        await person.sees_text("window typical range (1 of 2)")


async def test_an_image_without_the_window_is_shown_as_it_is_and_the_next_one_with_it(
    tmp_path: Path, plain_content: bytes, sit: Sit
) -> None:
    mixed = session_of(tmp_path, [halves(), plain_content])

    def is_deep(person: Person) -> bool:
        showing = person.screen(LabelScreen)._current.showing
        assert showing is not None
        return showing.item.position % 2 == 0

    async with sit(mixed) as person:
        seen = []
        is_full = False
        for _ in range(5):
            await person.looks()
            seen.append(is_deep(person))
            if is_deep(person):
                await person.sees_text("(2 of 2)" if is_full else "(1 of 2)")
                if not is_full:
                    await person.pilot.press("W")
                await sees_grays(person, FULL)
                is_full = True
            else:
                assert grays(person) == {120}
                await person.waits_until(lambda: "of 2)" not in person.sees)
            await person.presses("1")
        assert set(seen) == {True, False}


async def test_an_image_with_one_window_refuses_the_key_with_a_sentence(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, (120, 30)) as person:
        await person.looks()
        await person.pilot.press("W")
        await person.sees_text(ONE_WINDOW)
        assert person.app.screen.query_one(StatusLine).has_class("-refused")
        assert "(1 of" not in person.sees


async def test_a_window_chosen_while_the_image_is_shown_alone_is_named(deep: SessionFolder, sit: Sit) -> None:
    async with sit(deep) as person:
        await person.looks()
        await person.pilot.press("space")
        await person.pilot.press("W")
        await person.sees_text("Window: full range (2 of 2).")
        await sees_grays(person, FULL)


async def test_the_page_follows_the_window_of_the_terminal(deep: SessionFolder, sit: Sit) -> None:
    async with sit(deep) as person, watches(person) as browser, browser.follows() as messages:
        await person.looks()
        first = await messages.next()
        assert first["window"] == ""
        await person.pilot.press("W")
        second = await messages.next()
        assert second == {**first, "window": "full range"}
        await person.presses("1")
        assert (await messages.next())["window"] == "full range"
        await person.looks()
        await person.pilot.press("=")
        assert (await messages.next())["window"] == ""
