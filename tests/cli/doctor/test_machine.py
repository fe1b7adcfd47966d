from __future__ import annotations

import sys
from typing import Any

import pytest

from alc_tui.cli.doctor import machine

CPU: dict[str, Any] = {"chosen": "cpu (8 cores), float32", "cuda": None, "gpus": [], "warnings": []}
H200 = {"name": "NVIDIA H200", "memory": 150_000_000_000, "free": 120_000_000_000, "error": None}


def test_versions_are_told_and_what_is_missing_is_bad() -> None:
    check = machine.check_versions()
    assert check.verdict == "ok" and "Python 3." in check.found and "torch 2." in check.found
    check = machine.check_versions(("numpy", "no-such-package"))
    assert check.verdict == "bad" and check.found.endswith("no no-such-package")
    assert "`pip install no-such-package`" in check.advice


@pytest.mark.parametrize(
    ("answer", "has_nvidia", "verdict", "found", "advice"),
    [
        (
            CPU | {"chosen": "cuda (NVIDIA H200), bf16", "cuda": "12.8", "gpus": [H200]},
            True,
            "ok",
            "cuda (NVIDIA H200), bf16, 120.0 GB of 150.0 GB free",
            "",
        ),
        (
            CPU | {"gpus": [H200 | {"error": "CUDA error: no kernel image is available"}]},
            True,
            "bad",
            "NVIDIA H200 fails a test computation: CUDA error: no kernel image is available",
            "--device cpu",
        ),
        (CPU, False, "warn", "cpu (8 cores), float32, no GPU", "Labeling does not require a GPU"),
        (CPU, True, "warn", "because torch is a build without CUDA and finds no GPU", "`nvidia-smi` shows the CUDA"),
        (
            CPU | {"cuda": "13.0", "warnings": ["The NVIDIA driver on your system is too old.\nMore"]},
            True,
            "warn",
            "because torch is built for CUDA 13.0 and finds no GPU (The NVIDIA driver on your system is too old.)",
            "install a build of torch for it or an older one",
        ),
        (CPU | {"chosen": "mps (arm64), float32"}, False, "ok", "mps (arm64), float32", ""),
    ],
)
def test_the_verdict_on_a_device(
    answer: dict[str, Any], has_nvidia: bool, verdict: str, found: str, advice: str
) -> None:
    check = machine.evaluate_device(answer, has_nvidia)
    assert check.verdict == verdict and found in check.found
    assert advice in check.advice and bool(check.advice) == bool(advice)


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def test_a_torch_that_does_not_import_is_bad_with_the_reason() -> None:
    check = machine.check_device(python("raise ImportError('libcudart.so.12: cannot open shared object file')"))
    assert check.verdict == "bad"
    assert check.found.endswith("libcudart.so.12: cannot open shared object file")
    assert "`python -c 'import torch, torchvision'`" in check.advice


def test_a_torch_that_crashes_without_a_word_is_bad_too() -> None:
    assert machine.check_device(python("raise SystemExit(5)")).found == "torch cannot be used: exit code 5"


def test_a_torch_that_does_not_come_is_not_waited_for_for_ever() -> None:
    check = machine.check_device(python("import time; time.sleep(60)"), seconds=0.2)
    assert check.verdict == "bad" and "not loaded within" in check.found and check.advice


@pytest.mark.slow
def test_the_device_is_found_by_a_process_that_imports_torch() -> None:
    check = machine.check_device()
    assert check.verdict in ("ok", "warn") and check.found.startswith(("cpu (", "cuda (", "mps ("))


def test_little_memory_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_memory", lambda: 2 * 10**9)
    check = machine.check_computer()
    assert check.verdict == "warn" and "2.0 GB memory" in check.found and "4.0 GB" in check.advice
    monkeypatch.setattr(machine, "_memory", lambda: 64 * 10**9)
    assert machine.check_computer().verdict == "ok"
