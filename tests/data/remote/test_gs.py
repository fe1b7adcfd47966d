from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from alc_tui.data.cache.pixels import PixelCache
from alc_tui.data.catalog import open_dataset
from alc_tui.data.images.errors import UnreadableFileError
from alc_tui.data.paths import UrlPath
from alc_tui.data.remote.storage import Storage
from tests.data.remote.on_disk import check_same_data_set, put_colors

gcsfs: Any = pytest.importorskip("gcsfs", reason="the extra remote is not installed")
BUCKET = "alc-images"
URL = f"gs://{BUCKET}/skin"
Objects = dict[str, bytes]


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Objects]:
    """The objects of a bucket on loopback, by name."""
    objects: Objects = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.objects = objects  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setenv("FSSPEC_GS_TOKEN", "anon")
    gcsfs.GCSFileSystem.clear_instance_cache()
    yield objects
    server.shutdown()
    server.server_close()
    gcsfs.GCSFileSystem.clear_instance_cache()


class _Handler(BaseHTTPRequestHandler):
    """What is read of the JSON API of Google Cloud Storage: a list of objects, their facts and their contents."""

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        asked = {name: values[-1] for name, values in parse_qs(address.query).items()}
        objects: Objects = self.server.objects  # type: ignore[attr-defined]
        _, _, name = address.path.partition(f"/b/{BUCKET}/o")
        name = unquote(name.removeprefix("/"))
        if not name and address.path.endswith("/o"):
            self._answer(json.dumps(_listed(objects, **asked)).encode())
        elif name not in objects:
            self.send_error(404)
        elif asked.get("alt") == "media":
            self._answer(objects[name])
        else:
            self._answer(json.dumps(_facts(name, objects[name])).encode())

    def _answer(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


def _listed(objects: Objects, prefix: str = "", delimiter: str = "", **_: str) -> dict[str, Any]:
    names = [name for name in sorted(objects) if name.startswith(prefix)]
    is_below = {name: bool(delimiter) and delimiter in name.removeprefix(prefix) for name in names}
    folders = {
        prefix + name.removeprefix(prefix).partition(delimiter)[0] + delimiter for name in names if is_below[name]
    }
    items = [_facts(name, objects[name]) for name in names if not is_below[name]]
    return {"kind": "storage#objects", "items": items, "prefixes": sorted(folders)}


def _facts(name: str, content: bytes) -> dict[str, Any]:
    digest = hashlib.md5(content, usedforsecurity=False)
    return {
        "kind": "storage#object",
        "name": name,
        "bucket": BUCKET,
        "size": str(len(content)),
        "md5Hash": base64.b64encode(digest.digest()).decode(),
        "etag": digest.hexdigest(),
        "generation": "1",
        "updated": "2026-01-01T00:00:00.000Z",
        "timeCreated": "2026-01-01T00:00:00.000Z",
    }


def test_a_folder_in_a_bucket_is_the_data_set_that_it_is_on_a_disk(bucket: Objects, tmp_path: Path) -> None:
    folder = put_colors(bucket.__setitem__, tmp_path / "images")
    check_same_data_set(URL, folder, tmp_path)


def test_a_changed_object_is_decoded_again(bucket: Objects, tmp_path: Path) -> None:
    folder = put_colors(bucket.__setitem__, tmp_path / "images")
    cache = PixelCache(16, tmp_path / "cache")
    data = open_dataset(f"folder:{URL}", None)
    before = cache.prepare(data.images).rows.tolist()
    changed = data.ids.index("red/00.png")
    bucket["skin/red/00.png"] = (folder / "green" / "01.png").read_bytes()
    after = cache.prepare(open_dataset(f"folder:{URL}", None).images).rows.tolist()
    assert after[changed] == before[data.ids.index("green/01.png")] != before[changed]


def test_what_is_not_in_the_bucket_is_missing(bucket: Objects) -> None:
    with pytest.raises(UnreadableFileError, match="missing"):
        Storage(UrlPath(URL)).read("none.png")
