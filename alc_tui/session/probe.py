"""Determines the device of a configuration and its speed in a child process, which may import torch."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import Any

from alc_tui.errors import AlcError, TrainingFailed, UsageError
from alc_tui.interpreter import module_command, module_environment
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.training_time import Speed


@dataclass(frozen=True)
class DeviceProbe:
    """A description of the device, and its speed, None if it could not be measured. is_busy: whether other programs
    used the cores meanwhile. dimensions: the length of frozen features, None if they are not frozen. image_size: the
    size that was measured."""

    device: str
    speed: Speed | None
    is_busy: bool = False
    dimensions: int | None = None
    image_size: int | None = None


def probe_device(config: Config, dimensions: int | None = None, own_size: bool = False) -> DeviceProbe:
    """Build the configured backbone, or the head on frozen features, in a child process and measure it there.

    dimensions: the length of features that are read from a file. own_size: whether the backbone determines the image
    size.
    Raises UsageError, TrainingFailed or AlcError for an invalid backbone, invalid weights or an unusable device.
    """
    run = subprocess.run(
        _command(config, dimensions, own_size),
        env=module_environment(),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    try:
        answer: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    except (ValueError, IndexError) as error:
        last_line = (run.stderr.strip().splitlines() or ["no output"])[-1]
        raise AlcError(
            f"The backbone could not be tested: {last_line}; run `python -c 'import torchvision'` for details."
        ) from error
    if "error" in answer:
        kinds = {UsageError.exit_code: UsageError, TrainingFailed.exit_code: TrainingFailed}
        raise kinds.get(answer["exit_code"], AlcError)(answer["error"])
    speed = answer["speed"]
    return DeviceProbe(
        str(answer["device"]),
        None if speed is None else Speed(**speed),
        bool(answer.get("is_busy", False)),
        answer.get("dimensions"),
        answer.get("image_size"),
    )


def _command(config: Config, dimensions: int | None, own_size: bool) -> list[str]:
    options = {
        "--backbone": config.backbone,
        "--weights": config.weights,
        "--image-size": str(config.image_size),
        "--batch-size": str(config.batch_size),
    }
    if own_size:
        del options["--image-size"]
    if config.is_frozen:
        options["--head"] = config.head
    if dimensions is not None:
        options["--dimensions"] = str(dimensions)
    if config.device is not None:
        options["--device"] = config.device
    words = [word for option in options.items() for word in option] + ["--fast"] * config.fast
    return module_command("alc_tui.model.probing.backbone", *words)
