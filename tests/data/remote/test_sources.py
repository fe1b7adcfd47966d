from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from alc_tui.data.cache.pixels import PixelCache
from alc_tui.data.catalog import open_dataset, open_images
from alc_tui.data.dataset import Dataset
from alc_tui.data.paths import UrlPath
from alc_tui.data.remote.images import RemoteImages
from alc_tui.data.remote.storage import Storage
from alc_tui.errors import UsageError
from alc_tui.session import create
from alc_tui.session.export.table import label_table
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.probe import DeviceProbe
from alc_tui.session.relocation import relocate
from alc_tui.session.settings.resolution import resolve
from alc_tui.session.store.arrays import load_samples
from alc_tui.session.store.document import Document
from tests.data.remote.server import FileServer, serving
from tests.session.small import SETTINGS, draw_colors

pytest.importorskip("fsspec", reason="the extra remote is not installed")
pytest.importorskip("aiohttp", reason="the extra remote is not installed")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """72 images of three classes, and what is none."""
    folder = draw_colors(tmp_path / "images")
    (folder / "red" / ".hidden.png").write_bytes(b"")
    (folder / "red" / "notes.txt").write_text("none")
    shutil.copy(folder / "red" / "00.png", folder / "red" / "00_mask.png")
    return folder


@pytest.fixture
def server(folder: Path) -> Iterator[FileServer]:
    with serving(folder) as served:
        yield served


def same(one: Dataset, other: Dataset) -> bool:
    is_same_split = np.array_equal(one.labels, other.labels) and np.array_equal(one.split, other.split)
    return (one.ids, one.classes) == (other.ids, other.classes) and is_same_split


def table(path: Path, folder: Path, start: str = "") -> Path:
    images = sorted(path.relative_to(folder).as_posix() for path in folder.glob("*/[0-9][0-9].png"))
    path.write_text("image,label\n" + "".join(f"{start}{name},{name.split('/')[0]}\n" for name in images))
    return path


def test_a_folder_below_a_url_is_the_data_set_that_it_is_on_a_disk(folder: Path, server: FileServer) -> None:
    here, there = open_dataset(f"folder:{folder}", None), open_dataset(f"folder:{server.url}", None)
    assert same(here, there) and there.root == server.url
    assert here.inventory.omission_counts() == there.inventory.omission_counts() != {}
    assert there.images.read(0).tobytes() == here.images.read(0).tobytes()


def test_a_table_may_be_below_a_url_or_name_images_there(folder: Path, server: FileServer, tmp_path: Path) -> None:
    here = open_dataset(f"csv:{table(folder / 'labels.csv', folder)}", None)
    urls = table(tmp_path / "urls.csv", folder, f"{server.url}/")
    apart = table(tmp_path / "apart.csv", folder)
    for spec, root in ((f"csv:{server.url}/labels.csv", None), (f"csv:{urls}", None), (f"csv:{apart}", server.url)):
        there = open_dataset(spec, root)
        assert same(here, there) and there.root == server.url
        assert there.images.read(7).tobytes() == here.images.read(7).tobytes()


def test_names_without_folder_or_extension_are_found_below_a_url(folder: Path, server: FileServer) -> None:
    (folder / "blue" / "only.png").write_bytes((folder / "blue" / "00.png").read_bytes())
    (folder / "labels.csv").write_text("image,label\nonly,blue\nred/01,red\nonly.png#1,blue\n")
    assert open_dataset(f"csv:{server.url}/labels.csv", None).ids == ("blue/only.png", "red/01.png", "blue/only.png#1")


def test_a_url_in_a_table_may_be_quoted(folder: Path, server: FileServer, tmp_path: Path) -> None:
    shutil.copy(folder / "red" / "00.png", folder / "red" / "a b.png")
    (tmp_path / "t.csv").write_text(f"image,label\n{server.url}/red/a%20b.png,red\n{server.url}/blue/01.png,blue\n")
    data = open_dataset(f"csv:{tmp_path / 't.csv'}", None)
    assert data.ids == ("red/a b.png", "blue/01.png") and data.images.read(0).size == (20, 20)


@pytest.mark.parametrize("image", ["../x/01.png", "https://elsewhere.example/red/01.png", "red/../../01.png"])
def test_images_elsewhere_are_refused(folder: Path, server: FileServer, image: str) -> None:
    (folder / "labels.csv").write_text(f"image,label\n{server.url}/red/00.png,red\n{image},red\n")
    with pytest.raises(UsageError, match=r"different places|use a path inside"):
        open_dataset(f"csv:{server.url}/labels.csv", None)


def test_a_missing_table_is_named_with_its_url(server: FileServer) -> None:
    with pytest.raises(
        UsageError, match=rf"The table {server.url}/none.csv cannot be read \(missing\); check the path"
    ):
        open_dataset(f"csv:{server.url}/none.csv", None)


def test_other_data_sets_are_not_read_from_urls() -> None:
    with pytest.raises(UsageError, match="'isic' is read from folders only"):
        open_dataset("isic", UrlPath("s3://bucket"))


def images_of(server: FileServer, *names: str) -> RemoteImages:
    return RemoteImages(server.url, names, Storage(server.url, pauses=(0, 0)))


def test_an_object_has_the_digest_of_the_same_file_and_is_read_once(
    folder: Path, server: FileServer, tmp_path: Path
) -> None:
    names = ("red/00.png", "blue/03.png")
    there, here = PixelCache(16, tmp_path / "there"), PixelCache(16, tmp_path / "here")
    images, files = images_of(server, *names), open_images("folder:x", folder, names)
    assert there.prepare(images).rows.tolist() == here.prepare(files).rows.tolist() == [0, 1]
    assert (there.pixels() == here.pixels()).all() and (there.digests(images) == here.digests(files)).all()
    there.prepare(images_of(server, *names))
    assert [server.reads(name) for name in names] == [1, 1]


def test_an_object_whose_content_changed_is_decoded_again(folder: Path, server: FileServer, tmp_path: Path) -> None:
    cache, names = PixelCache(16, tmp_path / "cache"), ("red/00.png", "red/01.png")
    cache.prepare(images_of(server, *names))
    Image.new("RGB", (40, 40), (1, 2, 3)).save(folder / "red" / "00.png")
    changed = images_of(server, *names)
    rows = cache.prepare(changed).rows
    assert rows.tolist() == [2, 1] and cache.pixels()[rows[0], 0, 0].tolist() == [1, 2, 3]
    assert [server.reads(name) for name in names] == [2, 1]


def test_an_object_whose_version_could_not_be_told_is_read_again_the_next_time(
    server: FileServer, tmp_path: Path
) -> None:
    class WithoutVersions(Storage):
        def versions(self, names: Sequence[str]) -> dict[str, str]:
            return {}

    cache = PixelCache(16, tmp_path / "cache")
    for reads in (1, 2):
        images = RemoteImages(server.url, ["red/00.png"], WithoutVersions(server.url))
        assert not cache.prepare(images).bad and cache.rows(images).tolist() == [0]
        assert server.reads("red/00.png") == reads


def test_an_object_that_cannot_be_read_is_listed_and_tried_again_the_next_time(
    server: FileServer, tmp_path: Path
) -> None:
    cache, names = PixelCache(16, tmp_path / "cache"), ("red/00.png", "red/01.png", "red/none.png")
    server.failures["red/00.png"] = [503] * 3
    bad = cache.prepare(images_of(server, *names)).bad
    assert [image.locator for image in bad] == ["red/00.png", "red/none.png"] and bad[1].reason == "missing"
    assert bad[0].reason.startswith("cannot be read: 503") and server.reads("red/00.png") == 3
    assert [image.locator for image in cache.prepare(images_of(server, *names)).bad] == ["red/none.png"]


def test_a_session_on_images_below_a_url_shows_them_and_finds_them_in_a_folder(
    folder: Path, server: FileServer, tmp_path: Path
) -> None:
    config, origins = resolve({"dataset": f"folder:{server.url}", **SETTINGS}, {}, tmp_path)
    session = create.write(create.check(config, origins, device=DeviceProbe("cpu", None)), tmp_path / "store", "web")
    assert Document(session.document).session.dataset.root == str(server.url)
    with SessionService(session) as service:
        locator = service.samples.locators[3]
        assert service.images().read(3).tobytes() == Image.open(folder / locator).convert("RGB").tobytes()
        table = label_table(service)
        assert table.rows[0].path == f"{server.url}/{service.samples.locators[service.samples.train[0]]}"
        with pytest.raises(UsageError, match=r"are at http://127.*, not in files here; export --format csv"):
            table.check_files(table.rows)
    count = len(load_samples(session.samples).ids)
    assert (
        relocate(session, folder).sentence() == f"Found all {count} images in {folder}; 64 of them compared by content."
    )
    assert str(server.url) in relocate(session, server.url).sentence()
    for name in ("red", "green", "blue"):
        for path in (folder / name).glob("*.png"):
            Image.new("RGB", (20, 20)).save(path)
    with pytest.raises(UsageError, match=r"compared images in http://127.* are not those of session"):
        relocate(session, server.url)


def test_a_name_that_several_images_of_a_server_have_is_refused(folder: Path, server: FileServer) -> None:
    """A listing does not tell whether they are copies."""
    (folder / "l.csv").write_text("image,label\n00.png,x\n")
    with pytest.raises(UsageError, match=r"different images in .* are named '00\.png'"):
        open_dataset(f"csv:{server.url}/l.csv", None)
