"""Delays and intervals of the app."""

from __future__ import annotations

from dataclasses import dataclass

from alc_tui.tui.terminal.delivery import GUARD_SECONDS
from alc_tui.tui.terminal.keyboard import BROKEN_SECONDS, QUIET_SECONDS, REPEAT_SECONDS
from alc_tui.tui.widgets.refinement import PAUSE


@dataclass(frozen=True)
class Timings:
    """Seconds.

    guard: how long something must have been on the screen before a key that decides about it counts. quiet, repeat,
    broken: see `KeyFilter`. watch: between checks for another annotator's decisions. training: between checks for
    worker events. last_event: after which a worker that has ended without a final event is considered killed. refine:
    see `Refinement`.
    """

    guard: float = GUARD_SECONDS
    quiet: float = QUIET_SECONDS
    repeat: float = REPEAT_SECONDS
    broken: float = BROKEN_SECONDS
    watch: float = 1.0
    training: float = 0.25
    last_event: float = 1.0
    refine: float = PAUSE
