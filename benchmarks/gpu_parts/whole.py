"""A whole LNL at the paper's size, and a round: how long from the decoded images to the selection?"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from alc_tui.lnl.coteaching import CoTeaching
from alc_tui.model.batches import TrainingData
from alc_tui.model.fitting import CrossEntropy
from alc_tui.model.forward import predict
from alc_tui.model.learner import EpochReport
from alc_tui.model.optimization import TrainingPlan
from alc_tui.model.phase import HeldOut, Phase
from alc_tui.model.sources import Images
from alc_tui.session.training.weights.checkpoint import Checkpoint
from benchmarks.gpu_parts.setting import CLASSES, Data, Facts, Setting, co_teaching, images, make_data, method

WARMUP = WINDOW = 5
MEASURED = WARMUP + 2
"""Epochs before the time of all is foreseen; those after the warm-up use VOG."""
ROUND_MEASURED = 3


class OutOfTime(Exception):
    """The deadline would pass before the last epoch."""


def measure(setting: Setting) -> Iterator[Facts]:
    """The upload, the epochs with validation and checkpoints, the test predictions, and a round."""
    began = time.perf_counter()
    data = make_data(setting, setting.train + setting.validation + setting.test, setting.image_size)
    made = time.perf_counter() - began
    began = time.perf_counter()
    source = images(data, setting.image_size, setting.compute)
    setting.wait()
    yield {
        "what": "images",
        "bytes": data.pixels.nbytes,
        "made_seconds": round(made, 3),
        "upload_seconds": round(time.perf_counter() - began, 3),
        "resident": source.resident,
    }
    learner = co_teaching(setting, source, data.given[: setting.train], method(WARMUP, WINDOW), setting.epochs)
    phase = new_phase(setting, learner, source, data)
    seconds = run_epochs(setting, phase, 0.35 * setting.seconds_left)
    yield lnl_facts(setting, seconds, setting.timed(lambda: phase.predictions(test_positions(setting))), phase)
    selected = learner.selected
    assert selected is not None
    yield round_facts(setting, learner, source, data, selected)


def new_phase(setting: Setting, learner: CoTeaching | CrossEntropy, source: Images, data: Data) -> Phase:
    """A phase that validates on the samples after those it learns from."""
    positions = np.arange(setting.train, setting.train + setting.validation)
    return Phase(learner, source, HeldOut(positions, data.truth[positions]), CLASSES, setting.compute)


def test_positions(setting: Setting) -> np.ndarray:
    """The last samples."""
    return np.arange(setting.test) + setting.train + setting.validation


def run_epochs(setting: Setting, phase: Phase, reserve: float, least: int = MEASURED) -> list[float]:
    """The seconds of each epoch with its validation and its checkpoint, if any; not all of them where time is
    short.

    reserve: seconds before the deadline that others need.
    """
    seconds: list[float] = []
    with TemporaryDirectory() as folder:
        checkpoint = Checkpoint(Path(folder) / "checkpoint.safetensors")
        began = time.perf_counter()

        def after_epoch(_report: EpochReport, _validation: float) -> None:
            nonlocal began
            checkpoint.offer(phase.state())
            seconds.append(time.perf_counter() - began)
            began = time.perf_counter()
            missing = phase.learner.plan.epochs - len(seconds)
            if len(seconds) >= least and missing * statistics.median(seconds) > setting.seconds_left - reserve:
                raise OutOfTime

        try:
            phase.run(after_epoch)
        except OutOfTime:
            pass
        finally:
            checkpoint.wait()
    return seconds


def lnl_facts(setting: Setting, seconds: list[float], predicted: float, phase: Phase) -> Facts:
    """The time of all epochs: measured, or extrapolated from those after the warm-up."""
    later = statistics.median(seconds[WARMUP:])
    missing = setting.epochs - len(seconds)
    return {
        "what": f"LNL of {setting.epochs} epochs",
        "samples": setting.train,
        "epochs_measured": len(seconds),
        "is_extrapolated": missing > 0,
        "lnl_seconds": round(sum(seconds) + missing * later, 2),
        "first_epoch_seconds": round(seconds[0], 3),
        "warmup_epoch_seconds": round(statistics.median(seconds[1:WARMUP]), 3),
        "vog_epoch_seconds": round(later, 3),
        "images_per_second": round(setting.train / later, 1),
        "test_predictions_seconds": round(predicted, 3),
        "validation_macro_f1": round(max(phase.validation), 4),
    }


def round_facts(setting: Setting, learner: CoTeaching, source: Images, data: Data, selected: np.ndarray) -> Facts:
    """Fine-tuning of peer 1 on the clean set, with all that a round predicts."""
    clean = np.flatnonzero(selected)
    plan = TrainingPlan(setting.round_epochs, setting.batch_size, lr=0.01)
    tuned = CrossEntropy(
        learner.networks[0], TrainingData(source, clean, data.given[clean]), plan, setting.compute, seed=0, phase=1
    )
    phase = new_phase(setting, tuned, source, data)
    seconds = run_epochs(setting, phase, 0.3 * setting.seconds_left, ROUND_MEASURED)
    training = np.arange(setting.train)
    scored = setting.timed(
        lambda: predict(tuned.networks, source, training, setting.compute, setting.batch_size)
    ) + setting.timed(lambda: phase.predictions(test_positions(setting)))
    missing = setting.round_epochs - len(seconds)
    later = statistics.median(seconds[1:])
    return {
        "what": f"a round of {setting.round_epochs} epochs",
        "samples": len(clean),
        "epochs_measured": len(seconds),
        "is_extrapolated": missing > 0,
        "round_seconds": round(sum(seconds) + missing * later + scored, 2),
        "scoring_seconds": round(scored, 3),
    }
