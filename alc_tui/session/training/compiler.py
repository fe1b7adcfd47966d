"""Whether a session trains with torch's compiler."""

from __future__ import annotations

from alc_tui.errors import UsageError
from alc_tui.model.compiling import Compiler, compiler_for, missing_parts
from alc_tui.model.device import Compute
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.names import AUTO, OFF

REPAYING_PIXELS = 7.5e10
"""Pixels that a network learns in an LNL that repays a minute of compiling on any GPU: by reckoning, five minutes of
the fastest ones at present. Independent of measurements, so that runs with one seed decide alike."""


def choose_compiler(config: Config, compute: Compute, samples: int) -> Compiler | None:
    """The compiler that the session's configuration asks for, None for training without one.

    samples: in the training set. Raises UsageError if it cannot be used.
    """
    device, is_alone = compute.device, compute.group.size == 1
    if config.compile == OFF:
        return None
    if config.compile == AUTO:
        pixels = samples * config.epochs * config.image_size**2
        is_worth_it = config.fast and device.type == "cuda" and pixels >= REPAYING_PIXELS
        if not is_worth_it or not is_alone or missing_parts(device):
            return None
    if not is_alone:
        raise UsageError("Several processes that train together cannot use torch's compiler; omit --compile.")
    return compiler_for(device, config.batch_size)
