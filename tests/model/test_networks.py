from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torchvision import models
from torchvision.models.resnet import BasicBlock, ResNet

from alc_tui.errors import UsageError
from alc_tui.model.backbones.small import small_resnet
from alc_tui.model.device import Compute
from alc_tui.model.networks import Network, backbones, build, with_suitable_precision

FAMILIES = {
    "alexnet": 4096,
    "convnext_tiny": 768,
    "densenet121": 1024,
    "efficientnet_b0": 1280,
    "efficientnet_v2_s": 1280,
    "googlenet": 1024,
    "inception_v3": 2048,
    "maxvit_t": 512,
    "mnasnet0_5": 1280,
    "mobilenet_v2": 1280,
    "mobilenet_v3_small": 1024,
    "resnet18": 512,
    "resnet50": 2048,
    "resnext50_32x4d": 2048,
    "shufflenet_v2_x0_5": 1024,
    "swin_t": 768,
    "swin_v2_t": 768,
    "vgg11": 4096,
    "vit_b_16": 768,
    "wide_resnet50_2": 2048,
}


@pytest.mark.parametrize(("backbone", "dimensions"), FAMILIES.items())
def test_every_family_of_classifiers_is_features_and_a_linear_head(backbone: str, dimensions: int) -> None:
    with torch.device("meta"):  # shapes without numbers
        network = build(backbone, 7, "none", 0).eval()
        side = 299 if backbone == "inception_v3" else 224
        logits, features = network(torch.empty(2, 3, side, side))
    assert logits.shape == (2, 7) and features.shape == (2, dimensions)
    assert network.dimensions == dimensions and network.head.bias.shape == (7,)


@pytest.mark.parametrize("backbone", ["small", "resnet18", "mobilenet_v2", "densenet121", "regnet_x_400mf"])
def test_the_logits_are_the_heads_of_the_features(backbone: str) -> None:
    network = build(backbone, 5, "none", 0).eval()
    with torch.no_grad():
        logits, features = network(torch.randn(2, 3, 32, 32))
    assert features.shape == (2, network.dimensions) and features.std() > 0
    assert torch.allclose(logits, features @ network.head.weight.T + network.head.bias, atol=1e-5)


@pytest.mark.parametrize("backbone", ["resnet18", "efficientnet_b0"])
def test_the_features_are_what_torchvisions_own_last_layer_gets(backbone: str) -> None:
    original = models.get_model(backbone, weights=None).eval()
    network = build(backbone, 5, "none", 0).eval()
    network.body.load_state_dict(original.state_dict(), strict=False)
    seen: list[Tensor] = []
    last = [layer for layer in original.modules() if isinstance(layer, nn.Linear)][-1]
    last.register_forward_hook(lambda layer, given, made: seen.append(given[0]))
    images = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        original(images)
        assert torch.equal(network.body(images), seen[0])


def test_small_is_a_resnet_10_of_width_32() -> None:
    def norm(width: int) -> int:
        return 2 * width

    def block(wide: int, width: int) -> int:
        shortcut = wide * width + norm(width) if wide != width else 0
        return 9 * wide * width + norm(width) + 9 * width * width + norm(width) + shortcut

    stem = 9 * 3 * 32 + norm(32)
    body = stem + block(32, 32) + block(32, 64) + block(64, 128) + block(128, 256)
    network = build("small", 8, "none", 0)
    assert sum(value.numel() for value in network.body.parameters()) == body
    assert sum(value.numel() for value in network.head.parameters()) == 256 * 8 + 8
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    shortcuts = [layer for layer in layers if isinstance(layer, nn.Conv2d) and layer.kernel_size == (1, 1)]
    assert len(layers) - len(shortcuts) == 10


def test_small_is_torchvisions_resnet_10_with_a_narrow_stem_digit_by_digit() -> None:
    torch.manual_seed(3)
    theirs = ResNet(BasicBlock, [1, 1, 1, 1])
    theirs.conv1, theirs.bn1 = nn.Conv2d(3, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32)
    theirs.maxpool, theirs.inplanes = nn.Identity(), 32
    for number, (width, stride) in enumerate([(32, 1), (64, 2), (128, 2), (256, 2)], 1):
        setattr(theirs, f"layer{number}", theirs._make_layer(BasicBlock, width, 1, stride=stride))
    theirs.fc = nn.Linear(256, 1)
    for layer in theirs.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    left = torch.get_rng_state()
    torch.manual_seed(3)
    ours = small_resnet()
    assert torch.equal(torch.get_rng_state(), left)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert all(torch.equal(value, theirs.state_dict()[name]) for name, value in ours.state_dict().items())
    images = torch.randn(4, 3, 24, 24)
    outputs = [network(images) for network in (ours, theirs)]
    assert torch.equal(*outputs)
    ours_changed, theirs_changed = (
        torch.autograd.grad(output.sum(), list(network.parameters()))
        for output, network in zip(outputs, (ours, theirs), strict=True)
    )
    assert all(map(torch.equal, ours_changed, theirs_changed))


def test_small_halves_the_image_three_times() -> None:
    network, sides = build("small", 8, "none", 0).eval(), {}
    for name in ("conv1", "layer1", "layer2", "layer3", "layer4"):
        layer = network.body.get_submodule(name)
        layer.register_forward_hook(lambda _, given, made, name=name: sides.update({name: tuple(made.shape[1:])}))
    with torch.no_grad():
        logits, features = network(torch.zeros(2, 3, 32, 32))
    assert list(sides.values()) == [(32, 32, 32), (32, 32, 32), (64, 16, 16), (128, 8, 8), (256, 4, 4)]
    assert logits.shape == (2, 8) and features.shape == (2, 256)


def test_small_takes_images_of_8_pixels_and_learns_from_them() -> None:
    network = build("small", 3, "none", 0).train()
    network(torch.randn(2, 3, 8, 8))[0].sum().backward()
    assert all(value.grad is not None for value in network.parameters())


@pytest.mark.parametrize("backbone", ["squeezenet1_0", "squeezenet1_1"])
def test_a_squeezenet_is_refused_because_vog_needs_a_linear_layer(backbone: str) -> None:
    with pytest.raises(UsageError, match=rf"^Backbone '{backbone}' does not end in a linear layer.*; try resnet18\.$"):
        build(backbone, 3, "none", 0)


def test_an_unknown_backbone_is_refused_with_the_nearest_names() -> None:
    with pytest.raises(UsageError, match=r"^Unknown backbone 'resnet81'; did you mean .*\bresnet18\b.*\?$"):
        build("resnet81", 3, "none", 0)
    with pytest.raises(UsageError, match=r"^Unknown backbone '§§§'; try resnet18 or small\.$"):
        build("§§§", 3, "none", 0)


def test_the_backbones_are_small_and_torchvisions_classifiers() -> None:
    names = backbones()
    assert names[0] == "small" and set(FAMILIES) < set(names)
    assert not [name for name in names if name.startswith(("fcn", "deeplab", "fasterrcnn", "raft", "quantized"))]


def same(one: Network, other: Network) -> dict[str, bool]:
    pairs = zip(one.state_dict().items(), other.state_dict().values(), strict=True)
    return {name: torch.equal(a, b) for (name, a), b in pairs}


@pytest.mark.parametrize("backbone", ["small", "mobilenet_v2"])
def test_the_same_seed_gives_the_same_weights_whatever_was_drawn_before(backbone: str) -> None:
    torch.manual_seed(1)
    first = build(backbone, 4, "none", 7)
    torch.manual_seed(2)
    assert all(same(first, build(backbone, 4, "none", 7)).values())


def test_another_seed_gives_another_body_and_head() -> None:
    equal = same(build("small", 4, "none", 7), build("small", 4, "none", 8))
    assert not equal["body.conv1.weight"] and not equal["body.layer4.0.conv2.weight"]
    assert not equal["head.weight"] and not equal["head.bias"]


def test_building_leaves_the_stream_of_others_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    build("small", 4, "none", 7)
    assert torch.equal(torch.rand(4), expected)


def test_a_missing_file_of_weights_is_named(tmp_path: object) -> None:
    with pytest.raises(
        UsageError, match=r"Weights .*nowhere\.pth not found; specify --weights none, imagenet, or a file"
    ):
        build("small", 3, f"{tmp_path}/nowhere.pth", 0)


@pytest.mark.parametrize(("backbone", "bf16"), [("mobilenet_v2", False), ("resnet18", True), ("small", True)])
def test_depthwise_convolutions_are_computed_in_float32_on_a_cpu_only(backbone: str, bf16: bool) -> None:
    network = build(backbone, 2, "none", 0)
    assert with_suitable_precision(Compute(torch.device("cpu"), bf16=True, channels_last=True), network).bf16 is bf16
    assert with_suitable_precision(Compute(torch.device("cuda"), bf16=True, channels_last=True), network).bf16 is True
    assert with_suitable_precision(Compute(torch.device("cpu"), bf16=False, channels_last=True), network).bf16 is False
