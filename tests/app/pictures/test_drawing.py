"""Bars, names and keys, without a screen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

from alc_tui.text.bars import bar
from alc_tui.text.format import change, duration, plain, shorten
from alc_tui.tui.keys import CLASS_KEYS, RESERVED, class_keys
from tests.made_sessions import make_session


@pytest.mark.parametrize(
    ("share", "drawn"),
    [(0, "    "), (1, "████"), (0.5, "██  "), (0.03125, "▏   "), (2, "████"), (float("nan"), "    ")],
)
def test_a_bar_is_exact_to_an_eighth(share: float, drawn: str) -> None:
    assert bar(share, 4) == drawn


def test_class_keys_never_meet_the_commands() -> None:
    assert class_keys([f"class {number}" for number in range(12)]) == [*"1234567890", "e", "h"]
    assert not RESERVED & set(CLASS_KEYS)
    keys = [key for key in class_keys([f"class {number}" for number in range(100)]) if key]
    assert len(keys) == len(CLASS_KEYS) == len(set(CLASS_KEYS))


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
        "from alc_tui.session.store.folder import SessionFolder\n"
        "from alc_tui.session.labeling.service import SessionService\n"
        "from alc_tui.tui.app import AlcApp\n"
        f"AlcApp(SessionService(SessionFolder(Path({str(folder.path)!r}))))\n"
        "heavy = ('torch', 'torchvision', 'sklearn', 'scipy', 'aiohttp', 'alc_tui.lnl',\n"
        "         'alc_tui.session.training.advance')\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
