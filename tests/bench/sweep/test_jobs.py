"""What a sweep makes of an engine's states and a job's files, with an engine of which the test decides everything."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest

from alc_tui.bench.engines.engine import Phase, Task, TaskState
from alc_tui.bench.results import read
from alc_tui.bench.suites import Run, find_suite
from alc_tui.bench.sweep.files import (
    JobFolder,
    JobRequest,
    RunReport,
    Submission,
    SweepFolder,
    load,
    save,
    sweep_folder,
)
from alc_tui.bench.sweep.plan import Failure, Job
from alc_tui.bench.sweep.progress import SweepProgress, SweepStatus
from alc_tui.bench.sweep.runner import RESUBMISSIONS, run_jobs
from alc_tui.session.store.events import Epoch, EventLog
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.lock import WriterLock
from benchmarks.cluster.idle_worker import finish_runs
from tests.bench import examples

Act = Callable[[JobFolder], TaskState]
"""What a task does when the sweep asks for its state."""
RUNNING, DONE = TaskState(Phase.RUNNING, "node1"), TaskState(Phase.ENDED, "with exit code 0")
LOST = TaskState(Phase.ENDED, "because its node failed", is_lost=True)


@dataclass
class ScriptedEngine:
    """Each task does the next of the acts each time it is asked for its state; the last one stays."""

    acts: Sequence[Act]
    outlives: bool = False
    at_once: int | None = None
    name: str = "scripted"
    poll_seconds: float = 0.0
    lag_seconds: float = 0.0
    tasks: list[Task] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    asked: dict[str, int] = field(default_factory=dict)

    def nodes(self) -> Sequence[str]:
        return ()

    def submit(self, tasks: Sequence[Task]) -> list[str]:
        self.tasks += tasks
        return [str(len(self.tasks) - len(tasks) + number) for number in range(len(tasks))]

    def states(self, ids: Collection[str]) -> Mapping[str, TaskState]:
        return {each: self._state(each) for each in ids}

    def cancel(self, ids: Collection[str]) -> None:
        self.cancelled += ids

    def _state(self, id_: str) -> TaskState:
        number = self.asked.get(id_, 0)
        self.asked[id_] = number + 1
        return self.acts[min(number, len(self.acts) - 1)](JobFolder(Path(self.tasks[int(id_)].words[0])))


@dataclass(frozen=True)
class Scene:
    """A suite of two methods × two samplers, and where it is run."""

    folder: SweepFolder
    jobs: list[Job]
    template: Path

    def finish(self, job: JobFolder) -> TaskState:
        finish_runs(job, self.template)
        return DONE

    def run(self, engine: ScriptedEngine, jobs: Sequence[Job] | None = None) -> list[Failure]:
        jobs = self.jobs if jobs is None else jobs
        total = sum(len(job.runs) for job in jobs)
        progress = SweepProgress(jobs, done=0, total=total, failed=0, at_once=1)
        return run_jobs(jobs, self.folder, engine, progress, lambda _status: None)

    @property
    def ids(self) -> list[str]:
        """The ids in the results file, line by line."""
        return [line.split('"id": "')[1][:12] for line in self.folder.results.read_text().splitlines()]

    @property
    def runs(self) -> list[Run]:
        return [run for job in self.jobs for run in job.runs]


@pytest.fixture
def scene(trained: SessionFolder, colors: Path, tmp_path: Path) -> Scene:
    grid = 'method = ["ct", "ce"]\nsampler = ["random", "entropy"]\nseed = 0\n'
    runs = find_suite(str(examples.write_suite(tmp_path / "mine.toml", colors, grid))).runs
    sessions = dict.fromkeys(run.session for run in runs)
    jobs = [Job(tuple(run for run in runs if run.session == name), None, None, 72) for name in sessions]
    folder = sweep_folder(tmp_path / "store", "mine")
    folder.sessions.mkdir(parents=True)
    return Scene(folder, jobs, trained.path)


def running(_job: JobFolder) -> TaskState:
    return RUNNING


def die(_job: JobFolder) -> TaskState:
    return TaskState(Phase.ENDED, "by signal 9, possibly out of memory")


def test_results_are_read_from_the_store_and_the_files_of_finished_jobs_are_removed(scene: Scene) -> None:
    engine = ScriptedEngine([running, scene.finish])
    assert scene.run(engine) == []
    assert sorted(scene.ids) == sorted(run.id for run in scene.runs) and scene.folder.jobs() == []
    first = read(scene.folder.results)[0][0]
    assert first.session == scene.jobs[0].session and first.threads == 1 and sum(first.training.values()) > 0


def test_epochs_are_counted_once_and_only_those_computed_since_tell_the_pace(scene: Scene) -> None:
    job = scene.jobs[0]
    counted: list[tuple[str | None, int, int, bool]] = []

    class Counter(SweepProgress):
        def add_epoch(
            self, job: Job, run: str | None, number: int, epoch: int, epochs: int, *, is_new: bool = True
        ) -> None:
            counted.append((run, number, epoch, is_new))

    def epoch(log: EventLog, number: int) -> None:
        log.write(Epoch(int(number > 1), number, 9, (0.5,), 0.5, 0.5, None, None, 1.0, 1.0))

    def work(files: JobFolder) -> TaskState:
        steps.append(len(steps))
        replay = files.session.replay("random")
        if len(steps) == 1:
            epoch(EventLog(files.session.events), 1)
        if len(steps) == 2:
            replay.path.mkdir(parents=True)
            epoch(EventLog(replay.events), 2)
            save(RunReport("random", 1), files.report(job.runs[0].id))
        if len(steps) == 3:
            finish_runs(files, scene.template)
            files.report(job.runs[1].id).unlink()
        return scene.finish(files) if len(steps) > 3 else RUNNING

    steps: list[int] = []
    session = scene.folder.job(job.session).session
    session.path.mkdir(parents=True)
    old = {"event": "Epoch", "at": "2020-01-01T00:00:00+00:00", **asdict(Epoch(0, 0, 9, (), 0, 0, None, None, 1, 1))}
    session.events.write_text(json.dumps(old) + "\n")
    progress = Counter([job], done=0, total=2, failed=0, at_once=1)
    assert run_jobs([job], scene.folder, ScriptedEngine([work]), progress, lambda _status: None) == []
    assert counted == [(None, 0, 0, False), (None, 0, 1, True), (job.runs[0].id, 1, 2, True)]


def test_only_so_many_tasks_are_submitted_at_once_as_the_engine_says(scene: Scene) -> None:
    numbers = []

    def count(job: JobFolder) -> TaskState:
        numbers.append(len(engine.tasks))
        return scene.finish(job)

    engine = ScriptedEngine([running, count], at_once=1)
    assert scene.run(engine) == [] and numbers == [1, 2]


def test_a_job_that_dies_fails_its_runs_and_keeps_its_files_for_the_status(scene: Scene) -> None:
    failures = scene.run(ScriptedEngine([running, die]))
    assert {failure.run.id for failure in failures} == {run.id for run in scene.runs}
    assert "its process ended by signal 9, possibly out of memory; see " in failures[0].reason
    assert len(scene.folder.jobs()) == 2 and not scene.folder.results.exists()


def test_a_run_that_failed_fails_alone(scene: Scene) -> None:
    def fail_first(job: JobFolder) -> TaskState:
        finish_runs(job, scene.template)
        request = load(JobRequest, job.request)
        assert request is not None
        save(RunReport(error="It failed."), job.report(request.runs[0].id))
        return DONE

    failures = scene.run(ScriptedEngine([fail_first]))
    assert [failure.reason for failure in failures] == ["It failed."] * 2 and len(scene.ids) == 2


def test_a_document_that_cannot_be_read_fails_its_run_alone(scene: Scene) -> None:
    def damage(job: JobFolder) -> TaskState:
        finish_runs(job, scene.template)
        first = min(job.session.replays(), key=lambda replay: replay.name)
        first.document.write_text(first.document.read_text().replace('"seconds": ', '"seconds": NaN, "was": ', 1))
        return DONE

    failures = scene.run(ScriptedEngine([damage]))
    assert len(failures) == 2 and all("is damaged" in failure.reason for failure in failures) and len(scene.ids) == 2


def test_a_job_that_its_node_lost_is_submitted_again_but_not_for_ever(scene: Scene) -> None:
    def lose(_job: JobFolder) -> TaskState:
        return LOST

    engine = ScriptedEngine([lose])
    failures = scene.run(engine, scene.jobs[:1])
    assert len(engine.tasks) == RESUBMISSIONS + 1 and len(failures) == 2


def test_a_job_that_was_submitted_again_goes_on(scene: Scene) -> None:
    attempts: list[JobFolder] = []

    def finish_the_third(job: JobFolder) -> TaskState:
        attempts.append(job)
        return LOST if len(attempts) < 3 else scene.finish(job)

    engine = ScriptedEngine([finish_the_third])
    assert scene.run(engine, scene.jobs[:1]) == [] and len(engine.tasks) == 3 and len(scene.ids) == 2


def test_a_sweep_follows_what_an_earlier_one_submitted_and_submits_what_was_added_since(scene: Scene) -> None:
    job = scene.jobs[0]
    files = scene.folder.job(job.session)
    engine = ScriptedEngine([running, running, scene.finish], outlives=True)
    files.path.mkdir(parents=True)
    save(JobRequest(job.runs[:1]), files.request)
    save(Submission(engine.name, *engine.submit([Task("m", (str(files.path),), tmp_log(scene))])), files.submission)
    assert scene.run(engine, scene.jobs[:1]) == []
    assert len(engine.tasks) == 2 and sorted(scene.ids) == sorted(run.id for run in job.runs)


def tmp_log(scene: Scene) -> Path:
    return scene.folder.log("task")


def test_a_job_that_was_cancelled_a_moment_ago_is_submitted_again_once_nobody_has_it(scene: Scene) -> None:
    job = scene.jobs[0]
    files = scene.folder.job(job.session)
    files.path.mkdir(parents=True)
    polls: list[str] = []

    def look(folder: JobFolder) -> TaskState:
        polls.append(folder.path.name)
        if len(polls) == 3:
            other.release()
        return scene.finish(folder) if len(engine.tasks) == 2 else DONE

    engine, other = ScriptedEngine([look], outlives=True), WriterLock(files.lock, "a job of a sweep")
    save(JobRequest(job.runs), files.request)
    save(Submission(engine.name, *engine.submit([Task("m", (str(files.path),), tmp_log(scene))])), files.submission)
    with other:
        assert scene.run(engine, [job]) == []
    assert len(engine.tasks) == 2 and len(scene.ids) == 2


def test_what_another_engine_runs_is_not_followed(scene: Scene) -> None:
    files = scene.folder.job(scene.jobs[0].session)
    files.path.mkdir(parents=True)
    save(JobRequest(scene.jobs[0].runs), files.request)
    save(Submission("another", "7"), files.submission)
    assert scene.run(ScriptedEngine([scene.finish])) == [] and len(scene.ids) == 4


@pytest.mark.parametrize("outlives", [True, False])
def test_a_job_that_a_process_of_another_engine_does_is_followed_as_it_is(scene: Scene, outlives: bool) -> None:
    job = scene.jobs[0]
    files = scene.folder.job(job.session)
    files.path.mkdir(parents=True)
    submission = Submission("another", "7")
    save(JobRequest(job.runs), files.request)
    save(submission, files.submission)
    finish_runs(files, scene.template)
    second = files.report(job.runs[1].id)
    finished = second.read_bytes()
    second.unlink()
    seen: list[tuple[int, Submission | None]] = []

    def watch(status: SweepStatus) -> None:
        seen.append((status.done, load(Submission, files.submission)))
        if len(seen) == 2:
            second.write_bytes(finished)
            other.release()

    engine, other = ScriptedEngine([die], outlives=outlives), WriterLock(files.lock, "a job of a sweep")
    progress = SweepProgress([job], done=0, total=2, failed=0, at_once=1)
    with other:
        assert run_jobs([job], scene.folder, engine, progress, watch) == []
    assert engine.tasks == [] and seen[:2] == [(1, submission), (1, submission)]
    assert sorted(scene.ids) == sorted(run.id for run in job.runs)


def test_of_what_an_earlier_job_reported_only_failures_and_lost_replays_are_forgotten(
    scene: Scene,
) -> None:
    job = scene.jobs[0]
    files = scene.folder.job(job.session)
    done, failed = (files.report(run.id) for run in job.runs)
    files.path.mkdir(parents=True)
    save(JobRequest(job.runs), files.request)

    def look(_job: JobFolder) -> TaskState:
        kept.append((done.exists(), failed.exists()))
        return TaskState(Phase.WAITING)

    def stop(_status: SweepStatus) -> None:
        raise KeyboardInterrupt

    kept: list[tuple[bool, bool]] = []
    for _ in range(2):
        finish_runs(files, scene.template)
        if kept:
            files.session.replay(f"replay-{job.runs[0].id}").document.unlink()
        save(RunReport(error="It failed."), failed)
        progress = SweepProgress([job], done=0, total=2, failed=0, at_once=1)
        with pytest.raises(KeyboardInterrupt):
            run_jobs([job], scene.folder, ScriptedEngine([look]), progress, stop)
    assert kept == [(True, False), (False, False)]


def test_a_run_that_is_done_before_another_one_is_told_at_once(scene: Scene) -> None:
    job, told = scene.jobs[0], list[int]()

    def finish_the_second(files: JobFolder) -> TaskState:
        finish_runs(files, scene.template)
        files.report(job.runs[0].id).unlink()
        return RUNNING

    progress = SweepProgress([job], done=0, total=2, failed=0, at_once=1)
    engine = ScriptedEngine([finish_the_second, scene.finish])
    assert run_jobs([job], scene.folder, engine, progress, lambda status: told.append(status.done)) == []
    assert told == [1, 2]


def test_the_status_says_that_the_scheduler_does_not_answer(scene: Scene) -> None:
    def be_silent(_job: JobFolder) -> TaskState:
        return TaskState(Phase.RUNNING, "It does not answer", is_known=False)

    notices = []
    progress = SweepProgress(scene.jobs, done=0, total=4, failed=0, at_once=1)
    engine = ScriptedEngine([be_silent, scene.finish])
    run_jobs(scene.jobs, scene.folder, engine, progress, lambda status: notices.append(status.notices))
    assert notices == [("It does not answer",), ()]


def test_a_job_that_another_process_does_is_followed_until_that_has_ended(scene: Scene) -> None:
    """Two sweeps submitted the same job: the second worker has given up at once."""
    job = scene.jobs[0]
    polls: list[int] = []

    def look(files: JobFolder) -> TaskState:
        polls.append(len(polls))
        if len(polls) == 1:
            other.acquire()
        if len(polls) == 3:
            finish_runs(files, scene.template)
        if len(polls) == 4:
            other.release()
        return TaskState(Phase.ENDED, "with exit code 3")

    other = WriterLock(scene.folder.job(job.session).lock, "a job of a sweep")
    assert scene.run(ScriptedEngine([look]), [job]) == [] and len(polls) >= 3 and len(scene.ids) == 2


def test_a_result_that_a_job_wrote_again_is_not_appended_again(scene: Scene) -> None:
    engine = ScriptedEngine([scene.finish])
    assert scene.run(engine) == [] and scene.run(engine) == []
    assert len(scene.ids) == 4


@pytest.mark.parametrize(("outlives", "cancelled"), [(False, 2), (True, 0)])
def test_after_an_error_only_tasks_that_outlive_their_sweep_go_on(scene: Scene, outlives: bool, cancelled: int) -> None:
    def break_down(_job: JobFolder) -> TaskState:
        raise OSError("the disk is full")

    engine = ScriptedEngine([break_down], outlives=outlives)
    with pytest.raises(OSError, match="disk is full"):
        scene.run(engine)
    assert len(engine.cancelled) == cancelled
    assert load(Submission, scene.folder.job(scene.jobs[0].session).submission) == Submission("scripted", "0")


@pytest.mark.parametrize("cancels", [True, False])
def test_an_interruption_cancels_tasks_that_outlive_their_sweep_only_if_that_is_wanted(
    scene: Scene, cancels: bool
) -> None:
    def interrupt(_job: JobFolder) -> TaskState:
        raise KeyboardInterrupt

    def ask(jobs: int) -> bool:
        asked.append(jobs)
        return cancels

    asked: list[int] = []
    engine = ScriptedEngine([interrupt], outlives=True)
    progress = SweepProgress(scene.jobs, done=0, total=4, failed=0, at_once=1)
    with pytest.raises(KeyboardInterrupt):
        run_jobs(
            scene.jobs,
            scene.folder,
            engine,
            progress,
            lambda _status: None,
            cancels=ask,
        )
    assert asked == [2] and len(engine.cancelled) == (2 if cancels else 0)
