from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from alc_tui.data.images.errors import UnreadableFileError
from alc_tui.data.paths import UrlPath
from alc_tui.data.remote.storage import PAUSES, Storage
from alc_tui.errors import UsageError
from tests.data.remote.server import FileServer, serving

pytest.importorskip("fsspec", reason="the extra remote is not installed")
pytest.importorskip("aiohttp", reason="the extra remote is not installed")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FileServer]:
    (tmp_path / "deep" / "a b").mkdir(parents=True)
    (tmp_path / "one.png").write_bytes(b"one")
    (tmp_path / "deep" / "a b" / "two#ä?.png").write_bytes(b"two")
    with serving(tmp_path) as served:
        yield served


def test_objects_are_listed_by_their_paths_below_the_url(server: FileServer) -> None:
    assert sorted(Storage(server.url).objects) == ["deep/a b/two#ä?.png", "one.png"]
    below = Storage(UrlPath(server.url / "deep"))
    assert list(below.objects) == ["a b/two#ä?.png"] and below.read("a b/two#ä?.png") == b"two"


@pytest.mark.parametrize("status", [500, 503, 429])
def test_what_fails_for_a_while_is_read_in_a_later_attempt(server: FileServer, status: int) -> None:
    server.failures["one.png"] = [status] * 3
    assert Storage(server.url, pauses=(0, 0, 0)).read("one.png") == b"one" and server.reads("one.png") == 4


def test_what_fails_in_every_attempt_is_unreadable_with_its_reason(server: FileServer) -> None:
    server.failures["one.png"] = [503] * 9
    with pytest.raises(UnreadableFileError, match="cannot be read: 503"):
        Storage(server.url, pauses=(0, 0)).read("one.png")
    assert server.reads("one.png") == 3


@pytest.mark.parametrize(("status", "reason"), [(404, "missing"), (403, "cannot be read: 403"), (410, "410")])
def test_an_answer_that_will_not_change_is_taken_at_once(server: FileServer, status: int, reason: str) -> None:
    server.failures["one.png"] = [status] * 9
    with pytest.raises(UnreadableFileError, match=reason):
        Storage(server.url).read("one.png")
    assert server.reads("one.png") == 1


def test_each_pause_before_another_attempt_is_longer() -> None:
    assert list(PAUSES) == sorted(set(PAUSES)) and 5 < sum(PAUSES) < 30


def test_a_server_that_does_not_answer_is_named(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        url = server.url
    with pytest.raises(UsageError, match=rf"{url} cannot be listed \(cannot be read: .*\); check the address"):
        Storage(url, pauses=(0,)).check()


def test_the_version_of_an_object_changes_with_it(server: FileServer, tmp_path: Path) -> None:
    names = ["one.png", "deep/a b/two#ä?.png", "three.png"]
    before, again = Storage(server.url).versions(names), Storage(server.url).versions(names)
    assert before == again and set(before) == set(names[:2])
    (tmp_path / "one.png").write_bytes(b"three")
    after = Storage(server.url).versions(names)
    assert after["one.png"] != before["one.png"] and after[names[1]] == before[names[1]]


def test_without_its_package_a_scheme_is_refused_with_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    if (registry := sys.modules.get("fsspec.registry")) is not None:  # it keeps what an earlier test imported
        monkeypatch.delitem(registry._registry, "gs", raising=False)
    with pytest.raises(UsageError, match=r"To read gs://bucket, run `pip install 'alc-tui\[remote\]'`"):
        Storage(UrlPath("gs://bucket"))


@pytest.mark.parametrize("status", [403, 500])
def test_the_reason_does_not_name_the_object_which_may_tell_its_label(server: FileServer, status: int) -> None:
    server.failures["deep/a b/two#ä?.png"] = [status] * 9
    with pytest.raises(UnreadableFileError) as failure:
        Storage(server.url, pauses=(0,)).read("deep/a b/two#ä?.png")
    assert str(status) in str(failure.value)
    assert "two" not in str(failure.value) and "deep" not in str(failure.value)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (RuntimeError("Forbidden: https://storage/b/o/melanoma%2Fdoe.jpg, 403"), "Forbidden: … 403"),
        (ValueError("no key skin/melanoma/doe.jpg here"), "no key … here"),
        (ValueError("no key doe.jpg"), "no key …"),
        (PermissionError(13, "Access Denied", "bucket/melanoma/doe.jpg"), "Access Denied"),
    ],
)
def test_no_error_of_a_storage_names_the_object(server: FileServer, error: Exception, told: str) -> None:
    storage = Storage(server.url, pauses=())

    def fail(_path: str) -> bytes:
        raise error

    storage._files.cat_file = fail
    with pytest.raises(UnreadableFileError, match=f"^cannot be read: {told}$"):
        storage.read("melanoma/doe.jpg")
