from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from alc_tui.data.noise.injection import NOISE_KINDS, inject, read_matrix
from alc_tui.errors import UsageError

LABELS = np.repeat(np.arange(4), 10_000)


def test_uniform_noise_gives_each_other_class_the_same_share(rng: np.random.Generator) -> None:
    noisy = inject(LABELS, 4, 0.6, "uniform", rng)
    for label in range(4):
        shares = np.bincount(noisy[label == LABELS], minlength=4) / 10_000
        expected = np.where(np.arange(4) == label, 0.4, 0.2)
        assert np.abs(shares - expected).max() < 0.02  # five standard deviations of a share of 10,000


def test_pair_noise_goes_to_the_next_class_and_from_the_last_to_the_first(rng: np.random.Generator) -> None:
    noisy = inject(LABELS, 4, 0.5, "pair", rng)
    changed = noisy != LABELS
    assert 0.48 < changed.mean() < 0.52
    assert np.array_equal(noisy[changed], (LABELS[changed] + 1) % 4)


def test_matrix_noise_follows_the_matrix(rng: np.random.Generator) -> None:
    matrix = np.array([[0, 1, 0, 0], [0, 1, 0, 0], [0.5, 0, 0.5, 0], [0, 0, 0, 1]], dtype=np.float64)
    noisy = inject(LABELS, 4, 0.0, "matrix", rng, matrix=matrix)
    assert set(noisy[LABELS == 0]) == {1} and set(noisy[LABELS == 1]) == {1} and set(noisy[LABELS == 3]) == {3}
    assert set(noisy[LABELS == 2]) == {0, 2}
    assert 0.47 < (noisy[LABELS == 2] == 0).mean() < 0.53


@pytest.mark.parametrize(("kind", "rate"), [("none", 0.5), ("uniform", 0.0), ("pair", 0.0), ("instance", 0.0)])
def test_no_noise_leaves_the_labels_alone_in_an_array_of_its_own(
    kind: str, rate: float, rng: np.random.Generator
) -> None:
    labels = LABELS.copy()
    noisy = inject(labels, 4, rate, kind, rng)
    assert np.array_equal(noisy, LABELS) and noisy is not labels


def test_exempt_classes_keep_their_labels_and_the_others_noise_stays_the_same() -> None:
    noisy = inject(LABELS, 4, 0.6, "uniform", np.random.default_rng(1))
    spared = inject(LABELS, 4, 0.6, "uniform", np.random.default_rng(1), exempt=[0, 3])
    kept = np.isin(LABELS, [0, 3])
    assert np.array_equal(spared[kept], LABELS[kept])
    assert np.array_equal(spared[~kept], noisy[~kept])


def test_the_same_seed_gives_the_same_noise_and_another_gives_another() -> None:
    draws = [inject(LABELS, 4, 0.4, "uniform", np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert np.array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])
    assert draws[0].dtype == np.int64


@pytest.mark.parametrize("rate", [-0.1, 1.0, float("nan")])
def test_a_rate_out_of_range_is_refused(rate: float, rng: np.random.Generator) -> None:
    with pytest.raises(UsageError, match=f"noise rate {rate} is out of range"):
        inject(LABELS, 4, rate, "uniform", rng)


def test_an_unknown_kind_is_refused_with_those_there_are(rng: np.random.Generator) -> None:
    with pytest.raises(UsageError, match=r"'salt'.*uniform, pair, matrix, instance, none"):
        inject(LABELS, 4, 0.1, "salt", rng)
    assert NOISE_KINDS == ("uniform", "pair", "matrix", "instance", "none")


def test_noise_needs_a_second_class(rng: np.random.Generator) -> None:
    with pytest.raises(UsageError, match="a single class"):
        inject(np.zeros(3, np.int64), 1, 0.1, "uniform", rng)


def test_matrix_noise_needs_a_matrix_of_the_right_shape(rng: np.random.Generator) -> None:
    for matrix in (None, np.eye(3)):
        with pytest.raises(UsageError, match="4 × 4 transition matrix"):
            inject(LABELS, 4, 0.0, "matrix", rng, matrix=matrix)


def test_instance_noise_needs_features_of_the_images(rng: np.random.Generator) -> None:
    with pytest.raises(UsageError, match="depends on the images; specify features"):
        inject(LABELS, 4, 0.4, "instance", rng)


def test_a_matrix_is_read_by_the_names_of_its_rows_and_columns(put: Callable[..., Path]) -> None:
    path = put("m.csv", "\ufefffrom,B,A\nB,0.9,0.1\nA,0.25,0.75\n")
    assert read_matrix(path, ["A", "B"]).tolist() == [[0.75, 0.25], [0.1, 0.9]]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (",A,B\nA,1,0\n", "no row for the class 'B'"),
        (",A,C\nA,1,0\nB,0,1\n", "no column for the class 'B'"),
        (",A,B,C\nA,1,0,0\nB,0,1,0\n", "a column for 'C'"),
        (",A,B\nA,1,0\nA,1,0\nB,0,1\n", "Row 3 .* repeats the class 'A'"),
        (",A,B\nA,0.5,0.4\nB,0,1\n", "Row 2 .* sum to 1"),
        (",A,B\nA,1.5,-0.5\nB,0,1\n", "Row 2 .* probabilities"),
        (",A,B\nA,nan,1\nB,0,1\n", "Row 2 .* probabilities"),
        (",A,B\nA,x,1\nB,0,1\n", "Row 2 .* not a number"),
        (",A,B\nA,1\nB,0,1\n", "Row 2 .* 2 cells"),
        ("", "is empty"),
    ],
)
def test_a_faulty_matrix_is_refused(put: Callable[..., Path], text: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        read_matrix(put("m.csv", text), ["A", "B"])


@pytest.mark.parametrize("kind", ["uniform", "pair"])
def test_noise_can_be_kept_out_of_exempt_classes(kind: str) -> None:
    labels = np.repeat(np.arange(4), 5_000)
    noisy = inject(labels, 4, 0.5, kind, np.random.default_rng(0), exempt=[1], into_exempt=False)
    assert (noisy[labels == 1] == 1).all() and (noisy[labels != 1] != 1).all()
    assert (noisy != labels)[labels != 1].mean() == pytest.approx(0.5, abs=0.02)
    if kind == "pair":
        assert set(noisy[labels == 0]) == {0, 2} and set(noisy[labels == 3]) == {0, 3}
    else:
        assert (noisy[labels == 0] == 2).mean() == pytest.approx(0.25, abs=0.02)


def test_two_classes_at_least_must_not_be_exempt() -> None:
    with pytest.raises(UsageError, match="exempt fewer classes"):
        inject(LABELS, 4, 0.5, "uniform", np.random.default_rng(0), exempt=[0, 1, 2], into_exempt=False)
