"""Before tasks are submitted: does each node see the store and the data? A small task on each of them tells."""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from alc_tui.bench.engines.engine import Engine, Phase, RefusedError, Task
from alc_tui.bench.engines.probe import TOKEN, NodeAnswer, answer_path
from alc_tui.data.files.atomic import write_atomically
from alc_tui.data.files.reading import read_whole
from alc_tui.data.files.shared import make_folder
from alc_tui.data.files.temporary import remove
from alc_tui.errors import AlcError
from alc_tui.session.store.typed_json import decode, parse

PATIENCE = 60.0
"""How long to wait for the answers of nodes that are busy, in seconds."""


def check_nodes(
    engine: Engine, folder: Path, roots: Collection[Path], patience: float = PATIENCE
) -> Mapping[str, NodeAnswer | None]:
    """The answers of the engine's nodes, None for those that are too busy to answer or are refused.

    folder: where the sweep writes. roots: folders and files of data that each node needs. Raises AlcError, naming the
    node, if one does not share the folder or lacks data.
    """
    nodes = engine.nodes()
    with _place(folder) as (place, token):
        words = [str(root) for root in sorted(roots)]
        tasks = [
            Task("alc_tui.bench.engines.probe", (str(place), node, *words), place / "probe.log", node) for node in nodes
        ]
        answers = dict(_answers(engine, tasks, place, patience))
    for node, answer in answers.items():
        if isinstance(answer, str) or (answer is not None and answer.token != token):
            reason = f" (its probe ended {answer})" if isinstance(answer, str) else ""
            raise AlcError(
                f"Node {node} does not share the folder {folder}{reason}; put the store into a folder that all nodes "
                "share, with --store, or exclude the node."
            )
        if answer is not None and answer.missing:
            raise AlcError(
                f"Node {node} has no {answer.missing[0]}; put the data into a folder that all nodes share, with "
                "--data-root, or exclude the node."
            )
    return {node: answer for node, answer in answers.items() if not isinstance(answer, str)}


def _answers(
    engine: Engine, tasks: Sequence[Task], place: Path, patience: float
) -> Iterator[tuple[str, NodeAnswer | str | None]]:
    """Each node with its answer: how its task ended if it has left none, None if it has not even begun."""
    waiting: dict[str, str] = {}
    ended: dict[str, float] = {}
    try:
        for task in tasks:
            try:
                (waiting[str(task.node)],) = engine.submit([task])
            except RefusedError:
                yield str(task.node), None
        deadline = time.monotonic() + patience
        while waiting:
            states, now = engine.states(waiting.values()), time.monotonic()
            for node, id_ in list(waiting.items()):
                answer, state = _read(answer_path(place, node)), states[id_]
                if state.phase is Phase.ENDED:
                    ended.setdefault(node, now)
                is_silent = now - ended.get(node, now) >= engine.lag_seconds and node in ended
                if answer is not None or is_silent:
                    del waiting[node]
                    yield node, answer or state.text
                elif now > deadline and state.phase is not Phase.ENDED:
                    engine.cancel([waiting.pop(node)])
                    yield node, None
            if waiting:
                time.sleep(min(engine.poll_seconds, 1.0))
    finally:
        if waiting:
            engine.cancel(list(waiting.values()))


@contextmanager
def _place(folder: Path) -> Iterator[tuple[Path, str]]:
    """A folder with a token, for the time of the check."""
    token = secrets.token_hex(8)
    place = folder.absolute() / f".probe-{token}"
    make_folder(place)
    try:
        write_atomically(place / TOKEN, lambda file: file.write(token.encode()))
        yield place, token
    finally:
        remove(place)


def _read(path: Path) -> NodeAnswer | None:
    try:
        return decode(NodeAnswer, parse(read_whole(path)))
    except (OSError, ValueError):
        return None
