"""Sessions made without any training: ready to be labeled, and taken through their rounds by pretence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor

from alc_tui.active.cleaning import TrainingSet
from alc_tui.data.dataset import TEST, TRAIN, UNKNOWN, VAL
from alc_tui.data.random_streams import random_stream
from alc_tui.data.similarity.result import NONE, Similarity
from alc_tui.data.texts import Texts
from alc_tui.model.scoring.intervals import change_interval, score_interval
from alc_tui.model.scoring.metrics import score
from alc_tui.session.settings.config import SETTINGS, Config
from alc_tui.session.store.arrays import RoundArrays, Samples, load_round, load_samples, save
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import Epoch, EventLog, RoundFinished, Started
from alc_tui.session.store.focus import focus_of
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import EXCLUDE, LABEL, Journal, Verdicts
from alc_tui.session.store.ledger import Ledger, ledger
from alc_tui.session.store.records import (
    DatasetRecord,
    Intervals,
    MacroF1,
    Retraining,
    RoundRecord,
    RoundScores,
    Scores,
)
from alc_tui.session.store.typed_json import decode
from alc_tui.session.training.clean_set import selection_scores
from alc_tui.session.training.look_alikes import look_alikes

CLASSES = ("MEL", "NV", "BCC")
EPOCHS = 6
"""How many epochs each pretended training had."""


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
    ids = locators if len(set(locators)) == samples else [f"{n:05d}/{name}" for n, name in enumerate(locators)]
    made = Samples(
        Texts(np.array(ids)),
        Texts(np.array(locators)),
        given,
        truth if with_truth else np.full(samples, UNKNOWN),
        split,
    )
    save(folder.samples, made)
    splits = {name: int((split == part).sum()) for name, part in (("train", TRAIN), ("val", VAL), ("test", TEST))}
    dataset = DatasetRecord(name=config.dataset, root=str(root), splits=splits)
    Document(folder.document).create(config, dict.fromkeys(SETTINGS, "default"), dataset, classes, "cpu")
    if trained:
        _learn(folder)
    return folder


def make_colored_session(path: Path, count: int = 30) -> tuple[SessionFolder, list[tuple[int, int, int]]]:
    """A session whose images have one color each, `00.png`, `01.png` … beside it; and these colors."""
    colors = [ImageColor.getrgb(f"hsv({360 * number // count}, 80%, 90%)")[:3] for number in range(count)]
    files = [path.parent / f"{number:02d}.png" for number in range(count)]
    for file, color in zip(files, colors, strict=True):
        Image.new("RGB", (64, 48), color).save(file)
    return make_session(path, images=files), colors


def update_facts(folder: SessionFolder, **facts: Any) -> None:
    """Replace some fields of the session's record."""
    document = Document(folder.document)
    document.update(replace(document.session, **facts))


def compare_as(
    folder: SessionFolder,
    pairs: Mapping[tuple[int, int], float],
    outlier_scores: Mapping[int, float] | None = None,
    samples: int | None = None,
) -> None:
    """Pretend the comparison by frozen features. pairs: similarities of near duplicates, by positions. samples: how
    many were compared, all if omitted."""
    count = len(load_samples(folder.samples).ids) if samples is None else samples
    group, nearest = np.full((2, count), NONE, dtype=np.int64)
    similarity, scores = np.zeros((2, count), dtype=np.float32)
    for (one, other), value in pairs.items():
        group[[one, other]], nearest[[one, other]] = min(one, other), (other, one)
        similarity[[one, other]] = value
    for position, score_of_it in (outlier_scores or {}).items():
        scores[position] = score_of_it
    save(folder.similarity, Similarity(group, nearest, similarity, scores))


def finish_round(folder: SessionFolder) -> None:
    """Pretend the training that is next: freeze the journal, write the round's arrays, its document and its events."""
    document, samples = Document(folder.document), load_samples(folder.samples)
    number, classes = len(document.rounds), document.session.classes
    if number == 0:
        _learn(folder)
        return
    decisions = Journal(folder.journal).decisions
    update_facts(folder, retraining=Retraining(number, len(decisions)))
    decisions = [decision for decision in decisions if decision.round <= number]
    verdicts = Verdicts(decisions).all()
    ids = samples.ids[samples.train]
    decided = {sample: str(verdict.label) for sample, verdict in verdicts.items() if verdict.kind == LABEL}
    excluded = np.isin(ids, [sample for sample, verdict in verdicts.items() if verdict.kind == EXCLUDE])
    clean = (load_round(folder.round_arrays(0)).clean | np.isin(ids, list(decided))) & ~excluded
    given = {str(samples.ids[p]): classes[samples.given[p]] for p in samples.train}
    labels = np.array([classes.index(decided.get(sample, given[sample])) for sample in ids.tolist()], dtype=np.int64)
    costs = ledger([decision for decision in decisions if decision.round == number], given)
    _write_round(folder, number, TrainingSet(clean, labels), costs, len(decided), verdicts, focus_of(decisions))


def _learn(folder: SessionFolder) -> None:
    samples = load_samples(folder.samples)
    clean = np.arange(len(samples.train)) < len(samples.train) // 3
    _write_round(folder, 0, TrainingSet(clean, samples.given[samples.train]), Ledger(), 0, {})


def _write_round(
    folder: SessionFolder,
    number: int,
    training: TrainingSet,
    costs: Ledger,
    decided: int,
    verdicts: dict[str, Any],
    focus: str | None = None,
) -> None:
    document, samples = Document(folder.document), load_samples(folder.samples)
    config, classes = document.config, document.session.classes
    rng = np.random.default_rng([number, len(classes)])
    train = samples.train
    probabilities = rng.dirichlet(np.full(len(classes), 0.4), size=len(train)).astype(np.float32)
    entropy = -(probabilities * np.log(np.maximum(probabilities, 1e-9))).sum(1)
    open_ones = ~training.clean & ~np.isin(samples.ids[train], list(verdicts))
    order = np.argsort(-np.where(open_ones, entropy, -1.0), kind="stable")
    budget, found = config.budget or 0, int(open_ones.sum()) if number < config.rounds else 0
    ranking = order[: min((1 + config.live) * budget, found)]
    loss = -np.log(np.maximum(probabilities[np.arange(len(train)), training.labels], 1e-9))
    vog = np.random.default_rng(len(classes)).random(len(train)).astype(np.float32)
    arrays = RoundArrays(
        training.clean,
        training.labels,
        loss,
        vog,
        probabilities,
        ranking,
        entropy[ranking],
        _test_answers(samples, number, len(classes), missed=0),
        _test_answers(samples, number, len(classes), missed=1),
        *look_alikes(_features(training.labels), ranking, training, len(classes)),
    )
    save(folder.round_arrays(number), arrays)
    truth = samples.labels_to_score[samples.test]
    best, last = score(arrays.test_best, truth), score(arrays.test_last, truth)
    rng_of_intervals, told = random_stream(config.seed, "bootstrap", number), arrays.test_best.argmax(1)
    entry = RoundRecord(
        round=number,
        ledger=costs,
        decided_total=decided,
        queued=min(budget, len(ranking)),
        clean_size=int(training.clean.sum()),
        clean_per_class={
            name: int((training.labels[training.clean] == label).sum()) for label, name in enumerate(classes)
        },
        macro_f1=MacroF1(best["macro_f1"], last["macro_f1"]),
        f1=dict(zip(classes, best["f1"], strict=True)),
        best_epoch=EPOCHS - 2,
        scores=RoundScores(decode(Scores, best), decode(Scores, last)),
        interval=decode(Intervals, score_interval(truth, told, len(classes), rng_of_intervals).as_dict(classes)),
        validation=tuple(_validation(best["macro_f1"])),
        seconds=12.5,
        focus=focus if len(ranking) else None,
    )
    if number == 0:
        entry = replace(entry, forget_rate=0.5, peers=entry.macro_f1)
        if samples.truth_is_known:
            selection = selection_scores(training.clean, training.labels, samples.truth[train], classes)
            entry = replace(entry, selection=selection)
    else:
        before = load_round(folder.round_arrays(number - 1)).test_best.argmax(1)
        change = change_interval(truth, before, told, len(classes), rng_of_intervals)
        entry = replace(entry, change=decode(Intervals, change.as_dict(classes)))
    document.add_round(entry)
    _write_events(folder, entry)


def _test_answers(samples: Samples, number: int, classes: int, missed: int) -> NDArray[np.float32]:
    """Half of the test samples answered right after LNL, more with every round, and `missed` fewer than that.

    What was right stays right, and what is wrong is wrong in the same way, so macro-F1 rises with every round.
    """
    truth = samples.labels_to_score[samples.test]
    rng = np.random.default_rng(classes)
    order, elsewhere = rng.permutation(len(truth)), rng.integers(1, max(classes, 2), len(truth))
    noise = rng.dirichlet(np.ones(classes), len(truth))
    share = 0.9 - 0.4 * 0.7**number
    right = min(max(int(share * len(truth)), len(truth) // 2 + number), len(truth)) - missed
    told = (truth + elsewhere) % classes
    told[order[:right]] = truth[order[:right]]
    probabilities: NDArray[np.float32] = (0.55 * np.eye(classes)[told] + 0.45 * noise).astype(np.float32)
    return probabilities


def _features(labels: NDArray[np.int64]) -> NDArray[np.float32]:
    """Features in which samples of one label lie together."""
    rng = np.random.default_rng(0)
    features: NDArray[np.float32] = (np.eye(16)[labels % 16] + rng.random((len(labels), 16))).astype(np.float32)
    return features


def _validation(best: float) -> list[float]:
    """Macro-F1 on the validation set after each epoch, highest at the last but one."""
    return [best * share for share in np.linspace(0.5, 1, EPOCHS - 1)] + [best * 0.98]


def _write_events(folder: SessionFolder, entry: RoundRecord) -> None:
    log, document = EventLog(folder.events), Document(folder.document)
    number, classes = entry.round, document.session.classes
    log.write(Started(number, 0, EPOCHS, "cpu", document.session.dataset.splits["train"], 1))
    for epoch, validation in enumerate(entry.validation, start=1):
        loss = 1.2 * 0.8 ** (epoch + number)
        log.write(
            Epoch(
                round=number,
                epoch=epoch,
                epochs=EPOCHS,
                losses=(loss, 1.05 * loss) if number == 0 else (loss,),
                forget_rate=0.5 * min(epoch, 4) / 4 if number == 0 else 0.0,
                validation_macro_f1=validation,
                kept=tuple(1 - 0.1 * epoch - 0.02 * label % 0.2 for label in range(len(classes)))
                if number == 0
                else None,
                selection_precision=0.5 + 0.05 * epoch if entry.selection is not None else None,
                seconds=2.0 * epoch,
                eta=2.0 * (EPOCHS - epoch),
            )
        )
    log.write(RoundFinished(number, entry.macro_f1.best, entry.macro_f1.last))


def _draw_images(root: Path, count: int, size: tuple[int, int], rng: np.random.Generator) -> list[str]:
    root.mkdir(parents=True)
    found = [f"image-{number:04d}.png" for number in range(count)]
    for name in found:
        pixels = rng.integers(256, size=(size[1], size[0], 3), dtype=np.uint8)
        Image.fromarray(pixels).save(root / name)
    return found
