"""Where the authors' code departs from the paper: each departure by name, and all of them as a preset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.special import entr
from sklearn.metrics import f1_score

from alc_tui.active.cleaning import TrainingSet
from alc_tui.active.samplers import Ranking
from alc_tui.data.random_streams import random_stream
from alc_tui.errors import UsageError
from alc_tui.lnl.coteaching import CoTeaching, CoTeachingSettings
from alc_tui.model.augment import IMAGENET_MEAN, IMAGENET_STD
from alc_tui.model.forward import forward
from alc_tui.session.settings.departures import DEPARTURES
from alc_tui.session.settings.resolution import resolve
from alc_tui.session.store.arrays import load_round, load_samples
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.training import learners
from alc_tui.session.training.ranking import dropout_probabilities, next_ranking
from alc_tui.session.training.scoring import outputs_of
from alc_tui.session.training.weights.checkpoint import Checkpoint, save_weights
from alc_tui.session.training.workspace import Workspace, open_workspace
from tests.made_sessions import update_facts
from tests.session.small import (
    WRONG_PICKS,
    advance,
    answer_truly,
    config,
    copy,
    make,
    outcome,
    split_by_hand,
    stop_after,
    undecided_peer,
)

pytestmark = pytest.mark.slow


def departing(session: SessionFolder, store: Path, departures: str | None, **changes: Any) -> SessionFolder:
    """A copy of a session that goes on with departures."""
    folder = copy(session, store, (departures or "paper").replace(",", "-"))
    update_facts(folder, config=replace(Document(folder.document).config, departures=departures, **changes))
    return folder


def test_departures_are_named_between_commas_and_all_is_every_one() -> None:
    assert config().active_departures == () and config(departures="").active_departures == ()
    some = config(departures=" vog-start , free-corrections,")
    assert set(some.active_departures) == {"vog-start", "free-corrections"}
    assert some.has_departure("vog-start") and not some.has_departure("ce-on-all")
    assert resolve({"dataset": "demo", "departures": "all"}, {}, None)[0].active_departures == tuple(DEPARTURES)
    assert len(DEPARTURES) == 14


def test_all_of_an_earlier_version_means_the_departures_that_it_had() -> None:
    later = ("rotation", "bald-passes", "exempt-targets")
    assert config(departures="all").active_departures == tuple(name for name in DEPARTURES if name not in later)


def test_an_unknown_departure_is_refused_with_what_there_is() -> None:
    with pytest.raises(UsageError, match="Unknown departure 'vog-stat'; did you mean vog-start"):
        config(departures="random-seed,vog-stat")
    with pytest.raises(UsageError, match="vog-pass and the VOG pass eval are mutually exclusive; remove one of them"):
        config(departures="vog-pass", vog_pass="eval")


def test_the_recipe_switches_all_of_them_unless_some_are_named(tmp_path: Path) -> None:
    whole, origins = resolve({"dataset": "demo", "preset": "authors-code"}, {}, tmp_path)
    assert (whole.active_departures, origins["departures"]) == (tuple(DEPARTURES), "recipe")
    part, origins = resolve({"dataset": "demo", "preset": "authors-code"}, {"ALC_DEPARTURES": "vog-start"}, tmp_path)
    assert (part.departures, origins["departures"]) == ("vog-start", "environment")
    paper, origins = resolve({"dataset": "demo"}, {}, tmp_path)
    assert (paper.departures, origins["departures"]) == (None, "default")


class TestFreeCorrections:
    def test_lnls_picks_are_right_from_the_first_round_on_and_every_one_is_counted(
        self, split: SessionFolder, tmp_path: Path
    ) -> None:
        folder = departing(split, tmp_path, "free-corrections")
        for _ in range(2):
            answer_truly(folder)
            advance(folder)
        samples, first = load_samples(folder.samples), load_round(folder.round_arrays(0))
        given, truth = samples.given[samples.train], samples.truth[samples.train]
        assert (given != truth)[first.clean].sum() == WRONG_PICKS
        rounds = Document(folder.document).rounds
        assert [entry.ledger.free_corrections for entry in rounds] == [0, WRONG_PICKS, 0]
        for number in (1, 2):
            arrays = load_round(folder.round_arrays(number))
            assert (arrays.labels[arrays.clean] == truth[arrays.clean]).all()
            assert (arrays.labels[~arrays.clean] == given[~arrays.clean]).all()
        assert [entry.clean_size for entry in rounds] == [28, 33, 38]

    def test_without_known_truth_they_are_refused(self, colors: Path, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"free-corrections needs true labels, which are not known for folder:"):
            make(colors, tmp_path, "wild", noise=None, forget_rate=0.3, preset="authors-code")


def settings(workspace: Workspace, departures: str | None) -> CoTeachingSettings:
    asked = replace(workspace, config=replace(workspace.config, departures=departures))
    learner = learners.build_learner(asked, 0.4)
    assert isinstance(learner, CoTeaching)
    return learner.settings


@pytest.fixture(scope="module")
def workspace(trained: SessionFolder) -> Workspace:
    """In float32, so that a sample's features do not hang on the batch it is in."""
    torch.set_num_threads(1)
    opened = open_workspace(trained, lambda _event: None)
    return replace(opened, compute=replace(opened.compute, bf16=False))


def test_co_teaching_departs_one_setting_at_a_time(workspace: Workspace) -> None:
    paper = settings(workspace, None)
    assert paper == CoTeachingSettings(0.4, warmup=1, mix_ratio=0.2, window=2)
    assert settings(workspace, "vog-start") == replace(paper, vog_delay=1)
    assert settings(workspace, "vog-pass") == replace(paper, vog_pass="train")
    assert settings(workspace, "selection-counts") == replace(paper, truncated=True)
    others = set(DEPARTURES) - {"vog-start", "vog-pass", "selection-counts"}
    assert settings(workspace, ",".join(others)) == paper


def test_the_vog_gradient_is_as_configured(workspace: Workspace) -> None:
    asked = replace(workspace, config=replace(workspace.config, vog_gradient="all-rows"))
    learner = learners.build_learner(asked, 0.4)
    assert isinstance(learner, CoTeaching) and learner.settings.vog_gradient == "all-rows"
    with pytest.raises(UsageError, match="Unknown VOG gradient 'rows'"):
        config(vog_gradient="rows")


@pytest.mark.parametrize(("departures", "descent"), [(None, None), ("cosine-period", 3)])
def test_in_the_rounds_the_rate_falls_over_as_many_epochs_as_there_are_rounds_with_round_0(
    departures: str | None, descent: int | None, workspace: Workspace
) -> None:
    asked = replace(workspace, config=replace(workspace.config, departures=departures))
    everything = TrainingSet(np.ones(50, dtype=np.bool_), workspace.given)
    assert learners.round_learner(asked, 1, everything, ~everything.clean, 0.4).plan.descent == descent
    assert learners.build_learner(asked, 0.4).plan.descent is None


@pytest.fixture
def rank(workspace: Workspace) -> Callable[..., Ranking]:
    """Whom a session would show after LNL, or after round `number`; `shown` have a verdict already."""
    first, peer1 = load_round(workspace.folder.round_arrays(0)), undecided_peer(workspace)
    outputs = outputs_of(workspace, peer1)

    def ask(sampler: str, departures: str | None, number: int = 0, shown: tuple[int, ...] = ()) -> Ranking:
        asked = replace(workspace.config, sampler=sampler, budget=8, departures=departures)
        ids = workspace.samples.ids[workspace.train[list(shown)]].tolist()
        training = TrainingSet(first.clean, first.labels)
        return next_ranking(replace(workspace, config=asked), number, (peer1,), outputs, training, ids)

    return ask


def noisy(workspace: Workspace) -> NDArray[np.int64]:
    return np.flatnonzero(~load_round(workspace.folder.round_arrays(0)).clean)


def test_the_random_sampler_draws_by_the_same_seed_in_every_round(
    workspace: Workspace, rank: Callable[..., Ranking]
) -> None:
    """A round's draw is of those that are left; here the draws of 22 and of 20 hang on the seed alone."""
    candidates = noisy(workspace)
    first, again = (rank("random", "random-seed", number) for number in (0, 1))
    assert len(candidates) == 22 and first.order.tolist() == again.order.tolist()
    order = candidates[np.argsort(random_stream(0, "lottery").permutation(22))]
    assert first.order.tolist() == order[:8].tolist()
    two = tuple(candidates[[3, 7]].tolist())
    left = np.setdiff1d(candidates, two)
    expected = left[np.argsort(random_stream(0, "lottery").permutation(20))][:8]
    assert rank("random", "random-seed", 1, two).order.tolist() == expected.tolist()
    assert rank("random", None).order.tolist() != first.order.tolist()


def test_samplers_see_augmented_images(workspace: Workspace, rank: Callable[..., Ranking]) -> None:
    expected = []
    for number in (0, 1):
        draws = random_stream(0, "augmented ranking", number)
        (inputs,) = workspace.source.training([workspace.train], draws)
        with torch.no_grad():
            peer1 = undecided_peer(workspace).eval()
            p = forward(peer1, inputs, workspace.compute)[0].softmax(1).double().numpy()
        entropy = entr(p).sum(1)
        expected.append(np.sort(entropy[noisy(workspace)])[::-1][:8])
        assert rank("entropy", "augmented-ranking", number).scores == pytest.approx(expected[-1], abs=1e-5)
    first, second = expected
    assert not np.allclose(first, second, atol=1e-3)
    assert not np.allclose(rank("entropy", None).scores, expected[0], atol=1e-3)


def test_bald_without_dropout_has_nothing_to_go_by_but_the_augmentation(
    workspace: Workspace, rank: Callable[..., Ranking]
) -> None:
    blind = rank("bald", "bald-without-dropout")
    assert abs(blind.scores).max() < 1e-6
    assert rank("bald", None).scores.min() > 1e-6
    seeing = rank("bald", "bald-without-dropout,augmented-ranking")
    assert seeing.scores.min() > 1e-6
    assert seeing.scores.tolist() == rank("bald", "bald-without-dropout,augmented-ranking").scores.tolist()


def test_cross_entropys_rounds_learn_from_all_samples_but_the_excluded_ones(workspace: Workspace) -> None:
    asked = replace(workspace.config, method="ce", departures="ce-on-all")
    decided = np.arange(50) < 4
    excluded = np.arange(50) == 9
    training = TrainingSet(decided, np.where(decided, 2, workspace.given))
    learned = learners.round_training_set(asked, training, excluded)
    assert (learned.clean == ~excluded).all() and (learned.labels == training.labels).all()
    for other in (replace(asked, departures=None), replace(asked, method="ct")):
        assert learners.round_training_set(other, training, excluded) is training


def test_cross_entropys_clean_set_is_what_was_decided_even_where_all_is_learned_from(
    colors: Path, tmp_path: Path
) -> None:
    session = make(colors, tmp_path, "plain", method="ce", epochs=1, round_epochs=1)
    advance(session)
    weights = []
    for departures in (None, "ce-on-all"):
        folder = departing(session, tmp_path / str(departures), departures)
        queue = answer_truly(folder)
        advance(folder)
        entry, arrays = Document(folder.document).rounds[1], load_round(folder.round_arrays(1))
        assert (entry.clean_size, entry.queued) == (5, 5) and arrays.clean.sum() == 5
        ids = load_samples(folder.samples).ids[open_workspace(folder, lambda _event: None).train]
        assert not set(ids[arrays.ranking].tolist()) & set(queue)
        weights.append(folder.weights(1).read_bytes())
    assert weights[0] != weights[1]


def test_seeds_share_the_noise_and_the_split_it_lies_on(colors: Path, tmp_path: Path) -> None:
    one, other = (
        load_samples(make(colors, tmp_path, f"s{seed}", seed=seed, departures="shared-noise").samples)
        for seed in (1, 2)
    )
    zero = load_samples(make(colors, tmp_path, "zero").samples)
    for samples in (one, other):
        assert (samples.given == zero.given).all() and (samples.split == zero.split).all()


def test_the_average_over_all_epochs_is_told_beside_the_scores(colors: Path, tmp_path: Path) -> None:
    folder = make(colors, tmp_path, "short", departures="all-epochs-average", epochs=1, round_epochs=1)
    advance(folder)
    answer_truly(folder)
    advance(folder)
    first, second = Document(folder.document).rounds
    assert first.peers is not None
    assert first.all_epochs == {"peer1": first.macro_f1.last, "peers": first.peers.last}
    assert second.all_epochs == {"peer1": second.macro_f1.last}


def test_the_average_is_over_the_epochs_of_the_phase(colors: Path, tmp_path: Path) -> None:
    """Of two epochs: what the first one's weights score, and then another score put in its place."""
    folder = make(colors, tmp_path, "two", departures="all-epochs-average", epochs=2, seed=3)
    stop_after(folder, 1)
    workspace = open_workspace(folder, lambda _event: None)
    state, tested = Checkpoint(folder.checkpoint).load(), workspace.samples.test
    assert state is not None
    logits = []
    for peer in (0, 1):
        network, start = workspace.network(peer), f"learner.peer{peer + 1}.weight."
        network.load_state_dict({name[len(start) :]: value for name, value in state.items() if name.startswith(start)})
        (inputs,) = workspace.source.scoring([tested])
        with torch.no_grad():
            logits.append(forward(network.eval(), inputs, workspace.compute)[0].numpy())
    told = {"peer1": logits[0].argmax(1), "peers": (logits[0] + logits[1]).argmax(1)}
    for name, answers in told.items():
        score = f1_score(workspace.test_labels, answers, labels=range(3), average="macro", zero_division=0)
        assert state[f"watched.{name}"].tolist() == pytest.approx([score])
    after_first = {"peer1": 2.0, "peers": 4.0}  # no epoch can score that
    others = {f"watched.{name}": torch.tensor([score]).double() for name, score in after_first.items()}
    save_weights(folder.checkpoint, {**state, **others})
    advance(folder)
    (entry,) = Document(folder.document).rounds
    assert entry.peers is not None and entry.all_epochs is not None
    after_second = {"peer1": entry.macro_f1.last, "peers": entry.peers.last}
    for name in ("peer1", "peers"):
        assert entry.all_epochs[name] == pytest.approx((after_first[name] + after_second[name]) / 2)


@pytest.fixture(scope="module")
def authors(colors: Path, tmp_path_factory: pytest.TempPathFactory) -> SessionFolder:
    """A session of the authors' code after round 1, never disturbed; not to be written to."""
    return as_the_authors(colors, tmp_path_factory.mktemp("store"))


def as_the_authors(colors: Path, store: Path, stops: int | None = None) -> SessionFolder:
    folder = make(colors, store, "authors", preset="authors-code", sampler="bald", seed=1, forget_rate=0.4)
    if stops is not None:
        stop_after(folder, stops)
    advance(folder)
    split_by_hand(folder)
    answer_truly(folder)
    if stops is not None:
        stop_after(folder, 1)
    advance(folder)
    return folder


def test_all_departures_together_run(authors: SessionFolder) -> None:
    first, second = Document(authors.document).rounds
    assert (first.ledger.free_corrections, second.ledger.free_corrections) == (0, WRONG_PICKS)
    assert first.all_epochs is not None and set(first.all_epochs) == {"peer1", "peers"} and second.queued == 5
    assert len(second.validation) == 2


def test_all_departures_together_stopped_and_resumed_end_at_the_same_numbers(
    authors: SessionFolder, colors: Path, tmp_path: Path
) -> None:
    assert outcome(as_the_authors(colors, tmp_path, stops=2)) == outcome(authors)


def test_the_rotation_of_training_images_is_that_of_the_authors(
    workspace: Workspace, trained: SessionFolder, tmp_path: Path
) -> None:
    folder = copy(trained, tmp_path)
    update_facts(folder, config=replace(workspace.config, departures="rotation"))
    turned = open_workspace(folder, lambda _event: None)
    batch = [np.arange(8)]
    (ours,) = turned.source.training(batch, np.random.default_rng(0))
    (paper,) = workspace.source.training(batch, np.random.default_rng(0))
    black = -torch.tensor(IMAGENET_MEAN) / torch.tensor(IMAGENET_STD)
    corners = torch.stack([ours[:, :, 0, 0], ours[:, :, 0, -1], ours[:, :, -1, 0], ours[:, :, -1, -1]])
    assert ours.shape == paper.shape and torch.isclose(corners, black, atol=0.05).all(2).any()


def test_bald_runs_as_many_passes_as_in_the_authors_code(workspace: Workspace) -> None:
    peer1 = undecided_peer(workspace)
    outputs, everyone = outputs_of(workspace, peer1), np.ones(50, dtype=np.bool_)
    for departures, passes in (("bald-passes", 10), ("bald-passes,bald-without-dropout", 10), (None, 20)):
        asked = replace(workspace, config=replace(workspace.config, departures=departures))
        assert dropout_probabilities(asked, 1, peer1, outputs, everyone).shape == (passes, 50, 3)


def test_noise_spares_exempt_classes_altogether(colors: Path, tmp_path: Path) -> None:
    folder = make(colors, tmp_path, "spared", noise_exempt="red", departures="exempt-targets")
    samples = load_samples(folder.samples)
    given, truth = samples.given[samples.train], samples.truth[samples.train]
    assert (given != truth).any() and ((given == 2) == (truth == 2)).all()
