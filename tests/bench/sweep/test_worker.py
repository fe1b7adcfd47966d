from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from alc_tui.bench.suites import Run
from alc_tui.bench.sweep.messages import EpochMessage, ErrorMessage, Message, ResultMessage, dump, load
from alc_tui.bench.sweep.request import JobRequest
from alc_tui.session.probe import DeviceProbe
from alc_tui.session.settings.training_time import Speed
from tests.bench.examples import example_result

WITHOUT_LEARNING = """
from alc_tui.bench.sweep import worker
from tests.bench.examples import example_result
worker._learn = lambda request, send: None
worker._replay = lambda session, run, send: example_result(float("nan") if run.options["seed"] == 0 else 1.0)
raise SystemExit(worker.main())
"""


def test_a_result_that_no_file_can_hold_fails_its_run_alone(tmp_path: Path) -> None:
    runs = tuple(Run({"dataset": "demo", "noise": 0.5, "seed": seed}) for seed in (0, 1))
    command = [sys.executable, "-c", WITHOUT_LEARNING]
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=root
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(JobRequest(tmp_path, runs, None).as_json() + "\n")
        process.stdin.flush()  # left open: the worker ends when it is closed
        failed, done = (load(line) for line in process.stdout)
        assert process.wait(60) == 0
    assert isinstance(failed, ErrorMessage) and failed.run == runs[0].id and "ValueError" in failed.error
    assert done == ResultMessage(runs[1].id, example_result(1.0))


@pytest.mark.parametrize(
    "message",
    [
        EpochMessage(None, 0, 1, 20),
        EpochMessage("ab", 2, 5, 5),
        ResultMessage("ab", example_result(0.5)),
        ErrorMessage(None, "It failed."),
        ErrorMessage("ab", "It failed."),
    ],
)
def test_a_message_is_one_line_and_is_read_as_it_was_sent(message: Message) -> None:
    line = dump(message)
    assert line.count("\n") == 1 and line.endswith("\n")
    assert load(line) == message


@pytest.mark.parametrize("line", ["", "a warning of a library", "[]", "1", '{"run": "a"}', '{"run": 1, "error": "no"}'])
def test_other_output_of_a_worker_is_not_a_message(line: str) -> None:
    assert load(line) is None


@pytest.mark.parametrize("device", [None, DeviceProbe("cpu", None), DeviceProbe("cpu", Speed(0.01, 0.001))])
def test_a_request_is_read_as_it_was_sent(tmp_path: Path, device: DeviceProbe | None) -> None:
    request = JobRequest(tmp_path, (Run({"dataset": "demo", "noise": 0.5}, "gt:error=0.1"),), device)
    line = request.as_json()
    assert "\n" not in line and JobRequest.from_json(line) == request
