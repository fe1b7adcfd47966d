"""How long sessions on frozen features take: features of an image, principal components, LNL with two heads, and a
round.

Random images and features of the size of ISIC-2019, in four views; half of the labels are wrong. As by default, heads
have a hidden layer and learn from 128 principal components. A round retrains on half of the samples: peer 1, as the
recipe `paper` does, and both peers with balanced classes, as `balanced` does. Prints one JSON line and takes minutes.

    python -m benchmarks.frozen_features --samples 17731 --dimensions 1024
"""

from __future__ import annotations

import argparse
import json
import os
import time
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from alc_tui.active.cleaning import draw_weights
from alc_tui.lnl.coteaching import CoTeaching, CoTeachingSettings
from alc_tui.model.batches import TrainingData
from alc_tui.model.device import Compute, use_one_thread
from alc_tui.model.frozen.heads import build_head, principal_components
from alc_tui.model.learner import Learner
from alc_tui.model.networks import Network, build
from alc_tui.model.optimization import TrainingPlan
from alc_tui.model.probing.speed import measure_features
from alc_tui.model.sources import Views
from alc_tui.session.settings.names import BALANCED
from alc_tui.session.settings.presets import RECIPE_SETTINGS

CLASSES, VIEWS = 8, 4
CPU = Compute(torch.device("cpu"), bf16=False, channels_last=True)


def main() -> None:
    """Make the features, learn, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=17_731)
    parser.add_argument("--dimensions", type=int, default=1024)
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--round-epochs", type=int, default=25)
    parser.add_argument("--backbone", default="mobilenet_v2")
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--small", action="store_true", help="the smallest size, to see whether the script works")
    asked = parser.parse_args()
    if asked.small:
        asked.samples, asked.dimensions, asked.epochs, asked.round_epochs = 200, 16, 6, 2
        asked.backbone, asked.image_size = "small", 16
    network = build(asked.backbone, 2, "none", seed=0)
    per_image = measure_features(network, asked.image_size, 32, CPU)
    use_one_thread()  # as sessions do
    measured = measure(asked.samples, asked.dimensions, asked.epochs, asked.round_epochs)
    facts = {
        **{"cores": os.cpu_count(), "threads": torch.get_num_threads(), "load": round(os.getloadavg()[0], 1)},
        **{"samples": asked.samples, "dimensions": asked.dimensions, "views": VIEWS, "head": "hidden"},
        **{"backbone": asked.backbone, "image_size": asked.image_size, "seconds_per_view": round(per_image, 5)},
        **{"epochs": asked.epochs, "round_epochs": asked.round_epochs, **measured},
    }
    print(json.dumps(facts))


def measure(samples: int, dimensions: int, epochs: int, round_epochs: int) -> dict[str, Any]:
    """The seconds of the principal components, of LNL, and of a round of each recipe."""
    rng = np.random.default_rng(0)
    truth = rng.integers(CLASSES, size=samples)
    given = np.where(rng.random(samples) < 0.5, rng.integers(CLASSES, size=samples), truth)
    features = rng.standard_normal((VIEWS, samples, dimensions), dtype=np.float32)
    features[:, np.arange(samples), truth] += 2
    began = time.perf_counter()
    components = components_of(features)
    facts = {"components": components.shape[2], "components_seconds": round(time.perf_counter() - began, 1)}
    source, heads = Views(components, CPU), [build_head(components.shape[2], True, CLASSES, seed) for seed in (0, 1)]
    everything = TrainingData(source, np.arange(samples), given)
    plan = TrainingPlan(epochs, 256, 0.01)
    lnl = CoTeaching((heads[0], heads[1]), everything, CoTeachingSettings(0.5), plan, CPU, seed=0)
    half = np.arange(samples // 2)
    clean = TrainingData(source, half, truth[half])
    return {
        **facts,
        "lnl_seconds": seconds(lnl),
        "round_seconds_paper": seconds(a_round(heads[:1], clean, round_epochs)),
        "round_seconds_balanced": seconds(a_round(heads, balanced(clean), round_epochs)),
    }


def components_of(features: NDArray[np.float32]) -> torch.Tensor:
    """Features float32[V, n, D] to components float32[V, n, K] of those in view 0."""
    projection = principal_components(features[0])
    return torch.stack([projection.components(view) for view in features])


def balanced(data: TrainingData) -> TrainingData:
    """Drawn as the recipe `balanced` does, with no sample decided yet."""
    settings, decided = RECIPE_SETTINGS[BALANCED], np.zeros(len(data.labels), dtype=np.bool_)
    weights = draw_weights(data.labels, decided, settings["balance"], settings["decided_weight"])
    return TrainingData(data.source, data.positions, data.labels, weights)


def a_round(networks: list[Network], clean: TrainingData, epochs: int) -> Learner:
    """The learner of a round, which goes on with these networks."""
    return Learner(tuple(networks), clean, TrainingPlan(epochs, 256, 0.01), CPU, seed=0, phase=1)


def seconds(learner: Learner) -> float:
    """How long all epochs take."""
    began = time.perf_counter()
    for _ in range(learner.plan.epochs):
        learner.run_epoch()
    return round(time.perf_counter() - began, 1)


if __name__ == "__main__":
    main()
