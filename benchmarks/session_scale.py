"""A session of 100,000 samples, labels only: how long `list`, `show`, opening the queue and a decision take.

Commands are timed as whole processes, start-up included. Decisions are timed with the fsync and what the screen asks
after each; the first and the last thousand of them apart. Prints one JSON line.

    python -m benchmarks.session_scale --samples 100000 --decisions 20000
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from alc_tui.data.dataset import TEST, TRAIN, VAL
from alc_tui.model.scoring.metrics import score
from alc_tui.session.labeling.passes import QueuePass
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.settings.config import Config
from alc_tui.session.store.arrays import RoundArrays, Samples, save
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from alc_tui.session.store.ledger import Ledger
from alc_tui.session.store.records import DatasetRecord, MacroF1, RoundRecord, RoundScores, Scores
from alc_tui.session.store.typed_json import decode

CLASSES = tuple(f"class-{number}" for number in range(8))
OPEN_QUEUE = (
    "import sys; from pathlib import Path; from alc_tui.session.store.folder import SessionFolder; "
    "from alc_tui.session.labeling.service import SessionService; "
    "print(SessionService(SessionFolder(Path(sys.argv[1])), write=True).next_item().sample)"
)


def main() -> None:
    """Make the session, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--decisions", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=5, help="of each command")
    parser.add_argument("--small", action="store_true", help="the smallest size, to see whether the script works")
    asked = parser.parse_args()
    if asked.small:
        asked.samples, asked.decisions, asked.repeats = 300, 20, 1
    with tempfile.TemporaryDirectory() as store:
        folder = SessionFolder(Path(store) / "large")
        make(folder, asked.samples, queued=asked.decisions + 1)
        before = commands(folder, asked.repeats)
        seconds = decide(folder, asked.decisions)
        result = {
            "cores": os.cpu_count(),
            "samples": asked.samples,
            "decisions": asked.decisions,
            "seconds_before_decisions": before,
            "seconds_after_decisions": commands(folder, asked.repeats),
            "decision_ms_median_first_1000": round(1000 * statistics.median(seconds[:1000]), 3),
            "decision_ms_median_last_1000": round(1000 * statistics.median(seconds[-1000:]), 3),
            "decision_ms_p99": round(1000 * statistics.quantiles(seconds, n=100)[98], 3),
        }
    print(json.dumps(result))


def commands(folder: SessionFolder, repeats: int) -> dict[str, float]:
    """Median seconds of each command as a process of its own."""
    alc = [sys.executable, "-m", "alc_tui", "session"]
    store = ["--store", str(folder.path.parent)]
    return {
        "list": timed([*alc, "list", *store], repeats),
        "show": timed([*alc, "show", folder.name, *store], repeats),
        "open_queue": timed([sys.executable, "-c", OPEN_QUEUE, str(folder.path)], repeats),
    }


def timed(command: list[str], repeats: int) -> float:
    """Median wall seconds of a command."""
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - began)
    return round(statistics.median(seconds), 3)


def decide(folder: SessionFolder, count: int) -> list[float]:
    """Confirm sample after sample; seconds of each."""
    seconds = []
    with SessionService(folder, "benchmark", write=True) as service:
        queue = QueuePass(service)
        showing = queue.next()
        for _ in range(count):
            assert showing is not None
            began = time.perf_counter()
            queue.decide(showing, Verdict("label", showing.item.given, 1.0))
            service.progress()
            showing = queue.next()
            queue.upcoming(3)
            seconds.append(time.perf_counter() - began)
    return seconds


def make(folder: SessionFolder, count: int, queued: int) -> None:
    """A session after LNL, by its files alone."""
    rng = np.random.default_rng(0)
    (folder.path / "weights").mkdir(parents=True)
    split = rng.choice([TRAIN, VAL, TEST], count, p=[0.7, 0.1, 0.2]).astype(np.int8)
    given = rng.integers(0, len(CLASSES), count)
    ids = np.array([f"2019/images/ISIC_{number:07d}" for number in range(count)])
    save(folder.samples, Samples(ids, ids, given, given, split))
    training = int((split == TRAIN).sum())
    probabilities = rng.dirichlet(np.ones(len(CLASSES)), training).astype(np.float32)
    ones, ranking = np.ones(training, dtype=np.float32), rng.permutation(training)[:queued]
    answers = probabilities[: int((split == TEST).sum())]
    clean, neighbors, typical = (
        np.zeros(training, dtype=np.bool_),
        np.full((queued, 4), -1),
        np.full((len(CLASSES), 8), -1),
    )
    clusters = np.arange(queued) // 8
    labels, scores = given[split == TRAIN], ranking.astype(float)
    arrays = RoundArrays(
        clean, labels, ones, ones, probabilities, ranking, scores, answers, answers, neighbors, clusters, typical
    )
    save(folder.round_arrays(0), arrays)
    document = Document(folder.document)
    dataset = DatasetRecord(name="isic", root="/", splits={"train": training, "val": 0, "test": 0})
    document.create(Config("isic", rounds=1, budget=queued), {}, dataset, CLASSES, "none")
    measured = decode(Scores, score(answers, given[split == TEST]))
    document.add_round(
        RoundRecord(
            round=0,
            ledger=Ledger(),
            decided_total=0,
            queued=queued,
            clean_size=0,
            macro_f1=MacroF1(measured.macro_f1, measured.macro_f1),
            f1=dict(zip(CLASSES, measured.f1, strict=True)),
            best_epoch=0,
            scores=RoundScores(measured, measured),
            validation=(),
            seconds=0.0,
        )
    )


if __name__ == "__main__":
    main()
