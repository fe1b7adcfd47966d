"""Asks before a training of hours on a CPU begins."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import typer

from alc_tui.cli.next_step import is_terminal
from alc_tui.cli.output import print_message
from alc_tui.errors import UsageError
from alc_tui.session.create import SessionDraft
from alc_tui.session.quicker import alternatives
from alc_tui.session.settings.config import SETTINGS
from alc_tui.session.settings.training_time import Estimate
from alc_tui.text.format import duration

HOURS = 1.0
"""A longer training on a CPU is asked about."""


def confirm(draft: SessionDraft, settings: Mapping[str, Any], words: Sequence[str]) -> None:
    """Ask whether to start the training of a session, if it takes more than HOURS on a CPU.

    settings, words: the settings and the other options that were specified, for the commands that are faster. Raises
    UsageError without a terminal to ask at, typer.Abort if the answer is no.
    """
    if draft.estimate is None or draft.estimate.longest <= HOURS * 3600 or not draft.device.startswith("cpu"):
        return
    print_message("This takes long; measuring what would be faster …")
    faster = [
        f"`{_command({**settings, **each.changes}, words)}` ({_times(each.estimate)})" for each in alternatives(draft)
    ]
    doubt = " (uncertain, because the machine is busy)" if draft.estimate.is_uncertain else ""
    long = f"On this CPU, the training takes {_times(draft.estimate)}{doubt}"
    offers = f"; faster are {' and '.join(faster)}" if faster else ""
    if not is_terminal():
        raise UsageError(f"{long}{offers}; add --yes to start it nevertheless.")
    print_message(f"{long}{offers}.")
    typer.confirm("Start it nevertheless?", abort=True, err=True)


def _times(estimate: Estimate) -> str:
    """An estimate in words: `about 3 h 20 min, then 40 min 00 s per round`."""
    return f"about {duration(estimate.learning)}, then {duration(estimate.round)} per round"


def _command(settings: Mapping[str, Any], words: Sequence[str]) -> str:
    typed = ["alc", "session", "new"]
    for name, value in settings.items():
        setting = SETTINGS[name]
        if setting.is_flag:
            typed.append(setting.option if value else setting.off_option)
        else:
            typed += [setting.option, str(value)]
    return shlex.join([*typed, *words])
