from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from alc_tui.data.cache import folder as cache_files
from alc_tui.data.cache.features import IMAGES_PER_COMMIT, FeatureCache
from alc_tui.errors import AlcError

D = 3
N = 2 * IMAGES_PER_COMMIT + 5


def contents(*names: int) -> NDArray[np.uint8]:
    return np.array([list(name.to_bytes(16)) for name in names], dtype=np.uint8)


class Backbone:
    """Computes features that tell the content; `asked`: the contents, call by call. fails_at: the call that fails."""

    def __init__(self, digests: NDArray[np.uint8], fails_at: int | None = None) -> None:
        self._names = [int.from_bytes(digest.tobytes()) for digest in digests]
        self._fails_at = fails_at
        self.asked: list[list[int]] = []

    def __call__(self, positions: NDArray[np.int64]) -> NDArray[np.float32]:
        if len(self.asked) == self._fails_at:
            raise KeyboardInterrupt
        names = [self._names[position] for position in positions]
        self.asked.append(names)
        return expected(*names)


def expected(*names: int) -> NDArray[np.float32]:
    return np.array([[name, name / 2, -name] for name in names], dtype=np.float32)


def test_each_content_is_computed_once_and_found_in_any_order(tmp_path: Path) -> None:
    digests = contents(7, 3, 7, 5)
    backbone = Backbone(digests)
    assert np.array_equal(FeatureCache("a", D, tmp_path).prepare(digests, backbone), expected(7, 3, 7, 5))
    more = Backbone(contents(5, 9, 3))
    assert np.array_equal(FeatureCache("a", D, tmp_path).prepare(contents(5, 9, 3), more), expected(5, 9, 3))
    assert backbone.asked == [[7, 3, 5]] and more.asked == [[9]]


def test_another_key_has_other_features(tmp_path: Path) -> None:
    for key in ("a", "b"):
        backbone = Backbone(contents(1, 2))
        FeatureCache(key, D, tmp_path).prepare(contents(1, 2), backbone)
        assert backbone.asked == [[1, 2]]


def test_what_was_computed_before_an_interruption_is_kept_and_the_batches_stay_the_same(tmp_path: Path) -> None:
    digests = contents(*range(1, N + 1))
    whole, first, second = Backbone(digests), Backbone(digests, fails_at=1), Backbone(digests)
    FeatureCache("whole", D, tmp_path).prepare(digests, whole)
    with pytest.raises(KeyboardInterrupt):
        FeatureCache("a", D, tmp_path).prepare(digests, first)
    steps: list[tuple[int, int]] = []
    features = FeatureCache("a", D, tmp_path).prepare(digests, second, lambda *step: steps.append(step))
    assert np.array_equal(features, expected(*range(1, N + 1)))
    assert first.asked + second.asked == whole.asked and len(whole.asked) == 3
    assert steps == [(IMAGES_PER_COMMIT, N - IMAGES_PER_COMMIT), (N - IMAGES_PER_COMMIT,) * 2]


def test_rows_that_a_crash_left_without_their_index_or_cut_short_are_computed_again(tmp_path: Path) -> None:
    digests = contents(1, 2, 3, 4)
    FeatureCache("a", D, tmp_path).prepare(digests[:2], Backbone(digests[:2]))
    file = cache_files.feature_path(tmp_path, "a")
    file.write_bytes(file.read_bytes() + b"half a row")
    FeatureCache("a", D, tmp_path).prepare(digests, Backbone(digests))
    file.write_bytes(file.read_bytes()[:-1])
    again = Backbone(digests)
    assert np.array_equal(FeatureCache("a", D, tmp_path).prepare(digests, again), expected(1, 2, 3, 4))
    assert again.asked == [[4]]


def test_clearing_the_cache_clears_features_too(tmp_path: Path) -> None:
    FeatureCache("abc", D, tmp_path).prepare(contents(1), Backbone(contents(1)))
    size = cache_files.cache_size(tmp_path)
    assert size >= 4 * D and cache_files.clear(tmp_path) == size and cache_files.cache_size(tmp_path) == 0


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AlcError, match=r"file/cache cannot be used \(.*ALC_CACHE to another folder"):
        FeatureCache("a", D, tmp_path / "file" / "cache").prepare(contents(1), Backbone(contents(1)))
