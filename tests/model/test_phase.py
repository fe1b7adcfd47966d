from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from alc_tui.errors import TrainingFailed
from alc_tui.lnl.coteaching import CoTeaching, CoTeachingSettings
from alc_tui.model.batches import TrainingData
from alc_tui.model.device import Compute
from alc_tui.model.fitting import CrossEntropy
from alc_tui.model.learner import EpochReport, Learner
from alc_tui.model.networks import Network
from alc_tui.model.optimization import TrainingPlan
from alc_tui.model.phase import HeldOut, Phase, Predictions

RIGHT = [[4.0, 0.0], [0.0, 4.0]]
WRONG = [[0.0, 4.0], [4.0, 0.0]]
ALWAYS_FIRST = [[1.0, 1.0], [0.0, 0.0]]
RIGHT_TIMIDLY = [[1.0, 0.0], [0.0, 1.0]]


class Scripted(Learner):
    """A learner whose networks are what a script says, epoch by epoch: rows of the head's weights for each peer."""

    def __init__(self, *script: list[list[list[float]]]) -> None:
        self._script, self.epoch = script, 0
        self.plan = TrainingPlan(len(script), 4, 0.1)
        self.networks = tuple(Network(nn.Identity(), nn.Linear(2, 2, bias=False)) for _ in script[0])

    def run_epoch(self) -> EpochReport:
        for network, rows in zip(self.networks, self._script[self.epoch], strict=True):
            network.train()
            with torch.no_grad():
                network.head.weight.copy_(torch.tensor(rows))
        self.epoch += 1
        return EpochReport(self.epoch - 1, tuple(0.5 for _ in self.networks))

    def state(self) -> dict[str, Tensor]:
        state = {"epoch": torch.tensor(self.epoch)}
        for number, network in enumerate(self.networks):
            state[f"head{number}"] = network.head.weight.detach().clone()
        return state


VALUES = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
VALIDATION = HeldOut(np.array([0, 1, 2, 3]), np.array([0, 1, 0, 1]))
TEST = np.array([4, 5])


@pytest.fixture
def phase(tensors: Any, compute: Compute) -> Callable[..., tuple[Phase, Any]]:
    def make(*script: list[list[list[float]]]) -> tuple[Phase, Any]:
        source = tensors(VALUES)
        return Phase(Scripted(*script), source, VALIDATION, 2, compute), source

    return make


def ignore(report: EpochReport, validation: float) -> None:
    pass


def probabilities(rows: list[list[float]]) -> NDArray[np.float64]:
    """Of the two test samples, by the definition of softmax."""
    powers: NDArray[np.float64] = np.exp(np.array(rows).T)
    shares: NDArray[np.float64] = powers / powers.sum(1, keepdims=True)
    return shares


def test_every_epoch_is_validated_and_told(phase: Callable[..., tuple[Phase, Any]]) -> None:
    run, _ = phase([WRONG], [RIGHT], [ALWAYS_FIRST])
    told: list[tuple[int, float]] = []
    run.run(lambda report, validation: told.append((report.epoch, validation)))
    # Always the first class: F1 = 2/3 and 0.
    assert told == [(0, 0.0), (1, 1.0), (2, pytest.approx(1 / 3))]
    assert run.validation == [score for _, score in told]


def test_answers_are_those_of_the_first_best_epoch_and_of_the_last(phase: Callable[..., tuple[Phase, Any]]) -> None:
    run, _ = phase([WRONG], [RIGHT], [RIGHT_TIMIDLY], [ALWAYS_FIRST])
    run.run(ignore)
    answers = run.predictions(TEST)
    assert answers.keys() == {"peer1"} and answers["peer1"].best_epoch == 1
    assert np.allclose(answers["peer1"].best, probabilities(RIGHT))
    assert np.allclose(answers["peer1"].last, probabilities(ALWAYS_FIRST))


def test_a_first_epoch_that_scores_nothing_is_still_the_best_of_such(phase: Callable[..., tuple[Phase, Any]]) -> None:
    run, _ = phase([WRONG], [WRONG])
    run.run(ignore)
    assert run.predictions(TEST)["peer1"].best_epoch == 0


def test_a_plan_without_epochs_answers_with_the_network_as_it_came(tensors: Any, compute: Compute) -> None:
    network = Network(nn.Identity(), nn.Linear(2, 2, bias=False))
    with torch.no_grad():
        network.head.weight.copy_(torch.tensor(RIGHT))
    source, where = tensors(VALUES), np.arange(4)
    learner = CrossEntropy(network, TrainingData(source, where, VALIDATION.labels), TrainingPlan(0, 4, 0.1), compute, 0)
    run = Phase(learner, source, VALIDATION, 2, compute)
    told: list[EpochReport] = []
    run.run(lambda report, _validation: told.append(report))
    answers = run.predictions(TEST)["peer1"]
    assert told == [] and run.validation == [1.0] and answers.best_epoch == 0
    assert np.allclose(answers.best, probabilities(RIGHT)) and (answers.best == answers.last).all()


def test_the_learner_keeps_its_last_weights(phase: Callable[..., tuple[Phase, Any]]) -> None:
    run, _ = phase([RIGHT], [WRONG])
    run.run(ignore)
    run.predictions(TEST)
    assert run.learner.networks[0].head.weight.tolist() == WRONG


def test_the_test_set_is_not_used_before_the_predictions(phase: Callable[..., tuple[Phase, Any]]) -> None:
    run, source = phase([RIGHT], [WRONG], [RIGHT])
    run.run(ignore)
    assert set(np.concatenate(source.scored).tolist()) == set(VALIDATION.positions.tolist())
    looked = len(source.scored)
    run.predictions(TEST)
    assert set(np.concatenate(source.scored[looked:]).tolist()) == set(TEST.tolist())


def test_the_test_set_is_passed_once_for_the_last_epoch_and_once_for_each_best_one(
    phase: Callable[..., tuple[Phase, Any]],
) -> None:
    timidly_wrong = [[0.0, 1.0], [1.0, 0.0]]
    for script, passes in (
        (([RIGHT, RIGHT], [WRONG, WRONG]), 2),  # the first epoch is the best of peer 1 and of both
        (([timidly_wrong, RIGHT], [RIGHT_TIMIDLY, WRONG]), 3),
    ):
        run, source = phase(*script)
        run.run(ignore)
        looked = len(source.scored)
        run.predictions(TEST)
        assert len(np.concatenate(source.scored[looked:])) == passes * len(TEST)


def test_two_peers_answer_by_their_summed_logits_beside_peer_1_alone(phase: Callable[..., tuple[Phase, Any]]) -> None:
    # Epoch 0: peer 1 is wrong but timid, peer 2 right and sure. Epoch 1: the other way round.
    timidly_wrong = [[0.0, 1.0], [1.0, 0.0]]
    run, _ = phase([timidly_wrong, RIGHT], [RIGHT_TIMIDLY, WRONG])
    run.run(ignore)
    answers = run.predictions(TEST)
    assert run.validation == [0.0, 1.0]
    assert (answers["peer1"].best_epoch, answers["peers"].best_epoch) == (1, 0)
    assert np.allclose(answers["peer1"].best, probabilities(RIGHT_TIMIDLY))
    assert np.allclose(answers["peers"].best, probabilities([[4.0, 1.0], [1.0, 4.0]]))
    assert np.allclose(answers["peers"].last, probabilities([[1.0, 4.0], [4.0, 1.0]]))


def test_a_watched_test_set_is_scored_after_every_epoch_by_every_ensemble(tensors: Any, compute: Compute) -> None:
    timidly_wrong = [[0.0, 1.0], [1.0, 0.0]]
    learner = Scripted([timidly_wrong, RIGHT], [RIGHT_TIMIDLY, WRONG], [ALWAYS_FIRST, ALWAYS_FIRST])
    watched = HeldOut(TEST, np.array([0, 1]))
    run = Phase(learner, tensors(VALUES), VALIDATION, 2, compute, watched)
    run.run(ignore)
    third = pytest.approx(1 / 3)
    assert run.watched == {"peer1": [0.0, 1.0, third], "peers": [1.0, 0.0, third]}


Make = Callable[[], Phase]


@pytest.fixture
def phases(data: Any, tensors: Any, compute: Compute, perceptron: Callable[..., Network]) -> dict[str, Make]:
    """Real phases, of one network and of two, with everything that draws at random."""
    values, labels = data
    train, plan = np.arange(20), TrainingPlan(5, 8, 0.1)

    def fitting() -> Phase:
        source = tensors(values, noise=0.3)
        learner = CrossEntropy(perceptron(0, norm=True), TrainingData(source, train, labels[:20]), plan, compute, 0, 1)
        return Phase(learner, source, HeldOut(np.arange(20, 26), labels[20:26]), 3, compute)

    def peers() -> Phase:
        source, networks = tensors(values, noise=0.3), (perceptron(0, norm=True), perceptron(1, norm=True))
        settings = CoTeachingSettings(forget_rate=0.4, warmup=1, mix_ratio=0.5, window=2)
        learner = CoTeaching(networks, TrainingData(source, train, labels[:20]), settings, plan, compute, 0)
        watched = HeldOut(np.arange(26, 30), labels[26:30])
        return Phase(learner, source, HeldOut(np.arange(20, 26), labels[20:26]), 3, compute, watched)

    return {"fitting": fitting, "peers": peers}


def same(one: Predictions, other: Predictions) -> bool:
    return (
        one.best_epoch == other.best_epoch
        and np.array_equal(one.best, other.best)
        and np.array_equal(one.last, other.last)
    )


@pytest.mark.parametrize("kind", ["fitting", "peers"])
@pytest.mark.parametrize("pause", [1, 3, 5])
def test_a_phase_put_down_after_an_epoch_ends_bit_for_bit_like_one_that_was_not(
    kind: str, pause: int, phases: dict[str, Make]
) -> None:
    whole, first, second = (phases[kind]() for _ in range(3))
    whole.run(ignore)
    states: list[dict[str, Tensor]] = []
    first.run(lambda *_: states.append({name: value.clone() for name, value in first.state().items()}))
    second.load(states[pause - 1])
    told: list[int] = []
    second.run(lambda report, _: told.append(report.epoch))
    assert told == list(range(pause, 5))
    assert second.validation == whole.validation and len(whole.validation) == 5
    assert second.watched == whole.watched
    assert {name: len(scores) for name, scores in whole.watched.items()} == (
        {"peer1": 5, "peers": 5} if kind == "peers" else {}
    )
    expected, got = whole.predictions(np.arange(26, 30)), second.predictions(np.arange(26, 30))
    assert expected.keys() == got.keys()
    assert all(same(expected[name], got[name]) for name in expected)


@pytest.mark.parametrize("kind", ["fitting", "peers"])
def test_looking_at_the_test_set_on_the_way_would_change_nothing(kind: str, phases: dict[str, Make]) -> None:
    plain, curious = (phases[kind]() for _ in range(2))

    def look(*_: object) -> None:
        curious.predictions(np.arange(26, 30))

    plain.run(ignore)
    curious.run(look)
    expected, got = plain.predictions(np.arange(26, 30)), curious.predictions(np.arange(26, 30))
    assert all(same(expected[name], got[name]) for name in expected)


def test_predictions_that_are_not_finite_are_a_failure_that_names_the_way_out(
    phase: Callable[..., tuple[Phase, Any]],
) -> None:
    run, _ = phase([[[float("nan"), 0.0], [0.0, 1.0]]])
    with pytest.raises(TrainingFailed, match="predictions are not finite; start again with a smaller --lr"):
        run.run(ignore)
