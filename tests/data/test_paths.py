from __future__ import annotations

from pathlib import Path

import pytest

from alc_tui.data.paths import UrlPath, expand_home, location


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/anna")
    assert expand_home(Path("~/images")) == Path("/home/anna/images")


def test_the_home_of_nobody_stays_as_it_was_typed() -> None:
    assert expand_home(Path("~nobody-of-that-name/images")) == Path("~nobody-of-that-name/images")


@pytest.mark.parametrize(
    "url", ["s3://bucket/a b/c", "gs://bucket", "https://host:8080/a/b.csv", "http://127.0.0.1:80"]
)
def test_a_url_stays_a_url_in_every_form_of_a_path(url: str) -> None:
    place = location(url)
    assert isinstance(place, UrlPath) and str(place) == url == f"{place}"
    assert location(Path(url)) == place == place.absolute() == expand_home(place)
    assert str(place / "deep" / "x.png") == f"{url}/deep/x.png" and str((place / "x.png").parent) == url
    assert isinstance(place / "x.png", UrlPath) and not place.exists()


@pytest.mark.parametrize("text", ["/data/s3:/x", "images", "s3:", "ftp://host/x", "~/s3", "folder:s3://x"])
def test_other_paths_are_ordinary_ones(text: str) -> None:
    assert type(location(text)) is type(Path(text)) and str(location(text)) == text.replace("//", "/")
