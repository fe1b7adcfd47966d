"""Presets of data sets: the paper's values for its data sets, and suitable values for others. And what recipes set."""

from __future__ import annotations

from typing import Any

from alc_tui.session.settings.departures import ALL
from alc_tui.session.settings.names import AUTHORS_CODE, BALANCED, BOTH, MEAN, PAPER

RECIPE_SETTINGS: dict[str, dict[str, Any]] = {
    PAPER: {},
    AUTHORS_CODE: {"departures": ALL},
    BALANCED: {
        "method": "ct",
        "sampler": "rarity",
        "balance": 0.5,
        "decided_weight": 4.0,
        "tune_peers": BOTH,
        "prediction": MEAN,
    },
}
"""The settings of each recipe. `balanced`: Co-teaching without VOG, the sampler rarity, square-root class balancing
(Mahajan et al. 2018; Kang et al. 2020), and an ensemble of both peers (Lakshminarayanan, Pritzel and Blundell 2017).
"""
DEMO = {
    "backbone": "small",
    "weights": "none",
    "image_size": 32,
    "mix_ratio": 0.5,
    "epochs": 20,
    "warmup": 16,
    "batch_size": 32,
    "lr": 0.02,
    "round_epochs": 5,
    "rounds": 4,
    "budget": 90,
}


def dataset_preset(dataset: str, noise: float | None) -> dict[str, Any]:
    """The preset of a data set: for those in the paper, the mix ratio m, which depends on the noise rate.

    For other rates, the nearest rate in the paper is used.
    """
    family = dataset.partition(":")[0]
    if family == "isic":
        return {"mix_ratio": 0.0 if noise is not None and noise < 0.45 else 0.2}
    if family in ("nct", "nct-lt"):
        return {"mix_ratio": 1.0}
    if family == "medmnist":
        _, _, size = dataset.partition("@")
        return {"image_size": int(size) if size.isdigit() else 28}
    if family == "demo":
        return dict(DEMO)
    return {}


def paper_budget(dataset: str, noise: float | None, training: int) -> int:
    """a_i for `training` samples: the paper's share of its own training set, which equals a_i at the paper's size.

    ISIC-2019: 394 (p = 0.4) or 492 (0.5) of 17,731; long-tailed NCT: 70 (0.7) or 80 (0.8) of 15,924; 492 for others.
    """
    family = dataset.partition(":")[0]
    if family in ("nct", "nct-lt"):
        paper, size = (70 if noise is not None and noise < 0.75 else 80), 15_924
    else:
        paper, size = (394 if family == "isic" and noise is not None and noise < 0.45 else 492), 17_731
    return max(1, round(paper * training / size))
