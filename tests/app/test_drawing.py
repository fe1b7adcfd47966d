"""Images, bars, names and keys, without a screen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from rich.cells import cell_len
from rich_pixels import Pixels

from alc_tui.tui.keys import CLASS_KEYS, RESERVED, class_keys
from alc_tui.tui.text import change, duration, plain, shorten
from alc_tui.tui.widgets.bars import bar
from alc_tui.tui.widgets.preview import draw, fit
from tests.made_sessions import make_session


@pytest.mark.parametrize(
    ("size", "area", "expected"),
    [
        ((600, 450), (48, 24), (48, 36)),
        ((450, 600), (48, 24), (36, 48)),
        ((28, 28), (48, 24), (28, 28)),
        ((12, 12), (48, 24), (48, 48)),
        ((10, 20), (48, 24), (20, 40)),
        ((5000, 10), (48, 24), (48, 2)),
        ((10, 5000), (48, 24), (1, 48)),
        ((1, 1), (48, 24), (48, 48)),
    ],
)
def test_an_image_keeps_its_shape_and_grows_by_whole_factors(
    size: tuple[int, int], area: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert fit(size, area) == expected


def test_a_small_image_is_enlarged_without_blur() -> None:
    image = Image.new("RGB", (2, 2), "black")
    image.putpixel((0, 0), (255, 255, 255))
    picture = draw(image, (8, 4))
    assert (picture.columns, picture.rows) == (8, 4)
    assert isinstance(picture.drawn, Pixels)
    styles = {str(segment.style) for segment in picture.drawn._segments.segments if segment.text.strip()}  # type: ignore[union-attr]
    assert styles == {"rgb(255,255,255) on rgb(255,255,255)", "rgb(0,0,0) on rgb(0,0,0)"}


def test_an_odd_height_is_filled_up() -> None:
    assert draw(Image.new("RGB", (33, 33)), (48, 24)).rows == 17


@pytest.mark.parametrize(
    ("share", "drawn"),
    [(0, "    "), (1, "████"), (0.5, "██  "), (0.03125, "▏   "), (2, "████"), (float("nan"), "    ")],
)
def test_a_bar_is_exact_to_an_eighth(share: float, drawn: str) -> None:
    assert bar(share, 4) == drawn


def test_class_keys_never_meet_the_commands() -> None:
    assert class_keys(12) == [*"1234567890", "c", "e"]
    assert not RESERVED & set(CLASS_KEYS)
    assert len(class_keys(100)) == len(CLASS_KEYS) == len(set(CLASS_KEYS))


def test_long_names_keep_both_ends() -> None:
    assert shorten("benign keratosis a", 9) == "beni…is a"
    assert shorten("short", 9) == "short"
    assert cell_len(shorten("黒色腫の疑いがある病変", 9)) <= 9
    assert shorten("abc", 0) == ""


def test_foreign_strings_cannot_steer_the_terminal() -> None:
    assert plain("a\nb\x1b[31m\u202e\udc80[red]ö") == "a\\nb\\x1b[31m\\u202e\\udc80[red]ö"


def test_changes_and_durations_read_well() -> None:
    assert [change(0.5, 0.469), change(0.5, 0.504), change(0.5, 0.5001), change(0.5, None)] == [
        "+0.031",
        "−0.004",
        "=",
        "",
    ]
    assert [duration(45), duration(130), duration(3900)] == ["45 s", "2 min 10 s", "1 h 05 min"]


def test_the_process_that_draws_never_imports_torch(tmp_path: Path) -> None:
    folder = make_session(tmp_path / "skin")
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from alc_tui.session.folder import SessionFolder\n"
        "from alc_tui.session.service import SessionService\n"
        "from alc_tui.tui.app import AlcApp\n"
        f"AlcApp(SessionService(SessionFolder(Path({str(folder.path)!r}))))\n"
        "heavy = ('torch', 'torchvision', 'sklearn', 'scipy', 'alc_tui.lnl', 'alc_tui.session.training')\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
