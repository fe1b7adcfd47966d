from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from alc_tui.cli.doctor import disk
from alc_tui.session.store.folder import SessionFolder

Usage = namedtuple("Usage", "total used free")


@pytest.fixture(autouse=True)
def much_room(monkeypatch: pytest.MonkeyPatch) -> None:
    leave(monkeypatch, 60 * 10**9)


def leave(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(100 * 10**9, 100 * 10**9 - free, free))


def test_a_store_that_will_do(store: Path, session: SessionFolder) -> None:
    before = sorted(store.iterdir())
    checks = disk.check_store(store)
    names = ["store", "sharing", "locks", "sync", "writing"]
    assert [(check.name, check.verdict) for check in checks] == [(name, "ok") for name in names]
    assert checks[0].found == f"{store}: 1 sessions, 60.0 GB free"
    assert sorted(store.iterdir()) == before, "nothing is left behind"


def test_a_missing_store_is_checked_where_it_will_be(tmp_path: Path) -> None:
    checks = disk.check_store(tmp_path / "not" / "yet")
    assert [check.verdict for check in checks] == ["ok"] * 4 and "the first session creates it" in checks[0].found
    assert not (tmp_path / "not").exists()


def test_a_store_that_cannot_be_is_bad_and_not_tried_further(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (check,) = disk.check_store(tmp_path / "file" / "store")
    assert check.verdict == "bad" and "Not a directory" in check.found
    assert "--store or ALC_SESSIONS" in check.advice


@pytest.mark.parametrize(
    ("free", "verdict"), [(499_000_000, "bad"), (500_000_000, "warn"), (4_900_000_000, "warn"), (5_000_000_000, "ok")]
)
def test_free_space_is_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, verdict: str) -> None:
    leave(monkeypatch, free)
    check = disk.check_store(tmp_path)[0]
    assert check.verdict == verdict and ("Free some space" in check.advice) == (verdict != "ok")
    assert disk.check_cache().verdict == verdict


def test_a_disk_without_locks_is_no_place_for_two_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    check = disk.check_store(tmp_path)[2]
    assert (check.name, check.verdict) == ("locks", "warn")
    assert "has no file locks" in check.found and "Two people could label at the same time" in check.advice


def test_locks_without_effect_are_bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcntl, "flock", lambda *_: None)
    check = disk.check_store(tmp_path)[2]
    assert check.verdict == "bad" and "have no effect" in check.found


def test_a_slow_disk_is_told_by_what_a_decision_waits_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = disk.evaluate_writing(0.0501, "choose another folder")
    assert slow.verdict == "warn" and "50.1 ms" in slow.found and "choose another folder" in slow.advice
    assert disk.evaluate_writing(0.05, "").verdict == "ok"
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    disk.check_store(tmp_path)
    assert len(synced) >= disk.WRITES


def test_a_cache_that_cannot_be_written_is_bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ALC_CACHE", str(tmp_path / "file" / "cache"))
    check = disk.check_cache()
    assert check.verdict == "bad" and "ALC_CACHE" in check.advice


ISIC = "image,MEL,NV,BCC,AK,BKL,DF,VASC,SCC\na,1,0,0,0,0,0,0,0\nb,0,1,0,0,0,0,0,0\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data root that `ALC_DATA` names."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("ALC_DATA", str(folder))
    return folder


def test_data_sets_are_found(root: Path) -> None:
    (root / "skin" / "ISIC_2019_Training_Input").mkdir(parents=True)
    (root / "skin" / "ISIC_2019_Training_GroundTruth.csv").write_text(ISIC)
    (root / "skin" / "ISIC_2019_Training_Input" / "a.jpg").write_bytes(b"")
    (root / "pathmnist_64.npz").write_bytes(b"")
    (root / "pathmnist.npz").write_bytes(b"")
    check = disk.check_data(os.environ)
    assert check.verdict == "ok"
    assert check.found == f"{root}: isic (2 samples), medmnist:pathmnist, medmnist:pathmnist@64"


def test_a_data_set_that_is_not_whole_is_told(root: Path) -> None:
    (root / "NCT-CRC-HE-100K").mkdir()
    check = disk.check_data(os.environ)
    assert check.verdict == "warn" and "nct: " in check.found and "class folder 'ADI'" in check.found and check.advice


def test_a_data_root_that_is_empty_missing_or_not_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check = disk.check_data(os.environ)
    assert check.verdict == "warn" and "no known data set found" in check.found and check.advice
    monkeypatch.setenv("ALC_DATA", str(root / "nowhere"))
    check = disk.check_data(os.environ)
    assert check.verdict == "bad" and "unset ALC_DATA" in check.advice
    monkeypatch.delenv("ALC_DATA")
    check = disk.check_data(os.environ)
    assert check.verdict == "ok" and "demo, folder:…, and csv:… do not need it" in check.advice


@pytest.mark.parametrize(
    ("variable", "below"), [("TORCH_HOME", ""), ("XDG_CACHE_HOME", "torch"), ("HOME", ".cache/torch")]
)
def test_imagenet_weights_are_looked_for_where_torch_keeps_them(tmp_path: Path, variable: str, below: str) -> None:
    environment = {variable: str(tmp_path)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path))
        check = disk.check_weights(environment)
        assert check.verdict == "ok" and "--weights none" in check.advice
        folder = tmp_path / below / "hub" / "checkpoints"
        folder.mkdir(parents=True)
        (folder / "resnet18-f37072fd.pth").write_bytes(b"")
        check = disk.check_weights(environment)
    assert check.found == f"ImageNet weights of resnet18 in {folder}" and not check.advice


@pytest.mark.parametrize(
    ("mode", "umask", "command"),
    [
        (0o700, 0o077, ""),
        (0o755, 0o022, ""),
        (0o2775, 0o002, ""),
        (0o775, 0o022, "`umask 002`"),
        (0o2777, 0o022, "`umask 000`"),
        (0o775, 0o077, "`umask 057`"),
    ],
)
def test_a_shared_store_needs_a_umask_that_leaves_its_permissions(
    tmp_path: Path, mode: int, umask: int, command: str
) -> None:
    tmp_path.chmod(mode)
    check = disk.check_sharing(tmp_path, umask)
    assert check.verdict == ("warn" if command else "ok")
    assert (f"umask {umask:03o}" in check.found) == bool(command) and command in check.advice


def test_who_is_not_in_the_group_of_a_shared_store_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o775)
    group = tmp_path.stat().st_gid
    assert disk.check_sharing(tmp_path, 0o002, {group}).verdict == "ok"
    check = disk.check_sharing(tmp_path, 0o002, {group + 1})
    assert check.verdict == "warn" and "a group that you are not in" in check.found
    tmp_path.chmod(0o755)
    assert disk.check_sharing(tmp_path, 0o022, {group + 1}).verdict == "ok"


def test_the_umask_is_read_and_stays() -> None:
    before = os.umask(0o027)
    try:
        assert disk.current_umask() == 0o027 == disk.current_umask()
    finally:
        os.umask(before)


def test_a_store_whose_folders_cannot_be_synced_is_told(tmp_path: Path) -> None:
    assert disk.check_sync(tmp_path).verdict == "ok"

    def fail(_: int) -> None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    check = disk.check_sync(tmp_path, fail)
    assert check.verdict == "warn" and "cannot be synced: Invalid argument" in check.found and "power" in check.advice


def test_settings_that_are_no_toml_are_bad(tmp_path: Path) -> None:
    file, own = tmp_path / "alc.toml", tmp_path / "own" / "alc.toml"
    environment = {"ALC_CONFIG": str(own)}
    unset = disk.check_settings(tmp_path, {})
    assert unset.verdict == "ok" and unset.found.startswith(f"no {file}; no ")
    missing = disk.check_settings(tmp_path, environment)
    assert missing.verdict == "bad" and missing.found.startswith(f"ALC_CONFIG names {own}, which is not a file")
    file.write_text('[session]\nlr = 0.1\n[keys]\n"label.skip" = "z"\n')
    own.parent.mkdir()
    own.write_text("[app]\n")
    check = disk.check_settings(tmp_path, environment)
    assert (check.verdict, check.found) == ("ok", f"{file}: [session], [keys]; {own}: [app]")
    for damaged in (file, own):
        content = damaged.read_bytes()
        for wrong in (b"[session]\nlr = = 3\n", b"\xff\xfe"):
            damaged.write_bytes(wrong)
            check = disk.check_settings(tmp_path, environment)
            assert check.verdict == "bad" and check.found.startswith(f"{damaged}: ")
            assert check.advice.startswith("Correct the file")
        damaged.write_bytes(content)
