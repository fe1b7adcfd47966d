"""`alc-ct`: co-teaching goes on in each round, on decided and still noisy labels, ranked by the joint rule over all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import entr

from alc_tui.data.random_streams import stream_seed
from alc_tui.errors import UsageError
from alc_tui.lnl.coteaching import CoTeaching, CoTeachingSettings
from alc_tui.model.batches import TrainingData
from alc_tui.session import replay
from alc_tui.session.export.table import label_table
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.settings.resolution import resolve
from alc_tui.session.store.arrays import load_round, load_samples, save
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from alc_tui.session.training.learners import training_plan
from alc_tui.session.training.scoring import outputs_of
from alc_tui.session.training.workspace import open_workspace
from tests.made_sessions import update_facts
from tests.session.small import advance, answer_truly, config, copy, make, outcome, stop_after

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def begun(colors: Path, tmp_path_factory: pytest.TempPathFactory) -> SessionFolder:
    """After round 0; not to be written to."""
    folder = make(colors, tmp_path_factory.mktemp("store"), "again", method="alc-ct")
    advance(folder)
    return folder


@pytest.fixture(scope="module")
def done(begun: SessionFolder, tmp_path_factory: pytest.TempPathFactory) -> SessionFolder:
    """After both rounds, each with a skip at the end of its queue; not to be written to."""
    folder = copy(begun, tmp_path_factory.mktemp("store"))
    for _ in range(2):
        answer_truly(folder, but_for=1)
        advance(folder)
    return folder


def test_it_ranks_by_the_joint_rule_and_by_nothing_else(tmp_path: Path) -> None:
    settings, origins = resolve({"dataset": "demo", "method": "alc-ct"}, {}, tmp_path)
    assert (settings.sampler, origins["sampler"]) == ("joint", "method")
    with pytest.raises(UsageError, match="alc-ct ranks by the joint rule, not by entropy; specify --sampler joint"):
        config(method="alc-ct", sampler="entropy")


@pytest.mark.parametrize("change", [{"balance": 0.5}, {"decided_weight": 4.0}])
def test_settings_of_the_draw_are_refused_but_not_in_a_session_that_has_them(
    change: dict[str, Any], begun: SessionFolder, tmp_path: Path
) -> None:
    said = "alc-ct draws each sample once .* specify --balance 0 and --decided-weight 1"
    with pytest.raises(UsageError, match=said):
        resolve({"dataset": "demo", "method": "alc-ct", **change}, {}, None)
    with pytest.raises(UsageError, match=said):
        replay.prepare(begun, replay.parse_oracle("gt", begun, tmp_path), change, lambda _event: None)
    folder = copy(begun, tmp_path)
    update_facts(folder, config=replace(Document(folder.document).config, **change))
    assert Document(folder.document).config.as_dict().items() >= change.items()


def test_round_0_is_that_of_co_teaching(begun: SessionFolder, colors: Path, tmp_path: Path) -> None:
    plain = make(colors, tmp_path, "plain", method="ct", budget=5)
    advance(plain)
    assert begun.weights(0).read_bytes() == plain.weights(0).read_bytes()
    (ours,), (theirs,) = (Document(folder.document).rounds for folder in (begun, plain))
    assert (ours.clean_size, ours.macro_f1, ours.forget_rate) == (28, theirs.macro_f1, 0.4)


def test_every_queue_is_the_worst_by_the_joint_rule_of_all_that_were_not_shown(done: SessionFolder) -> None:
    samples = load_samples(done.samples)
    given, shown = samples.given[samples.train], set()
    for number in (0, 1):
        arrays = load_round(done.round_arrays(number))
        p = arrays.probabilities.astype(np.float64)
        ambiguity = np.maximum(entr(p).sum(1) / np.log(3) - 0.3, 0)
        of_given = np.maximum(p[np.arange(50), given], np.finfo(np.float32).tiny)
        score = -np.log(of_given) / np.log(3) - ambiguity
        left = [local for local in range(50) if local not in shown]
        assert arrays.ranking.tolist() == sorted(left, key=lambda local: -score[local])[:5]
        shown |= set(arrays.ranking.tolist())
    assert len(shown) == 10


def test_a_queue_may_hold_what_co_teaching_took_for_clean(colors: Path, tmp_path: Path) -> None:
    """28 of 50 are taken for clean, so 29 are of both kinds."""
    folder = make(colors, tmp_path, "wide", method="alc-ct", rounds=1, budget=29, epochs=1)
    advance(folder)
    first = load_round(folder.round_arrays(0))
    assert first.clean.sum() == 28 and len(set(first.ranking.tolist())) == 29
    assert first.clean[first.ranking].any() and (~first.clean)[first.ranking].any()


def test_a_round_goes_on_with_co_teaching_of_both_peers_on_all_but_excluded_samples_with_decided_labels(
    begun: SessionFolder, tmp_path: Path
) -> None:
    folder = copy(begun, tmp_path)
    with SessionService(folder, "anna", write=True) as service:
        queue, given = service.queue, service.given_label
        for sample in queue[:3]:
            service.decide(sample, Verdict("label", next(name for name in service.classes if name != given(sample))))
        service.decide(queue[3], Verdict("skip"))
        service.decide(queue[4], Verdict("exclude"))
    advance(folder)

    workspace = open_workspace(folder, lambda _event: None)
    ids = workspace.samples.ids[workspace.train].tolist()
    decided, out = [ids.index(sample) for sample in queue[:3]], ids.index(queue[4])
    labels = workspace.given.copy()
    labels[decided] = [0 if label else 1 for label in workspace.given[decided]]
    members = np.array([local for local in range(50) if local != out])
    by_hand = CoTeaching(
        (workspace.trained(folder.weights(0)), workspace.trained(folder.weights(0, peer=2))),
        TrainingData(workspace.source, workspace.train[members], labels[members]),
        CoTeachingSettings((20 - 3) / 50, warmup=1, mix_ratio=0.0),
        training_plan(workspace.config, 2),
        workspace.compute,
        stream_seed(0, "co-teaching", 1),
    )
    for _ in range(2):
        report = by_hand.run_epoch()
    assert report.rate == pytest.approx(17 / 50)
    for peer, network in enumerate(by_hand.networks, 1):
        stored = workspace.trained(folder.weights(1, peer)).state_dict()
        assert all(torch.equal(value, stored[name]) for name, value in network.state_dict().items())
    clean = np.zeros(50, dtype=np.bool_)
    clean[members[report.selected]] = True
    clean[decided] = True
    arrays, entry = load_round(folder.round_arrays(1)), Document(folder.document).rounds[1]
    assert (arrays.clean == clean).all() and (arrays.labels == labels).all() and not clean[out]
    ledger = entry.ledger
    assert (ledger.changed, entry.decided_total, ledger.excluded, ledger.skipped) == (3, 3, 1, 1)


def test_samples_are_ranked_and_shown_by_the_mean_of_both_peers(done: SessionFolder) -> None:
    workspace = open_workspace(done, lambda _event: None)
    for number in (0, 1, 2):
        peers = [outputs_of(workspace, workspace.trained(done.weights(number, peer))) for peer in (1, 2)]
        mean = (peers[0].probabilities.astype(np.float64) + peers[1].probabilities) / 2
        assert load_round(done.round_arrays(number)).probabilities == pytest.approx(mean, abs=1e-6)


def test_the_export_keeps_what_the_last_round_took_for_clean(done: SessionFolder, tmp_path: Path) -> None:
    folder = copy(done, tmp_path)
    path, undecided = (
        folder.round_arrays(2),
        {row.id for row in label_table(SessionService(folder)).rows if not row.who},
    )
    last = load_round(path)
    save(path, replace(last, clean=~last.clean))
    samples = load_samples(folder.samples)
    for row, clean in zip(label_table(SessionService(folder)).rows, ~last.clean, strict=True):
        if row.id in undecided:
            assert row.status == ("kept" if clean else "noisy")
    assert len(undecided) > 30 and len(samples.train) == 50


def test_rounds_are_scored_as_those_of_other_methods(done: SessionFolder) -> None:
    rounds = Document(done.document).rounds
    assert [entry.decided_total for entry in rounds] == [0, 4, 8]
    assert [entry.queued for entry in rounds] == [5, 5, 0]
    for entry in rounds:
        assert len(entry.validation) == (3 if entry.round == 0 else 2) and 0 <= entry.macro_f1.best <= 1
        assert entry.validation.index(max(entry.validation)) == entry.best_epoch
    assert SessionService(done).state == "done"


@pytest.mark.parametrize("epoch", [1, 2])
def test_a_round_stopped_and_resumed_ends_at_the_same_numbers(
    epoch: int, begun: SessionFolder, done: SessionFolder, tmp_path: Path
) -> None:
    folder = copy(begun, tmp_path)
    for _ in range(2):
        answer_truly(folder, but_for=1)
        stop_after(folder, epoch)
        advance(folder)
    assert outcome(folder) == outcome(done)


def test_a_replay_is_what_the_session_would_have_done_and_may_show_all_samples(
    begun: SessionFolder, tmp_path: Path
) -> None:
    session = copy(begun, tmp_path)
    answers = replay.parse_oracle("gt", session, tmp_path)
    folder = replay.prepare(session, answers, {}, lambda _event: None)
    torch.set_num_threads(1)
    replay.run(folder, answers, lambda _event: None)
    for _ in range(2):
        answer_truly(session)
        advance(session)
    assert outcome(folder) == outcome(session)
    assert replay.prepare(session, answers, {"rounds": 2, "budget": 25}, lambda _event: None)
    with pytest.raises(UsageError, match="2 rounds × 26 = 52 is larger"):
        replay.prepare(session, answers, {"budget": 26}, lambda _event: None)
