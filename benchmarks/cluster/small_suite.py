"""Writes images of three colors and a suite of short runs: `python -m benchmarks.cluster.small_suite FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.session.small import draw_colors

PER_CLASS = 60
SUITE = """
[settings]
dataset = "folder:{images}"
noise = 0.4
backbone = "small"
weights = "none"
device = "cpu"
image_size = 16
batch_size = 16
epochs = 12
warmup = 5
vog_window = 3
rounds = 2
round_epochs = 4
budget = 10

[[grid]]
method = ["ct-vog", "ce"]
sampler = ["random", "entropy"]
seed = [0, 1]
"""


def write_small_suite(folder: Path) -> Path:
    """The suite's file; the images are beside it."""
    draw_colors(folder / "images", PER_CLASS)
    suite = folder / "small.toml"
    suite.write_text(SUITE.format(images=folder / "images").lstrip())
    return suite


if __name__ == "__main__":
    write_small_suite(Path(sys.argv[1]))
