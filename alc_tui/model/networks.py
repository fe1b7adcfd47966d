"""Networks split into a body, which computes features, and a linear head, as the methods require.

torchvision, whose import takes seconds, is imported only for its backbones.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from alc_tui.errors import AlcError, UsageError
from alc_tui.model.augment import IMAGENET_MEAN, IMAGENET_STD
from alc_tui.model.backbones.small import small_resnet
from alc_tui.model.backbones.timm_backbones import PREFIX, TimmBody, build_timm
from alc_tui.model.device import Compute

SMALL = "small"
_GENERATOR = Lock()
AUXILIARY_HEADS = ("aux1.", "aux2.", "AuxLogits.")


class Network(nn.Module):
    """A classifier as body (images → features) and head (features → logits)."""

    def __init__(self, body: nn.Module, head: nn.Linear) -> None:
        super().__init__()
        self.body, self.head = body, head

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Images [B, 3, H, W] to logits [B, C] and the head's input, the features h [B, D]."""
        features = self.body(images)
        return self.head(features), features

    @property
    def dimensions(self) -> int:
        """D, the length of a feature vector."""
        return self.head.in_features


def backbones() -> list[str]:
    """The names of backbones: `small` and torchvision's classifiers."""
    from torchvision import models

    return [SMALL, *models.list_models(module=models)]


def build(backbone: str, classes: int, weights: str, seed: int, is_frozen: bool = False) -> Network:
    """A network for `classes` classes; the head and, without pretrained weights, the body are initialized from `seed`.

    backbone: `small`, a torchvision classifier, or `timm:NAME`. weights: `imagenet` (torchvision's, or those that timm
    has for the model), `none`, or the path of a safetensors or .pth state dict of the backbone, whose head is replaced.
    is_frozen: only the features are used, as more models of timm allow than can be trained.
    Raises UsageError for an unknown backbone or mismatched weights, AlcError if a download fails.
    """
    if backbone.startswith(PREFIX):
        with drawn_from(seed):
            timm_body = build_timm(backbone, weights == "imagenet", is_frozen)
            if weights not in ("imagenet", "none"):
                path = Path(weights)
                _load_all_but_head(timm_body.model, read_weights(path), path, *timm_body.left_out)
            return Network(timm_body, nn.Linear(timm_body.dimensions, classes))
    if backbone != SMALL and backbone not in backbones():
        near = difflib.get_close_matches(backbone, backbones(), n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "try resnet18 or small."
        raise UsageError(f"Unknown backbone {backbone!r}; {hint}")
    with drawn_from(seed):
        body = small_resnet() if backbone == SMALL else _torchvision(backbone)
        if weights == "imagenet":
            body.load_state_dict(_imagenet(backbone))
        elif weights != "none":
            _load_all_but_head(body, read_weights(Path(weights)), Path(weights), _head_name(body))
        dimensions = _detach_head(body, backbone)
        return Network(body, nn.Linear(dimensions, classes))


def own_normalization(network: Network) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation per channel that the plain classifier of a network takes, see `plain_state`."""
    body = network.body
    return (body.mean, body.std) if isinstance(body, TimmBody) else (IMAGENET_MEAN, IMAGENET_STD)


def own_image_size(network: Network) -> int | None:
    """The side of the images that a timm model was made for, None for other networks."""
    return network.body.image_size if isinstance(network.body, TimmBody) else None


def with_suitable_precision(compute: Compute, network: Network) -> Compute:
    """The device with the precision best suited to the network: on CPUs, depthwise convolutions are slower in bf16 than
    in float32."""
    depthwise = any(isinstance(layer, nn.Conv2d) and layer.groups > 1 for layer in network.modules())
    return replace(compute, bf16=False) if compute.device.type == "cpu" and depthwise else compute


def read_weights(path: Path) -> dict[str, Tensor]:
    """The state dict in a safetensors or .pth file, read without executing code, in float32. Raises UsageError if the
    file is missing or contains anything else.
    """
    try:
        if path.suffix == ".safetensors":
            state: Any = safetensors.torch.load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise UsageError(f"Weights {path} not found; specify --weights none, imagenet, or a file.") from error
    except Exception as error:
        raise UsageError(
            f"{path} cannot be read safely as a state dict ({type(error).__name__}); save one with safetensors."
        ) from error
    if isinstance(state, Mapping) and isinstance(state.get("state_dict"), Mapping):
        state = state["state_dict"]
    if not isinstance(state, Mapping) or not all(isinstance(value, Tensor) for value in state.values()):
        raise UsageError(f"{path} does not contain a state dict (names and tensors); save one with safetensors.")
    return {name: value.float() if value.is_floating_point() else value for name, value in state.items()}


def is_plain(network: Network) -> bool:
    """Whether a plain classifier of the backbone has the same layers: one linear one as its head."""
    return not isinstance(network.body, TimmBody) or len(network.body.classifiers) == 1


def plain_state(network: Network, backbone: str) -> dict[str, Tensor]:
    """The state dict of the network as a plain classifier of that backbone, by torchvision or timm, with its head.

    The network must be one `is_plain`."""
    if isinstance(network.body, TimmBody):
        state: dict[str, Tensor] = network.body.model.state_dict()
        (head,) = network.body.classifiers
        return state | {f"{head}.{name}": value for name, value in network.head.state_dict().items()}
    body = small_resnet() if backbone == SMALL else _torchvision(backbone)
    head = _head_name(body)
    return network.body.state_dict() | {f"{head}.{name}": value for name, value in network.head.state_dict().items()}


@contextmanager
def drawn_from(seed: int) -> Iterator[None]:
    """Initialize the layers built in this block from `seed`, one thread at a time, because torch has one generator."""
    with _GENERATOR, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def _torchvision(backbone: str) -> nn.Module:
    from torchvision import models

    inception = {"aux_logits": False, "init_weights": True, "transform_input": True}  # from ImageNet's normalization
    settings = inception if backbone in ("googlenet", "inception_v3") else {}
    network: nn.Module = models.get_model(backbone, weights=None, **settings)
    return network


def _imagenet(backbone: str) -> dict[str, Tensor]:
    if backbone == SMALL:
        raise UsageError("The backbone small has no ImageNet weights; specify --weights none, or a file.")
    from torchvision import models

    table = models.get_model_weights(backbone)
    entry = getattr(table, "IMAGENET1K_V1", None) or table.IMAGENET1K_SWAG_LINEAR_V1
    try:
        state: dict[str, Tensor] = entry.get_state_dict(progress=False, check_hash=True)
    except Exception as error:
        raise AlcError(
            f"The ImageNet weights of {backbone} could not be downloaded ({error}); download {entry.url} on "
            "another machine and specify --weights PATH, or train from scratch with --weights none."
        ) from error
    return _as_built(state)


def _as_built(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A torchvision state dict with current module names: old DenseNet files have an extra dot, and Inception files
    contain auxiliary heads, which are not built here."""
    return {
        re.sub(r"(denselayer\d+\.(?:norm|conv))\.(?=[12]\.)", r"\1", name): value
        for name, value in state.items()
        if not name.startswith(AUXILIARY_HEADS)
    }


def _load_all_but_head(body: nn.Module, state: dict[str, Tensor], path: Path, *heads: str) -> None:
    of_heads = tuple(f"{head}." for head in heads)
    wanted = {name: value for name, value in body.state_dict().items() if not name.startswith(of_heads)}
    given = {name: value for name, value in _as_built(state).items() if not name.startswith(of_heads)}
    counter = ".num_batches_tracked"  # not in torchvision's older files, and not used with a momentum
    wrong = [f"{name} is missing" for name in wanted if name not in given and not name.endswith(counter)]
    wrong += [f"{name} is unknown" for name in given if name not in wanted]
    wrong += [
        f"{name} is {tuple(given[name].shape)}, not {tuple(value.shape)}"
        for name, value in wanted.items()
        if name in given and given[name].shape != value.shape
    ]
    if wrong:
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        raise UsageError(
            f"{path} does not match the backbone: {'; '.join(wrong[:3])}{more}; specify weights of this backbone."
        )
    body.load_state_dict(given, strict=False)


def _head_name(body: nn.Module) -> str:
    """The name of the last linear layer; every torchvision classifier except SqueezeNet ends with one."""
    names = [name for name, layer in body.named_modules() if isinstance(layer, nn.Linear)]
    return names[-1] if names else ""


def _detach_head(body: nn.Module, backbone: str) -> int:
    name = _head_name(body)
    if not name:
        raise UsageError(f"Backbone {backbone!r} does not end in a linear layer, which VOG needs; try resnet18.")
    parent, _, last = name.rpartition(".")
    owner = body.get_submodule(parent)
    dimensions = int(getattr(owner, last).in_features)
    setattr(owner, last, nn.Identity())
    return dimensions
