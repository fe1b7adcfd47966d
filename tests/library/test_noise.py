"""Noise injection from Python: the same draws as in a session, and arguments checked at the door."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import alc_tui as alc
from alc_tui.data.noise import injection
from alc_tui.data.random_streams import random_stream

LABELS = np.resize(np.array([0, 1, 1, 2]), 400)


def test_the_noise_is_that_of_a_session_with_the_same_seed() -> None:
    in_a_session = injection.inject(LABELS, 3, 0.4, "uniform", random_stream(7, "noise"))
    assert np.array_equal(alc.inject_noise(LABELS, 0.4, seed=7), in_a_session)
    assert not np.array_equal(alc.inject_noise(LABELS, 0.4, seed=8), in_a_session)


@pytest.mark.parametrize("same", [LABELS.tolist(), torch.from_numpy(LABELS), LABELS.astype(np.float32)])
def test_lists_and_tensors_of_labels_are_as_good_as_arrays(same: list[int]) -> None:
    assert np.array_equal(alc.inject_noise(same, 0.4), alc.inject_noise(LABELS, 0.4))


def test_pair_noise_with_all_but_certainty_turns_nearly_every_label_into_the_next_class() -> None:
    noisy = alc.inject_noise([0, 1, 2], 1 - 1e-12, kind="pair")
    assert noisy.tolist() == [1, 2, 0]


def test_exempt_classes_keep_their_labels() -> None:
    noisy = alc.inject_noise(LABELS, 0.9, exempt=[1])
    assert (noisy[LABELS == 1] == 1).all()
    assert (noisy[LABELS == 0] != 0).any()


def test_a_transition_matrix_decides_what_becomes_of_each_class() -> None:
    noisy = alc.inject_noise(LABELS, kind="matrix", matrix=[[0, 0, 1], [0, 1, 0], [1, 0, 0]])
    assert np.array_equal(noisy, 2 - LABELS)


def test_classes_without_samples_can_be_drawn_if_they_are_counted() -> None:
    assert set(alc.inject_noise([0] * 200, 0.9, classes=3).tolist()) == {0, 1, 2}


@pytest.mark.parametrize("inputs", [np.random.default_rng(0).random((400, 3, 9, 9)), np.eye(400, 5)])
def test_instance_noise_sees_images_or_features(inputs: np.ndarray) -> None:
    noisy = alc.inject_noise(LABELS, 0.3, kind="instance", inputs=inputs)
    assert 0.2 < (noisy != LABELS).mean() < 0.4


@pytest.mark.parametrize(
    ("arguments", "repeated"),
    [
        ({"labels": [0, 2.5]}, "2.5"),
        ({"labels": [0, -3]}, "-3 at position 1"),
        ({"labels": [[0, 1]]}, r"\(1, 2\)"),
        ({"labels": ["nevus", "melanoma"]}, "'nevus'"),
        ({"labels": pd.Series(["nevus", "melanoma"])}, "`labels` holds 'nevus'; pass class indices"),
        ({"labels": pd.Series(["nevus", "melanoma"], dtype="category")}, "`labels` holds 'nevus'; pass class indices"),
        ({"labels": [0, None, 1]}, "`labels` holds None; pass class indices"),
        ({"labels": [0, np.inf]}, "`labels` holds inf; pass class indices"),
        ({"labels": [[0], [0, 1]]}, "`labels` has rows of different lengths"),
        ({"labels": np.array([], dtype=str)}, "single class"),
        ({"classes": "2"}, "`classes` is '2'; pass a number"),
        ({"classes": 2.0}, "`classes` is 2.0; pass a whole number"),
        ({"kind": "matrix", "matrix": [[1, 0], [0]]}, "`matrix` has rows of different lengths"),
        ({"kind": "matrix", "matrix": [["a", 0], [0, 1]]}, "`matrix` holds 'a'; pass numbers"),
        ({"labels": [0, 4], "classes": 3}, "4 at position 1; pass class indices from 0 to 2"),
        ({"rate": 1.5}, "1.5"),
        ({"rate": "a"}, "`rate` is 'a'; pass a number"),
        ({"rate": None}, "`rate` is None; pass a number"),
        ({"seed": 1.5}, "`seed` is 1.5; pass a whole number"),
        ({"kind": "gauss"}, "'gauss'"),
        ({"exempt": [5]}, "`exempt` holds 5"),
        ({"kind": "matrix", "matrix": [[1.0]]}, r"\(1, 1\)"),
        ({"kind": "matrix", "matrix": [[0.5, 0.4], [0, 1]]}, r"Row 0 of `matrix` is \[0.5, 0.4\]"),
        ({"kind": "instance", "inputs": np.zeros((3, 2))}, "`inputs` has 3 samples"),
    ],
)
def test_an_error_repeats_the_offending_value(arguments: dict[str, Any], repeated: str) -> None:
    valid: dict[str, Any] = {"labels": [0, 1], "rate": 0.2}
    with pytest.raises(ValueError, match=repeated) as error:
        alc.inject_noise(**(valid | arguments))
    assert isinstance(error.value, alc.UsageError)


def test_labels_in_an_array_of_objects_are_labels_like_others() -> None:
    labels = np.array([0, 1, 2, 1] * 20)
    assert np.array_equal(alc.inject_noise(labels.astype(object), 0.3), alc.inject_noise(labels, 0.3))
