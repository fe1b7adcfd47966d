from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from alc_tui.data.cache.pixels import PixelCache
from alc_tui.data.catalog import open_dataset
from alc_tui.data.images.errors import UnreadableFileError
from alc_tui.data.paths import UrlPath
from alc_tui.data.remote.storage import Storage
from alc_tui.errors import UsageError
from tests.data.remote.on_disk import check_same_data_set, put_colors

pytest.importorskip("s3fs", reason="the extra remote is not installed")
moto = pytest.importorskip("moto.server", reason="moto's server is not installed")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A bucket of S3 on loopback, `alc-images`."""
    import boto3

    server = moto.ThreadedMotoServer("127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in (
        ("AWS_ENDPOINT_URL", f"http://{host}:{port}"),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    made = boto3.resource("s3").create_bucket(Bucket="alc-images")
    yield made
    made.objects.all().delete()
    made.delete()
    server.stop()
    s3fs.S3FileSystem.clear_instance_cache()


def putter(bucket: Any) -> Callable[[str, bytes], object]:
    return lambda key, content: bucket.put_object(Key=key, Body=content)


URL = "s3://alc-images/skin"


def test_a_folder_in_a_bucket_is_the_data_set_that_it_is_on_a_disk(bucket: Any, tmp_path: Path) -> None:
    folder = put_colors(putter(bucket), tmp_path / "images")
    check_same_data_set(URL, folder, tmp_path)


def test_a_changed_object_is_decoded_again_and_a_table_in_the_bucket_read(bucket: Any, tmp_path: Path) -> None:
    folder = put_colors(putter(bucket), tmp_path / "images")
    bucket.put_object(Key="skin/t.csv", Body=b"image,label\nred/00.png,red\nblue/00.png,blue\n")
    cache = PixelCache(16, tmp_path / "cache")
    assert cache.prepare(open_dataset(f"csv:{URL}/t.csv", None).images).rows.tolist() == [0, 1]
    bucket.put_object(Key="skin/red/00.png", Body=(folder / "green" / "01.png").read_bytes())
    assert cache.prepare(open_dataset(f"csv:{URL}/t.csv", None).images).rows.tolist() == [2, 1]


def test_what_is_not_in_the_bucket_is_missing(bucket: Any) -> None:
    with pytest.raises(UnreadableFileError, match="missing"):
        Storage(UrlPath(URL)).read("none.png")
    with pytest.raises(UsageError, match=f"No class folders with images found in {URL}"):
        open_dataset(f"folder:{URL}", None)
