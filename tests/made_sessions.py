"""Sessions made without any training: ready to be labelled, and taken through their rounds by pretence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alc_tui.data.dataset import TEST, TRAIN, UNKNOWN, VAL
from alc_tui.session.arrays import RoundArrays, Samples, load_round, load_samples, save
from alc_tui.session.config import Config, names
from alc_tui.session.document import Document
from alc_tui.session.events import Epoch, EventLog, RoundFinished, Started
from alc_tui.session.folder import SessionFolder
from alc_tui.session.journal import EXCLUDE, LABEL, Journal, Verdicts
from alc_tui.session.ledger import Ledger, ledger

CLASSES = ("MEL", "NV", "BCC")


def make_session(
    path: Path,
    classes: Sequence[str] = CLASSES,
    samples: int = 60,
    budget: int = 5,
    rounds: int = 2,
    seed: int = 0,
    images: Sequence[Path] | None = None,
    image_size: tuple[int, int] = (24, 18),
    with_truth: bool = True,
    trained: bool = True,
    **settings: Any,
) -> SessionFolder:
    """A session at `path` after LNL, with its first queue (before LNL, if not `trained`).

    samples: how many there are; 60 % train, 20 % validation, 20 % test. images: files to use instead of drawing some
    beside the session. The clean set is the first third of the training samples.
    """
    rng = np.random.default_rng(seed)
    root = path.parent / f"{path.name}-images"
    locators = _draw_images(root, samples, image_size, rng) if images is None else [file.name for file in images]
    root = root if images is None else images[0].parent
    samples = len(locators)
    (path / "weights").mkdir(parents=True)
    folder = SessionFolder(path)
    config = Config(
        dataset=f"folder:{root}", noise=0.5 if with_truth else None, rounds=rounds, budget=budget, **settings
    )
    truth = np.arange(samples, dtype=np.int64) % len(classes)
    given = np.where(rng.random(samples) < 0.5, truth, rng.integers(len(classes), size=samples))
    split = np.resize(np.array([TRAIN, TRAIN, TRAIN, VAL, TEST], dtype=np.int8), samples)
    made = Samples(
        np.array(locators), np.array(locators), given, truth if with_truth else np.full(samples, UNKNOWN), split
    )
    save(folder.samples, made)
    facts = {
        "dataset": {
            "name": config.dataset,
            "root": str(root),
            "splits": {
                "train": int((split == TRAIN).sum()),
                "val": int((split == VAL).sum()),
                "test": int((split == TEST).sum()),
            },
        },
        "classes": list(classes),
        "device": "cpu",
        "bad": [],
        "twins": [],
    }
    Document(folder.document).create(config, dict.fromkeys(names(), "default"), facts)
    if trained:
        _write_round(folder, 0, np.arange(len(made.train)) < len(made.train) // 3, Ledger(), 0, {})
    return folder


def finish_round(folder: SessionFolder) -> None:
    """Pretend the training that is next: freeze the journal, write the round's arrays, its document and its events."""
    document, samples = Document(folder.document), load_samples(folder.samples)
    number, classes = len(document.rounds), document.session["classes"]
    if number == 0:
        _write_round(folder, 0, np.arange(len(samples.train)) < len(samples.train) // 3, Ledger(), 0, {})
        return
    decisions = Journal(folder.journal).decisions
    document.update(retraining={"round": number, "position": len(decisions)})
    verdicts = Verdicts(decisions).all()
    ids = samples.ids[samples.train]
    labelled = np.isin(ids, [sample for sample, verdict in verdicts.items() if verdict.kind == LABEL])
    excluded = np.isin(ids, [sample for sample, verdict in verdicts.items() if verdict.kind == EXCLUDE])
    clean = (load_round(folder.round_arrays(0)).clean | labelled) & ~excluded
    given = {str(samples.ids[p]): classes[samples.given[p]] for p in samples.train}
    costs = ledger([decision for decision in decisions if decision.round == number], given)
    _write_round(folder, number, clean, costs, int(labelled.sum()), verdicts)


def _write_round(
    folder: SessionFolder, number: int, clean: NDArray[np.bool_], costs: Ledger, decided: int, verdicts: dict[str, Any]
) -> None:
    document, samples = Document(folder.document), load_samples(folder.samples)
    config, classes = document.config, document.session["classes"]
    rng = np.random.default_rng([number, len(classes)])
    train, tested = samples.train, len(samples.test)
    probabilities = rng.dirichlet(np.full(len(classes), 0.4), size=len(train)).astype(np.float32)
    entropy = -(probabilities * np.log(np.maximum(probabilities, 1e-9))).sum(1)
    open_ones = ~clean & ~np.isin(samples.ids[train], list(verdicts))
    order = np.argsort(-np.where(open_ones, entropy, -1.0), kind="stable")
    budget = min(config.budget or 0, int(open_ones.sum())) if number < config.rounds else 0
    ranking = order[:budget]
    guesses = rng.dirichlet(np.ones(len(classes)), size=tested).astype(np.float32)
    loss = rng.exponential(size=len(train)).astype(np.float32)
    vog = rng.random(len(train)).astype(np.float32)
    labels = samples.given[train]
    save(
        folder.round_arrays(number),
        RoundArrays(clean, labels, loss, vog, probabilities, ranking, entropy[ranking], guesses, guesses),
    )
    f1 = np.clip(rng.normal(0.5 + 0.05 * number, 0.1, size=len(classes)), 0, 1)
    support = np.bincount(samples.labels_to_score[samples.test], minlength=len(classes)).tolist()
    best, last = _scores(f1, support), _scores(f1 * 0.98, support)
    entry: dict[str, Any] = {
        "round": number,
        **costs.as_dict(),
        "decided_total": decided,
        "queued": len(ranking),
        "clean_size": int(clean.sum()),
        "macro_f1": {"best": best["macro_f1"], "last": last["macro_f1"]},
        "f1": dict(zip(classes, best["f1"], strict=True)),
        "best_epoch": 3,
        "scores": {"best": best, "last": last},
        "validation": [0.3, 0.4, 0.45, 0.5],
        "seconds": 12.5,
    }
    if number == 0 and samples.truth_is_known:
        entry["selection"] = {"precision": 0.8, "recall": 0.7, "guess": dict.fromkeys(classes, 0.6)}
    document.add_round(entry)
    _write_events(folder, number, len(classes), best["macro_f1"], last["macro_f1"], len(train))


def _scores(f1: NDArray[np.float64], support: list[int]) -> dict[str, Any]:
    classes, values = len(f1), f1.tolist()
    return {
        "macro_f1": float(f1.mean()),
        "balanced_accuracy": float(f1.mean()),
        "accuracy": float(f1.mean()),
        "mcc": float(f1.mean()),
        "auroc": float(f1.mean()),
        "precision": values,
        "recall": values,
        "f1": values,
        "auroc_per_class": values,
        "support": support,
        "confusion": [[0] * classes for _ in range(classes)],
    }


def _write_events(folder: SessionFolder, number: int, classes: int, best: float, last: float, samples: int) -> None:
    log = EventLog(folder.events)
    log.write(Started(number, 0, 1, "cpu", samples, 1))
    kept = [0.5] * classes if number == 0 else None
    log.write(Epoch(number, 1, 1, [1.0, 1.1][: 2 if number == 0 else 1], 0.5, 0.4, kept, None, 1.0, 0.0))
    log.write(RoundFinished(number, best, last))


def _draw_images(root: Path, count: int, size: tuple[int, int], rng: np.random.Generator) -> list[str]:
    root.mkdir(parents=True)
    found = [f"image-{number:04d}.png" for number in range(count)]
    for name in found:
        pixels = rng.integers(256, size=(size[1], size[0], 3), dtype=np.uint8)
        Image.fromarray(pixels).save(root / name)
    return found
