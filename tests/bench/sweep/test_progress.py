from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from alc_tui.bench.suites import find_suite
from alc_tui.bench.sweep import capacity as shares
from alc_tui.bench.sweep import progress
from alc_tui.bench.sweep.plan import Job
from alc_tui.bench.sweep.progress import Progress, seconds_of
from alc_tui.session.probe import DeviceProbe
from alc_tui.session.settings.forecast import Estimate


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
    told = "\n".join(f"{name} = {value!r}" for name, value in settings.items())
    text = f"[settings]\ndataset = 'demo'\nnoise = 0.5\nepochs = 20\nrounds = 2\nround_epochs = 5\n{told}\n"
    path = tmp_path / "mine.toml"
    path.write_text(text + "[[grid]]\nsampler = ['random', 'entropy']\n")
    return Job(find_suite(str(path)).runs, DeviceProbe(device, None), estimate, samples)


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(progress.time, "monotonic", lambda: self.now)


def test_the_end_is_foretold_from_the_pace_seen_so_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, work = Clock(monkeypatch), job(tmp_path, Estimate(learning=100, round=10))
    assert seconds_of(work) == 100 + 2 * 2 * 10
    seen = Progress([work], done=1, total=4, failed=1, at_once=2)
    assert seen.standing().seconds == 140 / 2 and seen.standing().doing == ()
    clock.now += 10
    seen.epoch(work, None, 0, 1, 20)  # 5 of the expected seconds took 10
    assert seen.standing().seconds == pytest.approx(135 * 2)
    assert seen.standing().doing == ("ct-vog seed 0: LNL, epoch 1 of 20",)
    first, second = (run.id for run in work.runs)
    seen.epoch(work, first, 2, 5, 5)  # LNL was done before, and the first run's first round: only one epoch was seen
    clock.now += 4
    assert seen.standing().seconds == pytest.approx(20 * 14 / 7)
    seen.finished(work, first)
    seen.gave_up(work, second)
    seen.ended(work)
    standing = seen.standing()
    assert (standing.done, standing.failed, standing.total, standing.seconds, standing.doing) == (2, 2, 4, 0, ())


def test_without_a_pace_epochs_tell_how_long_it_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, work = Clock(monkeypatch), job(tmp_path, None)
    seen = Progress([work], done=0, total=2, failed=0, at_once=1)
    assert seen.standing().seconds is None and seconds_of(work) is None
    clock.now += 3
    seen.epoch(work, None, 0, 1, 20)  # of 20 + 2·2·5 = 40 epochs
    assert seen.standing().seconds == pytest.approx(39 * 3)


def test_no_two_jobs_share_a_core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "cores", lambda: 4)
    work = [job(tmp_path, None)]
    assert shares.limited(4, work) == (4, None)
    assert shares.limited(5, work) == (4, "This machine gives 4 cores, so 4 jobs run side by side, not 5.")
    monkeypatch.setattr(shares, "cores", lambda: 1)
    assert shares.limited(2, work) == (1, "This machine gives 1 core, so 1 job runs at a time, not 2.")
    monkeypatch.setattr(shares, "cores", lambda: 4)
    assert shares.environment({"A": "b"}, 1) == {"A": "b"}
    share = shares.environment({"A": "b", "OMP_NUM_THREADS": "8"}, 2)
    assert share["A"] == "b" and {share[name] for name in shares.THREADS} == {"2"}
    assert shares.environment({"OMP_NUM_THREADS": "1"}, 2)["OMP_NUM_THREADS"] == "1"
    assert shares.environment({}, 3)["OMP_NUM_THREADS"] == "1"


@pytest.mark.parametrize(("free", "fit"), [(0, 1), (9, 1), (20, 2), (1000, 3)])
def test_jobs_on_a_gpu_share_its_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, fit: int) -> None:
    monkeypatch.setattr(shares, "cores", lambda: 16)
    monkeypatch.setattr(shares, "free_memory", lambda gpu: free * 1024**3)
    # 2 GiB for the process, 24 GiB · 64/256 = 6 GiB to learn; the images take next to nothing.
    work = [job(tmp_path, None, "cuda (some GPU), bf16", batch_size=64, image_size=224)]
    assert shares.memory(work[0]) == pytest.approx(8 * 1024**3, rel=0.01)
    allowed, why = shares.limited(3, work)
    assert allowed == fit and (why is None) == (fit == 3)
    assert shares.limited(1, work) == (1, None)


def test_more_jobs_than_cores_still_have_to_fit_on_the_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "cores", lambda: 4)
    monkeypatch.setattr(shares, "free_memory", lambda gpu: 20 * 1024**3)
    work = [job(tmp_path, None, "cuda (some GPU), bf16", batch_size=64, image_size=224)]  # 8 GiB each
    expected = "The GPU's free memory holds about 2 of these jobs, so 2 jobs run side by side, not 9."
    assert shares.limited(9, work) == (2, expected)


def test_the_memory_that_counts_is_that_of_the_gpu_that_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shares, "cores", lambda: 16)
    told = {"gpus": [{"free": 0}, {"free": 20 * 1024**3}]}
    answer = subprocess.CompletedProcess([], 0, stdout=json.dumps(told))
    monkeypatch.setattr(shares.subprocess, "run", lambda *_words, **_options: answer)
    settings = {"batch_size": 64, "image_size": 224}  # 8 GiB each
    assert shares.limited(3, [job(tmp_path, None, "cuda:1 (some GPU)", device_setting="cuda:1", **settings)])[0] == 2
    assert shares.limited(3, [job(tmp_path, None, "cuda (some GPU)", **settings)])[0] == 1
