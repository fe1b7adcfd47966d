from __future__ import annotations

from pathlib import Path

import pytest
import torch

from alc_tui.errors import UsageError
from alc_tui.model.parallel.group import ALONE
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.training.inputs.sources import Emit
from alc_tui.session.training.parallel.group import check_gpus, training_group
from tests.session.small import make


def ignore(_event: object) -> None:
    """Nothing is expected to happen."""


EMIT: Emit = ignore


def test_one_gpu_needs_no_other_process(untrained: SessionFolder) -> None:
    with training_group(untrained, 1, EMIT) as group:
        assert group is ALONE


def test_heads_whose_features_are_there_are_trained_by_one_process(colors: Path, tmp_path: Path) -> None:
    folder = make(colors, tmp_path, "small", freeze=True)
    folder.components.touch()
    with training_group(folder, 4, EMIT) as group:
        assert group is ALONE


@pytest.mark.parametrize(
    ("name", "device", "available", "sentence"),
    [
        (
            None,
            "cpu",
            0,
            "3 GPUs were asked for, but this host has none; omit --gpus, or create the session with --device cpu",
        ),
        (
            None,
            "cuda",
            2,
            "3 GPUs were asked for, but this host has 2; specify fewer --gpus, or use torchrun on several hosts",
        ),
        ("cuda", "cuda", 1, "but this host has 1;"),
        ("cuda:1", "cuda:1", 8, r"The session trains on cuda:1 alone; omit --gpus, or create one with --device cuda\."),
        (None, "mps", 0, r"ALC_GPUS is 3, but device mps has one GPU; omit --gpus\."),
    ],
)
def test_gpus_that_are_not_there_are_refused(name: str | None, device: str, available: int, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        check_gpus(3, name, torch.device(device), available)


@pytest.mark.parametrize(("device", "available"), [("cuda", 3), ("cuda", 8), ("cpu", 0)])
def test_as_many_gpus_as_there_are_and_any_number_of_processes_on_a_cpu_are_fine(device: str, available: int) -> None:
    check_gpus(3, device, torch.device(device), available)
