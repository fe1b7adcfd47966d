from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from alc_tui.cli.doctor.gpu import check_gpu, evaluate_trial

H200: dict[str, Any] = {
    "device": "cuda (NVIDIA H200), bf16, channels-last",
    "backbone": "resnet18",
    "image_size": 224,
    "agreement": 0.999,
    "is_repeatable": True,
    "parts": 1,
    "images_per_second": 8000.0,
}


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def test_a_good_gpu_passes_every_check_and_says_how_long_the_papers_training_takes() -> None:
    checks = evaluate_trial(H200)
    assert [check.name for check in checks] == ["numbers", "repeatable", "batches", "speed"]
    assert {check.verdict for check in checks} == {"ok"}
    assert "99.9%" in checks[0].found
    assert (
        "8,000 images per second" in checks[3].found
        and "50 epochs of 17,731 samples take 1 min 51 s" in checks[3].found
    )


@pytest.mark.parametrize(
    ("change", "name", "verdict", "advice"),
    [
        ({"agreement": 0.6}, "numbers", "bad", "another build of torch"),
        ({"is_repeatable": False}, "repeatable", "warn", "several seeds"),
        ({"parts": 4}, "batches", "warn", "--batch-size"),
    ],
)
def test_each_finding_has_its_own_advice(change: dict[str, Any], name: str, verdict: str, advice: str) -> None:
    (check,) = [check for check in evaluate_trial(H200 | change) if check.verdict != "ok"]
    assert (check.name, check.verdict) == (name, verdict) and advice in check.advice


def test_a_training_that_fails_is_bad_with_the_reason() -> None:
    (check,) = evaluate_trial({"error": "RuntimeError: CUDA error: no kernel image is available"})
    assert check.verdict == "bad" and "no kernel image" in check.found and "--device cpu" in check.advice


def test_without_a_gpu_there_is_nothing_to_check() -> None:
    (check,) = evaluate_trial({"device": "cpu (8 cores), float32"})
    assert check.verdict == "warn" and "torch finds no GPU of CUDA" in check.found


def test_a_process_that_crashes_or_hangs_is_bad() -> None:
    (crashed,) = check_gpu(python("import sys; sys.exit('Bus error')"))
    assert crashed.verdict == "bad" and crashed.found.endswith("Bus error")
    (hung,) = check_gpu(python("import time; time.sleep(60)"), seconds=0.2)
    assert hung.verdict == "bad" and "not done within" in hung.found and "nvidia-smi" in hung.advice


def test_the_findings_of_the_process_are_evaluated() -> None:
    checks = check_gpu(python(f"print({json.dumps(json.dumps(H200))})"))
    assert checks == evaluate_trial(H200)
