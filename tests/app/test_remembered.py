"""How images were shown last is remembered for terminals of the same kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from alc_tui.session.labeling.service import SessionService
from alc_tui.tui import remembered
from alc_tui.tui.app import AlcApp
from alc_tui.tui.pictures.display import Display
from alc_tui.tui.pictures.view import View
from alc_tui.tui.preferences import Preferences, read
from tests.made_sessions import make_session

XTERM, KITTY = {"TERM": "xterm-256color"}, {"TERM": "xterm-kitty"}


def test_each_kind_of_terminal_has_its_own_and_brightness_is_not_among_it(tmp_path: Path) -> None:
    path = tmp_path / "alc" / "images.json"
    assert remembered.read(XTERM, path) == {}
    remembered.write(Display("quadrant", False, (80, 40), View(brightness=3)), XTERM, path)
    remembered.write(Display("kitty", True, None), KITTY, path)
    assert remembered.read(XTERM, path) == {"preview": "quadrant", "smooth": False, "largest": (80, 40)}
    assert remembered.read(KITTY, path) == {"preview": "kitty", "smooth": True, "largest": None}
    assert remembered.read({"TERM": "screen"}, path) == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"xterm-256color": 3}',
        '{"xterm-256color": {"preview": "x", "smooth": 1, "largest": [1]}}',
        "\xff",
    ],
)
def test_a_damaged_file_is_as_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "images.json"
    path.write_text(text, encoding="latin-1")
    assert remembered.read(XTERM, path) == {}
    remembered.write(Display("half"), XTERM, path)
    assert remembered.read(XTERM, path)["preview"] == "half"


def test_a_folder_that_cannot_be_written_is_no_problem(tmp_path: Path) -> None:
    (tmp_path / "alc").write_text("a file")
    remembered.write(Display("half"), XTERM, tmp_path / "alc" / "images.json")


def test_files_and_options_take_precedence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("TERM_PROGRAM", raising=False)
    remembered.write(Display("quadrant", False, (80, 40)), XTERM)
    found = read(tmp_path)
    assert (found.preview, found.smooth, found.largest) == ("quadrant", False, (80, 40))
    assert found.is_preview_remembered
    (tmp_path / "alc.toml").write_text('[app]\npreview = "half"\nsmooth = true\n')
    found = read(tmp_path)
    assert (found.preview, found.smooth, found.largest) == ("half", True, (80, 40))
    assert read(tmp_path, "off").preview == "off"
    assert not read(tmp_path).is_preview_remembered


async def test_a_remembered_preview_that_cannot_be_drawn_is_dropped_and_a_chosen_one_refused(tmp_path: Path) -> None:
    with SessionService(make_session(tmp_path / "skin")) as service:
        for is_remembered in (True, False):
            app = AlcApp(tmp_path, service, Preferences("impossible", is_preview_remembered=is_remembered))
            async with app.run_test() as pilot:
                await pilot.pause()
                assert (app.refusal is None) == is_remembered
