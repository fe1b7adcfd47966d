"""The samples that make up a round's queue.

They are the first ones of its ranking, unless some were decided ahead: a live session ranks more samples than a round
shows, and the others can be decided while the round is retrained. Such a verdict belongs to the next round.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from alc_tui.session.store.journal import FINISH, GRID, QUEUE, REPEAT, ROUND, Decision, Verdicts

OF_THE_QUEUE = frozenset({QUEUE, GRID, REPEAT, ROUND})
"""Occasions of decisions that belong to the queue of their round."""


def round_queue(
    number: int, ranking: Sequence[str], size: int, decisions: Sequence[Decision], keep: str | None = None
) -> list[str]:
    """The ids of the queue of round `number`, in display order; those with verdicts if it was finished early.

    ranking, size: see `queue_of`. decisions: of the journal. keep: a sample that is in the queue if it is undecided and
    the queue has room.
    """
    decided, verdicts = decided_for(number, decisions), Verdicts(decisions)
    if is_finished_early(number, decisions):
        with_verdict = [sample for sample in decided if verdicts.of(sample) is not None]
        return queue_of(ranking, len(with_verdict), with_verdict)
    if keep is not None and verdicts.of(keep) is None and keep not in decided and len(decided) < size:
        decided.append(keep)
    return queue_of(ranking, size, decided)


def is_finished_early(number: int, decisions: Iterable[Decision]) -> bool:
    """Whether round `number` was finished before its queue was decided."""
    kinds = [decision.kind for decision in decisions if decision.occasion == ROUND and decision.round == number]
    return kinds[-1:] == [FINISH]


def queue_of(ranking: Sequence[str], size: int, decided: Collection[str]) -> list[str]:
    """The ids of a round's queue, in display order.

    ranking: ids of the samples ranked for the round, and of as many more as there are, up to the length of a queue.
    size: the length of the queue. decided: ids of the samples with decisions for this round, undone ones included.
    Those that were not ranked again come first; the others keep their places, and take the place of the last ones of
    the ranking. So the queue stays the same while it is decided.
    """
    if len(ranking) <= size:
        return list(ranking)
    ranked, chosen = set(ranking), set(decided)
    queue = [sample for sample in decided if sample not in ranked]
    free = size - len(chosen)
    for sample in ranking:
        if sample in chosen:
            queue.append(sample)
        elif free > 0:
            queue.append(sample)
            free -= 1
    return queue


def decided_for(number: int, decisions: Iterable[Decision]) -> list[str]:
    """Ids of the samples with decisions in the queue of round `number`, undone ones included, in order."""
    return list(dict.fromkeys(one.sample for one in decisions if one.round == number and one.occasion in (QUEUE, GRID)))


def without_later(number: int, decisions: Iterable[Decision]) -> list[Decision]:
    """The decisions without those for the queue of a round after `number`."""
    return [one for one in decisions if one.round <= number or one.occasion not in OF_THE_QUEUE]
