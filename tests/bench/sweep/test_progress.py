from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from alc_tui.bench.engines import local
from alc_tui.bench.suites import find_suite
from alc_tui.bench.sweep import capacity
from alc_tui.bench.sweep.plan import Job
from alc_tui.bench.sweep.progress import SweepProgress
from alc_tui.session.probe import DeviceProbe
from alc_tui.session.settings.training_time import Estimate


def job(
    tmp_path: Path,
    estimate: Estimate | None,
    device: str = "cpu",
    samples: int = 100,
    device_setting: str | None = None,
    **settings: object,
) -> Job:
    if device_setting is not None:
        settings["device"] = device_setting
    toml = "\n".join(f"{name} = {value!r}" for name, value in settings.items())
    text = f"[settings]\ndataset = 'demo'\nnoise = 0.5\nepochs = 20\nrounds = 2\nround_epochs = 5\n{toml}\n"
    path = tmp_path / "mine.toml"
    path.write_text(text + "[[grid]]\nsampler = ['random', 'entropy']\n")
    return Job(find_suite(str(path)).runs, DeviceProbe(device, None), estimate, samples)


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_end_is_estimated_from_the_observed_pace(tmp_path: Path) -> None:
    clock, work = Clock(), job(tmp_path, Estimate(learning=100, round=10))
    progress = SweepProgress([work], done=1, total=4, failed=1, at_once=2, clock=clock)
    # LNL, and two runs of two rounds each, two at a time.
    assert progress.status().seconds == (100 + 2 * 2 * 10) / 2 and progress.status().activities == ()
    clock.now += 10
    progress.add_epoch(work, None, 0, 1, 20)  # 5 of the expected seconds took 10
    assert progress.status().seconds == pytest.approx(135 * 2)
    assert progress.status().activities == ("ct-vog seed 0: LNL, epoch 1 of 20",)
    first, second = (run.id for run in work.runs)
    # LNL and the first run's first round were done before: only one more epoch was observed.
    progress.add_epoch(work, first, 2, 5, 5)
    clock.now += 4
    assert progress.status().seconds == pytest.approx(20 * 14 / 7)
    progress.add_result(work, first)
    progress.add_failure(work, second)
    progress.end(work)
    status = progress.status()
    assert (status.done, status.failed, status.total, status.seconds, status.activities) == (2, 2, 4, 0, ())


def test_without_a_known_pace_epochs_are_counted(tmp_path: Path) -> None:
    clock, work = Clock(), job(tmp_path, None)
    progress = SweepProgress([work], done=0, total=2, failed=0, at_once=1, clock=clock)
    assert progress.status().seconds is None
    clock.now += 3
    progress.add_epoch(work, None, 0, 1, 20)  # of 20 + 2·2·5 = 40 epochs
    assert progress.status().seconds == pytest.approx(39 * 3)


def test_no_two_jobs_share_a_core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacity, "available_cores", lambda: 4)
    work = [job(tmp_path, None)]
    assert capacity.limit_jobs(4, work) == (4, None)
    assert capacity.limit_jobs(5, work) == (4, "This process can use 4 cores: 4 jobs run at a time, not 5.")
    monkeypatch.setattr(capacity, "available_cores", lambda: 1)
    assert capacity.limit_jobs(2, work) == (1, "This process can use 1 core: 1 job runs at a time, not 2.")
    monkeypatch.setattr(capacity, "available_cores", lambda: 4)
    monkeypatch.setattr(local, "available_cores", lambda: 4)
    assert local.share_of_cores({"A": "b"}, 1) == {"A": "b"}
    share = local.share_of_cores({"A": "b", "OMP_NUM_THREADS": "8"}, 2)
    assert share["A"] == "b" and {share[name] for name in local.THREADS} == {"2"}
    assert local.share_of_cores({"OMP_NUM_THREADS": "1"}, 2)["OMP_NUM_THREADS"] == "1"
    assert local.share_of_cores({}, 3)["OMP_NUM_THREADS"] == "1"


@pytest.mark.parametrize(("free", "fit"), [(0, 1), (9, 1), (20, 2), (1000, 3)])
def test_jobs_on_a_gpu_share_its_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, fit: int) -> None:
    monkeypatch.setattr(capacity, "available_cores", lambda: 16)
    monkeypatch.setattr(capacity, "free_memory", lambda gpu: free * 1024**3)
    # 2 GiB for the process, 24 GiB · 64/256 = 6 GiB for the training; the images take almost nothing.
    work = [job(tmp_path, None, "cuda (some GPU), bf16", batch_size=64, image_size=224)]
    assert capacity.needed_memory(work[0]) == pytest.approx(8 * 1024**3, rel=0.01)
    allowed, reason = capacity.limit_jobs(3, work)
    assert allowed == fit and (reason is None) == (fit == 3)
    assert capacity.limit_jobs(1, work) == (1, None)


def test_more_jobs_than_cores_still_have_to_fit_on_the_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacity, "available_cores", lambda: 4)
    monkeypatch.setattr(capacity, "free_memory", lambda gpu: 20 * 1024**3)
    work = [job(tmp_path, None, "cuda (some GPU), bf16", batch_size=64, image_size=224)]  # 8 GiB each
    expected = "About 2 of these jobs fit in free GPU memory: 2 jobs run at a time, not 9."
    assert capacity.limit_jobs(9, work) == (2, expected)


def test_the_memory_of_the_specified_gpu_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacity, "available_cores", lambda: 16)
    devices = {"gpus": [{"free": 0}, {"free": 20 * 1024**3}]}
    answer = subprocess.CompletedProcess([], 0, stdout=json.dumps(devices))
    monkeypatch.setattr(subprocess, "run", lambda *_words, **_options: answer)
    settings: dict[str, Any] = {"batch_size": 64, "image_size": 224}  # 8 GiB each
    assert (
        capacity.limit_jobs(3, [job(tmp_path, None, "cuda:1 (some GPU)", device_setting="cuda:1", **settings)])[0] == 2
    )
    assert capacity.limit_jobs(3, [job(tmp_path, None, "cuda (some GPU)", **settings)])[0] == 1


@pytest.mark.parametrize(("memory", "share"), [(0, 1), (7, 1), (8, 1), (17, 1 / 2), (80, 1 / 9)])
def test_a_job_on_a_cluster_asks_for_the_part_of_a_gpu_that_it_fits_in(
    tmp_path: Path, memory: int, share: float
) -> None:
    settings: dict[str, Any] = {"batch_size": 64, "image_size": 224}  # a little more than 8 GiB
    assert capacity.gpu_share([job(tmp_path, None, **settings)], memory * 1024**3) == pytest.approx(share)
    assert capacity.gpu_share([job(tmp_path, None, device_setting="cpu", **settings)], memory * 1024**3) == 0
