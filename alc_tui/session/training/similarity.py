"""Compares the samples of a session on frozen features, for Review."""

from __future__ import annotations

import shlex
from dataclasses import replace

from alc_tui.model.device import make_deterministic, select_device
from alc_tui.model.parallel.group import ALONE, Group
from alc_tui.session.store.arrays import load_samples, save
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import Notice
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.records import SessionRecord
from alc_tui.session.training.inputs.sources import Emit, frozen_features, report_steps

MOST_SAMPLES = 100_000
"""Sessions with more are not compared: the time grows with the square of their number, from 20 seconds for 20,000 on
two cores to 25 times that, about eight minutes, for as many as this, and to hours for a million."""


def compare_samples(folder: SessionFolder, emit: Emit, group: Group = ALONE) -> None:
    """Look for near duplicates and outliers, once, by the features in view 0; does nothing for whole networks, nor for
    more than MOST_SAMPLES samples, which it says before the first training.

    Computes features that are not cached, with the processes of the group. Raises the errors of `frozen_features`.
    """
    document = Document(folder.document)
    session = document.session
    if not session.config.is_frozen or folder.similarity.exists():
        return
    if sum(session.dataset.splits.values()) > MOST_SAMPLES:
        if not document.rounds:
            emit(Notice(_too_many(session)))
        return
    from alc_tui.data.similarity.comparison import compare  # imports SciPy, which takes as long as a small retraining

    if session.config.features is None:
        session = replace(session, config=replace(session.config, views=1))
    compute = replace(select_device(session.config.device, group), bf16=False)
    make_deterministic(compute.device)
    features = frozen_features(folder, session, load_samples(folder.samples), compute, emit)[0]
    save(folder.similarity, compare(features, report_steps(emit, "comparing samples")))


def _too_many(session: SessionRecord) -> str:
    """That the samples are not compared, and how to do it."""
    config = session.config
    command = ["alc", "dataset", "info", config.dataset, "--features", config.features or "computed"]
    if config.features is None:
        command += ["--backbone", config.backbone, "--weights", config.weights, "--image-size", str(config.image_size)]
    return (
        f"Review lists no near duplicates and outliers of more than {MOST_SAMPLES:,} samples, because comparing them "
        f"would take long; find them with `{shlex.join(command)}`."
    )
