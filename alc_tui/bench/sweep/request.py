"""A sweep's request to a worker: one JSON object on the first line of the worker's stdin."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from alc_tui.bench.suites import Run
from alc_tui.session.probe import DeviceProbe
from alc_tui.session.settings.training_time import Speed


@dataclass(frozen=True)
class JobRequest:
    """One LNL and the runs that share it. sessions: the store of their session. device: None if the worker has to probe
    it."""

    sessions: Path
    runs: tuple[Run, ...]
    device: DeviceProbe | None

    def as_json(self) -> str:
        """The request on one line."""
        return json.dumps(
            {
                "sessions": str(self.sessions),
                "runs": [{"options": dict(run.options), "oracle": run.oracle} for run in self.runs],
                "device": None if self.device is None else asdict(self.device),
            }
        )

    @classmethod
    def from_json(cls, line: str) -> JobRequest:
        """The request that `as_json` wrote."""
        values = json.loads(line)
        device = values["device"]
        if device is not None:
            speed = device["speed"]
            device = DeviceProbe(**device | {"speed": None if speed is None else Speed(**speed)})
        return cls(Path(values["sessions"]), tuple(Run(**run) for run in values["runs"]), device)
