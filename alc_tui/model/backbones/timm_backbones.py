"""Backbones of the package timm, named `timm:NAME`. They take images in ImageNet's normalization, as all others do."""

from __future__ import annotations

import difflib
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn

from alc_tui.errors import AlcError, UsageError
from alc_tui.model.augment import IMAGENET_MEAN, IMAGENET_STD

PREFIX = "timm:"


class TimmBody(nn.Module):
    """A timm model without its head, from images in ImageNet's normalization to features [B, D].

    model: as timm builds it, which takes its own normalization. dimensions: D. classifiers: the names of the linear
    layers that it ends in with its own head: one, several whose outputs are averaged, or none.
    """

    scale: Tensor
    shift: Tensor

    def __init__(self, model: Any) -> None:
        super().__init__()
        facts = model.pretrained_cfg
        self.dimensions = int(getattr(model, "head_hidden_size", None) or model.num_features)
        self.model = model
        self.image_size = int(facts["input_size"][-1])
        names = facts.get("classifier") or ()
        self.classifiers = (names,) if isinstance(names, str) else tuple(names)
        self.mean, self.std = tuple(facts["mean"]), tuple(facts["std"])
        scale, shift = _between_normalizations(torch.tensor(self.mean), torch.tensor(self.std))
        self.register_buffer("scale", scale, persistent=False)
        self.register_buffer("shift", shift, persistent=False)

    @property
    def left_out(self) -> list[str]:
        """The names of the layers that a model with its own head has besides: its classifiers, each with the other
        layers beside it if timm has left out those, too."""
        modules = dict(self.model.named_modules())
        parents = [(name.rpartition(".")[0], name) for name in self.classifiers]
        return [parent if isinstance(modules.get(parent), nn.Identity) else name for parent, name in parents]

    def forward(self, images: Tensor) -> Tensor:
        """Images [B, 3, H, W] to features [B, D]."""
        features: Tensor = self.model(images * self.scale + self.shift)
        return features


def build_timm(backbone: str, pretrained: bool, is_frozen: bool = False) -> TimmBody:
    """The body `timm:NAME`; images of other sizes than its own are taken where timm can.

    is_frozen: only its features are used, so that it may end in several linear layers, or in none. Raises UsageError
    without timm, for an unknown name, or for a model that cannot be used so; AlcError if its weights cannot be
    downloaded.
    """
    timm, name = _timm(backbone), backbone.removeprefix(PREFIX)
    if not timm.is_model(name):
        near = difflib.get_close_matches(name, timm.list_models(), n=3)
        hint = f"did you mean {' or '.join(PREFIX + each for each in near)}?" if near else "see timm.list_models()."
        raise UsageError(f"Unknown backbone {backbone!r}; {hint}")
    try:
        model = _create(timm, name, pretrained)
    except Exception as error:
        if not pretrained:
            raise UsageError(f"timm cannot build {backbone!r} ({error}); choose another backbone.") from error
        raise AlcError(
            f"The weights of {backbone} could not be downloaded ({_first_line(error)}); download "
            f"model.safetensors from https://huggingface.co/timm/{name} on another machine and specify --weights PATH, "
            "or train from scratch with --weights none."
        ) from error
    body = TimmBody(model)
    if len(body.classifiers) == 1:
        return body
    if not is_frozen:
        raise UsageError(
            f"The backbone {backbone!r} does not end in one linear layer, which VOG needs; specify --freeze to train a "
            "head on its features, or try another."
        )
    if _shape_of_features(body) != (1, body.dimensions):
        raise UsageError(f"The backbone {backbone!r} computes more than one feature vector of an image; try another.")
    return body


def _shape_of_features(body: TimmBody) -> tuple[int, ...]:
    was_training = body.training
    with torch.no_grad():
        features = body.eval()(torch.zeros(1, 3, body.image_size, body.image_size))
    body.train(was_training)
    return tuple(features.shape)


def _create(timm: Any, name: str, pretrained: bool) -> Any:
    try:
        return timm.create_model(name, pretrained=pretrained, num_classes=0, dynamic_img_size=True)
    except TypeError:  # a model without this argument
        return timm.create_model(name, pretrained=pretrained, num_classes=0)


def _timm(backbone: str) -> Any:
    try:
        return import_module("timm")
    except ImportError as error:
        raise UsageError(
            f"The backbone {backbone!r} needs the package timm; run `pip install 'alc-tui[timm]'`, or without network "
            "choose a backbone of torchvision, with --weights PATH."
        ) from error


def _between_normalizations(mean: Tensor, std: Tensor) -> tuple[Tensor, Tensor]:
    """Scale and shift [1, 3, 1, 1] from ImageNet's normalization to another."""
    imagenet_mean, imagenet_std = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_STD)
    scale, shift = imagenet_std / std, (imagenet_mean - mean) / std
    return scale.view(1, 3, 1, 1), shift.view(1, 3, 1, 1)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
