"""A live session on the labeling screen: rounds are retrained behind it, and the queue is ranked anew in place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store import processes
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import EventLog, Failed
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Journal, Verdict
from alc_tui.session.store.lock import WriterLock
from alc_tui.session.store.records import Retraining
from alc_tui.tui.grid.screen import GridScreen
from alc_tui.tui.labeling.live_screen import LiveLabelScreen
from alc_tui.tui.progress.screen import ProgressScreen
from alc_tui.tui.training.screen import TrainingScreen
from tests.app.grid.looking import opens_grid, types
from tests.app.person import QUICK, Person, Sit
from tests.made_sessions import finish_round, make_session, update_facts

BUDGET = 3


@pytest.fixture
def live(tmp_path: Path) -> SessionFolder:
    """Three rounds of three samples."""
    return make_session(tmp_path / "live", samples=120, budget=BUDGET, rounds=3, freeze=True, live=True)


class SlowWorker:
    """A worker that holds its lock until it is told to finish, or to fail."""

    def __init__(self) -> None:
        self.starts = 0
        self._lock: WriterLock | None = None

    def start(self, folder: SessionFolder) -> None:
        held = WriterLock(folder.worker_lock, "training")
        held.acquire()
        self._folder, self._lock = folder, held
        self.starts += 1

    @property
    def is_running(self) -> bool:
        """Whether it has been started and holds its lock."""
        return self._lock is not None

    def freeze(self) -> None:
        """Take the round's decisions."""
        number = len(Document(self._folder.document).rounds)
        update_facts(self._folder, retraining=Retraining(number, len(Journal(self._folder.journal).decisions)))

    def finish(self) -> None:
        finish_round(self._folder)
        self.die()

    def fail(self, sentence: str) -> None:
        EventLog(self._folder.events).write(Failed(sentence, 4))
        self.die()

    def die(self) -> None:
        if self._lock is not None:
            self._lock.release()
        self._lock = None


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowWorker]:
    slow = SlowWorker()
    monkeypatch.setattr(processes, "spawn", slow.start)
    yield slow
    slow.die()


def shown(person: Person) -> str:
    showing = person.screen(LiveLabelScreen)._current.showing
    assert showing is not None
    return showing.item.sample


async def decides(person: Person, count: int) -> None:
    for _ in range(count):
        await person.presses("1")


async def test_the_next_sample_follows_the_last_one_of_a_round_at_once(
    live: SessionFolder, sit: Sit, worker: SlowWorker
) -> None:
    async with sit(live) as person:
        await decides(person, BUDGET)
        await person.sees_text("Retraining round 1 in the background")
        await person.sees_text("round 2 of 3   image 1 of 3")
        await decides(person, 1)
        assert worker.starts == 1 and person.is_at(LiveLabelScreen)
        assert [one.round for one in person.service.decisions] == [1, 1, 1, 2]


async def test_a_decided_round_is_not_finished_early_while_the_next_one_is_shown(
    live: SessionFolder, sit: Sit, worker: SlowWorker
) -> None:
    async with sit(live, (120, 30)) as person:
        await decides(person, BUDGET)
        await person.presses("ctrl+e")
        await person.sees_text("All samples of round 1 are decided, so there is nothing to finish early.")
        assert person.is_at(LiveLabelScreen)


async def test_the_reason_names_the_sampler_of_the_round_that_is_shown(
    tmp_path: Path, sit: Sit, worker: SlowWorker
) -> None:
    settings: dict[str, Any] = {"freeze": True, "live": True, "method": "al", "sampler": "entropy"}
    folder = make_session(tmp_path / "al", samples=120, budget=BUDGET, rounds=3, **settings)
    async with sit(folder, (120, 36)) as person:
        await person.sees_text("drawn at random")
        await decides(person, BUDGET)
        await person.waits_until(lambda: worker.is_running)
        worker.freeze()
        worker.finish()
        await person.sees_text("ranked anew")
        await decides(person, 1)
        await person.looks()
        assert "least certain" in person.sees and "drawn at random" not in person.sees
        await person.presses("i")
        await person.sees_text("by entropy")


async def test_a_new_ranking_leaves_the_sample_on_the_screen_until_it_is_decided(
    live: SessionFolder, sit: Sit, worker: SlowWorker
) -> None:
    async with sit(live) as person:
        await decides(person, BUDGET + 1)
        await person.looks()
        sample, screen = shown(person), person.screen(LiveLabelScreen)
        before = screen._current.showing
        worker.finish()
        await person.sees_text("ranked anew")
        assert screen._current.showing is before and screen.can_decide
        assert person.service.round == 2
        await person.presses("2")
        assert person.decisions()[-1] == (sample, "label", "NV")
        assert person.service.decisions[-1].round == 2
        await person.looks()
        assert shown(person) in person.service.queue and person.is_at(LiveLabelScreen)


async def test_a_new_ranking_replaces_a_decided_sample_which_belongs_to_no_other_round(
    live: SessionFolder, sit: Sit, worker: SlowWorker
) -> None:
    async with sit(live) as person:
        await decides(person, BUDGET)
        decided = person.service.queue[0]
        await opens_grid(person)
        await types(person, "home", "enter")
        await person.looks()
        assert shown(person) == decided
        await person.waits_until(lambda: worker.is_running)
        worker.freeze()
        worker.finish()
        await person.sees_text("ranked anew")
        assert decided not in person.service.queue
        assert shown(person) == person.service.queue[0]
        assert person.service.queue == SessionService(live).queue
        await decides(person, BUDGET)
        await person.waits_until(lambda: worker.starts == 2)
        samples = [sample for sample, _, _ in person.decisions()]
        assert len(set(samples)) == len(samples) == 2 * BUDGET


async def test_a_key_pressed_before_the_next_image_was_seen_decides_nothing_during_the_exchange(
    live: SessionFolder, sit: Sit, worker: SlowWorker
) -> None:
    async with sit(live) as person:
        await decides(person, BUDGET)
        await person.looks()
        worker.finish()
        await person.sees_text("ranked anew")
        await person.presses("1")
        person.guard = 60
        await person.pilot.press("2", "2", "2")
        assert len(person.decisions()) == BUDGET + 1


async def test_nothing_is_shown_twice_and_every_round_has_its_labels(live: SessionFolder, sit: Sit) -> None:
    async with sit(live) as person:
        while not person.is_at(ProgressScreen):
            if person.is_at(LiveLabelScreen) and person.screen(LiveLabelScreen).can_decide:
                waits = person.screen(LiveLabelScreen)._current.showing is None
                if not waits:
                    await person.presses("1")
            await person.pilot.pause(0.02)
        await person.sees_text("All 3 rounds are done")
    samples = [sample for sample, _, _ in person.decisions()]
    assert len(samples) == len(set(samples)) == 3 * BUDGET
    assert [record.ledger.shown for record in Document(live.document).rounds] == [0, BUDGET, BUDGET, BUDGET]


async def test_when_the_next_round_is_decided_ahead_the_same_screen_waits(
    live: SessionFolder, sit: Sit, worker: SlowWorker
) -> None:
    async with sit(live) as person:
        await decides(person, 2 * BUDGET)
        await person.sees_text("the next image appears")
        await person.waits_until(lambda: worker.is_running)
        worker.freeze()
        worker.finish()
        await person.waits_until(lambda: worker.starts == 2)
        await person.sees_text("round 3 of 3   image 1 of 3")
        assert person.is_at(LiveLabelScreen)


async def test_undo_goes_back_to_the_round_until_its_retraining_has_taken_it(
    live: SessionFolder, sit: Sit, worker: SlowWorker
) -> None:
    async with sit(live) as person:
        last = person.service.queue[-1]
        await decides(person, BUDGET)
        await person.sees_text("Retraining round 1")
        await person.presses("u")
        await person.sees_text("round 1 of 3   image 3 of 3")
        assert shown(person) == last and "Retraining" not in person.sees
        await person.waits_until(lambda: worker.is_running)
        worker.fail("Round 1 has 1 undecided samples.")
        await decides(person, 1)
        await person.waits_until(lambda: worker.starts == 2)
        await person.sees_text("Retraining round 1")
        await person.waits_until(lambda: worker.is_running)
        worker.freeze()
        await person.presses("u")
        await person.sees_text("Nothing to undo: round 1 is being retrained.")
        worker.finish()
        await person.sees_text("ranked anew")


async def test_a_verdict_changed_while_the_worker_starts_is_trained_by_the_next_worker(
    live: SessionFolder, sit: Sit, worker: SlowWorker
) -> None:
    async with sit(live) as person:
        await decides(person, BUDGET)
        await person.sees_text("Retraining round 1")
        await person.presses("u")
        await person.waits_until(lambda: "Retraining" not in person.sees)
        await decides(person, 1)
        await person.sees_text("Retraining round 1")
        await person.waits_until(lambda: worker.is_running)
        worker.fail("Round 1 has 1 undecided samples.")
        await person.waits_until(lambda: worker.starts == 2)
        worker.finish()
        await person.sees_text("ranked anew")


async def test_a_failed_retraining_is_said_with_the_key_that_shows_it(
    live: SessionFolder, sit: Sit, worker: SlowWorker
) -> None:
    async with sit(live, (100, 30)) as person:
        await decides(person, BUDGET)
        await person.sees_text("Retraining round 1")
        await person.waits_until(lambda: worker.is_running)
        worker.freeze()
        worker.fail("The graphics card is on fire.")
        await person.sees_text("The graphics card is on fire.")
        await person.sees_text("Round 1 is not retrained. Press ! for the training screen.")
        await decides(person, 1)
        await person.presses("!")
        await person.waits_until(lambda: person.is_at(TrainingScreen))
        await person.sees_text("The graphics card is on fire.")
        assert worker.starts == 1


async def test_a_killed_worker_is_noticed(live: SessionFolder, sit: Sit, worker: SlowWorker) -> None:
    async with sit(live, (100, 30), timings=replace(QUICK, last_event=0.1)) as person:
        await decides(person, BUDGET)
        await person.sees_text("Retraining round 1")
        await person.waits_until(lambda: worker.is_running)
        worker.freeze()
        worker.die()
        await person.sees_text("The worker ended unexpectedly")
        assert worker.starts == 1
    async with sit(live) as later:
        await later.waits_until(lambda: worker.starts == 2)
        worker.finish()
        await later.sees_text("ranked anew")


async def test_a_failure_is_said_again_when_the_session_is_opened_again(
    live: SessionFolder, sit: Sit, worker: SlowWorker
) -> None:
    async with sit(live) as person:
        await decides(person, BUDGET + 1)
        await person.waits_until(lambda: worker.is_running)
        worker.freeze()
        worker.fail("No space left.")
    async with sit(live) as later:
        await later.sees_text("No space left.")
        await later.sees_text("round 2 of 3   image 2 of 3")
        assert worker.starts == 1
        await later.app.action_quit()
    assert later.app.return_value == 4


class Prepared:
    """A worker that was started in advance. all: every one of them; closed: those that were ended unused."""

    all: ClassVar[list[Prepared]] = []
    worker: ClassVar[SlowWorker]

    def __init__(self, folder: SessionFolder) -> None:
        self._folder, self.fate = folder, "waits"
        self.all.append(self)

    def start(self) -> bool:
        self.fate = "trains"
        self.worker.start(self._folder)
        return True

    def close(self) -> None:
        self.fate = "closed"


async def test_the_worker_of_the_next_round_is_prepared_and_none_is_left_behind(
    live: SessionFolder, sit: Sit, worker: SlowWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "PreparedWorker", Prepared)
    monkeypatch.setattr(processes, "spawn", lambda _folder: pytest.fail("one was prepared"))
    monkeypatch.setattr(Prepared, "all", [])
    monkeypatch.setattr(Prepared, "worker", worker, raising=False)
    async with sit(live) as person:
        await person.waits_until(lambda: [one.fate for one in Prepared.all] == ["waits"])
        await decides(person, BUDGET)
        await person.waits_until(lambda: [one.fate for one in Prepared.all] == ["trains"] and worker.is_running)
        worker.finish()
        await person.sees_text("ranked anew")
        await person.waits_until(lambda: [one.fate for one in Prepared.all] == ["trains", "waits"])
    assert [one.fate for one in Prepared.all] == ["trains", "closed"]


async def test_without_a_failure_no_key_leads_to_the_training_screen(
    live: SessionFolder, sit: Sit, worker: SlowWorker
) -> None:
    async with sit(live) as person:
        await decides(person, BUDGET)
        await person.presses("!")
        assert person.is_at(LiveLabelScreen) and worker.starts == 1


async def test_a_ranking_waits_while_the_grid_covers_the_screen(
    live: SessionFolder, sit: Sit, worker: SlowWorker
) -> None:
    async with sit(live, (100, 30)) as person:
        await decides(person, BUDGET)
        await person.looks()
        sample = shown(person)
        await person.presses("g")
        await person.waits_until(lambda: person.is_at(GridScreen))
        worker.finish()
        await person.pilot.pause(0.3)
        assert person.service.round == 1
        await person.pilot.press("escape")
        await person.sees_text("ranked anew")
        assert person.service.round == 2 and shown(person) == sample


async def test_quitting_during_the_retraining_loses_nothing(live: SessionFolder, sit: Sit, worker: SlowWorker) -> None:
    async with sit(live) as person:
        await decides(person, BUDGET + 1)
        before = person.decisions()
        await person.pilot.press("q")
        await person.waits_until(lambda: not person.app.is_running)
    worker.finish()
    async with sit(live) as later:
        await later.sees_text("round 2 of 3   image 2 of 3")
        assert later.decisions() == before and worker.starts == 1


async def test_those_who_watch_follow_from_round_to_round(live: SessionFolder, sit: Sit) -> None:
    async with sit(live, annotator="ben", write=False, timings=replace(QUICK, watch=0.05)) as person:
        with SessionService(live, "anna", write=True) as anna:
            for _ in range(2):
                for sample in anna.queue:
                    anna.decide(sample, Verdict("skip"))
                finish_round(live)
                anna.refresh()
                await person.sees_text(f"round {anna.round} of 3   image 1 of 3")
                assert person.is_at(LiveLabelScreen)
            for sample in anna.queue:
                anna.decide(sample, Verdict("skip"))
        finish_round(live)
        await person.waits_until(lambda: person.is_at(ProgressScreen))
