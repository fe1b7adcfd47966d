from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import alc_tui as alc

IMAGES = np.random.default_rng(0).integers(256, size=(5, 20, 20, 3), dtype=np.uint8)


class Mean(nn.Module):
    """The mean of each channel."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.mean((2, 3))


def test_features_are_the_input_of_the_last_layer_and_the_same_each_time() -> None:
    found = alc.features(IMAGES, backbone="small", device="cpu")
    assert found.shape == (5, 256) and found.dtype == np.float32
    assert np.array_equal(found, alc.features(IMAGES, backbone="small", device="cpu"))
    assert not np.allclose(found, alc.features(IMAGES, backbone="small", device="cpu", seed=1))


def test_a_backbone_of_your_own_sees_normalized_images_that_are_not_augmented() -> None:
    gray = np.full((2, 16, 16, 3), 128, dtype=np.uint8)
    found = alc.features(gray, backbone=Mean, device="cpu")
    expected = (128 / 255 - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225])
    assert np.allclose(found, [expected, expected], atol=1e-4)


def test_a_model_of_timm_with_two_heads_gives_its_features() -> None:
    pytest.importorskip("timm", reason="the extra timm is not installed")
    found = alc.features(IMAGES, backbone="timm:levit_128s", weights="none", image_size=224, device="cpu")
    assert found.shape == (5, 384) and np.isfinite(found).all()


def test_a_head_is_fitted_on_them() -> None:
    red, blue = np.zeros((40, 16, 16, 3), np.uint8), np.zeros((40, 16, 16, 3), np.uint8)
    red[..., 0], blue[..., 2] = 200, 200
    rows = alc.features(np.concatenate([red, blue]), backbone=Mean, device="cpu")
    labels = np.repeat([0, 1], 40)
    result = alc.fit(rows, labels, method="ce", epochs=20, learning_rate=0.1, device="cpu")
    assert (result.probabilities.argmax(1) == labels).all()


def test_what_is_no_image_is_refused() -> None:
    with pytest.raises(alc.UsageError, match=r"`images` has shape \(5, 7\); pass one image or more"):
        alc.features(np.zeros((5, 7)))
    with pytest.raises(alc.UsageError, match="Unknown backbone 'smal'; did you mean small"):
        alc.features(IMAGES, backbone="smal", device="cpu")
