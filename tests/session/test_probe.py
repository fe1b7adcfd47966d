from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from alc_tui.errors import AlcError, TrainingFailed, UsageError
from alc_tui.session.probe import DeviceProbe, probe_device
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.training_time import Speed


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Callable[..., DeviceProbe]:
    """`ask(stdout, stderr, **settings)`: the probe of a child that prints these; tests/end_to_end run a real one."""

    def ask(stdout: str, stderr: str = "", **settings: Any) -> DeviceProbe:
        commands: list[list[str]] = []

        def answer(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
            commands.append(command)
            return subprocess.CompletedProcess(command, 0, stdout, stderr)

        monkeypatch.setattr(subprocess, "run", answer)
        probe = probe_device(Config(dataset="demo", **settings))
        (command,) = commands
        options = dict(zip(command[4::2], command[5::2], strict=True))
        assert options["--backbone"] == settings.get("backbone", "resnet18")
        assert options["--batch-size"] == str(settings.get("batch_size", 256))
        assert options.get("--device") == settings.get("device")
        return probe

    return ask


def test_the_device_and_its_pace_are_read(ask: Callable[..., DeviceProbe]) -> None:
    answer = json.dumps({"device": "cpu (2 cores)", "speed": {"learning": 0.5, "scoring": 0.25}})
    assert ask(answer, backbone="small", batch_size=8) == DeviceProbe("cpu (2 cores)", Speed(0.5, 0.25))
    assert ask('a warning of torch\n{"device": "cuda", "speed": null}', device="cuda") == DeviceProbe("cuda", None)


@pytest.mark.parametrize(("code", "kind"), [(2, UsageError), (4, TrainingFailed), (1, AlcError)])
def test_an_error_of_the_child_is_raised(ask: Callable[..., DeviceProbe], code: int, kind: type[AlcError]) -> None:
    with pytest.raises(kind, match=r"^Unknown backbone\.$") as caught:
        ask(json.dumps({"error": "Unknown backbone.", "exit_code": code}))
    assert caught.value.exit_code == code


def test_a_child_that_crashed_is_reported_with_its_last_line(ask: Callable[..., DeviceProbe]) -> None:
    for stdout in ("", "no JSON"):
        with pytest.raises(AlcError, match="could not be tested: ImportError: no torch;"):
            ask(stdout, "Traceback …\nImportError: no torch\n")
    with pytest.raises(AlcError, match="could not be tested: no output"):
        ask("", "")
