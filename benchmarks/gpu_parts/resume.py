"""Does a training that was stopped and resumed from its checkpoint end with the bits of one that was not?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from alc_tui.lnl.coteaching import CoTeaching
from alc_tui.model.learner import EpochReport
from alc_tui.model.phase import HeldOut, Phase
from alc_tui.session.training.weights.checkpoint import Checkpoint
from benchmarks.gpu_parts.setting import (
    CLASSES,
    Data,
    Facts,
    Setting,
    co_teaching,
    differing,
    images,
    make_data,
    method,
)

EPOCHS, STOP = 3, 1


def measure(setting: Setting) -> Iterator[Facts]:
    """Three epochs; and one, a checkpoint on disk, and two more in a new learner."""
    data = make_data(setting, setting.few + setting.few // 4, setting.image_size)
    whole = new_phase(setting, data)
    whole.run(lambda _report, _validation: None)

    with TemporaryDirectory() as folder:
        checkpoint = Checkpoint(Path(folder) / "checkpoint.safetensors")
        stopped = new_phase(setting, data)

        def save_and_stop(report: EpochReport, _validation: float) -> None:
            if report.epoch + 1 == STOP:
                checkpoint.save(stopped.state())
                raise KeyboardInterrupt

        with suppress(KeyboardInterrupt):
            stopped.run(save_and_stop)
        checkpoint.wait()
        resumed = new_phase(setting, data)
        state = checkpoint.load()
    assert state is not None
    resumed.load(state)
    resumed.run(lambda _report, _validation: None)
    found = differing(*({name: value.cpu() for name, value in each.state().items()} for each in (whole, resumed)))
    yield found | {"what": "resumed against uninterrupted", "passes": found["differing"] == 0}


def new_phase(setting: Setting, data: Data) -> Phase:
    """A phase with the same beginnings each time."""
    source = images(data, setting.image_size, setting.compute)
    learner: CoTeaching = co_teaching(setting, source, data.given[: setting.few], method(1, 1), EPOCHS)
    positions = np.arange(setting.few, len(data.truth))
    return Phase(learner, source, HeldOut(positions, data.truth[positions]), CLASSES, setting.compute)
