"""Compares the samples of a session on frozen features, for Review."""

from __future__ import annotations

from dataclasses import replace

from alc_tui.model.device import make_deterministic, select_device
from alc_tui.model.parallel.group import ALONE, Group
from alc_tui.session.store.arrays import load_samples, save
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.training.inputs.sources import Emit, frozen_features, report_steps


def compare_samples(folder: SessionFolder, emit: Emit, group: Group = ALONE) -> None:
    """Look for near duplicates and outliers, once, by the features in view 0; does nothing for whole networks.

    Computes features that are not cached, with the processes of the group. Raises the errors of `frozen_features`.
    """
    session = Document(folder.document).session
    if not session.config.is_frozen or folder.similarity.exists():
        return
    from alc_tui.data.similarity.comparison import compare  # imports SciPy, which takes as long as a small retraining

    if session.config.features is None:
        session = replace(session, config=replace(session.config, views=1))
    compute = replace(select_device(session.config.device, group), bf16=False)
    make_deterministic(compute.device)
    features = frozen_features(folder, session, load_samples(folder.samples), compute, emit)[0]
    save(folder.similarity, compare(features, report_steps(emit, "comparing samples")))
