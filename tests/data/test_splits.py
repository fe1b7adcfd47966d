from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from alc_tui.data.dataset import TEST, TRAIN, UNASSIGNED, VAL, Dataset
from alc_tui.data.images import FileImages
from alc_tui.data.sources import isic
from alc_tui.data.splits import SharedGroups, assign, group_split, random_split, shared_groups, two_way
from alc_tui.errors import UsageError


def dataset(split: list[int], groups: tuple[str, ...] | None = None) -> Dataset:
    n = len(split)
    ids = tuple(str(i) for i in range(n))
    labels = np.zeros(n, dtype=np.int64)
    images = FileImages(Path(), ids)
    column = "" if groups is None else "lesion_id"
    return Dataset(
        "x", ("A",), ids, labels, np.array(split, np.int8), images, Path(), groups=groups, group_column=column
    )


def sizes(split: np.ndarray) -> list[int]:
    return [int(size) for size in np.bincount(split, minlength=3)]


def test_the_papers_split_of_isic_has_the_papers_sizes(rng: np.random.Generator) -> None:
    assert sizes(random_split(25_331, rng)) == [17_731, 2_533, 5_067]


def test_split_sizes_are_exact_where_binary_floats_fall_short(rng: np.random.Generator) -> None:
    # 0.7 · 90 is 62.99… in binary floats.
    assert [sizes(random_split(n, rng)) for n in (10, 90, 9, 1)] == [
        [7, 1, 2],
        [63, 9, 18],
        [6, 0, 3],
        [0, 0, 1],
    ]


def test_the_two_way_split_of_the_long_tail_has_the_papers_sizes(rng: np.random.Generator) -> None:
    assert sizes(two_way(19_906, rng)) == [15_924, 3_982, 0]


def test_a_split_is_repeated_by_its_seed_only() -> None:
    first, again, other = (random_split(1000, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_groups_stay_together_and_sizes_stay_exact(rng: np.random.Generator) -> None:
    groups = [f"lesion {i % 40}" for i in range(120)] + [""] * 80
    split = group_split(groups, rng)
    assert sizes(split) == [140, 20, 40]
    for name in set(groups) - {""}:
        assert len({int(split[i]) for i, group in enumerate(groups) if group == name}) == 1
    assert len(set(split[120:].tolist())) > 1


def test_groups_are_spread_over_the_splits_in_proportion() -> None:
    groups = [f"lesion {i // 2}" for i in range(2000)] + [""] * 2000
    paired = np.mean(
        [
            [(group_split(groups, np.random.default_rng(seed))[:2000] == part).mean() for part in range(3)]
            for seed in range(8)
        ],
        axis=0,
    )
    assert np.abs(paired - [0.7, 0.1, 0.2]).max() < 0.03


def test_a_group_larger_than_any_side_goes_where_there_is_most_room(rng: np.random.Generator) -> None:
    split = group_split(["big"] * 9 + [""], rng)
    assert set(split[:9].tolist()) == {TRAIN} and split[9] in (VAL, TEST)


def test_without_a_word_the_given_split_is_kept(rng: np.random.Generator) -> None:
    given = [TRAIN, TEST, VAL, TRAIN]
    assert assign(dataset(given), None, rng).split.tolist() == given
    assert assign(dataset(given), "given", rng).split.tolist() == given


def test_where_only_the_test_set_is_given_the_others_are_divided(rng: np.random.Generator) -> None:
    split = assign(dataset([TEST] * 5 + [UNASSIGNED] * 20), None, rng).split
    assert set(split[:5].tolist()) == {TEST}
    assert sizes(split) == [16, 4, 5]


def test_without_a_given_split_samples_are_split_by_image(rng: np.random.Generator) -> None:
    assert sizes(assign(dataset([UNASSIGNED] * 20), None, rng).split) == [14, 2, 4]


def test_a_split_by_image_forgets_the_given_one(rng: np.random.Generator) -> None:
    assert sizes(assign(dataset([TEST] * 20), "image", rng).split) == [14, 2, 4]


def test_a_split_by_lesion_uses_the_groups(rng: np.random.Generator) -> None:
    groups = ("a",) * 2 + ("",) * 18
    split = assign(dataset([UNASSIGNED] * 20, groups), "lesion", rng).split
    assert split[0] == split[1] and sizes(split) == [14, 2, 4]


@pytest.mark.parametrize(
    ("how", "problem"),
    [("lesion", "has no groups of samples"), ("given", "has no split"), ("patient", "image, lesion, given")],
)
def test_a_split_that_the_data_cannot_have_is_refused(how: str, problem: str, rng: np.random.Generator) -> None:
    with pytest.raises(UsageError, match=problem):
        assign(dataset([UNASSIGNED] * 4), how, rng)


def test_the_lesions_of_the_real_isic_table_stay_on_one_side(real_data: Path, rng: np.random.Generator) -> None:
    folder = real_data / "isic-2019-labels"
    if not folder.is_dir():
        pytest.skip("the full ISIC-2019 tables are not in ALC_DATA")
    ids, labels = isic.read_labels(folder / isic.LABELS)
    assert np.bincount(labels).tolist() == [4522, 12875, 3323, 867, 2624, 239, 253, 628]
    lesions = isic.read_lesions(folder / isic.METADATA, ids)
    assert lesions is not None and lesions.count("") == 2084
    split = group_split(lesions, rng)
    assert sizes(split) == [17_731, 2_533, 5_067]
    sides: dict[str, set[int]] = {}
    for lesion, part in zip(lesions, split.tolist(), strict=True):
        sides.setdefault(lesion, set()).add(part)
    assert {len(parts) for lesion, parts in sides.items() if lesion} == {1}


def test_groups_in_several_splits_are_counted_with_their_samples_and_the_test_samples_they_leak_to() -> None:
    groups = ("a", "a", "b", "b", "c", "c", "", "", "d", "a")
    split = [TRAIN, TEST, TRAIN, TRAIN, VAL, TEST, TRAIN, TEST, TEST, TEST]
    found = shared_groups(dataset(split, groups))
    assert found == SharedGroups("lesion_id", groups=2, samples=5, leaking=2)
    assert found.sentence() == (
        "Warning: 5 samples share their lesion_id with samples in another split (values: 2; test samples that share "
        "one with a training sample: 2), so that test scores may be too high; use --split lesion to keep them together."
    )


@pytest.mark.parametrize("groups", [None, ("", "", ""), ("a", "b", "a")])
def test_groups_in_one_split_each_are_no_warning(groups: tuple[str, ...] | None) -> None:
    assert shared_groups(dataset([TRAIN, TEST, TRAIN], groups)) is None


def test_a_split_by_lesion_shares_no_group_and_one_by_image_does(rng: np.random.Generator) -> None:
    groups = tuple(f"{i // 3}" for i in range(300))
    data = dataset([UNASSIGNED] * 300, groups)
    assert shared_groups(assign(data, "lesion", rng)) is None
    assert shared_groups(assign(data, "image", rng)) is not None
