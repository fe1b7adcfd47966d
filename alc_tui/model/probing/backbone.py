"""Check a backbone, its weights and the device in a separate process: `python -m alc_tui.model.probing.backbone`.

For processes that must not import torch. Prints one JSON object: `device` and `speed` (seconds per image for `learning`
and `scoring`, null if it could not be measured), and `is_busy`, whether other programs use the cores; or `error` and
`exit_code`.
"""

from __future__ import annotations

import argparse
import json
import socket
import sys
from typing import Any

import torch

from alc_tui.cores import available_cores, free_cores
from alc_tui.errors import AlcError, UsageError
from alc_tui.model.device import Compute, make_deterministic, select_device, use_free_threads
from alc_tui.model.networks import Network, build, with_suitable_precision
from alc_tui.model.probing.speed import measure

DOWNLOAD_SECONDS = 30.0
"""How long a download may stall."""


def main() -> None:
    """Build the network once and print its device and speed."""
    socket.setdefaulttimeout(DOWNLOAD_SECONDS)
    parser = argparse.ArgumentParser()
    parser.add_argument("--backbone", required=True)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--image-size", type=int, required=True)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--device")
    arguments = parser.parse_args()
    is_busy = free_cores() < available_cores()
    use_free_threads()
    try:
        compute = select_device(arguments.device)
        network = build(arguments.backbone, 2, arguments.weights, seed=0)
        check_image_size(network, arguments.backbone, arguments.image_size)
        compute = with_suitable_precision(compute, network)
        speed = measure_speed(network, arguments.image_size, arguments.batch_size, compute)
        answer: dict[str, Any] = {"device": compute.describe(), "speed": speed, "is_busy": is_busy}
    except AlcError as error:
        answer = {"error": str(error), "exit_code": error.exit_code}
    json.dump(answer, sys.stdout)


def check_image_size(network: Network, backbone: str, image_size: int) -> None:
    """Pass a blank image through the network; raises UsageError if the network does not support that size."""
    try:
        with torch.no_grad():
            network.eval()(torch.zeros(1, 3, image_size, image_size))
    except (AssertionError, RuntimeError, ValueError) as error:
        raise UsageError(
            f"Backbone {backbone!r} does not support images of {image_size} px ({error}); specify the "
            "--image-size it was designed for, often 224, or another --backbone."
        ) from error


def measure_speed(network: Network, image_size: int, batch_size: int, compute: Compute) -> dict[str, float] | None:
    """Seconds per image by `learning` and `scoring`; None if they cannot be measured, which does not invalidate the
    network."""
    make_deterministic(compute.device)
    try:
        learning, scoring = measure(network, image_size, batch_size, compute)
    except Exception:  # of the device, its memory or the network: the training reports it with more context
        return None
    return {"learning": learning, "scoring": scoring}


if __name__ == "__main__":
    main()
