from __future__ import annotations

from pathlib import Path

import pytest

from alc_tui.bench.suites import Run
from alc_tui.bench.sweep import worker
from alc_tui.bench.sweep.files import JobRequest, RunReport, Submission, load, save, sweep_folder
from alc_tui.errors import SessionUnavailable
from alc_tui.session.probe import DeviceProbe
from alc_tui.session.settings.training_time import Speed
from alc_tui.session.store.lock import WriterLock

RUNS = (Run({"dataset": "demo", "noise": 0.5}, "gt:error=0.1"), Run({"dataset": "demo", "seed": 3}))


@pytest.mark.parametrize("device", [None, DeviceProbe("cpu", None), DeviceProbe("cpu", Speed(0.01, 0.001))])
def test_a_request_is_read_as_it_was_written(tmp_path: Path, device: DeviceProbe | None) -> None:
    request = JobRequest(RUNS, device)
    save(request, tmp_path / "request.json")
    assert load(JobRequest, tmp_path / "request.json") == request


@pytest.mark.parametrize(
    "record", [Submission("slurm", "12_3"), RunReport("gt-random", 2, True), RunReport(error="It failed.")]
)
def test_what_sweep_and_jobs_tell_each_other_is_read_as_it_was_written(
    tmp_path: Path, record: Submission | RunReport
) -> None:
    save(record, tmp_path / "record.json")
    assert load(type(record), tmp_path / "record.json") == record


def test_a_file_that_cannot_be_read_yet_holds_nothing(tmp_path: Path) -> None:
    assert load(RunReport, tmp_path / "none.json") is None
    for content in ("", "{", "[]", '{"error": 1}'):
        (tmp_path / "torn.json").write_text(content)
        assert load(RunReport, tmp_path / "torn.json") is None


def test_where_the_store_is_not_the_worker_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = sweep_folder(tmp_path, "mine").job("ct-s0-1f0c")
    assert worker.run(job, patience=0) == 2
    assert str(job.request) in (text := capsys.readouterr().err) and "a folder that all nodes share" in text


def test_two_workers_do_not_do_the_same_job(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = sweep_folder(tmp_path, "mine").job("ct-s0-1f0c")
    job.path.mkdir(parents=True)
    save(JobRequest(RUNS), job.request)
    with WriterLock(job.lock, "a job of a sweep"):
        assert worker.run(job, patience=0) == 3
    assert "is in use for a job of a sweep by" in capsys.readouterr().err
    assert [load(RunReport, job.report(run.id)) for run in RUNS] == [None, None]


def test_a_job_that_another_worker_has_taken_over_reports_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lose(_lock: WriterLock) -> None:
        raise SessionUnavailable("The job was taken over.")

    job = sweep_folder(tmp_path, "mine").job("ct-s0-1f0c")
    job.session.path.parent.mkdir(parents=True)
    job.path.mkdir(parents=True)
    run = Run({"dataset": f"folder:{tmp_path}/nowhere", "noise": 0.5})
    save(JobRequest((run,), DeviceProbe("cpu", None)), job.request)
    monkeypatch.setattr(WriterLock, "check", lose)
    assert worker.run(job, patience=0) == 3
    assert load(RunReport, job.report(run.id)) is None and capsys.readouterr().err == "The job was taken over.\n"


def test_a_job_whose_session_cannot_be_made_fails_all_its_runs(tmp_path: Path) -> None:
    job = sweep_folder(tmp_path, "mine").job("ct-s0-1f0c")
    job.session.path.parent.mkdir(parents=True)
    job.path.mkdir(parents=True)
    runs = tuple(Run({"dataset": f"folder:{tmp_path}/nowhere", "noise": 0.5, "seed": seed}) for seed in (0, 1))
    save(JobRequest(runs, DeviceProbe("cpu", None)), job.request)
    assert worker.run(job, patience=0) == 0
    reports = [load(RunReport, job.report(run.id)) for run in runs]
    assert all(report is not None and "nowhere" in (report.error or "") for report in reports)
