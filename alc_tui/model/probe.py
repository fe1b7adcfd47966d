"""Checks a backbone, its weights and the device in a process of its own: `python -m alc_tui.model.probe`.

For processes that must not import torch. Prints one JSON object: `device`, or `error` and `exit_code`.
"""

from __future__ import annotations

import argparse
import json
import sys

from alc_tui.errors import AlcError
from alc_tui.model.device import choose
from alc_tui.model.networks import build


def main() -> None:
    """Build the network once and say on which device it would run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--backbone", required=True)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--device")
    asked = parser.parse_args()
    try:
        compute = choose(asked.device)
        build(asked.backbone, 2, asked.weights, seed=0)
        answer: dict[str, str | int] = {"device": compute.describe()}
    except AlcError as error:
        answer = {"error": str(error), "exit_code": error.exit_code}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
