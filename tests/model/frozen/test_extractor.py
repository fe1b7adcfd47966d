from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
import torch

from alc_tui.errors import TrainingFailed
from alc_tui.model.augment import AugmentationParameters
from alc_tui.model.device import Compute, select_device
from alc_tui.model.forward import predict
from alc_tui.model.frozen.extractor import FeatureExtractor, draw_view
from alc_tui.model.networks import Network, build
from alc_tui.model.sources import Images, Views

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(256, size=(5, 18, 18, 3), dtype=np.uint8)
DIGESTS = RNG.integers(256, size=(5, 16), dtype=np.uint8)
CPU = Compute(select_device("cpu").device, bf16=False, channels_last=True)


def extractor(network: Network | None = None, size: int = 16, backbone: str = "small") -> FeatureExtractor:
    network = network or build("small", 2, "none", seed=0)
    return FeatureExtractor(network, backbone, PIXELS, np.arange(5), DIGESTS, size, CPU)


def test_view_0_holds_what_the_backbone_computes_of_the_image_as_it_is() -> None:
    network = build("small", 2, "none", seed=0)
    _, expected = predict((network,), Images(PIXELS, np.arange(5), 16, CPU), np.arange(5), CPU, 5)
    assert np.allclose(extractor(network).features(0, np.arange(5)), expected, atol=1e-5)


def test_a_view_depends_on_the_image_alone_and_not_on_those_beside_it() -> None:
    one = extractor()
    together, alone = one.features(1, np.arange(5)), one.features(1, np.array([3]))
    assert np.allclose(together[3], alone[0], atol=1e-5)
    assert np.abs(one.features(2, np.arange(5)) - together).max() > 1e-3


def test_the_augmentation_of_a_view_is_drawn_from_content_and_number() -> None:
    def same(one: AugmentationParameters, other: AugmentationParameters) -> bool:
        return all(np.array_equal(getattr(one, each.name), getattr(other, each.name)) for each in fields(one))

    assert same(draw_view(DIGESTS[0], 1), draw_view(DIGESTS[0].copy(), 1))
    assert not same(draw_view(DIGESTS[0], 1), draw_view(DIGESTS[0], 2))
    assert not same(draw_view(DIGESTS[0], 1), draw_view(DIGESTS[1], 1))


def test_the_key_tells_apart_whatever_changes_the_features() -> None:
    other = build("small", 2, "none", seed=1)
    keys = {
        extractor().key(0),
        extractor().key(1),
        extractor(other).key(0),
        extractor(size=8).key(0),
        extractor(backbone="other").key(0),
    }
    assert len(keys) == 5 and extractor().key(0) in keys


def test_features_that_are_not_finite_are_refused() -> None:
    network = build("small", 2, "none", seed=0)
    with torch.no_grad():
        next(network.body.parameters()).fill_(float("nan"))
    with pytest.raises(TrainingFailed, match="computes features that are not finite; specify other --weights"):
        extractor(network).features(0, np.arange(2))


def test_training_draws_one_of_the_views_for_each_sample_and_scoring_takes_view_0() -> None:
    views = torch.arange(3 * 40).reshape(3, 40, 1)
    source, batches = Views(views, CPU), [np.arange(25), np.arange(25, 40)]
    drawn = torch.cat(list(source.training(batches, np.random.default_rng(0))))[:, 0].long()
    assert len(source) == 40 and torch.equal(drawn % 40, torch.arange(40))
    assert set((drawn // 40).tolist()) == {0, 1, 2}
    assert torch.equal(drawn, torch.cat(list(source.training(batches, np.random.default_rng(0))))[:, 0].long())
    assert torch.equal(torch.cat(list(source.scoring(batches)))[:, 0].long(), torch.arange(40))
