from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from alc_tui.cores import available_cores
from tests.terminal import hear_signals

MEMORY_DISK = Path("/dev/shm")
ROOM = 4 * 10**9
"""Bytes that must be free there."""


def pytest_configure() -> None:
    """Temporary folders lie in memory where possible, because the tests write and sync thousands of small files."""
    can_run = MEMORY_DISK.is_dir() and not os.statvfs(MEMORY_DISK).f_flag & os.ST_NOEXEC
    if can_run and os.access(MEMORY_DISK, os.W_OK) and shutil.disk_usage(MEMORY_DISK).free >= ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY_DISK))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One process more than cores, because a test often waits for a screen or a timer."""
    return available_cores() + 1


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The modules with slow tests come first, so that no process waits for another one's long module in the end."""
    slow = {item.nodeid.partition("::")[0] for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.nodeid.partition("::")[0] not in slow)


@pytest.fixture(autouse=True, scope="session")
def signals_are_heard() -> None:
    """By what the tests start."""
    hear_signals()


@pytest.fixture(autouse=True, scope="session")
def no_settings_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The `alc.toml` of the person who runs the tests is not read, nor is what the app remembers changed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patch.delenv("ALC_CONFIG", raising=False)
        yield
