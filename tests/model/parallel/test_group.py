from __future__ import annotations

import pytest
import torch
from torch import Tensor

from alc_tui.model.parallel.group import ALONE, Group, LostProcess
from tests.model.parallel.together import together

SIZES = (1, 2, 3)


@pytest.mark.parametrize("length", [0, 2, 3, 4, 5, 7, 16, 256])
@pytest.mark.parametrize("size", [1, 2, 3, 8])
def test_parts_cover_a_batch_in_order_and_none_has_a_single_sample(length: int, size: int) -> None:
    parts = [Group(rank, size).part(length) for rank in range(size)]
    assert [place for part in parts for place in range(length)[part]] == list(range(length))
    assert all(len(range(length)[part]) != 1 for part in parts)


@pytest.mark.parametrize("size", SIZES)
def test_all_processes_see_the_whole_of_which_each_has_a_part(size: int) -> None:
    values = torch.arange(21.0).reshape(7, 3)

    def work(group: Group) -> Tensor:
        part = group.part(7)
        return group.gather(values[part], part, 7)

    assert all(torch.equal(whole, values) for whole in together(size, work))


def test_parts_may_be_scattered_rows() -> None:
    values = torch.randn(5, 2, dtype=torch.float64)

    def work(group: Group) -> Tensor:
        rows = torch.tensor([4, 0]) if group.is_first else torch.tensor([1, 3, 2])
        return group.gather(values[rows], rows, 5)

    assert all(torch.equal(whole, values) for whole in together(2, work))


@pytest.mark.parametrize("size", SIZES)
def test_the_gradients_of_a_loss_of_the_whole_add_up_to_those_of_one_process(size: int) -> None:
    inputs, start = torch.randn(7, 4, dtype=torch.float64), torch.randn(4, 3, dtype=torch.float64)

    def work(group: Group) -> Tensor:
        weight, part = start.clone().requires_grad_(), group.part(7)
        outputs = group.gather(inputs[part] @ weight, part, 7)
        (outputs.softmax(0)[:4] ** 2).sum().backward()  # depends on all samples at once
        assert weight.grad is not None
        group.sum([weight.grad])
        return weight.grad

    (alone,) = together(1, work)
    assert all(torch.allclose(gradient, alone, rtol=0, atol=1e-12) for gradient in together(size, work))


def test_tensors_of_any_shape_are_summed_in_place() -> None:
    def work(group: Group) -> list[Tensor]:
        columns = torch.ones(2, 3).t() * (group.rank + 1)
        tensors = [torch.full((2, 2), 10.0**group.rank), columns, torch.tensor(1.0)]
        group.sum(tensors)
        return tensors

    for tensors in together(3, work):
        assert [tensor.unique().tolist() for tensor in tensors] == [[111.0], [6.0], [3.0]]


def test_only_the_first_process_calls_what_is_for_it_and_all_have_its_result() -> None:
    calls: list[int] = []

    def work(group: Group) -> tuple[str, Tensor]:
        def of_first() -> tuple[str, Tensor]:
            calls.append(group.rank)
            return "a sentence", torch.arange(3)

        return group.first(of_first)

    results = together(3, work)
    assert calls == [0]
    assert all(text == "a sentence" and tensor.tolist() == [0, 1, 2] for text, tensor in results)


def test_the_others_follow_the_first_process() -> None:
    calls: list[int] = []

    def work(group: Group) -> int:
        def remember() -> int:
            calls.append(group.rank)
            return group.rank

        return group.after_first(remember)

    assert together(3, work) == [0, 1, 2]
    assert calls[0] == 0 and sorted(calls) == [0, 1, 2]


def test_a_process_that_has_ended_is_a_sentence() -> None:
    def work(group: Group) -> str:
        if group.rank == 1:
            return "has ended"
        with pytest.raises(LostProcess) as lost:
            group.first(lambda: None)
            group.sum([torch.ones(1)])
        return str(lost.value)

    sentence, _ = together(2, work)
    assert sentence == (
        "One of the 2 processes that train together has ended; train again to resume from the last finished epoch."
    )
    assert LostProcess.exit_code == 4


def test_one_alone_exchanges_nothing() -> None:
    own = torch.randn(3, 2)
    assert ALONE.gather(own, ALONE.part(3), 3) is own
    assert ALONE.part(5) == slice(0, 5)
    before = own.clone()
    ALONE.sum([own])
    ALONE.average([own])
    assert torch.equal(own, before) and ALONE.first(lambda: own) is own
