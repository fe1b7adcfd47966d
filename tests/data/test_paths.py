from __future__ import annotations

from pathlib import Path

import pytest

from alc_tui.data.paths import expand_home


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/anna")
    assert expand_home(Path("~/images")) == Path("/home/anna/images")


def test_the_home_of_nobody_stays_as_it_was_typed() -> None:
    assert expand_home(Path("~nobody-of-that-name/images")) == Path("~nobody-of-that-name/images")
