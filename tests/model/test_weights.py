"""Where a network's first weights come from: files as data only, torchvision's downloads, and what is said if not."""

from __future__ import annotations

import os
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
import safetensors.torch
import torch
from torch import Tensor, nn
from torchvision import models

from alc_tui.errors import AlcError, UsageError
from alc_tui.model.networks import Network, build, read_weights

State = dict[str, Tensor]


def drawn(body: nn.Module, seed: int = 99) -> State:
    """A state dict of the same names and shapes, with weights of its own."""
    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.randn(value.shape, generator=generator) if value.is_floating_point() else value + 3
        for name, value in body.state_dict().items()
    }


def write(path: Path, state: Any) -> str:
    if path.suffix == ".safetensors":
        safetensors.torch.save_file(state, path)
    else:
        torch.save(state, path)
    return str(path)


@pytest.fixture
def small() -> State:
    """A state dict of the backbone `small` as another training with 1,000 classes would leave it."""
    state = drawn(build("small", 2, "none", 0).body)
    return state | {"fc.weight": torch.randn(1000, 256), "fc.bias": torch.randn(1000)}


def holds(network: Network, state: State) -> bool:
    body = network.body.state_dict()
    return all(torch.equal(value, state[name]) for name, value in body.items())


@pytest.mark.parametrize("file", ["weights.safetensors", "weights.pth", "weights.pt"])
def test_the_body_is_the_files_and_the_head_is_drawn_from_the_seed(file: str, small: State, tmp_path: Path) -> None:
    path = write(tmp_path / file, small)
    one, other = build("small", 4, path, 1), build("small", 4, path, 2)
    assert holds(one, small) and holds(other, small)
    assert one.head.weight.shape == (4, 256) and not torch.equal(one.head.weight, other.head.weight)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("file", ["weights.safetensors", "weights.pth"])
def test_half_precision_is_widened_exactly(file: str, dtype: torch.dtype, small: State, tmp_path: Path) -> None:
    halved = {name: value.to(dtype) if value.is_floating_point() else value for name, value in small.items()}
    path = write(tmp_path / file, halved)
    network = build("small", 4, path, 1)
    assert holds(
        network, {name: value.float() if value.is_floating_point() else value for name, value in halved.items()}
    )
    assert (
        network.body.state_dict()["conv1.weight"].dtype
        == read_weights(Path(path))["conv1.weight"].dtype
        == torch.float32
    )
    assert network.body.state_dict()["bn1.num_batches_tracked"].dtype == torch.int64


@pytest.mark.parametrize("backbone", ["resnet18", "mobilenet_v2"])
def test_a_torchvision_state_dict_fits_its_backbone(backbone: str, tmp_path: Path) -> None:
    state = drawn(models.get_model(backbone, weights=None))
    assert holds(build(backbone, 4, write(tmp_path / "weights.safetensors", state), 1), state)


def test_a_file_without_a_head_will_do(small: State, tmp_path: Path) -> None:
    del small["fc.weight"], small["fc.bias"]
    assert holds(build("small", 4, write(tmp_path / "weights.pth", small), 1), small)


def test_an_older_file_that_counts_no_batches_will_do(small: State, tmp_path: Path) -> None:
    older = {name: value for name, value in small.items() if not name.endswith("num_batches_tracked")}
    network = build("small", 4, write(tmp_path / "weights.pth", older), 1)
    assert torch.equal(network.body.state_dict()["conv1.weight"], small["conv1.weight"])
    assert torch.equal(network.body.state_dict()["bn1.running_mean"], small["bn1.running_mean"])


def test_a_training_checkpoint_with_a_state_dict_inside_will_do(small: State, tmp_path: Path) -> None:
    assert holds(build("small", 4, write(tmp_path / "weights.pth", {"state_dict": small, "epoch": 3}), 1), small)


def test_weights_that_do_not_fit_are_refused_by_name(small: State, tmp_path: Path) -> None:
    small["conv1.weight"] = torch.zeros(64, 3, 7, 7)
    small["extra.weight"] = torch.zeros(1)
    del small["bn1.weight"]
    path = write(tmp_path / "weights.safetensors", small)
    said = f"{path} does not match the backbone: bn1.weight is missing; extra.weight is unknown; conv1.weight is "
    with pytest.raises(
        UsageError, match=re.escape(said + "(64, 3, 7, 7), not (32, 3, 3, 3); specify weights of this backbone.")
    ):
        build("small", 4, path, 1)


def test_of_many_entries_that_do_not_fit_three_are_named(small: State, tmp_path: Path) -> None:
    for name in ("conv1.weight", "bn1.weight", "bn1.bias", "layer1.0.conv1.weight", "layer1.0.bn1.bias"):
        del small[name]
    with pytest.raises(UsageError, match=r"conv1\.weight is missing; bn1\.weight .*; bn1\.bias .* and 2 more; specify"):
        build("small", 4, write(tmp_path / "weights.pth", small), 1)


def test_weights_of_another_backbone_are_refused(small: State, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not match the backbone"):
        build("mobilenet_v2", 4, write(tmp_path / "weights.pth", small), 1)


class Bomb:
    """What a hostile file would do to somebody who unpickles it."""

    def __init__(self, trace: Path) -> None:
        self._trace = trace

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return os.mkdir, (str(self._trace),)


@pytest.mark.parametrize("save", [torch.save, lambda thing, path: path.write_bytes(pickle.dumps(thing, protocol=2))])
def test_a_pickled_object_is_refused_and_not_run(save: Callable[[Any, Path], Any], tmp_path: Path) -> None:
    path, trace = tmp_path / "weights.pth", tmp_path / "was-run"
    save({"conv1.weight": Bomb(trace)}, path)
    with pytest.raises(UsageError, match=r"weights\.pth cannot be read safely as a state dict \(.*\); save one with"):
        build("small", 4, str(path), 1)
    assert not trace.exists()


def test_a_whole_pickled_network_is_refused(tmp_path: Path) -> None:
    torch.save(nn.Linear(2, 2), tmp_path / "weights.pth")
    with pytest.raises(UsageError, match="read safely as a state dict"):
        read_weights(tmp_path / "weights.pth")


@pytest.mark.parametrize("content", [[torch.ones(2)], {"conv1.weight": "no tensor"}, torch.ones(2)])
def test_data_that_is_no_state_dict_is_refused(content: Any, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "weights.pth")
    with pytest.raises(UsageError, match=r"weights\.pth does not contain a state dict"):
        read_weights(tmp_path / "weights.pth")


@pytest.mark.parametrize("file", ["weights.safetensors", "weights.pth"])
def test_a_damaged_file_is_refused(file: str, tmp_path: Path) -> None:
    (tmp_path / file).write_bytes(b"\x00damaged\xff" * 9)
    with pytest.raises(UsageError, match=rf"{re.escape(file)} cannot be read safely as a state dict"):
        build("small", 4, str(tmp_path / file), 1)


@pytest.fixture
def download(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], list[str]]:
    """Puts an answer, a state dict or an error, in the place of torchvision's downloads; tells which were asked for."""

    def put(answer: Any) -> list[str]:
        asked: list[str] = []

        def get_state_dict(entry: models.WeightsEnum, *_: Any, **__: Any) -> State:
            asked.append(str(entry))
            if isinstance(answer, Exception):
                raise answer
            assert isinstance(answer, dict)
            return answer

        monkeypatch.setattr(models.WeightsEnum, "get_state_dict", get_state_dict)
        return asked

    return put


def test_imagenet_takes_torchvisions_first_weights(download: Callable[[Any], list[str]]) -> None:
    state = drawn(models.resnet50(weights=None))
    asked = download(state)
    network = build("resnet50", 4, "imagenet", 1)
    assert holds(network, state) and network.head.weight.shape == (4, 2048)
    assert asked == ["ResNet50_Weights.IMAGENET1K_V1"]


def test_the_files_of_old_densenets_have_a_dot_more_in_their_names(
    download: Callable[[Any], list[str]], tmp_path: Path
) -> None:
    state = drawn(models.densenet121(weights=None))
    old = {
        re.sub(r"(denselayer\d+\.(?:norm|conv))([12])", r"\1.\2", name): value
        for name, value in state.items()
        if not name.endswith("num_batches_tracked")
    }
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    download(old)
    for weights in ("imagenet", write(tmp_path / "densenet121.pth", old)):
        body = build("densenet121", 4, weights, 1).body.state_dict()
        wrong = [name for name, value in body.items() if name in old and not torch.equal(value, state[name])]
        assert wrong == [] and torch.equal(
            body["features.denseblock4.denselayer16.conv2.weight"],
            old["features.denseblock4.denselayer16.conv.2.weight"],
        )


def test_googlenet_leaves_its_auxiliary_heads_and_sees_what_it_was_trained_on(
    download: Callable[[Any], list[str]], tmp_path: Path
) -> None:
    state = drawn(models.googlenet(weights=None, aux_logits=True, init_weights=False))
    assert [name for name in state if name.startswith("aux")]
    download(state)
    images, mean, std = torch.rand(2, 3, 64, 64), (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    normalized = (images - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(std).view(3, 1, 1)
    for weights in ("imagenet", write(tmp_path / "googlenet.safetensors", state)):
        network = build("googlenet", 4, weights, 1).eval()
        assert holds(network, state)
        seen: list[Tensor] = []
        first_layer = network.body.get_submodule("conv1")
        first_layer.register_forward_hook(lambda layer, given, made, seen=seen: seen.append(given[0]))
        with torch.no_grad():
            network(normalized)
        assert torch.allclose(seen[0], 2 * images - 1, atol=1e-5)


def test_where_the_first_weights_are_for_larger_images_those_for_224_are_taken(
    download: Callable[[Any], list[str]],
) -> None:
    asked = download(URLError("no route"))
    with torch.device("meta"), pytest.raises(AlcError):
        build("vit_h_14", 4, "imagenet", 1)
    assert asked == ["ViT_H_14_Weights.IMAGENET1K_SWAG_LINEAR_V1"]


def test_weights_that_cannot_be_downloaded_are_no_dead_end(download: Callable[[Any], list[str]]) -> None:
    download(URLError("no route to host"))
    with pytest.raises(AlcError) as failed:
        build("resnet18", 4, "imagenet", 1)
    assert failed.value.exit_code == 1
    said = str(failed.value)
    assert "The ImageNet weights of resnet18 could not be downloaded" in said and "no route to host" in said
    assert models.ResNet18_Weights.IMAGENET1K_V1.url in said
    assert "--weights PATH" in said and "--weights none" in said


def test_small_has_no_imagenet_weights() -> None:
    with pytest.raises(UsageError, match="small has no ImageNet weights; specify --weights none, or a file"):
        build("small", 4, "imagenet", 1)
