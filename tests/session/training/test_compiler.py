"""When a session trains with torch's compiler."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from alc_tui.errors import UsageError
from alc_tui.model.compiling import Compiler
from alc_tui.model.device import Compute
from alc_tui.model.parallel.group import Group
from alc_tui.session.settings.config import Config
from alc_tui.session.training import compiler
from alc_tui.session.training.compiler import choose_compiler

GPU = Compute(torch.device("cuda"), bf16=True, channels_last=True)
CPU = Compute(torch.device("cpu"), bf16=False, channels_last=True)
PAIR = Group(rank=0, size=2)
LONG = 31_000
"""Samples of 224 × 224 pixels that 50 epochs repay a minute of compiling for."""


@pytest.fixture(autouse=True)
def nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "missing_parts", lambda _device: "")
    monkeypatch.setattr("alc_tui.model.compiling.missing_parts", lambda _device: "")


@pytest.mark.parametrize(
    ("settings", "compute", "samples", "is_compiled"),
    [
        ({}, GPU, LONG, False),
        ({"fast": True}, GPU, LONG, True),
        ({"fast": True}, GPU, LONG // 2, False),
        ({"fast": True, "epochs": 20}, GPU, LONG, False),
        ({"fast": True, "compile": "off"}, GPU, LONG, False),
        ({"fast": True}, CPU, LONG, False),
        ({"fast": True}, replace(GPU, group=PAIR), LONG, False),
        ({"compile": "on"}, GPU, 10, True),
        ({"compile": "on"}, CPU, 10, True),
    ],
)
def test_a_fast_gpu_compiles_long_trainings_and_others_do_if_asked(
    settings: dict[str, object], compute: Compute, samples: int, is_compiled: bool
) -> None:
    config = Config(dataset="isic", **settings)  # type: ignore[arg-type]
    assert choose_compiler(config, compute, samples) == (Compiler(256) if is_compiled else None)


def test_without_its_parts_only_who_asks_for_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "missing_parts", lambda _device: "a C++ compiler")
    monkeypatch.setattr("alc_tui.model.compiling.missing_parts", lambda _device: "a C++ compiler")
    assert choose_compiler(Config(dataset="isic", fast=True), GPU, LONG) is None
    with pytest.raises(UsageError, match="needs a C"):
        choose_compiler(Config(dataset="isic", compile="on"), GPU, LONG)


def test_processes_that_train_together_are_refused_it() -> None:
    with pytest.raises(UsageError, match="cannot use torch's compiler; omit --compile"):
        choose_compiler(Config(dataset="isic", compile="on"), replace(GPU, group=PAIR), LONG)
