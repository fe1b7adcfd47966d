from __future__ import annotations

from typing import Any

import pytest

from alc_tui.errors import UsageError
from alc_tui.session.feature_memory import check_memory
from alc_tui.session.store.arrays import load_samples
from alc_tui.session.store.folder import SessionFolder
from tests.session.small import config

GB = 2**30


def check(untrained: SessionFolder, available: int, device: str = "cpu (2 cores)", **settings: Any) -> None:
    samples = load_samples(untrained.samples, 3)  # 72, of which 50 to train on
    check_memory(config(freeze=True, head="linear", **settings), 1024, samples, device, available)


def test_a_window_that_does_not_fit_is_refused_with_its_size(untrained: SessionFolder) -> None:
    with pytest.raises(UsageError, match=r"take 191 GiB, more than this machine's memory of 8 GiB; .* --vog-window"):
        check(untrained, 8 * GB, vog_window=1_000_000)
    check(untrained, 200 * GB, vog_window=1_000_000)
    check(untrained, 8 * GB, vog_window=1_000_000, method="ct")
    check(untrained, 8 * GB, vog_window=1_000_000, device="cuda (H200)")


def test_views_that_do_not_fit_are_refused(untrained: SessionFolder) -> None:
    needed = 4 * 1024 * 64 * 72 + 2 * 2 * 5 * 50 * 1025
    check(untrained, needed, views=64)
    with pytest.raises(UsageError, match="fewer --views"):
        check(untrained, needed - 1, views=64)
