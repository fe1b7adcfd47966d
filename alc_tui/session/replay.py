"""Replays: what this session would have done with an oracle, from its own LNL on, in a folder of its own.

The session itself is only read. The same service and the same training steps as with a person.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from alc_tui.active.cleaning import TrainingSet
from alc_tui.active.neighbours import nearest_clean
from alc_tui.errors import UsageError
from alc_tui.model.metrics import softmax
from alc_tui.session import arrays, lock
from alc_tui.session.config import Config
from alc_tui.session.create import check_budget
from alc_tui.session.document import Document
from alc_tui.session.events import Event, EventLog
from alc_tui.session.folder import SessionFolder, find
from alc_tui.session.materials import Emit, gather
from alc_tui.session.oracles import GroundTruth, Oracle, Recorded
from alc_tui.session.run import Outcome, next_ranking
from alc_tui.session.service import SessionService
from alc_tui.session.training import advance

SETTINGS = ("sampler", "rounds", "budget", "round_epochs", "seed")


def oracle_named(text: str, session: SessionFolder, store: Path) -> Oracle:
    """`gt`, `journal` (the session's own) or `journal:NAME` (of another session of the store).

    Raises UsageError for another name, or where the truth is not known.
    """
    kind, _, name = text.partition(":")
    if text == GroundTruth.name:
        return GroundTruth(SessionService(session).truth())
    if kind == Recorded.name:
        recorded = SessionService(find(store, name) if name else session).verdicts()
        if not recorded:
            raise UsageError(f"The journal of session {name or session.name!r} holds no decisions; label some first.")
        return Recorded(recorded)
    raise UsageError(f"Unknown oracle {text!r}; use gt, journal or journal:NAME.")


def prepare(session: SessionFolder, oracle: Oracle, changes: Mapping[str, Any], emit: Emit) -> SessionFolder:
    """The replay's folder, made from the session's round 0 if it is not there yet.

    changes: settings by name, None for those of the session. Raises UsageError if LNL is not done or the budget is
    larger than the noisy set.
    """
    document = Document(session.document)
    rounds = document.rounds
    if not rounds:
        raise UsageError(
            f"Session {session.name!r} has not learned yet, so there is nothing to replay from; `alc session train "
            f"{session.name}` does that first."
        )
    given = {name: value for name, value in changes.items() if value is not None}
    config = replace(document.config, **given)
    check_budget(config, int(document.session["dataset"]["splits"]["train"]) - rounds[0]["clean_size"])
    folder = session.replay(_name(oracle, config))
    if not folder.document.is_file():
        _make(session, folder, config, emit)
    return folder


def run(folder: SessionFolder, oracle: Oracle, emit: Emit) -> None:
    """Let the oracle answer and retrain until all rounds are done; goes on where an interrupted replay stopped.

    Raises what `advance` raises.
    """
    log = EventLog(folder.events)

    def hear(event: Event) -> None:
        log.write(event)
        emit(event)

    with (
        lock.WriterLock(folder.worker_lock, "a replay"),
        SessionService(folder, f"oracle:{oracle.name}", True) as service,
    ):
        while service.round <= service.config.rounds and service.queue:
            answer(service, oracle)
            advance(folder, hear)
            service.refresh()


def answer(service: SessionService, oracle: Oracle) -> None:
    """Decide what is left of the current round's queue as the oracle says."""
    while not service.frozen and (item := service.next_item()) is not None:
        verdict = oracle.verdict(item.sample)
        service.decide(item.sample, verdict.kind, verdict.label)


def _make(session: SessionFolder, folder: SessionFolder, config: Config, emit: Emit) -> None:
    """Copy round 0 under the replay's settings, ranked anew, and put the folder in place whole."""
    staging = SessionFolder(folder.path.with_name(f".{folder.name}.{os.getpid()}"))
    try:
        (staging.path / "weights").mkdir(parents=True)
        shutil.copyfile(session.samples, staging.samples)
        shutil.copyfile(session.weights(0), staging.weights(0))
        source = Document(session.document)
        facts = {name: value for name, value in source.session.items() if name not in _OWN_FACTS}
        document = Document(staging.document)
        changed = {name: "option" for name in SETTINGS if getattr(config, name) != getattr(source.config, name)}
        document.create(config, source.session["origins"] | changed, facts)
        queued = _rank_anew(session, staging, emit)
        document.add_round(source.rounds[0] | {"queued": queued})
        staging.path.rename(folder.path)
    finally:
        shutil.rmtree(staging.path, ignore_errors=True)


_OWN_FACTS = ("schema", "alc_version", "created", "config", "origins", "retraining")


def _rank_anew(session: SessionFolder, staging: SessionFolder, emit: Emit) -> int:
    """Rank for round 1 as the replay's settings ask; returns how many samples were ranked."""
    materials = gather(staging, emit)
    first = arrays.load_round(session.round_arrays(0))
    logits, features = materials.outputs(materials.trained(staging.weights(0)))
    training = TrainingSet(first.clean, first.labels)
    outcome = Outcome(training, first.loss, first.vog, softmax(logits), features)
    ranking = next_ranking(materials, 0, outcome, {})
    neighbours = nearest_clean(features, ranking.order, first.clean)
    ranked = replace(first, ranking=ranking.order, scores=ranking.scores, neighbours=neighbours)
    arrays.save(staging.round_arrays(0), ranked)
    return len(ranking.order)


def _name(oracle: Oracle, config: Config) -> str:
    return f"{oracle.key}-{config.sampler}-{config.rounds}x{config.budget}-e{config.round_epochs}-s{config.seed}"
