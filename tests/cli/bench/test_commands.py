from __future__ import annotations

import json
import os
import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from alc_tui.bench.suites import find_suite
from alc_tui.bench.sweep.files import JobRequest, RunReport, Submission, save, sweep_folder
from alc_tui.bench.sweep.plan import Job
from alc_tui.cli.bench.engines import EngineOptions, prepare_engine
from alc_tui.session import probe
from alc_tui.session.settings.training_time import Speed
from alc_tui.session.store.document import Document
from alc_tui.session.store.lock import WriterLock
from tests.bench import examples
from tests.cli.person import Alc
from tests.made_sessions import make_session, update_facts


@pytest.fixture(autouse=True)
def paced(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that trains on an image in 10 ms and scores one in 1 ms."""
    monkeypatch.setattr(probe, "probe_device", lambda _config: probe.DeviceProbe("cpu", Speed(0.01, 0.001)))


@pytest.fixture
def suite(colors: Path, tmp_path: Path) -> Path:
    return examples.write_suite(
        tmp_path / "small.toml", colors, 'method = "ct-vog"\nsampler = ["random", "margin"]\nseed = 0\n'
    )


def write_results(suite: Path, store: Path, scores: tuple[float, ...] = (0.4, 0.6), selection: bool = True) -> None:
    """Write results of the suite's runs."""
    path = store / "bench" / suite.stem / "results.jsonl"
    path.parent.mkdir(parents=True)
    ids = [run.id for run in find_suite(str(suite)).runs]
    lines = [
        examples.result_line(
            "ct-vog",
            sampler,
            0,
            scores,
            {"selection": examples.selection_scores(0.8, 0.6)} if selection else {},
            id_=id_,
        )
        for sampler, id_ in zip(("random", "margin"), ids, strict=True)
    ]
    examples.write_results(path, lines)


def test_a_dry_run_lists_the_runs_with_their_duration_and_creates_nothing(alc: Alc, suite: Path, store: Path) -> None:
    seen = alc("bench", "run", suite, "--dry-run")
    assert seen.code == 0 and not store.exists()
    head, first, second = seen.out.splitlines()
    assert head.split() == ["id", "dataset", "noise", "method", "sampler", "seed", "estimate"]
    assert first.split()[0] == find_suite(str(suite)).runs[0].id and "random" in first and "margin" in second
    plan = alc("bench", "run", suite, "--dry-run", "--json").json
    learning, rounds = (row["seconds"] for row in plan["missing"])
    # LNL is counted for the first run only; both have the same rounds.
    assert [row["shares_lnl"] for row in plan["missing"]] == [False, True]
    assert learning > rounds > 0 and plan["seconds"] == pytest.approx(learning + rounds)
    assert (plan["suite"], plan["done"]) == ("small", 0)


def test_a_dry_run_shows_the_settings_in_which_the_runs_differ(
    alc: Alc, colors: Path, tmp_path: Path, store: Path
) -> None:
    grid = 'method = ["clean", "ct-vog"]\nmix_ratio = [0.0, 0.5]\nseed = 0\n'
    suite = examples.write_suite(tmp_path / "mixes.toml", colors, grid)
    head, *rows = alc("bench", "run", suite, "--dry-run").out.splitlines()
    assert head.split()[-2:] == ["settings", "estimate"]
    assert sum("mix_ratio 0.5" in row for row in rows) == 2
    missing = alc("bench", "run", suite, "--dry-run", "--json").json["missing"]
    assert [row["settings"]["mix_ratio"] for row in missing if row["method"] == "ct-vog"] == [0.0, 0.5]


def test_a_dry_run_in_json_has_a_renamed_setting_under_both_names(alc: Alc, colors: Path, tmp_path: Path) -> None:
    grid = 'method = "ct-vog"\nvog_normalised = [true, false]\nseed = 0\n'
    suite = examples.write_suite(tmp_path / "renamed.toml", colors, grid)
    missing = alc("bench", "run", suite, "--dry-run", "--json").json["missing"]
    names = ("vog_normalized", "vog_normalised")
    assert [[row["settings"][name] for name in names] for row in missing] == [[True, True], [False, False]]


def test_a_dry_run_leaves_out_finished_runs_and_reports_those_that_cannot_be_run(
    alc: Alc, suite: Path, store: Path, tmp_path: Path
) -> None:
    write_results(suite, store)
    assert alc("bench", "run", suite, "--dry-run", "--json").json["missing"] == []
    lost = examples.write_suite(tmp_path / "lost.toml", tmp_path / "nowhere", 'method = "ce"\nseed = [0, 1]\n')
    seen = alc("bench", "run", lost, "--dry-run")
    assert seen.code == 0 and seen.out.count("cannot run") == 2
    assert "seed 0" in seen.err and "and 1 more cannot be run" in seen.err and "nowhere" in seen.err


def test_a_finished_suite_starts_nothing(alc: Alc, suite: Path, store: Path) -> None:
    write_results(suite, store)
    seen = alc("bench", "run", suite)
    assert (seen.code, seen.out) == (0, "") and "All 2 runs of small are done" in seen.err


def test_a_report_is_printed_in_the_specified_format(alc: Alc, suite: Path, store: Path, tmp_path: Path) -> None:
    write_results(suite, store)
    seen = alc("bench", "report", suite)
    assert seen.code == 0 and seen.err == "" and "ct-vog margin" in seen.out
    assert alc("bench", "report", suite, "--json").out == alc("bench", "report", suite, "--format", "json").out
    assert {table["table"] for table in alc("bench", "report", suite, "--json").json["tables"]} > {"summary", "rare"}
    only = alc("bench", "report", suite, "--format", "csv", "--table", "selection").out
    assert only.splitlines()[0] == "task,method,clean set,clean set std,precision,precision std,recall,recall std,seeds"
    seen = alc("bench", "report", suite, "--format", "markdown", "--to", tmp_path / "there" / "report.md")
    assert seen.out == "" and (tmp_path / "there" / "report.md").read_text().startswith("### isic, noise 0.5: summary")


def test_a_report_is_in_the_order_of_the_suite_whichever_run_ended_first(alc: Alc, suite: Path, store: Path) -> None:
    write_results(suite, store)
    before = alc("bench", "report", suite).out
    path = store / "bench" / "small" / "results.jsonl"
    path.write_text("".join(reversed(path.read_text().splitlines(keepends=True))))
    assert alc("bench", "report", suite).out == before


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--format", "latx"), "Unknown format 'latx'; did you mean latex?"),
        (("--table", "sumary"), "Unknown table 'sumary'; did you mean summary?"),
    ],
)
def test_an_unknown_format_or_table_is_a_usage_error(
    alc: Alc, suite: Path, store: Path, words: tuple[str, ...], sentence: str
) -> None:
    write_results(suite, store)
    seen = alc("bench", "report", suite, *words)
    assert seen.code == 2 and seen.out == "" and sentence in seen.error


def test_missing_results_and_those_of_other_runs_are_reported(alc: Alc, suite: Path, store: Path) -> None:
    write_results(suite, store)
    path = store / "bench" / "small" / "results.jsonl"
    first, second = path.read_text().splitlines()
    path.write_text(first + "\n" + json.dumps({**json.loads(second), "id": "0123456789ab"}) + "\n")
    seen = alc("bench", "report", suite)
    assert seen.code == 0 and "ct-vog margin" not in seen.out
    assert "1 result is skipped" in seen.err and "runs that are not part of" in seen.err
    assert "1 of 2 runs have no result yet" in seen.err


def test_a_file_of_results_is_reported_as_it_is(alc: Alc, suite: Path, store: Path) -> None:
    write_results(suite, store)
    path = store / "bench" / "small" / "results.jsonl"
    assert alc("bench", "report", path).out == alc("bench", "report", suite).out
    assert "published" not in alc("bench", "report", path).out
    paper = [run.id for run in find_suite("isic-paper").runs if run.config.noise == 0.5]
    examples.write_results(path, [examples.result_line("ct-vog", "entropy", 0, (0.4, 0.6), id_=paper[0])])
    assert "labels to 100%, published" in alc("bench", "report", path, "--format", "markdown").out
    seen = alc("bench", "report", "nowhere.jsonl")
    assert seen.code == 2 and "File nowhere.jsonl not found" in seen.error
    path.write_text("nonsense\n")
    seen = alc("bench", "report", path)
    assert seen.code == 2 and "has no readable results" in seen.error and "Line 1 of" in seen.error


def test_results_of_several_stores_and_files_are_one_report(alc: Alc, suite: Path, store: Path, tmp_path: Path) -> None:
    write_results(suite, store)
    whole = alc("bench", "report", suite).out
    path = store / "bench" / "small" / "results.jsonl"
    first, second = path.read_text().splitlines(keepends=True)
    path.write_text(first)
    other = tmp_path / "other" / "bench" / "small" / "results.jsonl"
    other.parent.mkdir(parents=True)
    other.write_text(second)
    seen = alc("bench", "report", suite, "--store", store, "--store", tmp_path / "other")
    assert (seen.out, seen.err) == (whole, "")
    seen = alc("bench", "report", path, other, "--json").json
    tables = alc("bench", "report", suite, "--store", store, "--store", tmp_path / "other", "--json").json["tables"]
    assert seen["tables"] == tables and seen["suite"] == "results, results"
    seen = alc("bench", "report", path, path)
    assert "1 result skipped: those runs already have one" in seen.err
    files = alc("bench", "plot", path, other, "--to", tmp_path / "plots").out.splitlines()
    assert files and all(Path(file).is_file() for file in files)


def test_a_suite_without_results_has_no_report(alc: Alc, suite: Path, store: Path) -> None:
    for words in (("report", suite), ("plot", suite), ("plot", suite, "--terminal")):
        seen = alc("bench", *words)
        assert (seen.code, seen.out) == (3, "")
        assert "has no results in" in seen.error and f"run `alc bench run {suite}`" in seen.error
    write_results(suite, store)
    path = store / "bench" / "small" / "results.jsonl"
    path.write_text(path.read_text()[:-20].splitlines()[1])
    seen = alc("bench", "report", suite)
    assert seen.code == 3 and "is incomplete and was skipped" in seen.error


def test_a_table_without_rows_is_reported(alc: Alc, suite: Path, store: Path) -> None:
    write_results(suite, store, selection=False)
    seen = alc("bench", "report", suite, "--table", "selection")
    assert (seen.code, seen.out) == (2, "") and "no data for the table selection" in seen.error


@pytest.mark.parametrize(("format_", "package"), [("csv", "pandas"), ("markdown", "tabulate"), ("latex", "jinja2")])
def test_without_the_extra_only_text_and_json_are_written_and_the_extra_is_named(
    alc: Alc, suite: Path, store: Path, monkeypatch: pytest.MonkeyPatch, format_: str, package: str
) -> None:
    write_results(suite, store)
    monkeypatch.setitem(sys.modules, package, None)
    seen = alc("bench", "report", suite, "--format", format_)
    assert (seen.code, seen.out) == (2, "")
    assert seen.error == (
        f"The format {format_} needs {package}, which is not installed; run `pip install 'alc-tui[report]'`."
    )
    assert "ct-vog margin" in alc("bench", "report", suite).out
    assert alc("bench", "report", suite, "--json").json["suite"] == "small"


def test_a_report_is_as_wide_as_the_terminal(
    alc: Alc, suite: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_results(suite, store)
    for columns in (80, 120):
        monkeypatch.setenv("COLUMNS", str(columns))
        assert max(map(len, alc("bench", "report", suite).out.splitlines())) <= columns


def test_plots_are_files_that_stdout_lists(alc: Alc, suite: Path, store: Path, tmp_path: Path) -> None:
    write_results(suite, store)
    seen = alc("bench", "plot", suite)
    files = [Path(line) for line in seen.out.splitlines()]
    assert seen.code == 0 and len(files) == 6 and all(path.is_file() for path in files)
    assert {path.parent for path in files} == {store / "bench" / "small" / "plots"}
    plotted = alc("bench", "plot", suite, "--to", tmp_path / "here", "--json").json
    assert [Path(path).name for path in plotted["files"]] == [path.name for path in files]


def test_the_terminal_shows_letters(alc: Alc, suite: Path, store: Path) -> None:
    write_results(suite, store)
    seen = alc("bench", "plot", suite, "--terminal")
    assert seen.code == 0 and "A  0.600  ct-vog random" in seen.out and "\x1b" not in seen.out
    (store / "bench" / "small" / "results.jsonl").unlink()
    (store / "bench" / "small").rmdir()
    write_results(suite, store, scores=(0.4,), selection=False)
    for words in ((), ("--terminal",)):
        seen = alc("bench", "plot", suite, *words)
        assert seen.code == 2 and seen.out == "" and "Nothing to plot" in seen.error


def test_an_unknown_suite_is_a_usage_error(alc: Alc) -> None:
    seen = alc("bench", "run", "dem")
    assert seen.code == 2 and seen.error == "Unknown suite 'dem'; did you mean demo?"


def test_a_suite_whose_weights_are_another_file_of_the_same_name_is_refused(
    alc: Alc, colors: Path, tmp_path: Path, store: Path
) -> None:
    files = [tmp_path / name / "model.pt" for name in ("one", "same", "other")]
    for file, content in zip(files, ("1", "1", "2"), strict=True):
        file.parent.mkdir()
        file.write_text(content)

    def run(weights: Path) -> str:
        suite = examples.write_suite(tmp_path / "mine.toml", colors, "seed = 0\n", weights=str(weights))
        session = sweep_folder(store, "mine").job(find_suite(str(suite)).runs[0].session).session
        if not session.path.exists():
            make_session(session.path)
            update_facts(session, config=replace(Document(session.document).config, weights=str(weights)))
        return alc("bench", "run", suite, "--dry-run").err

    refused = f"The suite 'mine' has used the weights {files[0]}, not {files[2]}; rename the weights file"
    assert "has used" not in run(files[0]) + run(files[1]) and refused in run(files[2])


@pytest.fixture
def two_jobs(colors: Path, tmp_path: Path) -> Path:
    return examples.write_suite(tmp_path / "two.toml", colors, 'method = ["ct", "ce"]\nseed = 0\n')


def test_the_status_lists_the_jobs_that_are_not_done(alc: Alc, two_jobs: Path, store: Path) -> None:
    seen = alc("bench", "status", two_jobs)
    assert seen.code == 0 and seen.out.count("planned") == 2
    assert seen.err == "two: 0 of 2 runs done, 2 jobs planned.\n" and not store.exists()
    first, second = find_suite(str(two_jobs)).runs
    folder = sweep_folder(store, "two")
    for run in (first, second):
        folder.job(run.session).path.mkdir(parents=True)
        save(JobRequest((run,)), folder.job(run.session).request)
    save(Submission("local", "4711"), folder.job(first.session).submission)
    save(RunReport(error="It failed."), folder.job(second.session).report(second.id))
    with WriterLock(folder.job(first.session).lock, "a job of a sweep"):
        seen = alc("bench", "status", two_jobs, "--json").json
        states = {job["session"]: (job["state"], job["engine"], job["errors"]) for job in seen["jobs"]}
        assert states == {
            first.session: ("running", "local", []),
            second.session: ("failed", "", ["It failed."]),
        }
        assert seen["jobs"][0]["where"].endswith(socket.gethostname())
    after = alc("bench", "status", two_jobs)
    assert "stopped" in after.out and "1 run failed: It failed." in after.err


def test_the_status_of_jobs_in_the_queue_of_slurm_is_asked_of_slurm(
    alc: Alc, two_jobs: Path, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "squeue").write_text("#!/bin/sh\nprintf '7_0|RUNNING|gpu3|None\\n7_1|PENDING||Resources\\n'\n")
    (commands / "squeue").chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}:{os.environ['PATH']}")
    for number, run in enumerate(find_suite(str(two_jobs)).runs):
        job = sweep_folder(store, "two").job(run.session)
        job.path.mkdir(parents=True)
        save(JobRequest((run,)), job.request)
        save(Submission("slurm", f"7_{number}"), job.submission)
    found = [(job["id"], job["state"], job["where"]) for job in alc("bench", "status", two_jobs, "--json").json["jobs"]]
    assert found == [("7_0", "running", "gpu3"), ("7_1", "waiting", "Resources")]


@pytest.fixture
def in_slurm(two_jobs: Path, store: Path) -> list[Job]:
    """The jobs of the suite, as submitted to SLURM."""
    folder, jobs = sweep_folder(store, "two"), []
    for number, run in enumerate(find_suite(str(two_jobs)).runs):
        files = folder.job(run.session)
        files.path.mkdir(parents=True)
        save(JobRequest((run,)), files.request)
        save(Submission("slurm", f"7_{number}"), files.submission)
        jobs.append(Job((run,), None, None, 72))
    return jobs


@pytest.mark.usefixtures("in_slurm")
def test_without_slurm_jobs_that_were_submitted_to_it_are_not_waited_for(
    alc: Alc, two_jobs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    seen = alc("bench", "run", two_jobs)
    assert seen.code == 2 and seen.error == (
        "Jobs of two were submitted to SLURM, whose commands are not on this machine; run this on a login node, or "
        "specify --engine local to run here what no other process does."
    )
    found = alc("bench", "status", two_jobs, "--json").json["jobs"]
    assert {(job["state"], job["where"]) for job in found} == {("waiting", "this machine has no squeue")}


@pytest.mark.parametrize(("queue", "is_checked"), [("7_0 7_1", False), ("7_0", True), ("", True)])
def test_nodes_are_checked_unless_all_jobs_are_in_the_queue(
    in_slurm: list[Job], store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, queue: str, is_checked: bool
) -> None:
    commands = tmp_path / "bin"
    commands.mkdir()
    scripts = {
        "squeue": f'for id in {queue}; do echo "$id|PENDING||Resources"; done',
        "scontrol": "echo 'JobId=7 JobState=TIMEOUT ExitCode=0:0 NodeList=n1'",
        "sinfo": "touch $0.asked",
    }
    for name, script in scripts.items():
        (commands / name).write_text(f"#!/bin/sh\n{script}\n")
        (commands / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}:{os.environ['PATH']}")
    prepare_engine(EngineOptions("slurm", None, {}, None), sweep_folder(store, "two"), in_slurm)
    assert (commands / "sinfo.asked").exists() is is_checked


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--engine", "slum"), "Unknown engine 'slum'; did you mean slurm?"),
        (("--slurm", "partition=gpu"), "--slurm is for the engine slurm, not local; add --engine slurm."),
        (("--engine", "slurm", "--ray-address", "auto"), "--ray-address is for the engine ray, not slurm"),
    ],
)
def test_options_of_another_engine_are_refused(alc: Alc, two_jobs: Path, words: tuple[str, ...], sentence: str) -> None:
    seen = alc("bench", "run", two_jobs, *words)
    assert seen.code == 2 and sentence in seen.error


def test_a_dry_run_prints_the_job_as_slurm_would_get_it(
    alc: Alc, colors: Path, tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("submitit", reason="needs the extra slurm")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "srun").write_text("#!/bin/sh\n")
    (tmp_path / "bin" / "srun").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    suite = examples.write_suite(tmp_path / "two.toml", colors, 'method = ["ct", "ce"]\nseed = 0\n')
    suite.write_text(f"{suite.read_text()}\n[slurm]\npartition = 'gpu'\ntime = 90\n")
    seen = alc("bench", "run", suite, "--engine", "slurm", "--slurm", "time=30", "--jobs", 1, "--dry-run")
    assert seen.code == 0 and not store.exists()
    for option in ("partition=gpu", "time=30", "array=0-1%1"):
        assert f"#SBATCH --{option}\n" in seen.out
    seen = alc("bench", "run", suite, "--engine", "slurm", "--dry-run", "--json").json
    assert "#SBATCH --time=90" in seen["job"] and len(seen["missing"]) == 2
    assert "job" not in alc("bench", "run", suite, "--dry-run", "--json").json


def test_a_finished_suite_has_no_jobs(alc: Alc, suite: Path, store: Path) -> None:
    write_results(suite, store)
    seen = alc("bench", "status", suite)
    assert (seen.code, seen.out, seen.err) == (0, "", "small: 2 of 2 runs done.\n")
