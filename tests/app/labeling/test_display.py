"""How images are drawn and how large they are changes by keys and from the palette, without a restart."""

from __future__ import annotations

import asyncio
from pathlib import Path

from PIL import Image

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.folder import SessionFolder
from alc_tui.tui.app import AlcApp
from alc_tui.tui.labeling.sample.round_strip import RoundStrip
from alc_tui.tui.labeling.sample.thumbnails import Thumbnails
from alc_tui.tui.pictures.display import Display
from alc_tui.tui.preferences import Preferences
from alc_tui.tui.widgets.class_list import ClassList
from alc_tui.tui.widgets.preview import Preview
from tests.app.person import QUICK, Person, Sit
from tests.made_sessions import make_session

EXACT = Preferences(smooth=False)


def shown(person: Person) -> tuple[int, int]:
    """Columns and rows of the image."""
    picture = person.app.screen.query_one(Preview).picture
    return (0, 0) if picture is None else (picture.columns, picture.rows)


def square(person: Person) -> tuple[int, int]:
    """Columns and rows of a square image in all the space that there is for it."""
    rows = person.app.screen.query_one(Preview).content_size.height
    return 2 * rows, rows


def glyphs(person: Person) -> set[str]:
    """The characters of the image."""
    place = person.app.screen.query_one(Preview).region
    lines = person.app.screen._compositor.render_strips()[place.y : place.bottom]
    return {one for line in lines for segment in line.crop(place.x, place.right) for one in segment.text}


async def command(person: Person, title: str) -> None:
    """Choose a command of the palette."""
    (found,) = (one for one in person.app.get_system_commands(person.app.screen) if one.title == title)
    found.callback()


async def test_p_draws_in_quadrants_and_again_in_half_blocks(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, (120, 40)) as person:
        await person.looks()
        assert "▄" in glyphs(person) and not glyphs(person) & set("▚▞▛▜▙▟")
        await person.pilot.press("P")
        await person.sees_text("Images: quadrant.")
        await person.waits_until(lambda: bool(glyphs(person) & set("▚▞▛▜▙▟")))
        await person.presses("1")
        await person.looks()
        assert glyphs(person) & set("▚▞▛▜▙▟")
        await person.pilot.press("P")
        await person.waits_until(lambda: not glyphs(person) & set("▚▞▛▜▙▟"))


async def test_d_switches_between_smooth_scaling_that_fills_the_space_and_exact_pixels(
    session: SessionFolder, sit: Sit
) -> None:
    async with sit(session, (126, 40)) as person:  # images of 24 × 18 pixels
        await person.looks()
        filled = shown(person)
        assert filled[0] > 72
        await person.pilot.press("d")
        await person.sees_text("Pixels are exact")
        await person.waits_until(lambda: shown(person) == (72, 27))
        await person.pilot.press("d")
        await person.waits_until(lambda: shown(person) == filled)
        assert person.decisions() == []


async def test_angle_brackets_change_the_size_and_the_neighbors_take_what_is_left(tmp_path: Path, sit: Sit) -> None:
    folder = make_session(tmp_path / "skin", image_size=(300, 300))
    async with sit(folder, (200, 60)) as person:
        await person.looks()
        assert shown(person) == square(person)
        before = person.app.screen.query_one(Thumbnails).tiles.area
        await person.pilot.press("<")
        await person.sees_text("up to 88 × 44 cells")
        await person.waits_until(lambda: shown(person) == (88, 44))
        assert person.app.screen.query_one(Thumbnails).tiles.area[0] > before[0]
        await person.presses("1")
        await person.looks()
        assert shown(person) == (88, 44)
        await person.pilot.press(">")
        await person.waits_until(lambda: shown(person) == (108, 54))
        await person.pilot.press(">")
        await person.sees_text("Images fill the window.")
        await person.waits_until(lambda: shown(person) == square(person))


async def test_the_palette_has_the_same_commands(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, (120, 40)) as person:
        await person.looks()
        await command(person, "Images: quadrant")
        await person.waits_until(lambda: bool(glyphs(person) & set("▚▞▛▜▙▟")))
        await command(person, "Images: smooth or exact")
        await person.waits_until(lambda: shown(person)[0] == 72)
        await command(person, "Images: smaller")
        await person.sees_text("Images take up to")
        await command(person, "Images: off")
        await person.sees_text("Images are off")


async def test_review_follows_and_shows_its_image_as_large_as_there_is_room(tmp_path: Path, sit: Sit) -> None:
    folder = make_session(tmp_path / "skin", image_size=(300, 300))
    async with sit(folder, (200, 60)) as person:
        await person.presses("f")
        await person.pilot.press("r")
        await person.waits_until(lambda: shown(person)[0] >= 70)
        await person.pilot.press("P")
        await person.waits_until(lambda: bool(glyphs(person) & set("▚▞▛▜▙▟")))
        await person.pilot.press("escape")
        await person.looks()
        assert glyphs(person) & set("▚▞▛▜▙▟")


async def test_grid_and_comparison_follow_too(session: SessionFolder, sit: Sit) -> None:
    quadrants = set("▚▞▛▜▙▟")
    async with sit(session, (120, 40)) as person:
        for key in ("g", "c"):
            await person.looks()
            await person.pilot.press(key)
            await person.waits_until(lambda: person.sees.count("▄") > 300)
            await command(person, "Images: quadrant")
            await person.waits_until(lambda: bool(quadrants & set(person.sees)))
            await command(person, "Images: half")
            await person.waits_until(lambda: not quadrants & set(person.sees))
            await person.pilot.press("escape")


async def test_brightness_and_zoom_go_along_to_review_and_back(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, (120, 40)) as person:
        await person.presses("f")
        await person.pilot.press("]", "]", "{")
        await person.pilot.press("r")
        await person.waits_until(lambda: shown(person) != (0, 0))
        view = person.app.screen.query_one(Preview).view
        assert (view.brightness, view.contrast, view.zoom) == (2, -1, 1)


async def test_zoom_stays_set_from_image_to_image_where_a_setting_says_so(session: SessionFolder, sit: Sit) -> None:
    async with sit(session, (120, 40), Preferences(keep_zoom=True)) as person:
        await person.looks()
        await person.pilot.press("+", "+", "]")
        zoomed = person.app.screen.query_one(Preview).view
        assert (zoomed.zoom, zoomed.brightness) == (2.0, 1)
        await person.presses("1")
        await person.looks()
        assert person.app.screen.query_one(Preview).view == zoomed
        await person.pilot.press("=")
        await person.presses("2")
        await person.looks()
        assert person.app.screen.query_one(Preview).view.zoom == 1


async def test_what_was_chosen_is_remembered(session: SessionFolder) -> None:
    remembered: list[tuple[str, bool, tuple[int, int] | None]] = []

    def remember(display: Display) -> None:
        remembered.append((display.preview, display.smooth, display.largest))

    with SessionService(session, annotator="anna", write=True) as service:
        app = AlcApp(session.path.parent, service, Preferences(), QUICK, remember)
        async with app.run_test(size=(120, 40)) as pilot:
            person = Person(pilot, service)
            await person.looks()
            await pilot.press("d", "P")
            await person.waits_until(lambda: len(remembered) == 2)
    assert remembered == [("auto", False, None), ("quadrant", False, None)]


async def test_the_round_is_shown_mark_by_mark(tmp_path: Path, sit: Sit) -> None:
    folder = make_session(tmp_path / "skin")
    async with sit(folder, (200, 60)) as person:
        item = person.service.next_item()
        assert item is not None
        other = next(key for key, name in zip("123", person.service.classes, strict=True) if name != item.given)
        await person.presses(other, "enter", "s")
        await person.looks()
        place = person.app.screen.query_one(RoundStrip).region
        lines = [line[place.x : place.right] for line in person.sees.splitlines()[place.y : place.bottom]]
        assert lines[0].split("  ")[:1] == ["○ 1 confirmed"]
        for part in ("● 1 changed", "× 1 set aside", "· 2 open"):
            assert part in lines[0]
        assert lines[1].strip() == "●○×··"


async def test_counts_per_class_stand_beside_the_classes(tmp_path: Path, sit: Sit) -> None:
    folder = make_session(tmp_path / "skin")
    async with sit(folder, (200, 60)) as person:
        await person.presses("2")
        await person.looks()
        clean = person.service.rounds[-1].clean_per_class
        assert clean is not None
        place = person.app.screen.query_one(ClassList).region
        lines = [line[place.x : place.right].split() for line in person.sees.splitlines()[place.y : place.bottom]]
        assert lines[0] == ["clean", "decided"]
        assert [line[-2:] for line in lines[1:]] == [
            [str(clean[name]), str(int(name == "NV"))] for name in person.service.classes
        ]


async def test_an_image_without_neighbors_takes_their_space(tmp_path: Path, sit: Sit) -> None:
    folder = make_session(tmp_path / "skin", image_size=(400, 300))
    async with sit(folder, (200, 60)) as person:
        await person.looks()
        before = shown(person)
        await person.pilot.press("n")
        await person.waits_until(lambda: shown(person)[0] > before[0])


async def test_every_size_in_between_is_survived_and_filled(tmp_path: Path, sit: Sit) -> None:
    folder = make_session(tmp_path / "skin", image_size=(40, 30))
    for file in folder.path.parent.glob("skin-images/*.png"):
        Image.new("RGB", (400, 300), (90, 120, 150)).save(file)
    async with sit(folder, (80, 24)) as person:
        for size in ((100, 30), (140, 45), (90, 70), (220, 55), (60, 20), (200, 60)):
            await person.looks()
            await person.pilot.resize_terminal(*size)
            preview = person.app.screen.query_one(Preview)
            await person.waits_until(lambda size=size: person.app.size == size)  # type: ignore[misc]
            await asyncio.sleep(0.1)
            await person.waits_until(
                lambda preview=preview: (  # type: ignore[misc]
                    shown(person)[0] >= preview.content_size.width - 1
                    or shown(person)[1] >= preview.content_size.height - 1
                )
            )
