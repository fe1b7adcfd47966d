"""Describes what a session trains."""

from __future__ import annotations

from pathlib import Path

from alc_tui.session.settings.config import Config
from alc_tui.session.settings.names import LINEAR


def describe_network(config: Config) -> str:
    """`resnet18 (imagenet) at 224 px`, or `a linear head on frozen resnet18 (imagenet) at 224 px, 4 views`."""
    network = f"{config.backbone} ({config.weights}) at {config.image_size} px"
    if not config.is_frozen:
        return network
    head = "a linear head" if config.head == LINEAR else "a head with a hidden layer"
    if config.features is not None:
        return f"{head} on the features of {Path(config.features).name}"
    return f"{head} on frozen {network}, {config.views} {'view' if config.views == 1 else 'views'}"
