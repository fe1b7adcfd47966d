"""Backbones of timm: their own normalization, sizes and weights. Tiny ones with random weights; nothing is loaded."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from alc_tui.errors import AlcError, UsageError
from alc_tui.model.augment import normalize
from alc_tui.model.networks import build, is_plain, own_image_size, own_normalization, plain_state


def test_without_timm_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(
        UsageError, match=r"'timm:test_vit' needs the package timm; run `pip install 'alc-tui\[timm\]'`"
    ):
        build("timm:test_vit", 2, "none", 0)


class TestWithTimm:
    @pytest.fixture(autouse=True)
    def timm(self) -> Any:
        return pytest.importorskip("timm", reason="the extra timm is not installed")

    @pytest.mark.parametrize("name", ["test_vit", "test_resnet", "test_convnext", "test_mambaout"])
    def test_the_body_gives_what_timm_does_with_its_own_normalization(self, timm: Any, name: str) -> None:
        network = build(f"timm:{name}", 3, "none", seed=1).eval()
        plain = timm.create_model(name, num_classes=3).eval()
        plain.load_state_dict(plain_state(network, f"timm:{name}"))
        images = torch.rand(2, 3, 160, 160, generator=torch.Generator().manual_seed(0))
        mean, std = (torch.tensor(each).view(3, 1, 1) for each in own_normalization(network))
        with torch.no_grad():
            assert torch.allclose(plain((images - mean) / std), network(normalize(images))[0], atol=1e-4)
        assert own_image_size(network) == 160

    def test_the_seed_draws_the_weights(self) -> None:
        one, same, other = (build("timm:test_vit", 2, "none", seed).body.state_dict() for seed in (1, 1, 2))
        assert all(torch.equal(one[name], same[name]) for name in one)
        assert not all(torch.equal(one[name], other[name]) for name in one)

    def test_a_file_of_weights_is_loaded_without_its_head(self, timm: Any, tmp_path: Path) -> None:
        state = timm.create_model("test_convnext", num_classes=7).state_dict()
        safetensors.torch.save_file(state, tmp_path / "model.safetensors")
        network = build("timm:test_convnext", 2, str(tmp_path / "model.safetensors"), 0)
        loaded = plain_state(network, "timm:test_convnext")
        assert torch.equal(loaded["stem.0.weight"], state["stem.0.weight"]) and len(loaded) == len(state)
        with pytest.raises(UsageError, match=r"does not match the backbone: .* specify weights of this backbone"):
            build("timm:test_resnet", 2, str(tmp_path / "model.safetensors"), 0)

    def test_images_of_other_sizes_are_taken_where_timm_can(self) -> None:
        for name in ("test_vit", "test_resnet"):
            assert build(f"timm:{name}", 2, "none", 0).eval()(torch.zeros(1, 3, 64, 64))[0].shape == (1, 2)

    def test_an_unknown_name_gets_suggestions(self) -> None:
        with pytest.raises(UsageError, match=r"Unknown backbone 'timm:test_vitt'; did you mean timm:test_vit"):
            build("timm:test_vitt", 2, "none", 0)
        with pytest.raises(UsageError, match=r"timm cannot build 'timm:test_vit.other' .*Invalid pretrained tag"):
            build("timm:test_vit.other", 2, "none", 0)

    def test_a_model_with_two_heads_is_refused(self) -> None:
        with pytest.raises(UsageError, match="does not end in one linear layer, which VOG needs; specify --freeze"):
            build("timm:deit_tiny_distilled_patch16_224", 2, "none", 0)

    def test_a_frozen_model_may_have_two_heads(self, timm: Any, tmp_path: Path) -> None:
        name = "deit_tiny_distilled_patch16_224"
        plain = timm.create_model(name, num_classes=5).eval()
        file = tmp_path / "model.safetensors"
        safetensors.torch.save_file(plain.state_dict(), file)
        network = build(f"timm:{name}", 2, str(file), 0, is_frozen=True).eval()
        images = torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))
        mean, std = (torch.tensor(each).view(3, 1, 1) for each in own_normalization(network))
        with torch.no_grad():
            tokens = plain.forward_features((images - mean) / std)
            features = network(normalize(images))[1]
        assert network.dimensions == 192 and not is_plain(network)
        assert torch.allclose(features, (tokens[:, 0] + tokens[:, 1]) / 2, atol=1e-4)

    @pytest.mark.parametrize("name", ["levit_128s", "repvit_m0_9"])
    def test_weights_of_two_heads_with_normalization_are_loaded_without_them(
        self, timm: Any, tmp_path: Path, name: str
    ) -> None:
        state = timm.create_model(name, num_classes=3).state_dict()
        safetensors.torch.save_file(
            {key: value.contiguous() for key, value in state.items()}, tmp_path / "m.safetensors"
        )
        loaded = build(f"timm:{name}", 2, str(tmp_path / "m.safetensors"), 0, is_frozen=True).body.state_dict()
        assert all(torch.equal(value, state[key.removeprefix("model.")]) for key, value in loaded.items())

    @pytest.mark.parametrize("pool", ["avg", ""])
    def test_a_frozen_model_may_have_no_head_but_only_one_feature_vector(
        self, timm: Any, monkeypatch: pytest.MonkeyPatch, pool: str
    ) -> None:
        create = timm.create_model

        def without_head(name: str, **options: Any) -> Any:
            model = create(name, global_pool=pool, **options)
            model.pretrained_cfg["classifier"] = None
            return model

        monkeypatch.setattr(timm, "create_model", without_head)
        if not pool:
            with pytest.raises(UsageError, match="computes more than one feature vector of an image; try another"):
                build("timm:test_vit", 2, "none", 0, is_frozen=True)
            return
        network = build("timm:test_vit", 2, "none", 0, is_frozen=True)
        assert network.training and network.head.in_features == network.dimensions and not is_plain(network)

    def test_weights_that_cannot_be_downloaded_name_the_way_without_network(
        self, timm: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise OSError("no route to host\nsecond line")

        monkeypatch.setattr(timm, "create_model", fail)
        with pytest.raises(
            AlcError, match=r"\(no route to host\); download .*timm/test_vit .* --weights PATH"
        ) as caught:
            build("timm:test_vit", 2, "imagenet", 0)
        assert caught.value.exit_code == 1
