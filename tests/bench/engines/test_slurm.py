"""The adapter of SLURM: its commands are scripts of the tests, and submitit runs jobs as processes of this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import pytest

from alc_tui.bench.engines.engine import Phase, Task, TaskState
from alc_tui.bench.engines.nodes import check_nodes
from alc_tui.bench.engines.slurm import SlurmEngine
from alc_tui.bench.engines.slurm_commands import task_states, useful_nodes
from alc_tui.bench.engines.slurm_options import check_options, minutes_of, parse_options
from alc_tui.errors import AlcError, UsageError

ROOT = Path(__file__).parents[3]
Install = Callable[..., None]


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Installs commands of SLURM: shell scripts by name."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def install(**scripts: str) -> None:
        for name, script in scripts.items():
            (folder / name).write_text(f"#!/bin/sh\n{script}\n")
            (folder / name).chmod(0o755)

    return install


@pytest.mark.parametrize(
    ("texts", "options"),
    [
        (["partition=gpu,gpus=1"], {"partition": "gpu", "gpus": "1"}),
        (["partition=gpu", "time=4:00:00"], {"partition": "gpu", "time": "4:00:00"}),
        (["exclude=n1,n2,gres=gpu:1"], {"exclude": "n1,n2", "gres": "gpu:1"}),
        (["comment=a=b"], {"comment": "a=b"}),
        ([], {}),
    ],
)
def test_options_of_sbatch_are_separated_by_commas(texts: list[str], options: dict[str, str]) -> None:
    assert parse_options(texts) == options


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("gpu", "--slurm gpu: expected KEY=VALUE, such as partition=gpu,time=4:00:00."),
        ("array=0-3", "array in --slurm is set by alc; omit it."),
        ("cpus_per_task=2", "cpus_per_task in --slurm is '2'; use long options of sbatch"),
        ("time=soon", "'soon' is not a time limit; specify minutes, H:MM:SS, or D-HH:MM:SS."),
        ("time=0", "The time limit '0' is zero"),
    ],
)
def test_what_is_no_option_of_sbatch_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_options([text])
    assert sentence in str(caught.value)


def test_a_table_of_a_suite_may_have_numbers_but_no_lists() -> None:
    assert check_options({"gpus": 1, "time": 90}, "[slurm]") == {"gpus": "1", "time": "90"}
    with pytest.raises(UsageError, match=r"exclude in \[slurm\] is \['n1'\]"):
        check_options({"exclude": ["n1"]}, "[slurm]")


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("90", 90),
        ("90:00", 90),
        ("90:01", 91),
        ("1:30:00", 90),
        ("0:00:30", 1),
        ("2-0", 2880),
        ("1-12", 2160),
        ("1-12:30", 2190),
        ("1-12:30:00", 2190),
    ],
)
def test_time_limits_are_read_as_sbatch_reads_them(text: str, minutes: int) -> None:
    assert minutes_of(text) == minutes


def test_the_states_of_jobs_are_those_of_the_queue_and_then_what_the_controller_remembers(commands: Install) -> None:
    commands(
        squeue="printf '7_0|RUNNING|n1|None\\n7_1|PENDING||Resources\\n7_2|COMPLETING|n2|None\\n'",
        scontrol="""case "$4" in
            8) echo 'JobId=8 JobState=COMPLETED ExitCode=0:0 NodeList=n1';;
            9) echo 'JobId=9 JobState=NODE_FAIL ExitCode=1:0 NodeList=n3';;
            10) echo 'JobId=10 JobState=OUT_OF_MEMORY ExitCode=0:9 NodeList=n3';;
            12) echo 'JobId=12 JobState=FAILED Reason=JobLaunchFailure ExitCode=0:9 NodeList=n3';;
            *) echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1;;
        esac""",
    )
    states = task_states(["7_0", "7_1", "7_2", "8", "9", "10", "11", "12"])
    assert states == {
        "7_0": TaskState(Phase.RUNNING, "n1"),
        "7_1": TaskState(Phase.WAITING, "Resources"),
        "7_2": TaskState(Phase.RUNNING, "n2"),
        "8": TaskState(Phase.ENDED, "with exit code 0 (completed on n1)"),
        "9": TaskState(Phase.ENDED, "with exit code 1 (node_fail on n3)", is_lost=True),
        "10": TaskState(Phase.ENDED, "by signal 9 (out_of_memory on n3)"),
        "11": TaskState(Phase.ENDED, "and SLURM has forgotten how"),
        "12": TaskState(Phase.ENDED, "by signal 9 (failed on n3)", is_lost=True),
    }


def test_a_controller_that_does_not_answer_has_lost_no_job(commands: Install) -> None:
    commands(squeue="echo 'Unable to contact slurm controller' >&2; exit 1")
    assert task_states(["7"]) == {"7": TaskState(Phase.RUNNING, "SLURM does not answer", is_known=False)}


def test_nodes_that_are_down_or_excluded_are_not_used(commands: Install) -> None:
    commands(
        sinfo="printf 'n1|idle|a\\nn2|mixed|a\\nn3|down*|a\\nn4|drained|a\\nn5|allocated|a\\nn1|idle|b\\n'",
        scontrol="echo n2; echo n4",
    )
    assert useful_nodes({}) == ["n1", "n2", "n5"]
    assert useful_nodes({"exclude": "n[2,4]"}) == ["n1", "n5"]
    assert useful_nodes({"nodelist": "n[2,4]", "partition": "gpu"}) == ["n2"]


def test_without_a_partition_only_nodes_of_the_default_one_are_used(
    commands: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands(sinfo="echo $* > $0.words; printf 'n1|idle|main*\\nn2|idle|gpu\\nn3|idle|main*\\nn3|idle|gpu\\n'")
    assert useful_nodes({}) == ["n1", "n3"]
    monkeypatch.setenv("SBATCH_PARTITION", "gpu")
    useful_nodes({})
    assert "--partition=gpu" in (tmp_path / "bin" / "sinfo.words").read_text()


def test_without_slurm_the_machine_is_named_as_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AlcError, match="There is no sinfo on this machine; run this on a login node"):
        useful_nodes({})
    with pytest.raises(UsageError, match="There is no squeue on this machine"):
        task_states(["7"])
    pytest.importorskip("submitit", reason="needs the extra slurm")
    with pytest.raises(UsageError, match="There is no srun on this machine"):
        SlurmEngine(tmp_path / "slurm", {}).script(3)


def test_the_script_has_the_options_the_cap_and_the_signal_before_the_time_limit(
    commands: Install, tmp_path: Path
) -> None:
    pytest.importorskip("submitit", reason="needs the extra slurm")
    commands(srun="exit 0")
    engine = SlurmEngine(tmp_path / "mine" / "slurm", {"partition": "gpu", "gpus": "1", "time": "4:00:00"}, 8)
    lines = engine.script(40).splitlines()
    for name in ("partition=gpu", "gpus=1", "time=4:00:00", "array=0-39%8", "job-name=alc-mine", "requeue"):
        assert f"#SBATCH --{name}" in lines
    assert any(line.startswith("#SBATCH --signal=USR2@") for line in lines)
    assert "#SBATCH --time=60" in SlurmEngine(tmp_path / "mine" / "slurm", {}).script(1).splitlines()


def test_what_sbatch_refuses_is_said_in_its_words(commands: Install, tmp_path: Path) -> None:
    pytest.importorskip("submitit", reason="needs the extra slurm")
    commands(
        srun="exit 0",
        scontrol="echo 'MaxArraySize = 1001'",
        sbatch="echo 'sbatch: error: invalid partition specified: gpus' >&2; exit 1",
    )
    tasks = [Task("this", (), tmp_path / "log")] * 2
    with pytest.raises(AlcError, match=r"SLURM refused the jobs: .*invalid partition specified: gpus"):
        SlurmEngine(tmp_path / "mine" / "slurm", {"partition": "gpus"}).submit(tasks)


SECOND_IS_REFUSED = """echo "$*" >> $0.calls
[ $(wc -l < $0.calls) = 2 ] && { echo 'sbatch: error: the submit limit is reached' >&2; exit 1; }
echo "Submitted batch job $(wc -l < $0.calls)" """


def test_if_one_array_is_refused_those_before_it_are_cancelled(commands: Install, tmp_path: Path) -> None:
    pytest.importorskip("submitit", reason="needs the extra slurm")
    commands(
        srun="exit 0",
        scontrol="echo 'MaxArraySize = 3'",
        sbatch=SECOND_IS_REFUSED,
        scancel="echo $* > $0.words",
    )
    tasks = [Task("this", (), tmp_path / "log")] * 4
    with pytest.raises(AlcError, match=r"SLURM refused the jobs: .*the submit limit is reached"):
        SlurmEngine(tmp_path / "mine" / "slurm", {}, 1).submit(tasks)
    assert (tmp_path / "bin" / "scancel.words").read_text() == "1_0 1_1\n"


def test_nodes_whose_check_is_refused_are_used_unchecked_and_no_probe_stays_in_the_queue(
    commands: Install, tmp_path: Path
) -> None:
    pytest.importorskip("submitit", reason="needs the extra slurm")
    commands(
        srun="exit 0",
        sinfo="printf 'n1|idle|main*\\nn2|idle|main*\\nn3|idle|main*\\n'",
        sbatch=SECOND_IS_REFUSED,
        squeue="printf '1|PENDING||Resources\\n3|PENDING||Resources\\n'",
        scancel="echo $* >> $0.words",
    )
    engine = SlurmEngine(tmp_path / "mine" / "slurm", {})
    engine.poll_seconds = 0.05
    assert check_nodes(engine, tmp_path, [], patience=0.1) == {"n1": None, "n2": None, "n3": None}
    assert (tmp_path / "bin" / "scancel.words").read_text() == "1\n3\n"


def test_srun_gives_a_task_the_processors_of_its_job(commands: Install, tmp_path: Path) -> None:
    pytest.importorskip("submitit", reason="needs the extra slurm")
    commands(srun="exit 0")
    lines = SlurmEngine(tmp_path / "mine" / "slurm", {"cpus-per-task": "4"}).script(1).splitlines()
    (line,) = (line for line in lines if "SRUN_CPUS_PER_TASK" in line)
    assert lines.index(line) < next(number for number, each in enumerate(lines) if each.startswith("srun "))
    for job, told in (({"SLURM_CPUS_PER_TASK": "4"}, "4"), ({}, "none")):
        script = f"{line}\necho ${{SRUN_CPUS_PER_TASK:-none}}"
        done = subprocess.run(["/bin/sh", "-c", script], env=job, capture_output=True, text=True, check=True)
        assert done.stdout == f"{told}\n"


def test_more_tasks_than_an_array_may_have_are_several_arrays_one_after_the_other(
    commands: Install, tmp_path: Path
) -> None:
    pytest.importorskip("submitit", reason="needs the extra slurm")
    script = 'n=$(ls $0.* 2>/dev/null | wc -l); cp "$1" $0.$n; echo "Submitted batch job $((70 + n))"'
    commands(srun="exit 0", scontrol="echo 'MaxArraySize            = 3'", sbatch=script)
    tasks = [Task("this", (), tmp_path / "log")] * 5
    engine = SlurmEngine(tmp_path / "mine" / "slurm", {}, 1)
    assert engine.submit(tasks) == ["70_0", "70_1", "71_0", "71_1", "72"]
    scripts = [path.read_text() for path in sorted((tmp_path / "bin").glob("sbatch.*"))]
    assert [("dependency=afterany:" in script) for script in scripts] == [False, True, True]
    assert "dependency=afterany:71" in scripts[2]


class LocalJobs:
    """An engine whose jobs are processes of this machine, by submitit's local executor."""

    def __init__(self, folder: Path) -> None:
        pytest.importorskip("submitit", reason="needs the extra slurm")
        self.engine = SlurmEngine(folder, {}, cluster="local", query=self.states)
        self.engine.poll_seconds, self.engine.lag_seconds = 0.05, 0.5

    def states(self, ids: Collection[str]) -> Mapping[str, TaskState]:
        jobs = {job.job_id: job for job in self.engine.jobs}
        return {each: TaskState(Phase.ENDED if jobs[each].done() else Phase.RUNNING) for each in ids}

    def wait(self, id_: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while self.states([id_])[id_].phase is not Phase.ENDED:
            assert time.monotonic() < deadline, "it took too long"
            time.sleep(0.02)


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Writes a module that a task can run; returns its name."""
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{ROOT}")

    def write(code: str) -> str:
        (tmp_path / "a_task_of_a_test.py").write_text(code)
        return "a_task_of_a_test"

    return write


@pytest.mark.slow
def test_a_job_runs_its_task_with_its_output_in_the_log(tmp_path: Path, module: Callable[[str], str]) -> None:
    jobs = LocalJobs(tmp_path / "slurm")
    name = module("import sys\nprint(sys.argv[1])\nsys.exit(3)")
    (id_,) = jobs.engine.submit([Task(name, ("hello",), tmp_path / "task.log")])
    jobs.wait(id_)
    assert (tmp_path / "task.log").read_text() == "hello\n"


INTERRUPTED = """
import os, signal, sys, time
from pathlib import Path
path = Path(sys.argv[1])
def stop(*_):
    path.write_text(path.read_text() + "stopped ")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
if path.exists():
    path.write_text(path.read_text() + "resumed")
    sys.exit(0)
path.write_text("began ")
Path(sys.argv[2]).write_text(str(os.getppid()))
time.sleep(60)
"""


@pytest.mark.slow
def test_before_a_time_limit_the_task_writes_its_last_epoch_and_goes_on_in_the_requeued_job(
    tmp_path: Path, module: Callable[[str], str]
) -> None:
    jobs, path, parent = LocalJobs(tmp_path / "slurm"), tmp_path / "steps", tmp_path / "parent"
    (id_,) = jobs.engine.submit([Task(module(INTERRUPTED), (str(path), str(parent)), tmp_path / "task.log")])
    deadline = time.monotonic() + 60
    while not parent.exists() or not parent.read_text():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)
    os.kill(int(parent.read_text()), signal.SIGUSR2)
    jobs.wait(id_)
    assert path.read_text() == "began stopped resumed", (tmp_path / "task.log").read_text()


@pytest.mark.slow
def test_a_node_is_asked_whether_it_shares_the_folder_and_has_the_data(
    tmp_path: Path, commands: Install, module: Callable[[str], str]
) -> None:
    module("")
    commands(sinfo="printf 'n1|idle|main*\\nn2|idle|main*\\n'")
    jobs = LocalJobs(tmp_path / "slurm")
    (tmp_path / "data").mkdir()
    answers = check_nodes(jobs.engine, tmp_path, [tmp_path / "data"])
    assert sorted(answers) == ["n1", "n2"] and all(answer is not None for answer in answers.values())
    with pytest.raises(AlcError, match=rf"Node n[12] has no {tmp_path}/nowhere; put the data into a folder"):
        check_nodes(jobs.engine, tmp_path, [tmp_path / "nowhere"])
    assert not list(tmp_path.glob(".probe-*"))
