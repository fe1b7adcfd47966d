"""Two people of one lab who share files, where the tests run as root."""

from __future__ import annotations

import os
import stat
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

LAB, ANNA, BEN = 4200, 4201, 4202
"""The id of the group that both belong to, and of each, who is also a group of their own."""
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as two people")


def act_as(person: int, act: Callable[[], object], umask: int = 0o022) -> None:
    """Let a person do something in a process of their own; fails if it raises an exception."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups([LAB])
            os.setgid(person)
            os.setuid(person)
            os.umask(umask)
            act()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def open_to_all(folder: Path) -> None:
    """Let everybody pass through the folders above."""
    for above in (folder, *folder.parents):
        if not above.stat().st_mode & stat.S_IXOTH:
            above.chmod(stat.S_IMODE(above.stat().st_mode) | stat.S_IXOTH)
