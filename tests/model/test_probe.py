from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable

import pytest

from alc_tui.model.probe import main

Probe = Callable[..., dict[str, str | int]]


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Probe:
    def ask(*arguments: str) -> dict[str, str | int]:
        monkeypatch.setattr(sys, "argv", ["probe", "--image-size", "32", *arguments])
        main()
        return json.loads(capsys.readouterr().out)

    return ask


def test_the_device_is_told_when_all_is_well(probe: Probe) -> None:
    answer = probe("--backbone", "small", "--weights", "none", "--device", "cpu")
    assert answer.keys() == {"device"} and answer["device"].startswith(f"cpu ({os.cpu_count()} cores), ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--backbone", "smal", "--weights", "none"), "Unknown backbone 'smal'; did you mean small?"),
        (("--backbone", "small", "--weights", "nowhere.pth"), "There are no weights at nowhere.pth"),
        (("--backbone", "small", "--weights", "none", "--device", "tpu"), "Unknown device 'tpu'"),
        (("--backbone", "vit_b_16", "--weights", "none"), "Backbone 'vit_b_16' does not take images of 32 px"),
    ],
)
def test_what_is_wrong_is_told_with_its_exit_code(probe: Probe, arguments: tuple[str, ...], said: str) -> None:
    answer = probe(*arguments)
    assert answer.keys() == {"error", "exit_code"} and answer["exit_code"] == 2
    assert answer["error"].startswith(said)
