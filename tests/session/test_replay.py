from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from alc_tui.active.clusters import cluster
from alc_tui.active.neighbors import nearest_clean
from alc_tui.errors import SessionUnavailable, UsageError
from alc_tui.session import replay
from alc_tui.session.labeling.oracles import JournalOracle
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.arrays import load_round, load_samples
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import Epoch, Event, Stopped
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Journal, Verdict
from alc_tui.session.store.lock import WriterLock
from alc_tui.session.training.scoring import outputs_of
from alc_tui.session.training.workspace import open_workspace
from tests.made_sessions import make_session, update_facts
from tests.session.small import WRONG_PICKS, copy, outcome

pytestmark = pytest.mark.slow

SHORT: dict[str, Any] = {"rounds": 1, "round_epochs": 1}


def run(
    session: SessionFolder, oracle: str = "gt", emit: Callable[[Event], None] = lambda _: None, **changes: Any
) -> SessionFolder:
    torch.set_num_threads(1)
    answers = replay.parse_oracle(oracle, session, session.path.parent)
    folder = replay.prepare(session, answers, changes, emit)
    replay.run(folder, answers, emit)
    return folder


def content(folder: SessionFolder) -> dict[str, str]:
    """A digest of each file of a session, but for replays and locks."""
    files = [path for path in folder.path.rglob("*") if path.is_file()]
    relative = {path.relative_to(folder.path).as_posix(): path for path in files}
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in relative.items()
        if not name.startswith("replays/") and name not in ("lock", "worker.lock")
    }


@pytest.fixture(scope="module")
def replayed(trained: SessionFolder, tmp_path_factory: pytest.TempPathFactory) -> SessionFolder:
    """The undisturbed replay of two rounds with the truth; not to be written to."""
    return run(copy(trained, tmp_path_factory.mktemp("store")))


@pytest.fixture
def session(trained: SessionFolder, tmp_path: Path) -> SessionFolder:
    return copy(trained, tmp_path / "store")


def test_a_replay_that_another_process_has_taken_over_ends_and_writes_no_more(
    session: SessionFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train(_folder: SessionFolder, emit: Callable[[Event], None], _group: object) -> None:
        monkeypatch.setattr(WriterLock, "check", lose)
        emit(Stopped(1, 1))
        pytest.fail("it went on")

    def lose(_lock: WriterLock) -> None:
        raise SessionUnavailable("The replay was taken over.")

    monkeypatch.setattr(replay, "advance", train)
    seen: list[Event] = []
    with pytest.raises(SessionUnavailable, match="taken over"):
        run(session, emit=seen.append)
    assert not any(isinstance(event, Stopped) for event in seen)


def test_the_truth_is_answered_until_all_rounds_are_done(replayed: SessionFolder) -> None:
    rounds = Document(replayed.document).rounds
    assert [entry.decided_total for entry in rounds] == [0, 5, 10]
    assert [entry.clean_size for entry in rounds] == [28, 33, 38]
    samples = load_samples(replayed.samples)
    for entry in rounds[1:]:
        shown = samples.train[load_round(replayed.round_arrays(entry.round - 1)).ranking]
        confirmed = int((samples.given[shown] == samples.truth[shown]).sum())
        assert (entry.ledger.shown, entry.ledger.confirmed, entry.ledger.changed) == (5, confirmed, 5 - confirmed)
        assert (entry.ledger.skipped, entry.ledger.free_corrections) == (0, 0)
    truth = {str(samples.ids[p]): ("blue", "green", "red")[samples.truth[p]] for p in samples.train}
    decisions = Journal(replayed.journal).decisions
    assert len({decision.sample for decision in decisions}) == 10
    assert all(decision.label == truth[decision.sample] for decision in decisions)
    assert {decision.annotator for decision in decisions} == {"oracle:gt"}


def test_what_nobody_looked_at_keeps_its_given_label(replayed: SessionFolder) -> None:
    samples = load_samples(replayed.samples)
    decided = {decision.sample for decision in Journal(replayed.journal).decisions}
    last = load_round(replayed.round_arrays(2))
    untouched = [n for n, p in enumerate(samples.train) if str(samples.ids[p]) not in decided]
    assert (last.labels[untouched] == samples.given[samples.train][untouched]).all()
    assert (samples.given != samples.truth)[samples.train][untouched].any()


def test_a_replay_starts_with_the_sessions_own_lnl(replayed: SessionFolder, trained: SessionFolder) -> None:
    assert Document(replayed.document).rounds[0] == Document(trained.document).rounds[0]
    ours, theirs = load_round(replayed.round_arrays(0)), load_round(trained.round_arrays(0))
    assert (ours.clean == theirs.clean).all() and (ours.ranking == theirs.ranking).all()
    assert ours.scores.tobytes() == theirs.scores.tobytes()
    assert (ours.neighbors == theirs.neighbors).all() and ours.neighbors.shape == (5, 4)
    assert replayed.weights(0).read_bytes() == trained.weights(0).read_bytes()


def test_a_replay_leaves_the_session_untouched(session: SessionFolder) -> None:
    with SessionService(session, "anna", write=True) as service:
        service.decide(service.queue[0], Verdict("flag"))
    before = content(session)
    assert len(before) == 8
    folder = run(session, **SHORT)
    assert content(session) == before
    assert folder.path.parent == session.path / "replays"
    assert SessionService(session).state == "labeling"


def test_a_replay_can_run_while_a_person_labels(session: SessionFolder) -> None:
    with SessionService(session, "anna", write=True) as service:
        run(session, **SHORT)
        service.decide(service.queue[0], Verdict("flag"))


def test_the_same_replay_again_is_read_not_trained(replayed: SessionFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def train(*_: object) -> None:
        raise AssertionError("trained again")

    before = outcome(replayed)
    monkeypatch.setattr(replay, "advance", train)
    assert run(SessionFolder(replayed.path.parent.parent)) == replayed
    assert outcome(replayed) == before


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"sampler": "random"},
        {"budget": 4},
        {"round_epochs": 1},
        {"rounds": 1},
        {"departures": "random-seed"},
    ],
)
def test_each_setting_has_a_replay_of_its_own(
    session: SessionFolder, replayed: SessionFolder, change: dict[str, Any]
) -> None:
    answers = replay.parse_oracle("gt", session, session.path.parent)
    folder = replay.prepare(session, answers, change, lambda _: None)
    assert folder.name != replayed.name
    config = Document(folder.document).config.as_dict()
    differing = {name for name, value in Document(session.document).config.as_dict().items() if config[name] != value}
    assert differing == set(change)


def test_the_sampler_decides_whom_to_show(session: SessionFolder) -> None:
    answers = replay.parse_oracle("gt", session, session.path.parent)
    by_entropy, at_random = (
        replay.prepare(session, answers, {"sampler": sampler}, lambda _: None) for sampler in ("entropy", "random")
    )
    first, second = (load_round(folder.round_arrays(0)) for folder in (by_entropy, at_random))
    assert first.ranking.tolist() != second.ranking.tolist()
    assert not second.clean[second.ranking].any()
    neighbors = dict(zip(first.ranking.tolist(), first.neighbors.tolist(), strict=True))
    for local, found in zip(second.ranking.tolist(), second.neighbors.tolist(), strict=True):
        assert second.clean[found].all() and found == neighbors.get(local, found)
    workspace = open_workspace(session, lambda _event: None)
    features = outputs_of(workspace, workspace.trained(session.weights(0)))[1]
    assert (second.neighbors == nearest_clean(features, second.ranking, second.clean)).all()
    assert second.clusters.tolist() == cluster(features[second.ranking]).tolist()
    assert second.typical.tolist() == first.typical.tolist() != []


@pytest.mark.parametrize("at", [(1, 1), (1, 2), (2, 1)])
def test_an_interrupted_replay_goes_on_to_the_same_numbers(
    session: SessionFolder, replayed: SessionFolder, at: tuple[int, int]
) -> None:
    def interrupt(event: Event) -> None:
        if isinstance(event, Epoch) and (event.round, event.epoch) == at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(session, emit=interrupt)
    told: list[Event] = []
    folder = run(session, emit=told.append)
    assert outcome(folder) == outcome(replayed)
    epochs = [(event.round, event.epoch) for event in told if isinstance(event, Epoch)]
    assert epochs == [each for each in [(1, 1), (1, 2), (2, 1), (2, 2)] if each > at]


def test_a_replay_interrupted_among_its_answers_goes_on_with_the_rest(
    session: SessionFolder, replayed: SessionFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide = SessionService.decide
    answered: list[str] = []

    def stop_at_the_third(service: SessionService, sample: str, *rest: Any) -> Any:
        if len(answered) == 3:
            raise KeyboardInterrupt
        answered.append(sample)
        return decide(service, sample, *rest)

    with monkeypatch.context() as stopping:
        stopping.setattr(SessionService, "decide", stop_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            run(session)
    assert outcome(run(session)) == outcome(replayed)


def test_a_replay_that_cannot_be_prepared_leaves_nothing_behind(
    session: SessionFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(replay, "_rank_again", fail)
    with pytest.raises(OSError, match="No space left"):
        run(session)
    assert list((session.path / "replays").iterdir()) == []


# LNL took 28 of 50 for clean.
@pytest.mark.parametrize(("rounds", "budget", "fits"), [(2, 11, True), (2, 12, False), (23, 1, False), (1, 22, True)])
def test_a_budget_larger_than_the_noisy_set_is_refused(
    session: SessionFolder, rounds: int, budget: int, fits: bool
) -> None:
    answers = replay.parse_oracle("gt", session, session.path.parent)
    changes = {"rounds": rounds, "budget": budget}
    if fits:
        assert replay.prepare(session, answers, changes, lambda _: None).document.is_file()
        return
    with pytest.raises(UsageError, match="is larger than the noisy set of 22; specify at most"):
        replay.prepare(session, answers, changes, lambda _: None)
    assert session.replays() == []


def test_a_replay_without_rounds_is_lnl_alone(session: SessionFolder) -> None:
    assert len(Document(run(session, rounds=0).document).rounds) == 1


@pytest.mark.parametrize(("name", "value"), [("sampler", "entropie"), ("round_epochs", 0), ("budget", 0), ("seed", -1)])
def test_settings_are_checked(session: SessionFolder, name: str, value: Any) -> None:
    with pytest.raises(UsageError, match=str(value)):
        run(session, **{name: value})


def departing(session: SessionFolder, store: Path, departures: str) -> SessionFolder:
    """A copy of a session that was made with departures."""
    folder = copy(session, store)
    update_facts(folder, config=replace(Document(folder.document).config, departures=departures))
    return folder


def test_without_its_networks_a_finished_replay_tells_the_same_and_the_session_can_be_replayed(
    session: SessionFolder,
) -> None:
    folder = run(session, **SHORT)
    told = Document(folder.document).rounds
    replay.drop_weights(folder)
    assert not list(folder.path.rglob("*.safetensors")) and len(list(session.path.rglob("*.safetensors"))) == 3
    replay.drop_weights(folder)
    assert Document(run(session, **SHORT).document).rounds == told
    assert len(Document(run(session, seed=1, **SHORT).document).rounds) == 2


class TestDepartures:
    def test_the_numbers_are_those_of_a_session_that_departs_by_itself(
        self, split: SessionFolder, tmp_path: Path
    ) -> None:
        session = copy(split, tmp_path / "store")
        asked = "random-seed,augmented-ranking,cosine-period,free-corrections"
        itself = run(departing(session, tmp_path / "another", asked), sampler="random")
        told = run(session, sampler="random", departures=asked)
        assert outcome(told) == outcome(itself) != outcome(run(session, sampler="random"))
        rounds = Document(told.document).rounds
        assert [entry.ledger.free_corrections for entry in rounds] == [0, WRONG_PICKS, 0]
        assert Document(told.document).session.origins["departures"] == "option"

    def test_those_before_the_rounds_stay_the_sessions(self, session: SessionFolder, tmp_path: Path) -> None:
        authors = departing(session, tmp_path / "another", "all")
        answers = replay.parse_oracle("gt", authors, authors.path.parent)
        early = ("vog-start", "vog-pass", "selection-counts", "shared-noise", "all-epochs-average")
        for asked, in_rounds in (
            ("none", ()),
            ("ce-on-all", ["ce-on-all"]),
            ("random-seed, vog-start", ["random-seed"]),
        ):
            folder = replay.prepare(authors, answers, {"departures": asked}, lambda _: None)
            assert set(Document(folder.document).config.active_departures) == {*early, *in_rounds}
        whole = replay.prepare(authors, answers, {"departures": "all"}, lambda _: None)
        assert whole == replay.prepare(authors, answers, {}, lambda _: None)
        assert len(authors.replays()) == 4

    @pytest.mark.parametrize("name", ["vog-start", "shared-noise", "all-epochs-average"])
    def test_a_replay_comes_too_late_for_some(self, session: SessionFolder, name: str) -> None:
        with pytest.raises(UsageError, match=rf"{name} takes effect before the rounds, .*new --departures {name}"):
            run(session, departures=f"cosine-period,{name}")
        with pytest.raises(UsageError, match=r"takes effect before the rounds, so a replay cannot change it"):
            run(session, departures="all")
        with pytest.raises(UsageError, match="Unknown departure 'cosine'"):
            run(session, departures="cosine")
        assert session.replays() == []

    def test_corrections_for_free_need_the_truth(self, tmp_path: Path) -> None:
        folder = make_session(tmp_path / "real", with_truth=False)
        with pytest.raises(UsageError, match=r"free-corrections needs true labels, which are not known for"):
            replay.prepare(folder, JournalOracle({}), {"departures": "free-corrections"}, lambda _: None)


def test_before_lnl_there_is_nothing_to_replay(untrained: SessionFolder) -> None:
    with pytest.raises(
        UsageError, match=r"has not been trained yet and cannot be replayed; .*`alc session train small`"
    ):
        run(untrained)


def test_two_at_once_do_not_share_a_folder(session: SessionFolder) -> None:
    answers = replay.parse_oracle("gt", session, session.path.parent)
    folder = replay.prepare(session, answers, SHORT, lambda _: None)
    with WriterLock(folder.worker_lock, "a replay"), pytest.raises(SessionUnavailable, match="in use for a replay by"):
        run(session, **SHORT)


def label(session: SessionFolder) -> list[tuple[str, str, str | None]]:
    """A person's decisions on the first queue: sample, kind, label."""
    with SessionService(session, "anna", write=True) as service:
        verdicts = [("label", "red"), ("skip", None), ("label", "blue"), ("flag", None), ("exclude", None)]
        for sample, (kind, name) in zip(service.queue, verdicts, strict=True):
            service.decide(sample, Verdict(kind, name))
        return [(sample, kind, name) for sample, (kind, name) in zip(service.queue, verdicts, strict=True)]


def test_a_journal_is_repeated_and_what_it_does_not_know_is_skipped(session: SessionFolder) -> None:
    decided = label(session)
    folder = run(session, "journal", round_epochs=1)
    decisions = [(each.sample, each.kind, each.label) for each in Journal(folder.journal).decisions]
    assert decisions[:5] == decided
    assert len(decisions) == 10 and {kind for _, kind, _ in decisions[5:]} == {"skip"}
    assert [entry.decided_total for entry in Document(folder.document).rounds] == [0, 2, 2]


def test_the_journal_of_another_session_may_answer(session: SessionFolder) -> None:
    other = copy(session, session.path.parent, "other")
    decided = label(other)
    folder = run(session, "journal:other", **SHORT)
    assert [(each.sample, each.kind, each.label) for each in Journal(folder.journal).decisions] == decided


@pytest.mark.parametrize("oracle", ["journal", "journal:other"])
def test_a_journal_with_a_torn_last_line_is_repeated_and_reported(session: SessionFolder, oracle: str) -> None:
    source = copy(session, session.path.parent, "other") if oracle == "journal:other" else session
    label(source)
    source.journal.write_bytes(source.journal.read_bytes()[:-5])
    notices: list[str] = []
    replay.parse_oracle(oracle, session, session.path.parent, on_notice=notices.append)
    assert len(notices) == 1 and str(source.journal) in notices[0]


def test_a_journal_that_says_more_than_before_is_another_replay(session: SessionFolder) -> None:
    label(session)
    answers = [replay.parse_oracle("journal", session, session.path.parent)]
    with SessionService(session, "anna", write=True) as service:
        service.undo()
    answers.append(replay.parse_oracle("journal", session, session.path.parent))
    folders = [replay.prepare(session, each, SHORT, lambda _: None) for each in answers]
    assert folders[0] != folders[1]


@pytest.mark.parametrize(
    ("oracle", "sentence"),
    [
        ("journal", "The journal of session 'small' has no decisions; label some samples first"),
        ("journal:small", "The journal of session 'small' has no decisions"),
        ("truth", "Unknown oracle 'truth'; use gt, gt:error=P,abstain=P, matrix:CSV, journal or journal:SESSION"),
        ("gt:5", "Unknown setting of the oracle gt '5'; use one of error, abstain"),
        ("gt:error=2", "2.0 for error of the oracle gt is outside [0, 1]"),
        ("matrix", "Unknown oracle 'matrix'; use gt"),
        ("matrix:", "Unknown oracle 'matrix:'; use gt"),
        ("matrix:nowhere.csv", "nowhere.csv cannot be read"),
        ("journal:../x", "'../x' is not a valid session name"),
    ],
)
def test_an_oracle_that_cannot_answer_is_refused(session: SessionFolder, oracle: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        run(session, oracle)
    assert sentence in str(caught.value) and session.replays() == []


def test_an_oracle_that_errs_and_abstains_leaves_its_verdicts_in_the_journal(
    split: SessionFolder, tmp_path: Path
) -> None:
    """Whom the random sampler shows does not hang on what was learned."""
    session = copy(split, tmp_path)
    folder = run(session, "gt:abstain=0.4,error=1", seed=1, sampler="random", **SHORT)
    assert folder.name.startswith("gt-error1.0-abstain0.4-")
    decisions = Journal(folder.journal).decisions
    truth = SessionService(session).truth()
    assert len(decisions) == 5 and {each.annotator for each in decisions} == {"oracle:gt:error=1.0,abstain=0.4"}
    assert {each.kind for each in decisions} == {"label", "skip"}
    assert all(each.label != truth[each.sample] for each in decisions)
    last = Document(folder.document).rounds[1]
    kinds = [each.kind for each in decisions]
    assert (last.decided_total, last.ledger.skipped) == (kinds.count("label"), kinds.count("skip"))


def test_an_oracle_may_answer_by_a_matrix(session: SessionFolder, tmp_path: Path) -> None:
    path = tmp_path / "confusion.csv"
    path.write_text("truth,red,green,blue\nred,0,1,0\ngreen,0,0,1\nblue,1,0,0\n")
    folder = run(session, f"matrix:{path}", **SHORT)
    truth, after = SessionService(session).truth(), {"red": "green", "green": "blue", "blue": "red"}
    decisions = Journal(folder.journal).decisions
    assert len(decisions) == 5 and all(each.label == after[truth[each.sample]] for each in decisions)


def test_the_errors_are_the_sessions_seeds_unless_another_is_given(session: SessionFolder) -> None:
    samples = list(SessionService(session).truth())

    def told(seed: int | None) -> list[object]:
        oracle = replay.parse_oracle("gt:error=0.5", session, session.path.parent, seed)
        return [oracle.verdict(sample) for sample in samples]

    assert told(None) == told(0) != told(1)


def test_the_journal_of_a_session_that_is_not_there_cannot_answer(session: SessionFolder) -> None:
    with pytest.raises(SessionUnavailable, match="Session 'nowhere' not found"):
        run(session, "journal:nowhere")


def test_an_unknown_truth_cannot_answer(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"true labels, which are not known for session 'real'; .*--oracle journal"):
        run(make_session(tmp_path / "real", with_truth=False))
