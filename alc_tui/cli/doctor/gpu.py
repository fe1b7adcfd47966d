"""Checks of a GPU by short trainings on it. Does not import torch."""

from __future__ import annotations

import subprocess
from typing import Any

from alc_tui.cli.doctor.answers import ask
from alc_tui.cli.doctor.check import BAD, OK, WARN, Check
from alc_tui.interpreter import module_command
from alc_tui.text.format import duration

SECONDS = 300.0
"""How long the trainings may take; on a GPU they take a minute."""
SAME = 0.98
"""From this share of equal choices on, a device computes what the processor does; near-ties fall on either side."""
_TRIAL = tuple(module_command("alc_tui.lnl.device_check"))
_PAPER = 17_731, 50
"""Samples and epochs of the paper's training on ISIC 2019."""


def check_gpu(command: tuple[str, ...] = _TRIAL, seconds: float = SECONDS) -> list[Check]:
    """Train on the best device, in a process that imports torch."""
    try:
        answer = ask(command, seconds)
    except subprocess.TimeoutExpired:
        advice = "Check with `nvidia-smi` whether other programs use the GPU, then try again."
        return [Check("training", BAD, f"a short training was not done within {seconds:.0f} s", advice)]
    except ValueError as error:
        advice = "Install the build of torch that pytorch.org lists for this GPU, or train with --device cpu."
        return [Check("training", BAD, f"a short training ended without a result: {error}", advice)]
    return evaluate_trial(answer)


def evaluate_trial(answer: dict[str, Any]) -> list[Check]:
    """answer: that of `alc_tui.lnl.device_check`."""
    if "error" in answer:
        advice = "Install the build of torch that pytorch.org lists for this GPU, or train with --device cpu."
        return [Check("training", BAD, f"a short training failed: {answer['error']}", advice)]
    if not answer["device"].startswith("cuda"):
        found = f"{answer['device']}: torch finds no GPU of CUDA, so nothing was checked"
        return [Check("training", WARN, found, "The check of the device says what to do.")]
    return [_agreement(answer), _repeatability(answer), _memory(answer), _speed(answer)]


def _agreement(answer: dict[str, Any]) -> Check:
    found = f"selects as the processor does in {answer['agreement']:.1%} of choices"
    if answer["agreement"] >= SAME:
        return Check("numbers", OK, found)
    advice = "The GPU computes something else: update its driver, install another build of torch, and do not use it."
    return Check("numbers", BAD, found, advice)


def _repeatability(answer: dict[str, Any]) -> Check:
    if answer["is_repeatable"]:
        return Check("repeatable", OK, "two runs with one seed end with the same digits")
    advice = "Results vary slightly from run to run; report medians over several seeds."
    return Check("repeatable", WARN, "two runs with one seed differ in their last digits", advice)


def _memory(answer: dict[str, Any]) -> Check:
    work = f"{answer['backbone']} at {answer['image_size']} px"
    if answer["parts"] == 1:
        return Check("batches", OK, f"whole batches of {work} fit in memory")
    advice = "Close other programs that use the GPU, or train with a smaller --image-size or --batch-size."
    return Check("batches", WARN, f"batches of {work} run in {answer['parts']} parts, which is slower", advice)


def _speed(answer: dict[str, Any]) -> Check:
    samples, epochs = _PAPER
    rate = answer["images_per_second"]
    return Check(
        "speed",
        OK,
        f"{rate:,.0f} images per second with {answer['backbone']} at {answer['image_size']} px: "
        f"{epochs} epochs of {samples:,} samples take {duration(samples * epochs / rate)}",
    )
