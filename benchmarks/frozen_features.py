"""How long sessions on frozen features take: features of an image, LNL with two heads, and a round.

Random images and features of the size of ISIC-2019, in four views; half of the labels are wrong, and a round retrains
peer 1 on half of the samples. Prints one JSON line and takes about two minutes.

    python -m benchmarks.frozen_features --samples 17731 --dimensions 1024
"""

from __future__ import annotations

import argparse
import json
import os
import time

import numpy as np
import torch

from alc_tui.lnl.coteaching import CoTeaching, CoTeachingSettings
from alc_tui.model.batches import TrainingData
from alc_tui.model.device import Compute, use_one_thread
from alc_tui.model.fitting import CrossEntropy
from alc_tui.model.frozen.heads import build_head, principal_components
from alc_tui.model.learner import Learner
from alc_tui.model.networks import build
from alc_tui.model.optimization import TrainingPlan
from alc_tui.model.probing.speed import measure_features
from alc_tui.model.sources import Views

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
    lnl, a_round = learners(asked.samples, asked.dimensions, asked.epochs, asked.round_epochs)
    facts = {
        **{"cores": os.cpu_count(), "threads": torch.get_num_threads(), "load": round(os.getloadavg()[0], 1)},
        **{"samples": asked.samples, "dimensions": asked.dimensions, "views": VIEWS},
        **{"backbone": asked.backbone, "image_size": asked.image_size, "seconds_per_view": round(per_image, 5)},
        **{"epochs": asked.epochs, "lnl_seconds": round(seconds(lnl), 1)},
        **{"round_epochs": asked.round_epochs, "round_seconds": round(seconds(a_round), 1)},
    }
    print(json.dumps(facts))


def learners(samples: int, dimensions: int, epochs: int, round_epochs: int) -> tuple[Learner, Learner]:
    """The learners of LNL and of a round."""
    rng = np.random.default_rng(0)
    truth = rng.integers(CLASSES, size=samples)
    given = np.where(rng.random(samples) < 0.5, rng.integers(CLASSES, size=samples), truth)
    features = rng.standard_normal((VIEWS, samples, dimensions), dtype=np.float32)
    features[:, np.arange(samples), truth] += 2
    projection = principal_components(features[0])
    components = torch.stack([projection.components(view) for view in features])
    source, used = Views(components, CPU), components.shape[2]
    peers = build_head(used, False, CLASSES, 0), build_head(used, False, CLASSES, 1)
    data, half = TrainingData(source, np.arange(samples), given), np.arange(samples // 2)
    lnl = CoTeaching(peers, data, CoTeachingSettings(0.5), TrainingPlan(epochs, 256, 0.01), CPU, seed=0)
    clean = TrainingData(source, half, truth[half])
    peer1 = build_head(used, False, CLASSES, 2)
    return lnl, CrossEntropy(peer1, clean, TrainingPlan(round_epochs, 256, 0.01), CPU, seed=0)


def seconds(learner: Learner) -> float:
    """How long all epochs take."""
    began = time.perf_counter()
    for _ in range(learner.plan.epochs):
        learner.run_epoch()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
