"""The campaigns by name, and how one is run."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from random import Random

from tests.campaign.damaged_files import damaged_files
from tests.campaign.faults import faults
from tests.campaign.findings import Campaign, Findings, Trials
from tests.campaign.hostile_folders import hostile_folders
from tests.campaign.keyboard import keyboard
from tests.campaign.medical_files import medical_files
from tests.campaign.terminal_attacks import terminal_attacks
from tests.campaign.training_kills import training_kills

CAMPAIGNS: dict[str, Campaign] = {
    "damaged-files": damaged_files,
    "faults": faults,
    "hostile-folders": hostile_folders,
    "keyboard": keyboard,
    "medical-files": medical_files,
    "terminal-attacks": terminal_attacks,
    "training-kills": training_kills,
}


def run(name: str, seconds: float, seed: int) -> Findings:
    """Run a campaign in a temporary folder for about a number of seconds."""
    with tempfile.TemporaryDirectory(prefix=f"alc-{name}-") as folder:
        return CAMPAIGNS[name](Trials(Random(seed), Path(folder), time.monotonic() + seconds))
