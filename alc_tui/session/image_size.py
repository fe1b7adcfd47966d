"""The size of the network's input where nobody specified one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from alc_tui.data.dataset import ImageSource
from alc_tui.data.images.errors import BadImageError
from alc_tui.session.settings.config import Config

SMALLEST = 64
"""Pixels below which features of pretrained networks say little."""
_LOOKED_AT = 16


def has_own_size(config: Config, origins: Mapping[str, str] | None) -> bool:
    """Whether the backbone determines the image size: that of timm does, unless a size was specified."""
    is_timm = config.backbone.startswith("timm:") and config.features is None
    return is_timm and origins is not None and _is_unspecified(origins)


def with_size_of_images(
    config: Config, origins: Mapping[str, str], images: ImageSource
) -> tuple[Config, dict[str, str]]:
    """For frozen features, an image size that is not larger than the images themselves, unless one was specified.

    Enlarging images multiplies the time that their features take and adds nothing to them. Looks at a few images only.
    """
    origins = dict(origins)
    needs_none = not config.is_frozen or config.features is not None or has_own_size(config, origins)
    if needs_none or not _is_unspecified(origins):
        return config, origins
    side = max(SMALLEST, _largest_side(images) or config.image_size)
    if side >= config.image_size:
        return config, origins
    return replace(config, image_size=side), origins | {"image_size": "images"}


def _is_unspecified(origins: Mapping[str, str]) -> bool:
    return origins.get("image_size", "default") == "default"


def _largest_side(images: ImageSource) -> int | None:
    """The longest side in pixels of some of the images; None if none of them is readable."""
    sides = list[int]()
    for index in np.unique(np.linspace(0, len(images) - 1, min(_LOOKED_AT, len(images))).astype(int)):
        try:
            sides += images.read(int(index)).size
        except (OSError, BadImageError):
            continue
    return max(sides, default=None)
