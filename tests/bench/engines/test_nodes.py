"""What nodes answer before a sweep, with an engine whose nodes do as the test says."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from alc_tui.bench.engines import probe
from alc_tui.bench.engines.engine import Phase, Task, TaskState
from alc_tui.bench.engines.nodes import check_nodes
from alc_tui.bench.engines.probe import NodeAnswer
from alc_tui.errors import AlcError

Node = Callable[[Task], TaskState]
"""What a node does with its task."""


@dataclass
class Nodes:
    """An engine with these nodes."""

    by_name: Mapping[str, Node]
    name: str = "scripted"
    outlives: bool = False
    at_once: int | None = None
    poll_seconds: float = 0.0
    lag_seconds: float = 0.0
    cancelled: list[str] = field(default_factory=list)
    tasks: dict[str, Task] = field(default_factory=dict)

    def nodes(self) -> Sequence[str]:
        return list(self.by_name)

    def submit(self, tasks: Sequence[Task]) -> list[str]:
        self.tasks |= {str(task.node): task for task in tasks}
        return [str(task.node) for task in tasks]

    def states(self, ids: Collection[str]) -> Mapping[str, TaskState]:
        return {each: self.by_name[each](self.tasks[each]) for each in ids}

    def cancel(self, ids: Collection[str]) -> None:
        self.cancelled += ids


def answer(task: Task) -> TaskState:
    """Do what the task says."""
    folder, node, *roots = task.words
    probe.main(Path(folder), node, roots)
    return TaskState(Phase.ENDED, "with exit code 0")


def see_nothing(_task: Task) -> TaskState:
    return TaskState(Phase.ENDED, "with exit code 1")


def be_busy(_task: Task) -> TaskState:
    return TaskState(Phase.WAITING, "Resources")


def test_nodes_that_share_the_folder_and_have_the_data_pass(tmp_path: Path) -> None:
    answers = check_nodes(Nodes({"n1": answer, "n2": answer}), tmp_path / "suite", [tmp_path])
    assert set(answers) == {"n1", "n2"} and all(isinstance(each, NodeAnswer) for each in answers.values())
    assert list((tmp_path / "suite").iterdir()) == []


def test_this_machine_has_no_nodes_to_check(tmp_path: Path) -> None:
    assert check_nodes(Nodes({}), tmp_path, []) == {}


def test_a_node_that_does_not_see_the_store_is_named_before_anything_is_submitted(tmp_path: Path) -> None:
    with pytest.raises(AlcError) as caught:
        check_nodes(Nodes({"n1": answer, "n2": see_nothing}), tmp_path, [])
    assert str(caught.value).startswith(
        f"Node n2 does not share the folder {tmp_path} (its probe ended with exit code 1); put the store into"
    )


def test_a_node_with_another_folder_of_the_same_name_does_not_share_it(tmp_path: Path) -> None:
    def see_another(task: Task) -> TaskState:
        there = tmp_path / "another" / Path(task.words[0]).name
        there.mkdir(parents=True)
        (there / probe.TOKEN).write_text("older")
        probe.main(there, "n1", [])
        shutil.copy(probe.answer_path(there, "n1"), task.words[0])
        return TaskState(Phase.ENDED)

    with pytest.raises(AlcError, match=f"Node n1 does not share the folder {tmp_path}/suite; put the store into"):
        check_nodes(Nodes({"n1": see_another}), tmp_path / "suite", [])


def test_a_node_without_the_data_is_named_with_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(AlcError, match=f"Node n1 has no {tmp_path}/isic; put the data into a folder"):
        check_nodes(Nodes({"n1": answer}), tmp_path / "suite", [tmp_path, tmp_path / "isic"])


def test_a_node_that_is_too_busy_to_answer_is_not_waited_for(tmp_path: Path) -> None:
    engine = Nodes({"n1": answer, "n2": be_busy})
    answers = check_nodes(engine, tmp_path, [], patience=0.05)
    assert answers["n1"] is not None and answers["n2"] is None and engine.cancelled == ["n2"]
