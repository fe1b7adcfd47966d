from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from alc_tui.bench.suites import Run
from alc_tui.bench.sweep.worker import Task

WITHOUT_LEARNING = """
from alc_tui.bench.sweep import worker
worker._learned = lambda task, emit: None
worker._replayed = lambda session, run, tell: {"score": float("nan") if run.options["seed"] == 0 else 1.0}
raise SystemExit(worker.main())
"""


def test_a_result_that_no_file_can_hold_fails_its_run_alone(tmp_path: Path) -> None:
    runs = tuple(Run({"dataset": "demo", "noise": 0.5, "seed": seed}) for seed in (0, 1))
    words = [sys.executable, "-c", WITHOUT_LEARNING]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(Task(tmp_path, runs, None).as_json().encode() + b"\n")
        process.stdin.flush()  # left open: where it ends, the worker ends
        failed, done = (json.loads(line) for line in process.stdout)
    assert failed["run"] == runs[0].id and "ValueError" in failed["error"]
    assert done == {"run": runs[1].id, "result": {"score": 1.0}}
