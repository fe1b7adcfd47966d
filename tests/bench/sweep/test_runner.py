"""Sweeps that really run, in processes of their own."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from alc_tui.bench.results import ResultLog, RoundResult, read
from alc_tui.bench.sweep.files import SweepFolder, sweep_folder
from alc_tui.bench.sweep.runner import locked
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.lock import is_held
from alc_tui.session.store.typed_json import encode
from tests.bench import examples
from tests.bench.alc_process import start
from tests.session.small import advance, make

pytestmark = pytest.mark.slow

KILLS = 4
GRID = 'method = ["ct-vog", "ce"]\nsampler = ["random", "entropy"]\nseed = 0\n'


@dataclass(frozen=True)
class Swept:
    """A finished sweep: the suite, its store, and the output of the command."""

    suite: Path
    store: Path
    code: int
    out: str
    err: str

    @property
    def folder(self) -> SweepFolder:
        return sweep_folder(self.store, self.suite.stem)


def sweep(suite: Path, store: Path, *words: object) -> Swept:
    process = start(["bench", "run", suite, "--store", store, *words])
    out, err = process.communicate(timeout=240)
    return Swept(suite, store, process.returncode, out, err)


def untimed(result: RoundResult) -> dict[str, Any]:
    """A round as it is stored, without durations."""
    return {name: value for name, value in encode(result).items() if name not in ("seconds", "label_seconds")}


def numbers(folder: SweepFolder) -> dict[str, Any]:
    """The results without their durations, by run."""
    found, notices = read(folder.results)
    assert notices == []
    return {
        result.id: (
            {**vars(result), "seconds": None, "rounds": None},
            [untimed(each) for each in result.rounds],
        )
        for result in found
    }


@pytest.fixture(scope="module")
def suite(colors: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two methods × two samplers."""
    return examples.write_suite(tmp_path_factory.mktemp("suite") / "small.toml", colors, GRID)


@pytest.fixture(scope="module")
def swept(suite: Path, tmp_path_factory: pytest.TempPathFactory) -> Swept:
    """The undisturbed sweep; not to be written to."""
    return sweep(suite, tmp_path_factory.mktemp("store"), "--json")


def test_a_sweep_trains_once_what_samplers_share_and_reports_its_outcome(swept: Swept) -> None:
    assert swept.code == 0, swept.err
    outcome = json.loads(swept.out)
    assert (outcome["suite"], outcome["runs"], outcome["done"], outcome["failed"]) == ("small", 4, 4, [])
    assert "4 of 4 runs done" in swept.err and "All 4 runs of small are done" in swept.err
    sessions = [SessionFolder(path) for path in sorted(swept.folder.sessions.iterdir())]
    assert [folder.name.split("-s0-")[0] for folder in sessions] == ["ce", "ct-vog"]
    assert [len(folder.replays()) for folder in sessions] == [2, 2]
    assert not any((folder.path / "journal.jsonl").exists() for folder in sessions)


def networks(folder: SweepFolder) -> list[str]:
    """The files of weights in a sweep's sessions, without the sessions' digests."""
    paths = sorted(path.relative_to(folder.sessions) for path in folder.sessions.rglob("*.safetensors"))
    return [f"{path.parts[0].split('-s0-')[0]}/{'/'.join(path.parts[1:])}" for path in paths]


LNL_WEIGHTS = [
    "ce/weights/round-00-best.safetensors",
    "ce/weights/round-00.safetensors",
    "ct-vog/weights/peer-2.safetensors",
    "ct-vog/weights/round-00-best.safetensors",
    "ct-vog/weights/round-00.safetensors",
]


def test_only_the_networks_of_lnl_are_kept(swept: Swept) -> None:
    assert networks(swept.folder) == LNL_WEIGHTS


def test_a_sampler_that_is_added_later_starts_from_the_existing_lnl(swept: Swept, colors: Path, tmp_path: Path) -> None:
    shutil.copytree(swept.store, tmp_path / "store")
    folder = sweep_folder(tmp_path / "store", "small")
    before = {path: path.read_bytes() for path in folder.sessions.glob("*/events.jsonl")}
    grid = 'method = "ct-vog"\nsampler = ["random", "peers"]\nseed = 0\n'
    found = sweep(examples.write_suite(tmp_path / "small.toml", colors, grid), tmp_path / "store")
    assert found.code == 0, found.err
    assert len(read(folder.results)[0]) == 5 and len(before) == 2
    assert {path: path.read_bytes() for path in folder.sessions.glob("*/events.jsonl")} == before
    assert networks(folder) == LNL_WEIGHTS


@pytest.mark.parametrize("method", ["ct-vog", "ce"])
def test_the_numbers_are_those_of_a_session_and_its_replays_to_the_last_digit(
    swept: Swept, colors: Path, tmp_path: Path, method: str
) -> None:
    from alc_tui.session import replay

    session = make(colors, tmp_path / "store", "mine", method=method)
    advance(session)
    results = {each.sampler: each for each in read(swept.folder.results)[0] if each.method == method}
    assert set(results) == {"random", "entropy"}
    for sampler, result in results.items():
        oracle = replay.parse_oracle("gt", session, session.path.parent)
        folder = replay.prepare(session, oracle, {"sampler": sampler}, lambda _event: None)
        replay.run(folder, oracle, lambda _event: None)
        entries = Document(folder.document).rounds
        assert len(entries) == len(result.rounds) == 3
        for record, measured in zip(entries, result.rounds, strict=True):
            stored, values = encode(record), untimed(measured)
            assert values.pop("recall") == dict(zip(result.classes, record.scores.best.recall, strict=True))
            assert values == {name: stored[name] for name in values}
        first = result.rounds[0]
        assert first.forget_rate is not None and first.selection is not None and first.clean_per_class is not None


def test_a_second_run_does_only_what_is_missing(swept: Swept, tmp_path: Path) -> None:
    """The last line is incomplete and the first is of another version: both are repeated from the existing sessions."""
    shutil.copytree(swept.store, tmp_path / "store")
    folder = sweep_folder(tmp_path / "store", "small")
    first, *middle, last, _ = folder.results.read_bytes().split(b"\n")
    other = {**json.loads(first), "schema": 0}
    folder.results.write_bytes(b"\n".join([json.dumps(other).encode(), *middle, last[:-20]]))
    again = sweep(swept.suite, tmp_path / "store")
    assert again.code == 0, again.err
    assert "1 result in" in again.err and "by another version of alc" in again.err
    assert "is incomplete and was skipped; that run will be repeated" in again.err and "2 of 4 runs done" in again.err
    lines = folder.results.read_bytes().splitlines()
    assert lines[1:3] == middle and len(lines) == 5
    folder.results.write_bytes(b"\n".join(lines[1:]) + b"\n")
    assert numbers(folder) == numbers(swept.folder)
    done = sweep(swept.suite, tmp_path / "store")
    assert done.code == 0 and folder.results.read_bytes().splitlines() == lines[1:]


def test_a_failing_data_set_in_the_middle_does_not_stop_the_others(colors: Path, tmp_path: Path) -> None:
    grid = f'dataset = ["folder:{colors}", "folder:{tmp_path}/nowhere", "csv:{tmp_path}/no.csv"]\nmethod = "clean"\n'
    suite = examples.write_suite(tmp_path / "mixed.toml", colors, grid + "seed = [0, 1]\n", rounds=0)
    found = sweep(suite, tmp_path / "store", "--json", "--jobs", "2")
    assert found.code == 1
    outcome = json.loads(found.out)
    assert (outcome["runs"], outcome["done"], len(outcome["failed"])) == (6, 2, 4)
    assert all("nowhere" in each["error"] or "no.csv" in each["error"] for each in outcome["failed"])
    assert "nowhere, noise 0.4, seed 0" in found.err and "and 1 more cannot be run: " in found.err
    last = found.err.splitlines()[-1]
    assert (
        last.startswith("Error: 4 of 6 runs of mixed failed (the first is clean random, folder:")
        and "bench run" in last
    )
    assert len(read(found.folder.results)[0]) == 2
    assert {result.threads for result in read(found.folder.results)[0]} == {1}


def test_a_worker_that_dies_fails_its_runs_alone(swept: Swept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "torch.py").write_text("import os\nos.kill(os.getpid(), 9)\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path(__file__).parents[3]}")
    found = sweep(swept.suite, tmp_path / "store")
    assert found.code == 1 and "its process ended by signal 9" in found.err
    assert found.err.splitlines()[-1].startswith("Error: 4 of 4 runs of small failed")
    assert read(found.folder.results) == ([], [])


@pytest.fixture
def quiet() -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that are killed when the test ends."""
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


def held(folder: SweepFolder) -> bool:
    """Whether a process works in the sweep's sessions."""
    return any(is_held(path) for path in folder.sessions.rglob("*lock"))


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.01)


def event_bytes(folder: SweepFolder) -> int:
    """The size of all events of the sessions and replays so far."""
    return sum(path.stat().st_size for path in folder.path.rglob("events.jsonl"))


def test_killed_again_and_again_it_ends_at_the_same_results(
    swept: Swept, tmp_path: Path, quiet: list[subprocess.Popen[str]]
) -> None:
    """kill -9 of the sweep at random moments of its start and of its work; its workers end with it."""
    folder, chance, kills = sweep_folder(tmp_path / "store", "small"), random.Random(4), 0
    while kills < KILLS:
        before = event_bytes(folder)
        process = start(["bench", "run", swept.suite, "--store", tmp_path / "store"])
        quiet.append(process)
        if kills % 2 == 0:
            wait_for(partial(has_worked, process, folder, before))
        time.sleep(chance.uniform(0, 0.4 if kills % 2 == 0 else 2.5))
        alive = process.poll() is None
        process.kill()
        process.wait()
        kills += alive
        wait_for(lambda: not held(folder))
        if not alive:
            undo_the_last_run(folder)
    again = sweep(swept.suite, tmp_path / "store")
    assert again.code == 0, again.err
    assert numbers(folder) == numbers(swept.folder)
    assert not list(folder.sessions.glob(".*"))
    assert networks(folder) == LNL_WEIGHTS


def has_worked(process: subprocess.Popen[str], folder: SweepFolder, before: int) -> bool:
    """Whether the sweep has ended, or its events are more than before."""
    return process.poll() is not None or event_bytes(folder) > before


def undo_the_last_run(folder: SweepFolder) -> None:
    """Make something remain to be done."""
    *others, last = folder.results.read_bytes().splitlines(keepends=True)
    folder.results.write_bytes(b"".join(others))
    result = json.loads(last)
    for replay in SessionFolder(folder.sessions / result["session"]).replays():
        if f"-{result['config']['sampler']}-" in replay.name:
            shutil.rmtree(replay.path)


def test_ctrl_c_writes_the_last_epochs_to_disk_and_says_how_to_continue(
    swept: Swept, tmp_path: Path, quiet: list[subprocess.Popen[str]]
) -> None:
    folder = sweep_folder(tmp_path / "store", "small")
    process = start(["bench", "run", swept.suite, "--store", tmp_path / "store"])
    quiet.append(process)
    wait_for(lambda: event_bytes(folder) > 0)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in err
    assert "Interrupted; run the same command to resume from the last finished epochs." in err
    assert not held(folder) and not is_held(folder.lock)


def test_a_suite_that_is_being_run_is_refused(swept: Swept, tmp_path: Path) -> None:
    with locked(sweep_folder(tmp_path / "store", "small")):
        found = sweep(swept.suite, tmp_path / "store")
    assert found.code == 3 and "The suite 'small' is already being run by" in found.err


def test_a_result_is_appended_to_those_of_a_sweep_only_once(swept: Swept, tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    shutil.copy(swept.folder.results, path)
    log, result = ResultLog(path), read(path)[0][0]
    for id_ in ("another", "another", result.id):
        log.append(replace(result, id=id_))
    ResultLog(path).append(replace(result, id="another"))
    assert len(path.read_text().splitlines()) == len(read(path)[0]) == 5


def test_sweeping_and_reporting_import_no_torch_and_load_no_pandas_ahead_of_need() -> None:
    code = (
        "import sys, alc_tui.bench.sweep.runner, alc_tui.bench.sweep.plan\n"
        "import alc_tui.bench.report.rendering, alc_tui.bench.plots.terminal\n"
        "print(sorted({'torch', 'sklearn', 'scipy', 'pandas', 'matplotlib', 'textual'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
