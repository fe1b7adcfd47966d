"""Learning from Python: what `fit` returns, that it leaves torch as it was, and arguments checked at the door."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import alc_tui as alc
from alc_tui.model.scoring.metrics import macro_f1

RNG = np.random.default_rng(0)
LABELS = np.resize(np.arange(3), 96)
FEATURES = (8 * np.eye(3)[LABELS] + RNG.standard_normal((96, 3))).astype(np.float32)
"""Three heaps, eight standard deviations apart."""
NOISY = np.where(np.arange(96) % 4 == 0, (LABELS + 1) % 3, LABELS)
"""Every fourth label is wrong."""
HELD = (FEATURES[:30] + 0.5, LABELS[:30])
IMAGES = RNG.integers(256, size=(12, 10, 9, 3), dtype=np.uint8)
QUICK: dict[str, Any] = {
    "noise_rate": 0.25,
    "epochs": 4,
    "warmup": 2,
    "vog_window": 2,
    "batch_size": 32,
    "learning_rate": 0.1,
    "device": "cpu",
}
ON_IMAGES = QUICK | {"method": "ce", "backbone": "small", "epochs": 1, "warmup": 0, "batch_size": 12}


def fit(**changed: Any) -> alc.FitResult:
    return alc.fit(**({"inputs": FEATURES, "labels": NOISY} | QUICK | changed))


@pytest.mark.parametrize("method", alc.METHODS)
def test_every_method_says_something_of_every_sample(method: str) -> None:
    result = fit(method=method, validation=HELD)
    peers = 2 if method in ("ct-vog", "ct", "dividemix") else 1
    assert result.method == method
    assert result.clean.shape == result.loss.shape == (96,)
    assert result.clean.dtype == np.bool_
    assert result.probabilities.sum(1) == pytest.approx(np.ones(96), abs=1e-5)
    assert np.array_equal(result.features, FEATURES)
    assert result.losses.shape == (4, peers)
    assert len(result.networks) == peers
    assert (result.peer2 is not None) == (peers == 2)
    assert result.validation.shape == (4,)
    assert result.loss == pytest.approx(-np.log(result.probabilities[np.arange(96), NOISY]), abs=1e-3)


@pytest.mark.parametrize("method", ["ct-vog", "ct"])
def test_co_teaching_keeps_the_share_of_each_batch_that_the_noise_rate_leaves(method: str) -> None:
    assert fit(method=method).clean.sum() == 3 * 24


def test_cross_entropy_believes_no_sample_in_particular() -> None:
    assert not fit(method="ce").clean.any()


def test_vog_is_there_only_where_the_method_has_it_and_its_window_is_full() -> None:
    vog = fit().vog
    assert vog is not None
    assert (vog >= 0).all()
    assert vog.shape == (96,)
    assert fit(vog_window=5).vog is None
    assert fit(method="ct").vog is None


@pytest.mark.parametrize(
    ("changes", "start"),
    [({"warmup": 4}, 4), ({"vog_window": 5}, 5), ({"warmup": 3}, None), ({"warmup": 4, "method": "ct"}, None)],
)
def test_vog_that_takes_effect_in_no_epoch_is_warned_of(changes: dict[str, Any], start: int | None) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit(epochs=4, **changes)
    said = [str(warning.message) for warning in caught if "VOG takes effect" in str(warning.message)]
    assert [f"after {start} epochs, and there are 4" in text for text in said] == ([] if start is None else [True])


def test_the_warmup_is_a_fifth_of_the_epochs_unless_it_is_specified() -> None:
    omitted, specified = (fit(epochs=10, warmup=warmup) for warmup in (None, 2))
    assert np.array_equal(omitted.probabilities, specified.probabilities)


def test_heaps_far_apart_are_told_apart() -> None:
    result = fit(method="ce", labels=LABELS, epochs=30)
    assert np.array_equal(result.predict(HELD[0]).argmax(1), HELD[1])


def test_validation_scores_are_those_of_the_networks_that_predict() -> None:
    result = fit(validation=HELD, learning_rate=0.5, epochs=6)
    best, last = (macro_f1(result.predict(HELD[0], best=b).argmax(1), HELD[1], 3) for b in (True, False))
    assert result.best_epoch == result.validation.argmax()
    assert best == result.validation.max()
    assert last == result.validation[-1]


def test_without_validation_there_is_no_best_epoch() -> None:
    result = fit()
    assert result.validation.size == 0
    assert result.best_epoch is None
    with pytest.raises(alc.UsageError, match="pass `validation` to `fit`"):
        result.predict(FEATURES, best=True)


def test_validation_samples_teach_nothing() -> None:
    assert np.array_equal(fit(validation=HELD).probabilities, fit().probabilities)


def test_the_same_seed_gives_the_same_result_and_another_seed_another() -> None:
    first, same, other = fit(), fit(), fit(seed=1)
    assert np.array_equal(first.probabilities, same.probabilities)
    assert not np.array_equal(first.probabilities, other.probabilities)


def test_torch_is_left_as_it_was() -> None:
    cudnn = torch.backends.cudnn
    state, before = torch.random.get_rng_state(), (torch.are_deterministic_algorithms_enabled(), cudnn.deterministic)
    fit()
    assert torch.equal(torch.random.get_rng_state(), state)
    assert (torch.are_deterministic_algorithms_enabled(), cudnn.deterministic) == before


def test_every_epoch_is_reported_with_its_score() -> None:
    heard: list[tuple[int, float | None]] = []
    result = fit(validation=HELD, on_epoch=lambda report, score: heard.append((report.epoch, score)))
    assert heard == list(enumerate(result.validation))
    heard.clear()
    fit(on_epoch=lambda report, score: heard.append((report.epoch, score)))
    assert heard == [(epoch, None) for epoch in range(4)]


def test_tensors_are_as_good_as_arrays() -> None:
    as_tensors = fit(inputs=torch.from_numpy(FEATURES), labels=torch.from_numpy(NOISY))
    assert np.array_equal(as_tensors.probabilities, fit().probabilities)


def test_images_of_any_layout_and_type_are_the_same_images() -> None:
    forms: list[Any] = [IMAGES, torch.from_numpy(IMAGES).permute(0, 3, 1, 2), IMAGES.astype(np.float32) / 255]
    results = [alc.fit(form, NOISY[:12], **ON_IMAGES) for form in forms]
    for result in results[1:]:
        assert np.array_equal(result.probabilities, results[0].probabilities)


def test_gray_images_are_images_and_those_to_predict_may_have_another_size() -> None:
    result = alc.fit(IMAGES[..., 0], NOISY[:12], **ON_IMAGES)
    assert result.features.shape == (12, 256)
    assert result.predict(np.zeros((5, 20, 20, 1))).shape == (5, 3)


def test_a_backbone_can_be_a_function() -> None:
    result = fit(backbone=lambda: nn.Sequential(nn.Linear(3, 7), nn.ReLU()))
    assert result.features.shape == (96, 7)
    assert len({id(network.body) for network in result.networks}) == 2


@pytest.mark.parametrize("sampler", list(alc.SAMPLERS))
def test_a_result_ranks_what_it_does_not_believe(sampler: str) -> None:
    result = fit()
    assert set(result.rank(sampler, 10).order.tolist()) <= set(np.flatnonzero(~result.clean).tolist())
    assert sorted(result.rank(sampler).order.tolist()) == np.flatnonzero(~result.clean).tolist()


def test_the_noise_rate_is_estimated_if_it_is_not_specified() -> None:
    estimated = alc.estimate_noise_rate(FEATURES, NOISY, epochs=5, batch_size=32, learning_rate=0.1, device="cpu")
    assert fit(noise_rate="auto", epochs=10).noise_rate == estimated.rate


def test_the_estimate_is_the_share_of_wrong_labels_where_the_networks_are_always_right() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(3, size=1500)
    features = (8 * np.eye(3)[truth] + rng.standard_normal((1500, 3))).astype(np.float32)
    noisy = np.where(np.arange(1500) % 4 == 0, (truth + rng.integers(1, 3, 1500)) % 3, truth)
    for validation in (None, (features[:200], truth[:200])):
        estimate = alc.estimate_noise_rate(
            features, noisy, validation=validation, epochs=10, learning_rate=0.1, batch_size=32, device="cpu"
        )
        assert estimate.rate == pytest.approx(0.25, abs=0.17 if validation is None else 0.02)


@pytest.mark.parametrize(
    ("arguments", "repeated"),
    [
        ({"method": "ct-vgo"}, "'ct-vgo'; did you mean ct-vog"),
        ({"noise_rate": 1.0}, "`noise_rate` is 1.0; pass a number in"),
        ({"noise_rate": "half"}, "'half'"),
        ({"epochs": 0}, "`epochs` is 0; pass a number in"),
        ({"warmup": -1}, "`warmup` is -1; pass a number in"),
        ({"mix_ratio": 1.5}, "`mix_ratio` is 1.5; pass a number in"),
        ({"vog_window": 0}, "`vog_window` is 0; pass a number in"),
        ({"batch_size": 1}, "`batch_size` is 1; pass a number in"),
        ({"epochs": 1.5}, "`epochs` is 1.5; pass a whole number"),
        ({"epochs": "2"}, "`epochs` is '2'; pass a number"),
        ({"learning_rate": 0.0}, "`learning_rate` is 0.0"),
        ({"learning_rate": "fast"}, "'fast'"),
        ({"image_size": 4}, "`image_size` is 4"),
        ({"seed": -1}, "`seed` is -1; pass a number in"),
        ({"method": "dividemix", "warmup": 4}, "4 of 4 epochs"),
        ({"labels": NOISY[:5]}, "`labels` has 5 samples"),
        ({"labels": NOISY, "classes": 2}, "2 at position"),
        ({"labels": np.zeros(96, dtype=int)}, "Found 1 classes"),
        ({"inputs": FEATURES[0]}, r"`inputs` has shape \(3,\)"),
        ({"inputs": FEATURES * np.inf}, "inf"),
        ({"inputs": np.zeros((96, 5, 8, 8))}, r"\(96, 5, 8, 8\)"),
        ({"inputs": np.full((96, 8, 8), 300)}, "300"),
        ({"inputs": np.full((96, 8, 8), -0.5)}, "-0.5"),
        ({"backbone": "resnet18"}, "'resnet18' takes images"),
        ({"backbone": lambda: nn.Flatten(0)}, r"returns \(6,\) for a batch of 2"),
        ({"validation": (FEATURES[:, :2], LABELS)}, r"\(96, 2\)"),
        ({"validation": (FEATURES[:3], LABELS[:2])}, r"`validation\[1\]` has 2 samples"),
        ({"validation": (FEATURES,)}, "`validation` is not a pair"),
        ({"validation": 3}, "`validation` is not a pair"),
        ({"validation": (FEATURES[:1], ["a"])}, r"`validation\[1\]` holds 'a'"),
        ({"classes": 3.0}, "`classes` is 3.0; pass a whole number"),
        ({"inputs": [[1, 2], [3]]}, "`inputs` has rows of different lengths"),
        ({"inputs": np.full((96, 3), "a", dtype=object)}, "`inputs` holds 'a'; pass numbers"),
        ({"device": "tpu"}, "'tpu'"),
    ],
)
def test_an_error_repeats_the_offending_value(arguments: dict[str, Any], repeated: str) -> None:
    with pytest.raises(ValueError, match=repeated) as error:
        fit(**arguments)
    assert isinstance(error.value, alc.UsageError)


def test_inputs_of_another_kind_are_not_predicted() -> None:
    with pytest.raises(alc.UsageError, match=r"\(96, 2\)"):
        fit().predict(FEATURES[:, :2])
    with pytest.raises(alc.UsageError, match=r"\(12, 10, 9, 3\)"):
        fit().predict(IMAGES)
