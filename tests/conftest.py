from __future__ import annotations

import signal

import pytest


@pytest.fixture(autouse=True, scope="session")
def signals_are_heard() -> None:
    """By what the tests start, even where they were themselves started in the background or with nohup."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
