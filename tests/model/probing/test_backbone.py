from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import pytest

from alc_tui.model.probing.backbone import main

Probe = Callable[..., dict[str, Any]]


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Probe:
    def ask(*arguments: str) -> dict[str, Any]:
        monkeypatch.setattr(sys, "argv", ["probe", "--image-size", "32", "--batch-size", "4", *arguments])
        main()
        answer: dict[str, Any] = json.loads(capsys.readouterr().out)
        return answer

    return ask


def test_the_device_is_told_when_all_is_well(probe: Probe) -> None:
    answer = probe("--backbone", "small", "--weights", "none", "--device", "cpu")
    assert answer.keys() == {"device", "speed", "is_busy", "dimensions", "image_size"}
    assert answer["device"].startswith(f"cpu ({os.cpu_count()} cores), ")
    assert answer["speed"].keys() == {"learning", "scoring"}
    assert 0 < answer["speed"]["scoring"] < 1 and 0 < answer["speed"]["learning"] < 1


def test_a_frozen_backbone_is_measured_by_its_features_and_its_head(probe: Probe) -> None:
    answer = probe("--backbone", "small", "--weights", "none", "--device", "cpu", "--head", "hidden")
    speed = answer["speed"]
    assert answer["dimensions"] == 256 and "float32" in answer["device"]
    assert 0 < speed["learning"] < speed["features"] < 1 and speed["scoring"] > 0


def test_the_image_size_is_the_backbones_if_it_is_not_specified(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("timm", reason="the extra timm is not installed")
    words = ["probe", "--batch-size", "4", "--backbone", "timm:test_vit", "--weights", "none", "--device", "cpu"]
    monkeypatch.setattr(sys, "argv", words)
    main()
    assert json.loads(capsys.readouterr().out)["image_size"] == 160


def test_a_model_with_two_heads_is_accepted_if_it_is_frozen(probe: Probe) -> None:
    pytest.importorskip("timm", reason="the extra timm is not installed")
    words = ("--backbone", "timm:levit_128s", "--weights", "none", "--device", "cpu", "--image-size", "224")
    assert "specify --freeze" in probe(*words)["error"]
    assert probe(*words, "--head", "linear")["dimensions"] == 384


def test_features_of_a_file_need_no_backbone(probe: Probe) -> None:
    head = ("--head", "linear", "--dimensions", "7", "--device", "cpu")
    answer = probe("--backbone", "nowhere", "--weights", "nowhere", *head)
    assert answer["dimensions"] == 7 and answer["speed"]["features"] == 0 < answer["speed"]["learning"]


def test_a_pace_that_cannot_be_measured_is_no_reason_to_refuse(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("device-side assert triggered")

    monkeypatch.setattr("alc_tui.model.probing.backbone.measure", fail)
    answer = probe("--backbone", "small", "--weights", "none", "--device", "cpu")
    assert answer.keys() == {"device", "speed", "is_busy", "dimensions", "image_size"} and answer["speed"] is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--backbone", "smal", "--weights", "none"), "Unknown backbone 'smal'; did you mean small?"),
        (("--backbone", "small", "--weights", "nowhere.pth"), "Weights nowhere.pth not found"),
        (("--backbone", "small", "--weights", "none", "--device", "tpu"), "Unknown device 'tpu'"),
        (("--backbone", "vit_b_16", "--weights", "none"), "Backbone 'vit_b_16' does not support images of 32 px"),
    ],
)
def test_what_is_wrong_is_told_with_its_exit_code(probe: Probe, arguments: tuple[str, ...], said: str) -> None:
    answer = probe(*arguments)
    assert answer.keys() == {"error", "exit_code"} and answer["exit_code"] == 2
    assert answer["error"].startswith(said)
