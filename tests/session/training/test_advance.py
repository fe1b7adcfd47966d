from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import entr
from torch import Tensor

from alc_tui.data.random_streams import random_stream
from alc_tui.errors import AlcError, TrainingFailed, UsageError
from alc_tui.lnl import estimate as estimates
from alc_tui.lnl.estimate import NoiseEstimate
from alc_tui.model.scoring.intervals import change_interval, score_interval
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.arrays import load_round, load_samples, save
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import Epoch, Event, Notice, Position, RoundFinished, Started
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Decision, Journal, Verdict
from alc_tui.session.store.ledger import Ledger
from alc_tui.session.store.records import Intervals, Retraining, SessionRecord
from alc_tui.session.store.typed_json import decode
from alc_tui.session.training import advance as training
from alc_tui.session.training.scoring import outputs_of
from alc_tui.session.training.weights.checkpoint import save_weights
from alc_tui.session.training.workspace import open_workspace
from tests.made_sessions import update_facts
from tests.session.small import advance, copy, draw_colors, make, outcome

pytestmark = pytest.mark.slow

CLASSES = ("blue", "green", "red")


def decide(folder: SessionFolder, *verdicts: tuple[str, str | None]) -> list[str]:
    """Decide the whole queue: (kind, label) one after another, `true` and `false` standing for labels."""
    with SessionService(folder, "anna", write=True) as service:
        truth = service.truth()
        for sample, (kind, label) in zip(service.queue, verdicts, strict=True):
            other = next(name for name in service.classes if name != truth[sample])
            service.decide(sample, Verdict(kind, {"true": truth[sample], "false": other}.get(str(label))))
        return service.queue


def test_lnl_leaves_a_round_0_that_agrees_with_its_arrays(trained: SessionFolder) -> None:
    (entry,) = Document(trained.document).rounds
    arrays, samples = load_round(trained.round_arrays(0)), load_samples(trained.samples)
    assert (entry.round, entry.forget_rate, entry.clean_size) == (0, 0.4, 28)
    assert (entry.ledger, entry.decided_total) == (Ledger(), 0)
    assert int(arrays.clean.sum()) == 28
    assert (arrays.labels == samples.given[samples.train]).all()
    assert np.isfinite(arrays.vog).all() and np.isfinite(arrays.loss).all()
    assert np.allclose(arrays.probabilities.sum(1), 1, atol=1e-5) and arrays.probabilities.shape == (50, 3)
    assert len(entry.validation) == 3 and 0 <= entry.best_epoch <= 2
    assert entry.validation.index(max(entry.validation)) == entry.best_epoch
    assert set(entry.f1) == {"blue", "green", "red"}
    assert entry.macro_f1.best == pytest.approx(sum(entry.f1.values()) / 3)
    assert entry.peers is not None
    assert trained.weights(0).is_file() and trained.weights(0, peer=2).is_file()
    assert not trained.checkpoint.exists()


def test_the_scores_are_those_of_the_test_answers(trained: SessionFolder) -> None:
    (entry,) = Document(trained.document).rounds
    arrays, samples = load_round(trained.round_arrays(0)), load_samples(trained.samples)
    truth = samples.truth[samples.test]
    for which, answers in (("best", arrays.test_best), ("last", arrays.test_last)):
        f1 = []
        for label in range(3):
            told, true = answers.argmax(1) == label, truth == label
            f1.append(2 * int((told & true).sum()) / max(int(told.sum() + true.sum()), 1))
        assert getattr(entry.macro_f1, which) == pytest.approx(sum(f1) / 3)
        assert getattr(entry.scores, which).f1 == pytest.approx(f1)


def test_the_selection_is_measured_against_the_truth(trained: SessionFolder) -> None:
    (entry,) = Document(trained.document).rounds
    arrays, samples = load_round(trained.round_arrays(0)), load_samples(trained.samples)
    right = (samples.given == samples.truth)[samples.train]
    found = int((right & arrays.clean).sum())
    assert entry.selection is not None
    assert entry.selection.precision == pytest.approx(found / 28)
    assert entry.selection.recall == pytest.approx(found / int(right.sum()))
    assert set(entry.selection.guess) == {"blue", "green", "red"}


def test_the_queue_is_the_noisy_samples_of_highest_entropy(trained: SessionFolder) -> None:
    arrays = load_round(trained.round_arrays(0))
    p = arrays.probabilities.astype(np.float64)
    entropy = entr(p).sum(1)
    noisy = np.flatnonzero(~arrays.clean)
    assert arrays.ranking.tolist() == sorted(noisy.tolist(), key=lambda local: -entropy[local])[:5]
    assert arrays.scores == pytest.approx(entropy[arrays.ranking])


def features_of_peer_1(folder: SessionFolder, number: int) -> np.ndarray:
    workspace = open_workspace(folder, lambda _event: None)
    return outputs_of(workspace, workspace.trained(folder.weights(number)))[1].astype(np.float64)


def assert_neighbors_are_nearest(folder: SessionFolder, number: int) -> None:
    """By float64 cosine of all pairs; what differs by rounding alone may change places."""
    arrays, features = load_round(folder.round_arrays(number)), features_of_peer_1(folder, number)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    similarity = np.where(arrays.clean, features @ features.T, -np.inf)[arrays.ranking]
    assert arrays.neighbors.shape == (5, 4) and arrays.clean[arrays.neighbors].all()
    assert all(len(set(row)) == 4 for row in arrays.neighbors.tolist())
    assert np.take_along_axis(similarity, arrays.neighbors, 1) == pytest.approx(np.sort(similarity)[:, :-5:-1])


def test_the_queue_has_its_nearest_clean_neighbors(trained: SessionFolder, tmp_path: Path) -> None:
    assert_neighbors_are_nearest(trained, 0)
    folder = copy(trained, tmp_path)
    decide(folder, *[("label", "true")] * 5)
    advance(folder)
    assert_neighbors_are_nearest(folder, 1)
    decide(folder, *[("label", "true")] * 5)
    advance(folder)
    assert load_round(folder.round_arrays(2)).neighbors.shape == (0, 4)


def test_the_clean_set_is_counted_by_the_labels_in_force(trained: SessionFolder, tmp_path: Path) -> None:
    folder = copy(trained, tmp_path)
    decide(folder, *[("label", "false")] * 5)
    advance(folder)
    for entry in Document(folder.document).rounds:
        arrays = load_round(folder.round_arrays(entry.round))
        members = Counter(("blue", "green", "red")[label] for label in arrays.labels[arrays.clean])
        assert entry.clean_per_class == {name: members[name] for name in ("blue", "green", "red")}
        assert sum(entry.clean_per_class.values()) == entry.clean_size
    assert entry.clean_size == 33


def test_scores_lie_within_their_intervals(trained: SessionFolder) -> None:
    (entry,) = Document(trained.document).rounds
    assert entry.interval is not None and entry.change is None
    assert_between(entry.macro_f1.best, entry.interval.macro_f1)
    for name in ("blue", "green", "red"):
        assert_between(entry.f1[name], entry.interval.f1[name])


def test_the_change_is_that_since_the_answers_of_the_round_before(trained: SessionFolder, tmp_path: Path) -> None:
    folder = copy(trained, tmp_path)
    decide(folder, *[("label", "true")] * 5)
    before = load_round(folder.round_arrays(0))
    all_blue = np.eye(3, dtype=np.float32)[np.zeros(15, dtype=np.int64)]
    save(folder.round_arrays(0), replace(before, test_best=all_blue))
    advance(folder)
    entry = Document(folder.document).rounds[1]
    samples, draws = load_samples(folder.samples), random_stream(0, "bootstrap", 1)
    truth, answers = samples.truth[samples.test], load_round(folder.round_arrays(1)).test_best.argmax(1)
    interval, change = (
        score_interval(truth, answers, 3, draws),
        change_interval(truth, all_blue.argmax(1), answers, 3, draws),
    )
    assert entry.interval == decode(Intervals, interval.as_dict(CLASSES))
    assert entry.change == decode(Intervals, change.as_dict(CLASSES))


def assert_between(value: float, ends: tuple[float, float]) -> None:
    low, high = ends
    assert low < value < high or low == value == high


def test_a_training_tells_what_it_does(untrained: SessionFolder, tmp_path: Path) -> None:
    told: list[Event] = []
    training.advance(copy(untrained, tmp_path), told.append)
    started, *between, finished = told
    assert isinstance(started, Started) and (started.epoch, started.epochs, started.samples) == (0, 3, 50)
    assert isinstance(finished, RoundFinished) and finished.round == 0
    epochs = [event for event in between if isinstance(event, Epoch)]
    assert epochs == [event for event in between if not isinstance(event, Position)]  # they come with a slow machine
    assert [event.epoch for event in epochs] == [1, 2, 3]
    assert [event.forget_rate for event in epochs] == [0.4] * 3  # T_k = 1: at τ from the first epoch on
    assert all(len(event.losses) == 2 and event.kept is not None and len(event.kept) == 3 for event in epochs)
    assert epochs[-1].eta == 0


def test_a_round_learns_from_lnls_picks_as_given_and_from_decided_labels(
    trained: SessionFolder, tmp_path: Path
) -> None:
    folder = copy(trained, tmp_path)
    queue = decide(folder, ("label", "true"), ("label", "false"), ("skip", None), ("flag", None), ("exclude", None))
    advance(folder)
    entry = Document(folder.document).rounds[1]
    first, second = load_round(folder.round_arrays(0)), load_round(folder.round_arrays(1))
    samples = load_samples(folder.samples)
    ids = samples.ids[samples.train].tolist()
    right, wrong, *others = [ids.index(sample) for sample in queue]
    expected = first.clean.copy()
    expected[[right, wrong]] = True
    assert (second.clean == expected).all()
    assert not second.clean[others].any()
    labels = samples.given[samples.train].copy()
    labels[right] = samples.truth[samples.train][right]
    labels[wrong] = {0: 1, 1: 0, 2: 0}[int(samples.truth[samples.train][wrong])]
    assert (second.labels == labels).all()
    assert (entry.clean_size, entry.decided_total, entry.ledger.shown) == (30, 2, 5)
    assert (entry.ledger.skipped, entry.ledger.flagged, entry.ledger.excluded) == (1, 1, 1)
    assert entry.ledger.confirmed + entry.ledger.changed == 2
    assert len(entry.validation) == 2
    assert not set(queue) & set(SessionService(folder).queue)


def test_the_last_round_asks_nobody(trained: SessionFolder, tmp_path: Path) -> None:
    folder = copy(trained, tmp_path)
    for _ in range(2):
        decide(folder, *[("label", "true")] * 5)
        advance(folder)
    rounds = Document(folder.document).rounds
    assert [entry.queued for entry in rounds] == [5, 5, 0]
    assert [entry.decided_total for entry in rounds] == [0, 5, 10]
    with pytest.raises(UsageError, match=r"All rounds of session 'small' are done; `alc session show`"):
        advance(folder)


def test_a_round_is_not_retrained_before_all_of_it_is_decided(trained: SessionFolder, tmp_path: Path) -> None:
    folder = copy(trained, tmp_path)
    with SessionService(folder, "anna", write=True) as service:
        service.decide(service.queue[0], Verdict("skip"))
    with pytest.raises(UsageError, match=r"Round 1 of session 'small' has 4 undecided samples; `alc session label`"):
        advance(folder)
    assert Document(folder.document).session.retraining is None


def test_what_is_decided_after_a_retraining_began_does_not_count_in_it(trained: SessionFolder, tmp_path: Path) -> None:
    folder, late = copy(trained, tmp_path, "small"), copy(trained, tmp_path, "late")
    for each in (folder, late):
        queue = decide(each, *[("label", "true")] * 5)
    update_facts(late, retraining=Retraining(1, 5))
    Journal(late.journal).append(Decision.now(Verdict("exclude"), queue[0], 1, "ben", None, "queue"))
    advance(folder)
    advance(late)
    assert (load_round(late.round_arrays(1)).clean == load_round(folder.round_arrays(1)).clean).all()
    assert Document(late.document).rounds[1].ledger.excluded == 0
    assert Document(late.document).rounds[1].macro_f1 == Document(folder.document).rounds[1].macro_f1


def test_a_decision_that_slips_in_while_the_round_is_being_frozen_counts(
    trained: SessionFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copy(trained, tmp_path)
    queue = decide(folder, *[("label", "true")] * 5)
    update = Document.update

    def slip_in(document: Document, record: SessionRecord) -> None:
        if record.retraining and len(Journal(folder.journal).decisions) == 5:
            Journal(folder.journal).append(Decision.now(Verdict("exclude"), queue[0], 1, "anna", None, "queue"))
        update(document, record)

    monkeypatch.setattr(Document, "update", slip_in)
    advance(folder)
    assert Document(folder.document).session.retraining == Retraining(1, 6)
    assert Document(folder.document).rounds[1].ledger.excluded == 1


def test_a_round_with_nothing_to_train_on_can_still_be_decided_otherwise(colors: Path, tmp_path: Path) -> None:
    folder = make(colors, tmp_path, "plain", method="ce", epochs=1, round_epochs=1)
    advance(folder)
    decide(folder, *[("skip", None)] * 5)
    with pytest.raises(UsageError, match="nothing to train on"):
        advance(folder)
    with SessionService(folder, "anna", write=True) as service:
        assert not service.frozen
        assert service.undo() is not None


def test_plain_cross_entropy_takes_nothing_for_clean_and_learns_from_decisions_alone(
    colors: Path, tmp_path: Path
) -> None:
    folder = make(colors, tmp_path, "plain", method="ce", epochs=1, round_epochs=1)
    advance(folder)
    (entry,) = Document(folder.document).rounds
    assert entry.clean_size == 0 and entry.queued == 5
    assert entry.selection is not None
    assert entry.selection.precision is None and entry.selection.recall == 0
    skipped = copy(folder, tmp_path, "skipped")
    decide(skipped, *[("skip", None)] * 5)
    with pytest.raises(UsageError, match="Round 1 of session 'skipped' has nothing to train on"):
        advance(skipped)
    decide(folder, *[("label", "true")] * 4, ("skip", None))
    advance(folder)
    assert Document(folder.document).rounds[1].clean_size == 4


def test_a_forget_rate_that_nobody_gave_is_estimated_once_and_told(colors: Path, tmp_path: Path) -> None:
    folder = make(colors, tmp_path, "auto", method="ct", forget_rate="auto", epochs=1)
    told: list[Event] = []
    training.advance(folder, told.append)
    document = Document(folder.document)
    estimate = document.session.estimated_noise
    assert estimate is not None and 0 <= estimate < 1 and document.rounds[0].forget_rate == estimate
    samples = load_samples(folder.samples)
    actual = float((samples.given != samples.truth)[samples.train].mean())
    (notice,) = [event.text for event in told if isinstance(event, Notice)]
    assert f"{estimate:.3f} (probably " in notice
    assert f"(actual: {actual:.3f}, error: {estimate - actual:+.3f})" in notice
    assert document.session.noise_interval is not None and document.session.noise_basis is not None
    low, high = document.session.noise_interval
    assert 0 <= low <= estimate <= high <= 0.9


@pytest.mark.parametrize(("epochs", "notices"), [(2, 1), (3, 0)])  # the warm-up takes 1 epoch, the window 2
def test_vog_that_takes_effect_in_no_epoch_is_pointed_out(
    epochs: int, notices: int, colors: Path, tmp_path: Path
) -> None:
    told: list[Event] = []
    training.advance(make(colors, tmp_path, "late", epochs=epochs, rounds=0), told.append)
    said = [
        event.text for event in told if isinstance(event, Notice) and "after 2 epochs, and there are 2" in event.text
    ]
    assert len(said) == notices


def test_the_global_clean_set_is_one_selection_over_all_samples(colors: Path, tmp_path: Path) -> None:
    folder = make(colors, tmp_path, "global", epochs=2, method="ct", budget=2)
    global_ = copy(folder, tmp_path, "all")
    update_facts(global_, config=replace(Document(folder.document).config, clean_set="global"))
    advance(global_)
    arrays = load_round(global_.round_arrays(0))
    # The 30 = ⌊0.6·50⌋ smallest losses.
    assert set(np.flatnonzero(arrays.clean)) == set(np.argsort(arrays.loss, kind="stable")[:30])


def test_images_that_are_gone_since_are_named(colors: Path, tmp_path: Path) -> None:
    own = Path(shutil.copytree(colors, tmp_path / "own"))
    folder = make(own, tmp_path, "small")
    (own / "red" / "05.png").unlink()
    (own / "red" / "06.png").write_bytes(b"no image")
    with pytest.raises(UsageError) as caught:
        advance(folder)
    sentence = f"2 images of session 'small' can no longer be read in {own} (the first is red/05.png: missing)"
    assert sentence in str(caught.value) and "--data-root" in str(caught.value)


def test_a_full_disk_ends_the_training_and_what_was_written_is_gone_on_from(
    untrained: SessionFolder, trained: SessionFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copy(untrained, tmp_path)
    written: list[Path] = []

    def write_one(path: Path, state: Mapping[str, Tensor]) -> None:
        if written:
            raise OSError(28, "No space left on device")
        written.append(path)
        save_weights(path, state)

    with monkeypatch.context() as full:
        full.setattr("alc_tui.session.training.weights.checkpoint.save_weights", write_one)
        full.setattr("alc_tui.session.training.weights.checkpoint.MOST_SECONDS", 0.0)
        with pytest.raises(
            TrainingFailed, match=r"checkpoint\.safetensors could not be written .*No space left"
        ) as caught:
            advance(folder)
    assert "`alc session train`, which resumes from the previous one" in str(caught.value)
    told: list[Event] = []
    training.advance(folder, told.append)
    assert isinstance(told[0], Started) and told[0].epoch == 1
    assert outcome(folder) == outcome(trained)


@pytest.mark.parametrize("file", ["weights/checkpoint.safetensors", "weights/round-00.safetensors", "round-00.npz"])
def test_a_damaged_file_is_named_and_nothing_is_written(trained: SessionFolder, tmp_path: Path, file: str) -> None:
    folder = copy(trained, tmp_path)
    decide(folder, *[("label", "true")] * 5)
    (folder.path / file).unlink(missing_ok=True)
    (folder.path / file).write_bytes(b"damaged")
    with pytest.raises(AlcError, match=f"{file} is missing or damaged"):
        advance(folder)
    assert len(Document(folder.document).rounds) == 1
    assert len(Journal(folder.journal).decisions) == 5


def test_validation_labels_drawn_from_noisy_ones_do_not_count_as_clean(
    colors: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimates, "shares_differ", lambda *_: False)
    drawn = make(colors, tmp_path, "drawn", noise=None, forget_rate="auto", epochs=1, rounds=0)
    advance(drawn)
    assert Document(drawn.document).session.dataset.validation == "drawn"
    injected = make(colors, tmp_path, "injected", noise=0.3, forget_rate="auto", epochs=1, rounds=0)
    advance(injected)
    given = make_given(tmp_path)
    advance(given)
    assert Document(given.document).session.dataset.validation == "given"
    bases = [Document(folder.document).session.noise_basis for folder in (drawn, injected, given)]
    assert bases == ["confidence", "validation", "validation"]


def test_validation_labels_of_other_class_shares_are_not_used_for_the_estimate(
    colors: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimates, "shares_differ", lambda *_: True)
    folder = make(colors, tmp_path, "shifted", method="ct", noise=0.3, forget_rate="auto", epochs=1, rounds=0)
    told: list[Event] = []
    training.advance(folder, told.append)
    assert Document(folder.document).session.noise_basis == "shifted"
    (notice,) = [event.text for event in told if isinstance(event, Notice)]
    assert "without the clean validation labels, whose class shares differ from those of training" in notice


def test_validation_labels_that_look_noisy_are_pointed_out_unless_the_noise_was_injected(
    colors: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimates, "shares_differ", lambda *_: False)
    monkeypatch.setattr(estimates, "noise_rate", lambda *_: 0.0)  # by validation and by agreement
    monkeypatch.setattr(estimates, "estimate_by_confidence", lambda *_: NoiseEstimate(0.5, 0.4, 0.6, "confidence"))
    injected = make(colors, tmp_path, "injected", noise=0.3, forget_rate="auto", epochs=1, rounds=0)
    for folder, basis, warnings in ((make_given(tmp_path), "noisy", 1), (injected, "validation", 0)):
        told: list[Event] = []
        training.advance(folder, told.append)
        assert Document(folder.document).session.noise_basis == basis
        texts = [event.text for event in told if isinstance(event, Notice)]
        assert len([text for text in texts if "provide a verified val split" in text]) == warnings


def make_given(tmp_path: Path) -> SessionFolder:
    for part in ("train", "val", "test"):
        draw_colors(tmp_path / "parts" / part, per_class=8)
    return make(tmp_path / "parts", tmp_path, "given", noise=None, forget_rate="auto", epochs=1, rounds=0)


def test_a_class_without_test_samples_is_pointed_out(untrained: SessionFolder, tmp_path: Path) -> None:
    folder = copy(untrained, tmp_path)
    samples = load_samples(folder.samples)
    moved = (samples.split == 2) & (samples.truth == 1)
    save(folder.samples, replace(samples, split=np.where(moved, 0, samples.split).astype(np.int8)))
    told: list[Event] = []
    training.advance(folder, told.append)
    texts = [event.text for event in told if isinstance(event, Notice)]
    assert "No test sample of the class 'green': F1 is 0 and lowers macro-F1, whatever is learned." in texts


def test_a_round_finished_early_is_retrained_with_what_was_decided(trained: SessionFolder, tmp_path: Path) -> None:
    folder = copy(trained, tmp_path, "early")
    with SessionService(folder, "anna", write=True) as service:
        first = service.queue[0]
        service.decide(first, Verdict("label", service.truth()[first]))
        service.finish_round()
    advance(folder)
    service = SessionService(folder)
    assert service.rounds[1].ledger.shown == service.rounds[1].decided_total == 1
    assert len(service.queue) == service.config.budget and first not in service.queue
