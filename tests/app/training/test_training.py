"""The training screen follows a worker, and says plainly how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from alc_tui.errors import AlcError
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.settings.training_time import Estimate
from alc_tui.session.store import lock, processes
from alc_tui.session.store.events import Epoch, EventLog, Failed, Notice, Position, Started, Step, Stopped
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from alc_tui.session.store.lock import WriterLock
from alc_tui.session.store.records import Retraining
from alc_tui.tui.dialogs.help import GuidelineScreen, HelpScreen
from alc_tui.tui.grid.screen import GridScreen
from alc_tui.tui.preferences import Preferences
from alc_tui.tui.progress.screen import ProgressScreen
from alc_tui.tui.review.screen import ReviewScreen
from alc_tui.tui.training.screen import TrainingScreen
from alc_tui.tui.training.state import Training, follow
from tests.app.person import QUICK, Person, Sit
from tests.made_sessions import make_session, update_facts


@pytest.fixture
def fresh(tmp_path: Path) -> SessionFolder:
    """A session that has not been trained."""
    return make_session(tmp_path / "fresh", trained=False)


@pytest.fixture
def trainer(fresh: SessionFolder, monkeypatch: pytest.MonkeyPatch) -> Iterator[WriterLock]:
    """A worker that starts, takes the lock and then does what the test says."""
    held = WriterLock(fresh.worker_lock, "training")
    monkeypatch.setattr(processes, "spawn", lambda _: held.acquire())
    yield held
    held.release()


async def worker_starts(person: Person) -> None:
    """It does so in a thread of the app."""
    await person.waits_until(lambda: lock.is_held(person.service.folder.worker_lock))


def test_the_place_within_an_epoch_counts_in_bar_and_time() -> None:
    training = follow(Training(), [Started(0, 0, 10, "cpu", 36, 1), Position(0, 0, 18, 36, 5.0)])
    assert (training.done, training.eta) == (0.5, 95.0)
    training = follow(training, [epoch(1, 0.5)])
    assert (training.done, training.eta) == (1.0, 83.0)
    assert follow(training, [Position(0, 1, 9, 36, 3.0)]).eta == 80.0
    assert follow(training, [Position(1, 1, 9, 36, 3.0)]) == training


def test_an_estimate_counts_for_what_is_left_of_a_resumed_phase() -> None:
    training = follow(Training(), [Started(0, 5, 10, "cpu", 36, 1, estimate=100.0, is_uncertain=True)])
    assert (training.eta, training.is_uncertain) == (50.0, True)
    assert not follow(training, [epoch(6, 0.5)]).is_uncertain


def epoch(number: int, f1: float, kept: list[float] | None = None) -> Epoch:
    return Epoch(
        0, number, 10, (1.25, 1.5), 0.3, f1, None if kept is None else tuple(kept), 0.875, 2.0, 2.0 * (10 - number) + 65
    )


async def test_it_shows_how_the_learning_goes(fresh: SessionFolder, sit: Sit, trainer: WriterLock) -> None:
    log = EventLog(fresh.events)
    async with sit(fresh) as person:
        log.write(Step("decoding images", 120, 600))
        await person.sees_text("decoding images 120 of 600")
        log.write(Started(0, 0, 10, "cpu, 2 threads", 36, 1))
        log.write(Notice("The batch of [5] is small."))
        log.write(epoch(1, 0.6, [0.9, 0.5, 0.25]))
        log.write(epoch(2, 0.4, [0.9, 0.5, 0.25]))
        await person.sees_text("epoch 2 of 10")
        for text in (
            "learning with noisy labels",
            "loss, peer 1  1.2500",
            "loss, peer 2  1.5000",
            "0.400",
            "0.600  (epoch 1)",
            "0.30",
            "1 min 2",
        ):
            assert text in person.sees
        for text in ("90%", "50%", "25%", "87.5% of selected labels", "cpu, 2 threads", "The batch of [5] is small."):
            await person.sees_text(text)


async def test_before_the_first_epoch_nothing_is_almost_done(tmp_path: Path, sit: Sit) -> None:
    folder = make_session(tmp_path / "fresh", trained=False)
    update_facts(folder, estimate=Estimate(0.4, 0.4, is_uncertain=False))
    with WriterLock(folder.worker_lock, "training"):
        async with sit(folder) as person:
            await person.sees_text("Preparing")
            assert "last update" in person.sees and "time left" not in person.sees
            assert "g Grid" in person.sees


async def test_a_retraining_does_not_begin_with_the_figures_of_the_last_round(tmp_path: Path, sit: Sit) -> None:
    folder = make_session(tmp_path / "later", budget=1)
    with WriterLock(folder.worker_lock, "training"):
        async with sit(folder) as person:
            await person.sees_text("Preparing")
            assert "retraining, round 1 of 2" in person.sees
            EventLog(folder.events).write(Started(1, 0, 5, "cpu", 36, 1))
            await person.sees_text("epoch 0 of 5")


async def test_the_time_and_the_place_within_an_epoch_are_shown_from_the_beginning(
    fresh: SessionFolder, sit: Sit, trainer: WriterLock
) -> None:
    log = EventLog(fresh.events)
    update_facts(fresh, estimate=Estimate(9000.0, 60.0, is_uncertain=True))
    async with sit(fresh) as person:
        await person.sees_text("about 2 h 30")
        await person.sees_text("uncertain")
        log.write(Started(0, 0, 50, "cpu, 1 thread", 36, 1, estimate=7200.0, is_uncertain=True))
        await person.sees_text("epoch 0 of 50")
        await person.sees_text("about 2 h 00")
        log.write(Position(0, 0, 12, 36, 10.0))
        await person.sees_text("epoch 0 of 50, then 12 of 36 samples")
        await person.sees_text("about 24 min")  # 30 s an epoch, 10 of them gone


async def test_detaching_leaves_the_training_alone(fresh: SessionFolder, sit: Sit, trainer: WriterLock) -> None:
    async with sit(fresh) as person:
        EventLog(fresh.events).write(Started(0, 0, 10, "cpu", 36, 1))
        await person.sees_text("epoch 0 of 10")
        await person.pilot.press("d")
        await person.waits_until(lambda: not person.app.is_running)
        assert person.app.return_value == 0
    assert lock.is_held(fresh.worker_lock)


async def test_a_failed_training_shows_its_error_and_can_be_retried(
    fresh: SessionFolder, sit: Sit, trainer: WriterLock
) -> None:
    async with sit(fresh) as person:
        log = EventLog(fresh.events)
        await worker_starts(person)
        log.write(Started(0, 0, 10, "cpu", 36, 1))
        log.write(Failed("The loss became NaN in epoch 3; try a smaller --lr.", 4))
        trainer.release()
        await person.sees_text("The loss became NaN in epoch 3; try a smaller --lr.")
        await person.pilot.press("r")
        await person.waits_until(lambda: "NaN" not in person.sees)
        await worker_starts(person)
        log.write(Failed("Again.", 4))
        trainer.release()
        await person.sees_text("Again.")
        await person.pilot.press("q")
        await person.waits_until(lambda: not person.app.is_running)
        assert person.app.return_value == 4


async def test_a_session_that_failed_before_shows_why_and_waits(
    fresh: SessionFolder, sit: Sit, spawned: list[SessionFolder]
) -> None:
    EventLog(fresh.events).write(Failed("The device is out of memory.", 4))
    async with sit(fresh) as person:
        await person.sees_text("The device is out of memory.")
        assert spawned == []
        await person.pilot.press("r")
        await person.waits_until(lambda: person.is_at(ProgressScreen))
        assert spawned == [fresh]


async def test_a_killed_worker_is_noticed_and_can_go_on(fresh: SessionFolder, sit: Sit, trainer: WriterLock) -> None:
    async with sit(fresh) as person:
        log = EventLog(fresh.events)
        log.write(Started(0, 0, 10, "cpu", 36, 1))
        log.write(epoch(4, 0.5))
        await person.sees_text("epoch 4 of 10")
        await worker_starts(person)
        trainer.release()
        await person.sees_text("ended unexpectedly after epoch 4 of 10")
        await person.pilot.press("r")
        await person.waits_until(lambda: "ended unexpectedly" not in person.sees)
        log.write(Started(0, 4, 10, "cpu", 36, 2))
        log.write(epoch(5, 0.4))
        await person.sees_text("epoch 5 of 10")
        assert "0.500  (epoch 4)" in person.sees


async def test_the_last_event_of_a_worker_may_come_late(fresh: SessionFolder, sit: Sit, trainer: WriterLock) -> None:
    async with sit(fresh, timings=replace(QUICK, last_event=60.0)) as person:
        await worker_starts(person)
        await person.pilot.pause(0.1)
        trainer.release()
        await person.pilot.pause(0.4)
        EventLog(fresh.events).write(Failed("The disk is full.", 1))
        await person.sees_text("The disk is full.")
        assert "ended unexpectedly" not in person.sees


async def test_a_worker_that_does_not_start_is_reported(
    fresh: SessionFolder, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: SessionFolder) -> None:
        raise AlcError("The worker did not start; worker.log says why.")

    monkeypatch.setattr(processes, "spawn", refuse)
    async with sit(fresh) as person:
        await person.sees_text("The worker did not start")
        await person.pilot.press("q")
        await person.waits_until(lambda: not person.app.is_running)
        assert person.app.return_value == 4


async def stop_and_confirm(person: Person, answer: str) -> None:
    await worker_starts(person)
    EventLog(person.service.folder.events).write(Started(0, 0, 10, "cpu", 36, 1))
    EventLog(person.service.folder.events).write(epoch(3, 0.5))
    await person.sees_text("epoch 3 of 10")
    await person.pilot.press("ctrl+x")
    await person.sees_text("Pause training?")
    await person.reads_the_question()
    await person.pilot.press(answer)


async def test_a_pause_asks_first_and_says_how_to_resume(
    fresh: SessionFolder, sit: Sit, trainer: WriterLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(folder: SessionFolder) -> bool:
        EventLog(folder.events).write(Stopped(0, 3))
        trainer.release()
        return True

    monkeypatch.setattr(processes, "stop", stop)
    async with sit(fresh) as person:
        await stop_and_confirm(person, "y")
        await person.sees_text("Paused after epoch 3 of 10. Press r to resume.")
        await person.pilot.press("q")
        await person.waits_until(lambda: not person.app.is_running)
        assert person.app.return_value == 0


async def test_a_no_stops_nothing(
    fresh: SessionFolder, sit: Sit, trainer: WriterLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "stop", lambda _: pytest.fail("stopped"))
    async with sit(fresh) as person:
        await stop_and_confirm(person, "n")
        await person.pilot.pause(0.2)
        assert person.is_at(TrainingScreen)


async def test_a_worker_that_cannot_be_stopped_is_reported(
    fresh: SessionFolder, sit: Sit, trainer: WriterLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "stop", lambda _: False)
    async with sit(fresh) as person:
        await stop_and_confirm(person, "y")
        await person.sees_text("is still running")


async def test_the_screen_begins_with_the_state_of_the_phase(
    fresh: SessionFolder, sit: Sit, trainer: WriterLock
) -> None:
    """Attached from another terminal, long after the beginning."""
    trainer.acquire()
    log = EventLog(fresh.events)
    log.write(Started(0, 0, 10, "cpu", 36, 1))
    for number, f1 in enumerate((0.2, 0.7, 0.5), start=1):
        log.write(epoch(number, f1))
    async with sit(fresh) as person:
        await person.sees_text("0.700  (epoch 2)")
        await person.sees_text("validation macro-F1 by epoch")
        frame = [line for line in person.sees.splitlines() if line.rstrip()[-1:] in "┃┫┣" and line.strip()]
        assert any("●" in line for line in frame)


async def test_the_log_takes_the_place_of_the_figures_and_gives_it_back(
    fresh: SessionFolder, sit: Sit, trainer: WriterLock
) -> None:
    async with sit(fresh) as person:
        log = EventLog(fresh.events)
        log.write(Started(0, 0, 10, "cpu", 36, 1))
        log.write(epoch(1, 0.6))
        await person.sees_text("epoch 1 of 10")
        await person.pilot.press("t")
        await person.sees_text("LNL: 36 samples, 10 epochs on cpu")
        line = next(line for line in person.sees.splitlines() if "epoch   1 of 10" in line)
        assert datetime.strptime(line.split()[0], "%H:%M:%S")
        assert "loss, peer 1" not in person.sees
        await person.pilot.press("t")
        await person.sees_text("loss, peer 1")
        assert "LNL: 36 samples" not in person.sees


async def test_the_log_follows_its_end_unless_one_has_scrolled_up(
    fresh: SessionFolder, sit: Sit, trainer: WriterLock
) -> None:
    async with sit(fresh) as person:
        log = EventLog(fresh.events)
        log.write(Started(0, 0, 200, "cpu", 36, 1))
        for number in range(1, 51):
            log.write(epoch(number, 0.5))
        await person.sees_text("epoch 50 of")
        await person.pilot.press("t")
        await person.sees_text("epoch  50 of 10")
        log.write(epoch(51, 0.5))
        await person.sees_text("epoch  51 of 10")
        await person.pilot.press(*["pageup"] * 9)
        await person.sees_text("LNL: 36 samples")
        log.write(epoch(52, 0.5))
        await person.pilot.pause(0.2)
        assert "LNL: 36 samples" in person.sees
        await person.pilot.press("down", "down", "down")
        await person.waits_until(lambda: "LNL: 36 samples" not in person.sees)
        await person.pilot.press(*["pagedown"] * 9)
        await person.sees_text("epoch  52 of 10")


async def test_a_wide_terminal_shows_figures_and_log_together(
    fresh: SessionFolder, sit: Sit, trainer: WriterLock
) -> None:
    async with sit(fresh, (160, 48)) as person:
        log = EventLog(fresh.events)
        log.write(Started(0, 0, 10, "cpu", 36, 1))
        log.write(epoch(1, 0.6, [0.9, 0.5, 0.25]))
        for text in ("loss, peer 2", "selected as clean, by given class", "loss by epoch", "LNL: 36 samples"):
            await person.sees_text(text)
        assert "Log" not in person.sees.splitlines()[-1]
        await person.pilot.resize_terminal(80, 24)
        await person.waits_until(lambda: "LNL: 36 samples" not in person.sees)
        await person.waits_until(lambda: "Log" in person.sees.splitlines()[-1])


async def test_foreign_text_in_the_log_cannot_steer_the_terminal(
    fresh: SessionFolder, sit: Sit, trainer: WriterLock
) -> None:
    async with sit(fresh) as person:
        EventLog(fresh.events).write(Notice("[red]a\x1b[2J"))
        await person.pilot.press("t")
        await person.waits_until(lambda: person.sees.count("[red]a\\x1b[2J") == 2)  # in the log and in the notices


async def test_progress_can_be_looked_at_meanwhile(tmp_path: Path, sit: Sit) -> None:
    folder = make_session(tmp_path / "later", budget=1)
    with WriterLock(folder.worker_lock, "training"):
        async with sit(folder) as person:
            await person.sees_text("Preparing")
            await person.pilot.press("p")
            await person.waits_until(lambda: person.is_at(ProgressScreen))
            await person.pilot.press("escape")
            await person.waits_until(lambda: person.is_at(TrainingScreen))


async def leaves(person: Person) -> int | None:
    """Press q; the exit code."""
    await person.pilot.press("q")
    await person.waits_until(lambda: not person.app.is_running)
    return person.app.return_value


async def test_watchers_see_that_no_training_runs_and_none_has_failed(
    fresh: SessionFolder, sit: Sit, spawned: list[SessionFolder]
) -> None:
    async with sit(fresh, write=False) as person:
        await person.sees_text("No training is running.")
        await person.pilot.pause(0.8)  # longer than a worker's last words may take
        assert "ended unexpectedly" not in person.sees
        await person.pilot.press("r", "ctrl+x")
        assert spawned == []
        await person.pilot.press("escape")
        assert await leaves(person) == 0


async def test_watchers_follow_a_training_that_starts_later_and_cannot_pause_it(fresh: SessionFolder, sit: Sit) -> None:
    async with sit(fresh, write=False) as person:
        await person.sees_text("No training is running.")
        with WriterLock(fresh.worker_lock, "training"):
            log = EventLog(fresh.events)
            log.write(Started(0, 0, 10, "cpu", 36, 1))
            log.write(epoch(3, 0.5))
            await person.sees_text("epoch 3 of 10")
            await person.waits_until(lambda: "No training is running" not in person.sees)
            assert "Pause" not in person.sees
            await person.pilot.press("ctrl+x")
            assert person.is_at(TrainingScreen)
            log.write(Stopped(0, 3))
        await person.waits_until(lambda: "Paused after epoch 3 of 10." in person.sees)
        assert "to resume" not in person.sees
        assert await leaves(person) == 0


async def test_review_the_grid_and_help_are_a_key_away(tmp_path: Path, sit: Sit) -> None:
    folder = make_session(tmp_path / "later", budget=1)
    with WriterLock(folder.worker_lock, "training"):
        async with sit(folder) as person:
            await person.sees_text("Preparing")
            for text in ("r Review", "d Detach", "^x Pause", "? Help"):
                await person.sees_text(text)
            for key, screen in (("r", ReviewScreen), ("g", GridScreen), ("question_mark", HelpScreen)):
                await person.pilot.press(key)
                await person.waits_until(lambda screen=screen: person.is_at(screen))  # type: ignore[misc]
                await person.pilot.press("escape")
                await person.waits_until(lambda: person.is_at(TrainingScreen))


async def test_a_failure_behind_another_screen_is_reported_there(tmp_path: Path, sit: Sit) -> None:
    folder = make_session(tmp_path / "later", budget=1)
    held = WriterLock(folder.worker_lock, "training")
    held.acquire()
    async with sit(folder) as person:
        await person.sees_text("Preparing")
        await person.pilot.press("r")
        await person.waits_until(lambda: person.is_at(ReviewScreen))
        EventLog(folder.events).write(Failed("The [disk] is full.", 1))
        held.release()
        await person.sees_text("The [disk] is full.")
        assert person.is_at(ReviewScreen)


def test_an_epoch_done_again_takes_the_place_of_the_first() -> None:
    training = follow(Training(), [Started(0, 0, 10, "cpu", 36, 1), epoch(1, 0.2), epoch(2, 0.9), epoch(3, 0.4)])
    again = follow(training, [Started(0, 1, 10, "cpu", 36, 2), epoch(2, 0.3)])
    assert [(known.epoch, known.validation_macro_f1) for known in again.history] == [(1, 0.2), (2, 0.3)]
    assert again.best == epoch(2, 0.3)


def test_a_new_phase_begins_without_the_curves_of_the_last() -> None:
    training = follow(Training(), [Started(0, 0, 10, "cpu", 36, 1), epoch(1, 0.2)])
    assert follow(training, [Started(1, 0, 5, "cpu", 36, 1)]).history == ()
    later = Epoch(1, 3, 5, (1.0,), 0.0, 0.5, None, None, 1.0, 0.0)
    assert follow(training, [later]).history == (later,)


def test_the_best_epoch_is_the_first_of_the_best() -> None:
    training = follow(Training(), [epoch(1, 0.2), epoch(2, 0.9), epoch(3, 0.9)])
    assert training.best is not None
    assert training.best.epoch == 2


# meanwhile


async def test_a_running_training_offers_what_can_be_done_meanwhile(session: SessionFolder, sit: Sit) -> None:
    with SessionService(session, "anna", write=True) as service:
        for sample in service.queue:
            service.decide(sample, Verdict("flag"))
    update_facts(session, retraining=Retraining(1, 5))
    training = WriterLock(session.worker_lock, "training")
    training.acquire()
    async with sit(session, (120, 36)) as person:
        await person.sees_text("While you wait: c the guideline, g the images of round 1, r 5 flagged.")
        await person.pilot.press("c")
        await person.waits_until(lambda: person.is_at(GuidelineScreen))
        await person.pilot.press("escape", "g")
        await person.waits_until(lambda: person.is_at(GridScreen))
        await person.pilot.press("escape", "r")
        await person.waits_until(lambda: person.is_at(ReviewScreen))
        await person.pilot.press("escape", "1")
        await person.sees_text("Class keys label images on the labeling screen and in the grid only.")
    training.release()


async def test_the_end_of_a_training_calls_back_once(
    fresh: SessionFolder, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[str, str]] = []
    monkeypatch.setattr("alc_tui.tui.app.call_back", lambda _app, manner, text, _env: calls.append((manner, text)))
    async with sit(fresh, preferences=Preferences(notify="osc9")) as person:
        await person.waits_until(lambda: person.is_at(ProgressScreen))
        assert calls == [("osc9", "fresh: the first images can be labeled")]


async def test_a_failed_training_calls_back_too(
    fresh: SessionFolder, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    monkeypatch.setattr("alc_tui.tui.app.call_back", lambda _app, _manner, text, _env: calls.append(text))

    def fail(_: SessionFolder) -> None:
        raise AlcError("no worker")

    monkeypatch.setattr(processes, "spawn", fail)
    async with sit(fresh) as person:
        await person.sees_text("no worker")
        await person.waits_until(lambda: calls == ["fresh: training failed"])
