"""Settings with which a session trains faster, with the times that they take on this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from alc_tui.errors import AlcError
from alc_tui.session import create, probe
from alc_tui.session.image_size import with_size_of_images
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.training_time import Estimate

COUNT = 2
"""How many alternatives to offer."""
_SMALL_IMAGE, _FEWER = 64, 5


@dataclass(frozen=True)
class Alternative:
    """changes: settings by name, with which a session takes the time of `estimate`."""

    changes: Mapping[str, Any]
    estimate: Estimate


def alternatives(
    draft: create.SessionDraft, measure: Callable[[Config], probe.DeviceProbe] | None = None
) -> list[Alternative]:
    """Up to COUNT alternatives that are faster than the draft, each measured; takes some seconds.

    measure: `create.probe_device` if omitted.
    """
    assert draft.estimate is not None
    found: list[Alternative] = []
    probe_device = measure or create.probe_device
    for changes in _candidates(draft.config):
        try:
            origins = draft.origins | dict.fromkeys(changes, "option")
            config, _ = with_size_of_images(replace(draft.config, **changes), origins, draft.dataset.images)
            estimate = create.estimate(probe_device(config), config, draft.samples)
        except AlcError:  # a backbone that does not take this image size, for example
            continue
        if estimate is not None and estimate.longest < draft.estimate.longest:
            found.append(Alternative(changes, estimate))
        if len(found) == COUNT:
            break
    return found


def _candidates(config: Config) -> list[dict[str, Any]]:
    """Changes that save time, those that cost the least accuracy first."""
    small_image: dict[str, Any] = {"image_size": _SMALL_IMAGE} if config.image_size > _SMALL_IMAGE else {}
    fewer_epochs: dict[str, Any] = {
        name: max(1, getattr(config, name) // _FEWER)
        for name in ("epochs", "warmup", "round_epochs")
        if getattr(config, name) > 1
    }
    small_network: dict[str, Any] = {} if config.backbone == "small" else {"backbone": "small", "weights": "none"}
    if config.is_frozen:
        candidates = [small_image]
    else:
        frozen: dict[str, Any] = {} if config.weights == "none" else {"freeze": True}
        whole = [small_image, {**small_network, **small_image}, fewer_epochs, {**fewer_epochs, **small_image}]
        candidates = [frozen, *whole]
    return [changes for number, changes in enumerate(candidates) if changes and changes not in candidates[:number]]
