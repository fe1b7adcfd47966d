"""Check a backbone, its weights and the device in a separate process: `python -m alc_tui.model.probing.backbone`.

For processes that must not import torch. Prints one JSON object: `device` and `speed` (seconds per image for `learning`
and `scoring` and, if the backbone is frozen, for `features`; null if it could not be measured), `is_busy`, whether
other programs use the cores, `dimensions`, the length of frozen features, and `image_size`; or `error` and `exit_code`.
"""

from __future__ import annotations

import argparse
import json
import socket
import sys
from dataclasses import replace
from typing import Any

import torch

from alc_tui.cores import available_cores, free_cores
from alc_tui.data.cache.sizes import CROP
from alc_tui.errors import AlcError, UsageError
from alc_tui.model.device import (
    Compute,
    make_deterministic,
    select_device,
    use_fastest_algorithms,
    use_free_threads,
    use_one_thread,
)
from alc_tui.model.networks import Network, build, own_image_size, with_suitable_precision
from alc_tui.model.probing.speed import measure, measure_features, measure_head

LINEAR, HIDDEN = HEADS = ("linear", "hidden")
"""Heads on frozen features."""
DOWNLOAD_SECONDS = 30.0
"""How long a download may stall."""


def main() -> None:
    """Build the network once and print its device and speed."""
    socket.setdefaulttimeout(DOWNLOAD_SECONDS)
    parser = argparse.ArgumentParser()
    parser.add_argument("--backbone", required=True)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--image-size", type=int, help="that of the backbone if omitted")
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--device")
    parser.add_argument("--fast", action="store_true", help="with the fastest algorithms of a GPU")
    parser.add_argument("--head", choices=HEADS)
    parser.add_argument("--dimensions", type=int)
    arguments = parser.parse_args()
    is_busy = free_cores() < available_cores()
    use_free_threads()
    try:
        answer = probe(arguments) | {"is_busy": is_busy}
    except AlcError as error:
        answer = {"error": str(error), "exit_code": error.exit_code}
    json.dump(answer, sys.stdout)


def probe(arguments: argparse.Namespace) -> dict[str, Any]:
    """What the module prints, except `is_busy`; raises AlcError for anything that no session can use."""
    compute, dimensions = select_device(arguments.device), arguments.dimensions
    network = None
    if dimensions is None:
        network = build(arguments.backbone, 2, arguments.weights, 0, is_frozen=arguments.head is not None)
        arguments.image_size = arguments.image_size or own_image_size(network) or CROP
        check_image_size(network, arguments.backbone, arguments.image_size)
        compute = with_suitable_precision(compute, network)
    if arguments.head is not None:
        compute = replace(compute, bf16=False)
        dimensions = network.dimensions if network is not None else dimensions
    return {
        "device": compute.describe(),
        "speed": measure_speed(network, dimensions, arguments, compute),
        "dimensions": dimensions,
        "image_size": arguments.image_size,
    }


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


def measure_speed(
    network: Network | None, dimensions: int | None, arguments: argparse.Namespace, compute: Compute
) -> dict[str, float] | None:
    """Seconds per image by `learning`, `scoring` and `features`; None if they cannot be measured, which does not
    invalidate the network. dimensions: of frozen features, on which heads are trained; None to train the network."""
    image_size, batch_size = arguments.image_size, arguments.batch_size
    make_deterministic(compute.device)
    if arguments.fast:
        use_fastest_algorithms(compute.device)
    try:
        if dimensions is None:
            assert network is not None
            learning, scoring = measure(network, image_size, batch_size, compute)
            return {"learning": learning, "scoring": scoring}
        features = 0.0 if network is None else measure_features(network, image_size, batch_size, compute)
        use_one_thread()
        learning, scoring = measure_head(arguments.head == HIDDEN, dimensions, batch_size, compute)
    except Exception:  # of the device, its memory or the network: the training reports it with more context
        return None
    return {"learning": learning, "scoring": scoring, "features": features}


if __name__ == "__main__":
    main()
