from __future__ import annotations

import itertools
import random

from alc_tui.session.store.journal import Decision, Verdict
from alc_tui.session.store.queue import decided_for, is_finished_early, queue_of, round_queue, without_later

RANKING = ["a", "b", "c", "d", "e", "f"]


def decision(sample: str, number: int, kind: str = "skip", occasion: str = "queue") -> Decision:
    return Decision.now(Verdict(kind), sample, number, "anna", None, occasion)


def test_the_queue_is_the_first_part_of_the_ranking() -> None:
    assert queue_of(RANKING, 3, []) == ["a", "b", "c"]


def test_a_ranking_that_is_no_longer_than_the_queue_is_the_queue() -> None:
    assert queue_of(RANKING, 6, ["z"]) == RANKING
    assert queue_of(["b", "a"], 6, []) == ["b", "a"]


def test_samples_decided_ahead_take_the_place_of_the_last_ones() -> None:
    assert queue_of(RANKING, 3, ["y", "b"]) == ["y", "a", "b"]
    assert queue_of(RANKING, 3, ["f"]) == ["a", "b", "f"]
    assert queue_of(RANKING, 3, ["z", "y", "f"]) == ["z", "y", "f"]


def test_the_queue_stays_the_same_while_it_is_decided_in_any_order() -> None:
    for ahead in ([], ["z"], ["e"], ["z", "c", "y"], ["f", "a"]):
        queue = queue_of(RANKING, 4, ahead)
        assert len(queue) == len(set(queue)) == 4
        for order in itertools.permutations(set(queue) - set(ahead)):
            for count in range(len(order) + 1):
                assert queue_of(RANKING, 4, [*ahead, *order[:count]]) == queue


def test_a_queue_never_has_a_sample_twice_nor_more_than_its_size() -> None:
    rng = random.Random(0)
    for _ in range(300):
        ranking = rng.sample(range(30), rng.randrange(20))
        size = rng.randint(1, 10)
        ahead = rng.sample(range(30), rng.randint(0, size))
        names = [str(number) for number in ranking]
        queue = queue_of(names, size, [str(number) for number in ahead])
        assert len(queue) == len(set(queue)) == min(size, len(ranking))


def test_samples_of_a_round_are_those_with_decisions_in_its_queue_undone_or_not() -> None:
    journal = [
        decision("a", 1),
        decision("c", 2),
        decision("b", 2, occasion="grid"),
        decision("c", 2, "undo"),
        decision("d", 2, occasion="review"),
        decision("e", 2, occasion="second"),
    ]
    assert decided_for(2, journal) == ["c", "b"]


def test_a_retraining_leaves_out_what_was_decided_ahead_but_no_review() -> None:
    journal = [decision("a", 1), decision("b", 2), decision("a", 2, occasion="review"), decision("b", 2, "undo")]
    assert without_later(1, journal) == [journal[0], journal[2]]
    assert without_later(2, journal) == journal


def test_the_queue_of_a_round_finished_early_is_what_has_a_verdict() -> None:
    journal = [decision("c", 2), decision("a", 2), decision("a", 2, "undo"), decision("", 2, "finish", "round")]
    assert round_queue(2, RANKING, 4, journal) == ["c"]
    assert round_queue(2, RANKING, 4, journal[:-1]) == ["a", "b", "c", "d"]
    assert round_queue(2, RANKING, 4, [*journal, decision("", 2, "undo", "round")]) == ["a", "b", "c", "d"]


def test_only_the_round_itself_is_finished() -> None:
    journal = [decision("", 1, "finish", "round")]
    assert is_finished_early(1, journal) and not is_finished_early(2, journal)


def test_a_sample_to_keep_is_in_the_queue_only_while_it_is_undecided() -> None:
    journal = [decision("e", 1), decision("f", 1), decision("f", 1, "undo"), decision("z", 1, occasion="review")]
    assert round_queue(2, RANKING, 3, journal) == ["a", "b", "c"]
    assert round_queue(2, RANKING, 3, journal, keep="f") == ["a", "b", "f"]
    assert round_queue(2, RANKING, 3, journal, keep="y") == ["y", "a", "b"]
    for decided in ("e", "z"):
        assert round_queue(2, RANKING, 3, journal, keep=decided) == ["a", "b", "c"]
