from __future__ import annotations

from typing import Any

import pytest

from alc_tui.errors import UsageError
from alc_tui.session.feature_memory import check_memory
from alc_tui.session.store.arrays import load_samples
from alc_tui.session.store.folder import SessionFolder
from tests.session.small import config

GB = 2**30


def check(
    untrained: SessionFolder, available: int, device: str = "cpu (2 cores)", dimensions: int = 1024, **settings: Any
) -> None:
    samples = load_samples(untrained.samples, 3)  # 72, of which 50 to train on
    check_memory(config(**{"freeze": True, "head": "linear"} | settings), dimensions, samples, device, available)


def test_a_window_that_does_not_fit_is_refused_with_its_size(untrained: SessionFolder) -> None:
    with pytest.raises(UsageError, match=r"take 24 GiB, more than this machine's memory of 8 GiB; .* --vog-window"):
        check(untrained, 8 * GB, vog_window=1_000_000)
    check(untrained, 25 * GB, vog_window=1_000_000)
    check(untrained, 8 * GB, vog_window=1_000_000, method="ct")
    check(untrained, 8 * GB, vog_window=1_000_000, device="cuda (H200)")


@pytest.mark.parametrize(
    ("head", "dimensions", "needed"),
    [  # features: 4 bytes × 72 samples × D; window: 2 peers × 2 bytes × 10 epochs × 50 samples × (inputs + 1)
        ("linear", 1024, 294_912 + 258_000),  # 128 principal components
        ("linear", 40, 11_520 + 82_000),  # all 40 dimensions
        ("hidden", 1024, 294_912 + 514_000),  # 256 units
    ],
)
def test_the_window_is_as_wide_as_what_the_last_layer_reads(
    untrained: SessionFolder, head: str, dimensions: int, needed: int
) -> None:
    settings: dict[str, Any] = {"dimensions": dimensions, "head": head, "vog_window": 10, "views": 1}
    check(untrained, needed, **settings)
    with pytest.raises(UsageError, match="more than this machine's memory"):
        check(untrained, needed - 1, **settings)


def test_views_that_do_not_fit_are_refused(untrained: SessionFolder) -> None:
    needed = 4 * 1024 * 64 * 72 + 2 * 2 * 5 * 50 * 129
    check(untrained, needed, views=64)
    with pytest.raises(UsageError, match="fewer --views"):
        check(untrained, needed - 1, views=64)
