"""Frozen features computed by several processes: the first one requests them, and each computes its part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from alc_tui.model.frozen.extractor import FeatureExtractor
from alc_tui.model.parallel.group import Group


@dataclass(frozen=True)
class Request:
    """Features to compute, of the images at `positions` int64[b] in a view."""

    view: int
    positions: NDArray[np.int64]


def compute_together(extractor: FeatureExtractor, group: Group, request: Request) -> NDArray[np.float32]:
    """The features float32[b, D], in the first process, while the others `serve`."""
    group.first(lambda: request)
    return _compute_part(extractor, group, request)


def serve(open_extractor: Callable[[], FeatureExtractor], group: Group) -> None:
    """In the other processes: compute parts of what the first one requests, until it dismisses them."""
    extractor: FeatureExtractor | None = None
    while (request := _next_request(group)) is not None:
        extractor = open_extractor() if extractor is None else extractor
        _compute_part(extractor, group, request)


def dismiss(group: Group) -> None:
    """In the first process: let the others know that nothing else is to be computed."""
    group.first(lambda: None)


def _next_request(group: Group) -> Request | None:
    """What the first process requests, None once it dismisses this one."""

    def none() -> Request | None:
        return None

    return group.first(none)


def _compute_part(extractor: FeatureExtractor, group: Group, request: Request) -> NDArray[np.float32]:
    part = group.part(len(request.positions), least=1)
    own = torch.from_numpy(extractor.features(request.view, request.positions[part]))
    return group.gather(own, part, len(request.positions)).numpy()
