from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from alc_tui.data.inventory.walk import Listing, walk
from alc_tui.errors import UsageError

Put = Callable[..., Path]


def left_out(listing: Listing) -> dict[str, str]:
    return {omission.path: omission.reason for omission in listing.omissions}


def problems(listing: Listing) -> dict[str, str]:
    return {problem.path: problem.reason for problem in listing.problems}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("A/@eaDir/a.png/SYNOPHOTO_THUMB_M.jpg", "file or folder of a system (@eaDir)"),
        ("#recycle/a.png", "file or folder of a system (#recycle)"),
        ("A/Thumbs.db", "file or folder of a system (Thumbs.db)"),
        ("__MACOSX/A/a.png", "file or folder of a system (__MACOSX)"),
        ("lost+found/a.png", "file or folder of a system (lost+found)"),
        ("$RECYCLE.BIN/a.png", "file or folder of a system ($RECYCLE.BIN)"),
        ("A/.DS_Store", "hidden file or folder"),
        ("A/._a.png", "hidden file or folder"),
        ("A/b.svs", "whole-slide file (.svs)"),
        ("A/b.nii.gz", "NIfTI file (.nii.gz)"),
        ("A/b.TXT", ".txt file"),
        ("A/IM0001", "file without an extension"),
        ("A/a_mask.png", "mask or segmentation beside its image"),
        ("A/a_segmentation.png", "mask or segmentation beside its image"),
        ("A/a_mask_1.png", "mask or segmentation beside its image"),
    ],
)
def test_what_is_none_of_the_images_is_left_out_with_the_reason(
    tmp_path: Path, put: Put, name: str, reason: str
) -> None:
    put("A/a.png")
    put(name)
    listing = walk(tmp_path)
    assert listing.images == ("A/a.png",) and not listing.problems
    assert list(left_out(listing).values()) == [reason]


def test_a_mask_is_an_image_where_its_image_is_not(tmp_path: Path, put: Put) -> None:
    for name in ("A/person_mask.png", "B/mask.png", "C/a_mask.png", "D/a.png"):
        put(name)
    assert len(walk(tmp_path).images) == 4


def test_a_folder_of_masks_is_left_out_beside_a_folder_of_images(tmp_path: Path, put: Put) -> None:
    put("A/images/a.png")
    put("A/masks/a.png")
    put("masks/a.png")
    listing = walk(tmp_path)
    assert listing.images == ("A/images/a.png", "masks/a.png") and list(left_out(listing)) == ["A/masks"]


def test_links_are_followed_and_say_where_they_lead(tmp_path: Path, put: Put) -> None:
    put("data/A/a.png")
    put("data/.pool/c.png")
    put("else/b.png")
    put("else/deep/er.png")
    (tmp_path / "data/A/more").symlink_to(tmp_path / "else")
    (tmp_path / "data/A/c.png").symlink_to("../.pool/c.png")
    listing = walk(tmp_path / "data")
    assert listing.images == ("A/a.png", "A/c.png", "A/more/b.png", "A/more/deep/er.png")
    assert [(link.path, link.is_outside) for link in listing.links] == [("A/c.png", False), ("A/more", True)]
    assert listing.links[1].target == str(tmp_path / "else")


def test_what_is_reached_twice_is_listed_once_by_its_own_path(tmp_path: Path, put: Put) -> None:
    put("data/B/b.png")
    put("else/x.png")
    (tmp_path / "data/A").symlink_to("B")
    (tmp_path / "data/B/again.png").symlink_to("b.png")
    for name in ("C", "D"):
        (tmp_path / "data" / name).symlink_to(tmp_path / "else")
    listing = walk(tmp_path / "data")
    assert listing.images == ("B/b.png", "C/x.png")
    assert left_out(listing) == dict.fromkeys(("A", "B/again.png", "D"), "link to what is read anyway")


def test_a_file_behind_a_link_is_not_listed_again_in_a_folder_behind_another(tmp_path: Path, put: Put) -> None:
    put("else/x.png")
    put("else/y.png")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.png").symlink_to(tmp_path / "else/x.png")
    (tmp_path / "data/b").symlink_to(tmp_path / "else")
    listing = walk(tmp_path / "data")
    assert listing.images == ("a.png", "b/y.png") and list(left_out(listing)) == ["b/x.png"]


def test_folders_full_of_links_to_each_other_are_read_once(tmp_path: Path, put: Put) -> None:
    names = [f"{number:02d}" for number in range(12)]
    for name in names:
        put(f"{name}/a.png")
    for name in names:
        for other in names:
            (tmp_path / name / f"to-{other}").symlink_to(tmp_path / other)
    listing = walk(tmp_path)
    assert len(listing.images) == 12 and not listing.links
    assert len(listing.omissions) + len(listing.problems) == 12 * 12


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("/nowhere/unmounted", "a link to /nowhere/unmounted, which does not exist"),
        ("b", "a link that leads to itself"),
        (".", "a link that leads back to {}/A, which contains it"),
        ("../..", "a link that leads back to {}/.., which contains it"),
    ],
)
def test_links_that_cannot_be_followed_are_problems(tmp_path: Path, put: Put, target: str, reason: str) -> None:
    put("data/A/a.png")
    (tmp_path / "data/A/b").symlink_to(target)
    listing = walk(tmp_path / "data")
    assert listing.images == ("A/a.png",)
    assert problems(listing) == {"A/b": reason.format(tmp_path / "data").replace("/data/..", "")}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can make links of others")
def test_a_link_that_leaves_the_folder_and_is_not_its_owners_is_a_problem(tmp_path: Path, put: Put) -> None:
    put("data/A/a.png")
    put("else/secret.png")
    put("else/deep/secret.png")
    (tmp_path / "data/A/in.png").symlink_to(tmp_path / "data/A/a.png")
    (tmp_path / "data/A/out.png").symlink_to(tmp_path / "else/secret.png")
    (tmp_path / "data/A/folder").symlink_to(tmp_path / "else")
    (tmp_path / "data/A/owners").symlink_to(tmp_path / "else/deep")
    put("third/secret.png")
    (tmp_path / "else/deep/out").symlink_to(tmp_path / "third")
    for name in ("data/A/in.png", "data/A/out.png", "data/A/folder", "else/deep/out"):
        os.lchown(tmp_path / name, 12345, 12345)
    listing = walk(tmp_path / "data")
    assert listing.images == ("A/a.png", "A/owners/secret.png")
    assert sorted(problems(listing)) == ["A/folder", "A/out.png", "A/owners/out"]
    assert all("that its owner did not make" in reason for reason in problems(listing).values())


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can make links of others")
def test_a_link_of_the_owner_to_a_link_of_somebody_else_does_not_leave_the_folder(tmp_path: Path, put: Put) -> None:
    put("data/A/a.png")
    put("else/secret.png")
    (tmp_path / "data/theirs").symlink_to("../else")
    os.lchown(tmp_path / "data/theirs", 12345, 12345)
    (tmp_path / "data/A/folder").symlink_to("../theirs")
    (tmp_path / "data/A/above").symlink_to("../..")  # leads back, and does not make what is above belong to the data
    (tmp_path / "data/A/b.png").symlink_to("../theirs/secret.png")
    (tmp_path / "shared").symlink_to("else")
    os.lchown(tmp_path / "shared", 12345, 12345)
    listing = walk(tmp_path / "data")
    assert listing.images == ("A/a.png",) and sorted(problems(listing)) == ["A/above", "A/b.png", "A/folder", "theirs"]
    (tmp_path / "data/A/chosen").symlink_to(tmp_path / "shared")  # outside, links of others are not the data's
    assert walk(tmp_path / "data").images == ("A/a.png", "A/chosen/secret.png")


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="folders have no modes here")
def test_a_folder_that_cannot_be_read_is_a_problem(png: Callable[..., bytes]) -> None:
    code = (
        "import os, sys\n"
        "from alc_tui.data.inventory.walk import walk\n"
        "from alc_tui.data.images import extensions\n"
        "from pathlib import Path\n"
        "extensions()\n"
        "if os.geteuid() == 0: os.seteuid(65534)\n"
        "found = walk(Path(sys.argv[1]))\n"
        "print(found.images, [(p.path, p.reason) for p in found.problems])\n"
    )
    with tempfile.TemporaryDirectory() as folder:  # not below pytest's folder, which only its owner can enter
        root = Path(folder)
        (root / "A" / "secret").mkdir(parents=True)
        for name in ("A/a.png", "A/secret/b.png"):
            (root / name).write_bytes(png())
        root.chmod(0o755)
        (root / "A" / "secret").chmod(0)
        done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True)
        (root / "A" / "secret").chmod(0o755)
    assert done.stdout.strip() == "('A/a.png',) [('A/secret', 'cannot be read (Permission denied)')]"


def test_pipes_and_endless_paths_do_not_stop_it(tmp_path: Path, put: Put) -> None:
    put("A/a.png")
    os.mkfifo(tmp_path / "A/b.png")
    (tmp_path / "A/c.png").symlink_to("b.png")
    here = os.open(tmp_path / "A", os.O_RDONLY)
    for _ in range(30):
        os.mkdir("x" * 200, dir_fd=here)
        inner = os.open("x" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    listing = walk(tmp_path)
    assert listing.images == ("A/a.png",)
    assert left_out(listing) == dict.fromkeys(("A/b.png", "A/c.png"), "entry that is no regular file")
    (reason,) = problems(listing).values()
    assert reason == "cannot be read (File name too long)"
    subprocess.run(["rm", "-rf", str(tmp_path / "A")], check=True)


def test_only_some_folders_may_be_read(tmp_path: Path, put: Put) -> None:
    for name in ("a.png", "in/b.png", "in/in/c.png", "other/d.png"):
        put(name)
    assert walk(tmp_path, only=("in",)).images == ("a.png", "in/b.png", "in/in/c.png")


def test_a_root_that_cannot_be_read_is_refused(tmp_path: Path, put: Put) -> None:
    for path in (tmp_path / "gone", put("file.png"), tmp_path / "a\0b"):
        with pytest.raises(UsageError, match="cannot be read"):
            walk(path)
