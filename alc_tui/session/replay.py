"""Replays a session's rounds with an oracle instead of a human annotator, starting after its LNL, in a separate folder.

The session itself is only read. Service and training steps are the same as for a human annotator.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from alc_tui.active.cleaning import TrainingSet
from alc_tui.data.noise.injection import read_matrix
from alc_tui.data.paths import expand_home
from alc_tui.errors import UsageError
from alc_tui.session.labeling import oracles
from alc_tui.session.labeling.oracles import GroundTruth, JournalOracle, Oracle
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.labels import check_truth
from alc_tui.session.relocation import adopt_root
from alc_tui.session.settings.budget import check_budget
from alc_tui.session.settings.config import RETRAINING_SETTINGS, SETTINGS, Config
from alc_tui.session.settings.conflicts import check_effect
from alc_tui.session.settings.departures import DEPARTURES, NONE, ROUND_DEPARTURES
from alc_tui.session.settings.names import BOTH, MEAN
from alc_tui.session.store import arrays, lock
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import Event, EventLog, Notice
from alc_tui.session.store.folder import SessionFolder, find, staging
from alc_tui.session.store.records import SessionRecord
from alc_tui.session.training.advance import advance
from alc_tui.session.training.inputs.sources import Emit
from alc_tui.session.training.look_alikes import look_alikes
from alc_tui.session.training.parallel.group import training_group
from alc_tui.session.training.ranking import next_ranking, queue_size
from alc_tui.session.training.scoring import outputs_of, predictors
from alc_tui.session.training.workspace import open_workspace

ORACLES = ("gt", "gt:error=P,abstain=P", "matrix:CSV", "journal", "journal:SESSION")


def parse_oracle(
    text: str,
    session: SessionFolder,
    store: Path,
    seed: int | None = None,
    on_notice: Callable[[str], None] = lambda _: None,
) -> Oracle:
    """The oracle named `text`, one of `ORACLES`.

    `gt` gives the true label; `gt:error=P,abstain=P` gives another class, or abstains, with these probabilities;
    `matrix:CSV` according to a confusion matrix (see `noise.read_matrix`; row = truth, column = answer); `journal` with
    the session's own decisions; `journal:NAME` with those of another session of the store. seed: for random errors,
    None for the session's seed. on_notice: called with a sentence if the journal's last line is incomplete. Raises
    UsageError for an unknown name, an invalid value, or if the truth is needed and not known.
    """
    kind, colon, rest = text.partition(":")
    if kind == JournalOracle.name:
        return _recorded(find(store, rest) if rest else session, on_notice)
    if kind not in ("gt", "matrix") or (kind == "matrix" and not rest):
        raise UsageError(f"Unknown oracle {text!r}; use {', '.join(ORACLES[:-1])} or {ORACLES[-1]}.")
    service = SessionService(session)
    seed = service.config.seed if seed is None else seed
    if kind == "matrix":
        confusion = read_matrix(expand_home(Path(rest)), service.classes)
        return oracles.from_confusion_matrix(confusion, service.truth(), service.classes, seed)
    if not colon:
        return GroundTruth(service.truth())
    return oracles.parse_ground_truth(rest, service.truth(), service.classes, seed)


def _recorded(session: SessionFolder, on_notice: Callable[[str], None]) -> JournalOracle:
    service = SessionService(session)
    for notice in service.notices:
        on_notice(notice)
    verdicts = service.verdicts()
    if not verdicts:
        raise UsageError(f"The journal of session {session.name!r} has no decisions; label some samples first.")
    return JournalOracle(verdicts)


def prepare(session: SessionFolder, oracle: Oracle, changes: Mapping[str, Any], emit: Emit) -> SessionFolder:
    """The replay's folder, created from the session's round 0 if it does not exist.

    changes: settings by name, None for those of the session; departures: those in the rounds, or `none`. Raises
    UsageError if LNL is not done, if the noisy set is too small for the rounds or the budget in `changes`, or for a
    departure that takes effect before the rounds. If the session's rounds need more samples than the noisy set has, the
    last rounds are shorter.
    """
    document = Document(session.document)
    if not document.rounds:
        raise UsageError(
            f"Session {session.name!r} has not been trained yet and cannot be replayed; run `alc session train "
            f"{session.name}` first."
        )
    config = _replay_config(session, {name: value for name, value in changes.items() if value is not None})
    folder = session.replay(_name(oracle, config, document.config))
    if not folder.document.is_file():
        _create(session, folder, config, emit)
    adopt_root(folder, session)
    return folder


def run(folder: SessionFolder, oracle: Oracle, emit: Emit, gpus: int = 1) -> None:
    """Label with the oracle and retrain until all rounds are done; resumes an interrupted replay.

    gpus: to train on. Raises the errors of `advance` and `training_group`.
    """
    log = EventLog(folder.events)

    def log_and_emit(event: Event) -> None:
        log.write(event)
        emit(event)

    with (
        lock.WriterLock(folder.worker_lock, "a replay") as held,
        SessionService(folder, f"oracle:{oracle.name}", True) as service,
    ):
        if held.warning is not None:
            log_and_emit(Notice(held.warning))
        guarded = held.guarded(log_and_emit)
        while service.round <= service.config.rounds and service.queue:
            label_queue(service, oracle)
            with training_group(folder, gpus, log_and_emit) as group:
                advance(folder, guarded, group)
            service.refresh()


def drop_weights(folder: SessionFolder) -> None:
    """Delete the networks of a finished replay; running it again still produces the same numbers."""
    shutil.rmtree(folder.checkpoint.parent, ignore_errors=True)


def label_queue(service: SessionService, oracle: Oracle) -> None:
    """Decide the undecided samples of the current round's queue with the oracle."""
    while not service.frozen and (item := service.next_item()) is not None:
        service.decide(item.sample, oracle.verdict(item.sample))


def _replay_config(session: SessionFolder, changes: Mapping[str, Any]) -> Config:
    """The session's configuration with the changes; raises UsageError for changes that a replay does not support."""
    document = Document(session.document)
    own, changes = document.config, dict(changes)
    if "departures" in changes:
        changes["departures"] = _departures(own, changes["departures"])
        check_truth(replace(own, **changes), arrays.load_samples(session.samples, len(document.session.classes)))
    if own.prediction == MEAN and changes.get("tune_peers", BOTH) != BOTH:
        raise UsageError(
            "The mean of both peers predicts from LNL on in this session, so its replays retrain both; for one, create "
            "a session with `alc session new --tune-peers one --prediction peer1`."
        )
    config = replace(own, **changes)
    if config != own:
        check_effect(config)
    if changes.keys() & {"rounds", "budget"}:
        training = document.session.dataset.splits["train"]
        check_budget(config, training if config.ranks_all else training - document.rounds[0].clean_size)
    return config


def _create(session: SessionFolder, folder: SessionFolder, config: Config, emit: Emit) -> None:
    """Copy round 0 with the replay's settings and rank again; the folder is created atomically."""
    with staging(folder) as staged:
        shutil.copyfile(session.samples, staged.samples)
        shutil.copyfile(session.weights(0), staged.weights(0))
        if config.sampler == "peers" or config.retrains_both:
            shutil.copyfile(session.weights(0, peer=2), staged.weights(0, peer=2))
        source, document = Document(session.document), Document(staged.document)
        _create_document(document, source.session, config)
        queued = _rank_again(session, staged, emit)
        document.add_round(replace(source.rounds[0], queued=queued))


def _create_document(document: Document, facts: SessionRecord, config: Config) -> None:
    changed = {name: "option" for name in SETTINGS if getattr(config, name) != getattr(facts.config, name)}
    document.create(
        config,
        {**facts.origins, **changed},
        facts.dataset,
        facts.classes,
        facts.device,
        facts.bad,
        facts.duplicates,
        facts.estimated_noise,
        facts.noise_interval,
        facts.noise_basis,
    )


def _rank_again(session: SessionFolder, staged: SessionFolder, emit: Emit) -> int:
    """Rank for round 1 by the replay's settings; returns the length of its queue."""
    workspace = open_workspace(staged, emit)
    first = arrays.load_round(session.round_arrays(0), workspace.samples, len(workspace.classes))
    networks = workspace.trained_peers(0)
    outputs = outputs_of(workspace, *predictors(workspace.config, networks))
    training = TrainingSet(first.clean, first.labels)
    ranking = next_ranking(workspace, 0, networks, outputs, training, shown=())
    similar = look_alikes(outputs.features, ranking.order, training, len(workspace.classes))
    ranked = replace(first, ranking=ranking.order, scores=ranking.scores, **similar._asdict())
    arrays.save(staged.round_arrays(0), ranked)
    return queue_size(workspace.config, ranking)


def _departures(own: Config, names: str) -> str | None:
    """The session's own departures before the rounds, and those in `names` during the rounds."""
    requested = () if names == NONE else replace(own, departures=names).active_departures
    early = [name for name in own.active_departures if name not in ROUND_DEPARTURES]
    for name in requested:
        if name not in (*ROUND_DEPARTURES, *early):
            raise UsageError(
                f"The departure {name} takes effect before the rounds, so a replay cannot change it; use some of "
                f"{', '.join(ROUND_DEPARTURES)}, or create a session with `alc session new --departures {name}`."
            )
    active = tuple(name for name in DEPARTURES if name in (*early, *requested))
    return own.departures if active == own.active_departures else ",".join(active) or None


def _name(oracle: Oracle, config: Config, own: Config) -> str:
    name = f"{oracle.key}-{config.sampler}-{config.rounds}x{config.budget}-e{config.round_epochs}-s{config.seed}"
    for setting in RETRAINING_SETTINGS:
        if getattr(config, setting) != getattr(own, setting):
            name += f"-{setting}-{getattr(config, setting)}"
    if config.active_departures == own.active_departures:
        return name
    return f"{name}-{'_'.join(each for each in config.active_departures if each in ROUND_DEPARTURES) or NONE}"
