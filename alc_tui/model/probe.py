"""Checks a backbone, its weights and the device in a process of its own: `python -m alc_tui.model.probe`.

For processes that must not import torch. Prints one JSON object: `device`, or `error` and `exit_code`.
"""

from __future__ import annotations

import argparse
import json
import socket
import sys

import torch

from alc_tui.errors import AlcError, UsageError
from alc_tui.model.device import choose
from alc_tui.model.networks import Network, build, suited

DOWNLOAD_SECONDS = 30.0
"""How long a download may stand still."""


def main() -> None:
    """Build the network once and say on which device it would run."""
    socket.setdefaulttimeout(DOWNLOAD_SECONDS)
    parser = argparse.ArgumentParser()
    parser.add_argument("--backbone", required=True)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--image-size", type=int, required=True)
    parser.add_argument("--device")
    asked = parser.parse_args()
    try:
        compute = choose(asked.device)
        network = build(asked.backbone, 2, asked.weights, seed=0)
        look(network, asked.backbone, asked.image_size)
        answer: dict[str, str | int] = {"device": suited(compute, network).describe()}
    except AlcError as error:
        answer = {"error": str(error), "exit_code": error.exit_code}
    json.dump(answer, sys.stdout)


def look(network: Network, backbone: str, image_size: int) -> None:
    """Show the network an image; raises UsageError if it does not take that size."""
    try:
        with torch.no_grad():
            network.eval()(torch.zeros(1, 3, image_size, image_size))
    except (AssertionError, RuntimeError, ValueError) as error:
        raise UsageError(
            f"Backbone {backbone!r} does not take images of {image_size} px ({error}); give the "
            "--image-size it was made for, often 224, or another --backbone."
        ) from error


if __name__ == "__main__":
    main()
