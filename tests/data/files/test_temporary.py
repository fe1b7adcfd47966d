from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from alc_tui.data.files.temporary import clear_abandoned, temporary_sibling

DIE = """
import sys
from pathlib import Path
from alc_tui.data.files.temporary import temporary_sibling
print(temporary_sibling(Path(sys.argv[1])))
"""


def of_dead_process(path: Path) -> Path:
    """A temporary sibling whose process has ended."""
    ended = subprocess.run([sys.executable, "-c", DIE, str(path)], capture_output=True, text=True, check=True)
    return Path(ended.stdout.strip())


def test_files_and_folders_of_dead_processes_are_removed_and_named(tmp_path: Path) -> None:
    of_dead_process(tmp_path / "labels.csv").write_text("half")
    folder = of_dead_process(tmp_path / "skin")
    (folder / "weights").mkdir(parents=True)
    (folder / "weights" / "x").touch()
    assert clear_abandoned(tmp_path) == {"labels.csv", "skin"}
    assert list(tmp_path.iterdir()) == []


def test_what_a_living_process_writes_stays(tmp_path: Path) -> None:
    mine = temporary_sibling(tmp_path / "labels.csv")
    mine.write_text("half")
    assert clear_abandoned(tmp_path) == set()
    assert mine.exists()


def test_what_another_host_writes_stays_for_a_day(tmp_path: Path) -> None:
    elsewhere = tmp_path / ".labels.csv.alc-00000000-1-00000000"
    elsewhere.touch()
    assert clear_abandoned(tmp_path) == set()
    two_days_ago = time.time() - 48 * 3600
    os.utime(elsewhere, (two_days_ago, two_days_ago))
    assert clear_abandoned(tmp_path) == {"labels.csv"}


def test_what_former_versions_left_is_removed_after_a_day(tmp_path: Path) -> None:
    former = tmp_path / f".session.json.{2**22 + 1}"
    former.touch()
    assert clear_abandoned(tmp_path) == set()
    two_days_ago = time.time() - 48 * 3600
    os.utime(former, (two_days_ago, two_days_ago))
    assert clear_abandoned(tmp_path) == {"session.json"}


def test_hidden_files_of_others_stay(tmp_path: Path) -> None:
    names = {".gitignore", ".labels.csv.swp", ".a.b.c", ".skin.alc", "labels.csv.4711"}
    for name in names:
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (0, 0))
    assert clear_abandoned(tmp_path) == set()
    assert {path.name for path in tmp_path.iterdir()} == names


def test_a_link_is_removed_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").touch()
    of_dead_process(tmp_path / "skin").symlink_to(tmp_path / "precious")
    assert clear_abandoned(tmp_path) == {"skin"}
    assert (tmp_path / "precious" / "file").exists()


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert clear_abandoned(tmp_path / "nowhere") == set()
