"""Looking closely on the labeling screen: zoom, brightness, the whole image, its original, its neighbors."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from textual import events
from textual.strip import Strip

from alc_tui.session.store.folder import SessionFolder
from alc_tui.tui.labeling.sample.evidence_panel import EvidencePanel
from alc_tui.tui.labeling.sample.reason import reason
from alc_tui.tui.labeling.screen import LabelScreen
from alc_tui.tui.widgets.preview import Preview
from tests.app.person import Person, Sit
from tests.made_sessions import make_session

RED, GREEN, BLUE, GRAY = (200, 0, 0), (0, 200, 0), (0, 0, 200), (120, 120, 120)
ARROWS = {"left", "right", "up", "down"}
Rgb = tuple[int, int, int]


@pytest.fixture
def quarters(tmp_path: Path) -> SessionFolder:
    """All images alike: red and green above, blue and gray below."""
    image = Image.new("RGB", (64, 64))
    for color, place in ((RED, (0, 0)), (GREEN, (32, 0)), (BLUE, (0, 32)), (GRAY, (32, 32))):
        image.paste(color, (*place, place[0] + 32, place[1] + 32))
    files = [tmp_path / f"image-{number:02d}.png" for number in range(60)]
    for file in files:
        image.save(file)
    return make_session(tmp_path / "skin", images=files, with_truth=False)


def rows(person: Person) -> list[list[Rgb]]:
    """The colors of the image on the screen, two pixels per cell, row by row; without what surrounds it."""
    place = person.app.screen.query_one(Preview).region
    found: list[list[Rgb]] = []
    for line in person.app.screen._compositor.render_strips()[place.y : place.bottom]:
        cells = [
            (segment.style.color.triplet, segment.style.bgcolor.triplet)
            for segment in Strip(line).crop(place.x, place.right)
            if segment.style and segment.style.color and segment.style.bgcolor
            for _ in range(segment.text.count("▄"))
        ]
        if cells:
            found += [[tuple(upper) for _, upper in cells], [tuple(lower) for lower, _ in cells]]  # type: ignore[misc, arg-type]
    return found


def colors(person: Person) -> set[Rgb]:
    """Those of the four quarters, whatever is drawn where they meet."""
    drawn = rows(person)
    columns, bottom = len(drawn[0]), len(drawn)
    places = [(bottom // 8, columns // 8), (bottom // 8, -columns // 8), (-bottom // 8, columns // 8)]
    return {drawn[row][column] for row, column in [*places, (-bottom // 8, -columns // 8)]}


async def looks_after(person: Person, *keys: str) -> set[Rgb]:
    """The colors on the screen once the keys have done their work."""
    before = rows(person)
    for key in keys:
        if key in ARROWS:
            person.app._driver.send_message(events.Key(key, None))  # type: ignore[union-attr]
        else:
            await person.pilot.press(key)
    await person.waits_until(lambda: rows(person) != before)
    await person.pilot.pause(0.05)
    return colors(person)


async def sees_colors(person: Person, expected: set[Rgb], *keys: str) -> None:
    """Wait until these colors, and no others, are on the screen after the keys."""
    await looks_after(person, *keys)
    await person.waits_until(lambda: colors(person) == expected)


async def test_an_image_is_shown_whole_and_not_stretched(quarters: SessionFolder, sit: Sit) -> None:
    async with sit(quarters, (120, 40)) as person:
        await person.looks()
        assert colors(person) == {RED, GREEN, BLUE, GRAY}
        drawn = rows(person)
        assert len(drawn) == len(drawn[0])
        assert (drawn[0][0], drawn[0][-1], drawn[-1][0], drawn[-1][-1]) == (RED, GREEN, BLUE, GRAY)


async def test_zoomed_and_panned_only_a_corner_is_seen(quarters: SessionFolder, sit: Sit) -> None:
    async with sit(quarters) as person:
        await person.looks()
        await looks_after(person, "plus", "plus", "plus")
        await sees_colors(person, {RED}, *["left", "up"] * 6)
        await sees_colors(person, {GREEN}, *["right"] * 12)
        await sees_colors(person, {GRAY}, *["down"] * 12)
        await sees_colors(person, {RED, GREEN, BLUE, GRAY}, *["minus"] * 3)
        assert person.decisions() == []


async def test_the_next_image_is_whole_again(quarters: SessionFolder, sit: Sit) -> None:
    async with sit(quarters) as person:
        await person.looks()
        await sees_colors(person, {RED}, "plus", "plus", "plus", *["left", "up"] * 6)
        await person.presses("1")
        await person.looks()
        assert colors(person) == {RED, GREEN, BLUE, GRAY}


async def test_zoom_and_reset_say_what_they_did(quarters: SessionFolder, sit: Sit) -> None:
    async with sit(quarters) as person:
        await person.presses("plus")
        await person.sees_text("zoom 1.5×; press = to reset.")
        await person.presses("minus")
        await person.sees_text("The whole image.")
        await person.presses("equals_sign")
        await person.sees_text("Picture reset")


async def test_neighbors_without_room_are_told_as_often_as_they_are_asked_for(tmp_path: Path, sit: Sit) -> None:
    names = [f"class {number}" for number in range(9)]
    async with sit(make_session(tmp_path / "skin", classes=names, samples=120), size=(80, 24)) as person:
        for _ in range(2):
            await person.presses("n")
            await person.sees_text("This window has no room for neighbors")


async def test_page_down_says_that_all_classes_are_visible(quarters: SessionFolder, sit: Sit) -> None:
    async with sit(quarters, size=(80, 24)) as person:
        await person.presses("pagedown")
        await person.sees_text("All classes are visible already.")


async def test_brightness_stays_set_for_the_next_images_until_it_is_reset(quarters: SessionFolder, sit: Sit) -> None:
    brighter, darker = "right_square_bracket", "left_square_bracket"
    async with sit(quarters) as person:
        await person.looks()
        lit = await looks_after(person, brighter, brighter)
        (gray,) = {pixel for pixel in lit if len(set(pixel)) == 1}
        assert gray > GRAY
        await person.sees_text("brightness +2, contrast +0; press = to reset.")
        await person.presses("1")
        await person.looks()
        assert colors(person) == lit
        dim = await looks_after(person, *[darker] * 4)
        assert any(pixel < GRAY for pixel in dim if len(set(pixel)) == 1)
        await sees_colors(person, {RED, GREEN, BLUE, GRAY}, "equals_sign")


async def test_contrast_stays_set_for_the_next_images_until_it_is_reset(quarters: SessionFolder, sit: Sit) -> None:
    def spread(seen: set[Rgb]) -> int:
        return max(map(max, seen)) - min(map(min, seen))

    async with sit(quarters) as person:
        await person.looks()
        flat = await looks_after(person, "left_curly_bracket", "left_curly_bracket")
        assert spread(flat) < 200
        await person.sees_text("brightness +0, contrast -2")
        await person.presses("1")
        await person.looks()
        assert colors(person) == flat
        assert spread(await looks_after(person, *["right_curly_bracket"] * 4)) > 200
        await sees_colors(person, {RED, GREEN, BLUE, GRAY}, "equals_sign")


async def test_space_shows_the_image_alone_and_larger_and_it_can_be_decided_there(
    quarters: SessionFolder, sit: Sit
) -> None:
    async with sit(quarters, (120, 45)) as person:
        await person.looks()
        before = len(rows(person))
        await looks_after(person, "space")
        assert len(rows(person)) > before
        assert "given" not in person.sees
        await person.presses("1")
        assert len(person.decisions()) == 1
        await person.looks()
        assert "given" not in person.sees
        await looks_after(person, "escape")
        assert len(rows(person)) == before
        assert "given" in person.sees


async def test_escape_does_nothing_more_in_a_round(quarters: SessionFolder, sit: Sit) -> None:
    async with sit(quarters) as person:
        await person.presses("escape", "1")
        assert len(person.decisions()) == 1


async def test_i_shows_the_size_and_the_path_of_the_original(quarters: SessionFolder, sit: Sit) -> None:
    async with sit(quarters, (200, 30)) as person:
        first = person.service.queue[0]
        await person.presses("i")
        await person.sees_text(f"64 × 64 pixels: {quarters.path.parent / first}")


async def test_the_nearest_clean_samples_are_shown_with_their_labels_until_n_hides_them(
    quarters: SessionFolder, sit: Sit
) -> None:
    async with sit(quarters, (160, 48)) as person:
        item = person.service.next_item()
        assert item is not None
        assert len(item.neighbors) >= 4
        await person.looks()
        await person.sees_text("nearest clean samples")
        below = person.sees.split("nearest clean samples")[1]
        labels = [word for word in below.split() if word in person.service.classes]
        assert labels == [near.label for near in item.neighbors[:4]]
        await person.presses("n")
        await person.waits_until(lambda: "nearest" not in person.sees)
        await person.presses("1", "n")
        await person.sees_text("nearest clean samples")


async def test_a_resize_keeps_the_image_at_the_size_that_fits(tmp_path: Path, sit: Sit) -> None:
    folder = make_session(tmp_path / "large", image_size=(400, 300))
    async with sit(folder, (60, 16)) as person:
        await person.looks()
        small = len(rows(person))
        await person.pilot.resize_terminal(120, 40)
        await person.waits_until(lambda: len(rows(person)) >= 52 and len(rows(person)[0]) >= 70)
        assert 0 < small < 36


@pytest.mark.parametrize("size", [(20, 6), (40, 10), (1, 1)])
async def test_a_terminal_that_is_much_too_small_is_survived(
    session: SessionFolder, sit: Sit, size: tuple[int, int]
) -> None:
    async with sit(session, size) as person:
        await person.pilot.pause(0.1)
        await person.pilot.resize_terminal(80, 24)
        await person.presses("1")
        assert len(person.decisions()) == 1


def evidence(person: Person) -> list[str]:
    """The lines of the evidence as they are on the screen."""
    place = person.screen(LabelScreen).query_one(EvidencePanel).region
    return [line[place.x :].strip() for line in person.sees.splitlines()[place.y : place.bottom]]


async def test_i_shows_the_evidence_in_numbers(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, (120, 30)) as person:
        item = person.service.next_item()
        assert item is not None
        await person.presses("i")
        given = person.service.classes.index(item.given)
        highest, second = sorted(item.probabilities, reverse=True)[:2]
        expected = [
            f"given  {item.given} [{given + 1}] p {item.probabilities[given]:.3f}",
            f"model  {item.suggestion} [{item.probabilities.argmax() + 1}] p {highest:.3f}",
            f"margin {highest - second:.3f}",
            f"loss   percentile {item.loss_percentile:.0f}, VOG {item.vog_percentile:.0f}",
            f"rank   1 of 5 by {person.service.config.sampler} ({item.score:.3f})",
            f"sample {item.sample}",
        ]
        await person.waits_until(lambda: evidence(person) == expected)


async def test_the_evidence_is_shown_in_words_first_and_again(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, (120, 30)) as person:
        item = person.service.item(0)
        words = " ".join(reason(item, person.service.classes, person.service.config.sampler).split())
        for keys in ((), ("i", "i")):
            await person.presses(*keys)
            await person.waits_until(lambda: " ".join(evidence(person)).startswith(words))
            assert "margin" not in person.sees
