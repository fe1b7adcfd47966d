from __future__ import annotations

import json
import warnings

import pytest
import torch

from alc_tui.model.device import select_device
from alc_tui.model.probing import devices


def test_what_a_session_would_run_on_is_told_with_what_torch_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def count() -> int:
        warnings.warn("The driver is too old.", stacklevel=1)
        return 0

    monkeypatch.setattr(torch.cuda, "device_count", count)
    devices.main()
    answer = json.loads(capsys.readouterr().out)
    assert answer["chosen"] == select_device().describe() and answer["cuda"] == torch.version.cuda
    assert answer["gpus"] == [] and "The driver is too old." in answer["warnings"]


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine with one graphics card, as far as torch tells."""
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: f"Card {index}")
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda index: (3_000, 8_000))
    monkeypatch.setattr(torch, "ones", lambda *size, device: torch.full(size, 1.0))
    return monkeypatch


def test_a_gpu_that_computes_is_told_with_its_memory(card: pytest.MonkeyPatch) -> None:
    assert devices.try_gpu(1) == {"name": "Card 1", "memory": 8_000, "free": 3_000, "error": None}


def test_a_gpu_that_does_not_compute_is_told_with_the_reason(card: pytest.MonkeyPatch) -> None:
    def fail(*size: int, device: str) -> torch.Tensor:
        raise RuntimeError(f"CUDA error: no kernel image for {device}\nCompile with TORCH_USE_CUDA_DSA")

    card.setattr(torch, "ones", fail)
    assert devices.try_gpu(0)["error"] == "CUDA error: no kernel image for cuda:0"
