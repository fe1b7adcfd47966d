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
from alc_tui.active.neighbors import nearest_clean
from alc_tui.data.noise import read_matrix
from alc_tui.data.paths import expand_home
from alc_tui.errors import UsageError
from alc_tui.model.metrics import softmax
from alc_tui.session.labeling import oracles
from alc_tui.session.labeling.oracles import GroundTruth, Oracle, Recorded
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.labels import check_truth
from alc_tui.session.settings.budget import check_budget
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.departures import DEPARTURES, NONE, OF_ROUNDS
from alc_tui.session.store import arrays, lock
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import Event, EventLog
from alc_tui.session.store.folder import SessionFolder, find
from alc_tui.session.training.advance import advance
from alc_tui.session.training.materials import Emit, gather
from alc_tui.session.training.ranking import Outcome, next_ranking

SETTINGS = ("sampler", "rounds", "budget", "round_epochs", "seed", "departures")
ORACLES = ("gt", "gt:error=P,abstain=P", "matrix:CSV", "journal", "journal:SESSION")


def oracle_named(text: str, session: SessionFolder, store: Path, seed: int | None = None) -> Oracle:
    """The oracle that `text` asks for: one of `ORACLES`.

    `gt` answers with the truth, `gt:error=P,abstain=P` sometimes with another class or not at all, `matrix:CSV` by a
    confusion matrix (see `noise.read_matrix`; row = truth, column = answer), `journal` as the session's own decisions,
    `journal:NAME` as those of another session of the store. seed: of the errors, None for the session's.
    Raises UsageError for another name or value, or where the truth is not known.
    """
    kind, colon, rest = text.partition(":")
    if kind == Recorded.name:
        recorded = SessionService(find(store, rest) if rest else session).verdicts()
        if not recorded:
            raise UsageError(f"The journal of session {rest or session.name!r} holds no decisions; label some first.")
        return Recorded(recorded)
    if kind not in ("gt", "matrix") or (kind == "matrix" and not rest):
        raise UsageError(f"Unknown oracle {text!r}; use {', '.join(ORACLES[:-1])} or {ORACLES[-1]}.")
    service = SessionService(session)
    seed = service.config.seed if seed is None else seed
    if kind == "matrix":
        confusion = read_matrix(expand_home(Path(rest)), service.classes)
        return oracles.by_matrix(confusion, service.truth(), service.classes, seed)
    if not colon:
        return GroundTruth(service.truth())
    return oracles.by_chance(rest, service.truth(), service.classes, seed)


def prepare(session: SessionFolder, oracle: Oracle, changes: Mapping[str, Any], emit: Emit) -> SessionFolder:
    """The replay's folder, made from the session's round 0 if it is not there yet.

    changes: settings by name, None for those of the session; departures: of the rounds, or `none`. Raises UsageError
    if LNL is not done, if rounds or a budget are asked for that the noisy set is too small for, or a departure that
    LNL would have had to know of. Where the session's own rounds are more than LNL left, as with methods that tell only
    then, the last ones are short.
    """
    document = Document(session.document)
    rounds = document.rounds
    if not rounds:
        raise UsageError(
            f"Session {session.name!r} has not learned yet, so there is nothing to replay from; `alc session train "
            f"{session.name}` does that first."
        )
    given = {name: value for name, value in changes.items() if value is not None}
    if "departures" in given:
        given["departures"] = _departures(document.config, given["departures"])
        check_truth(replace(document.config, **given), arrays.load_samples(session.samples))
    config = replace(document.config, **given)
    if given.keys() & {"rounds", "budget"}:
        training = document.session.dataset.splits["train"]
        check_budget(config, training if config.ranks_all else training - rounds[0].clean_size)
    folder = session.replay(_name(oracle, config, document.config))
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


def drop_weights(folder: SessionFolder) -> None:
    """Delete the networks of a replay whose rounds are all done; run again, it still tells the same numbers."""
    shutil.rmtree(folder.checkpoint.parent, ignore_errors=True)


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
        if config.sampler == "peers":
            shutil.copyfile(session.peer2_weights, staging.peer2_weights)
        source, document = Document(session.document), Document(staging.document)
        facts = source.session
        changed = {name: "option" for name in SETTINGS if getattr(config, name) != getattr(facts.config, name)}
        document.create(
            config,
            {**facts.origins, **changed},
            facts.dataset,
            facts.classes,
            facts.device,
            facts.bad,
            facts.twins,
            facts.estimated_noise,
        )
        queued = _rank_again(session, staging, emit)
        document.add_round(replace(source.rounds[0], queued=queued))
        staging.path.rename(folder.path)
    finally:
        shutil.rmtree(staging.path, ignore_errors=True)


def _rank_again(session: SessionFolder, staging: SessionFolder, emit: Emit) -> int:
    """Rank for round 1 as the replay's settings ask; returns how many samples were ranked."""
    materials = gather(staging, emit)
    first = arrays.load_round(session.round_arrays(0))
    peer1 = materials.trained(staging.weights(0))
    logits, features = materials.outputs(peer1)
    training = TrainingSet(first.clean, first.labels)
    outcome = Outcome(training, first.loss, first.vog, softmax(logits), features)
    ranking = next_ranking(materials, 0, peer1, outcome, {})
    neighbors = nearest_clean(features, ranking.order, first.clean)
    ranked = replace(first, ranking=ranking.order, scores=ranking.scores, neighbors=neighbors)
    arrays.save(staging.round_arrays(0), ranked)
    return len(ranking.order)


def _departures(own: Config, asked: str) -> str | None:
    """The session's departures before the rounds, and in the rounds those that are asked for."""
    wanted = () if asked == NONE else replace(own, departures=asked).departing
    early = [name for name in own.departing if name not in OF_ROUNDS]
    for name in wanted:
        if name not in (*OF_ROUNDS, *early):
            raise UsageError(
                f"The departure {name} begins before the rounds, so a replay comes too late for it; name some of "
                f"{', '.join(OF_ROUNDS)}, or make a session with `alc session new --departures {name}`."
            )
    departing = tuple(name for name in DEPARTURES if name in (*early, *wanted))
    return own.departures if departing == own.departing else ",".join(departing) or None


def _name(oracle: Oracle, config: Config, own: Config) -> str:
    name = f"{oracle.key}-{config.sampler}-{config.rounds}x{config.budget}-e{config.round_epochs}-s{config.seed}"
    if config.departing == own.departing:
        return name
    return f"{name}-{'_'.join(each for each in config.departing if each in OF_ROUNDS) or NONE}"
