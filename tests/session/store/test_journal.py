from __future__ import annotations

import errno
import json
import os
import random
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alc_tui.errors import AlcError
from alc_tui.session.store import jsonl
from alc_tui.session.store.journal import (
    EXCLUDE,
    FLAG,
    GRID,
    KINDS,
    LABEL,
    OCCASIONS,
    QUEUE,
    REPEAT,
    REVIEW,
    SECOND,
    SKIP,
    UNDO,
    Decision,
    Journal,
    Verdict,
    Verdicts,
)


def decide(journal: Journal, sample: str, kind: str = LABEL, label: str | None = "NV", number: int = 1) -> Decision:
    verdict = Verdict(kind, label if kind == LABEL else None, 1.5)
    return journal.append(Decision.now(verdict, sample, number, "anna", "MEL", QUEUE))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


@pytest.fixture
def three(path: Path) -> bytes:
    """The content of a journal of three decisions."""
    journal = Journal(path)
    for sample in ("a.png", "b.png", "c.png"):
        decide(journal, sample)
    return path.read_bytes()


def test_a_journal_that_was_never_written_is_empty_and_makes_no_file(path: Path) -> None:
    assert Journal(path, repair=True).decisions == []
    assert not path.exists()


def test_a_decision_is_one_line_with_all_that_is_known_of_it(path: Path) -> None:
    Journal(path).append(Decision.now(Verdict(LABEL, "NV", 1.23456), "a.png", 2, "anna", "MEL", QUEUE))
    (line,) = path.read_text().splitlines()
    written = json.loads(line)
    assert written.pop("at").endswith("+00:00")
    assert written == {
        "seq": 0,
        "round": 2,
        "sample": "a.png",
        "kind": "label",
        "label": "NV",
        "annotator": "anna",
        "seconds": 1.235,
        "suggested": "MEL",
        "occasion": "queue",
        "blind": False,
    }


def test_what_was_appended_is_read_again_in_order(path: Path) -> None:
    journal = Journal(path)
    written = [decide(journal, "a.png"), decide(journal, "b.png", SKIP), decide(journal, "a.png", UNDO)]
    assert Journal(path).decisions == written
    assert [decision.seq for decision in written] == [0, 1, 2]


def test_names_of_any_kind_come_back_as_they_were(path: Path) -> None:
    names = ["a\nb", "\x1b[31m", "Ärzte/γ.png", "\udcff.png", '"', "\u2028"]
    journal = Journal(path)
    for name in names:
        decide(journal, name)
    assert [decision.sample for decision in Journal(path).decisions] == names
    assert path.read_bytes().count(b"\n") == len(names)


def test_a_decision_is_on_disk_before_append_returns(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_disk: list[bytes] = []
    fsync = os.fsync

    def spy(descriptor: int) -> None:
        fsync(descriptor)
        if os.fstat(descriptor).st_ino == path.stat().st_ino:
            on_disk.append(path.read_bytes())

    monkeypatch.setattr(os, "fsync", spy)
    journal = Journal(path)
    for count, sample in enumerate(("a.png", "b.png"), start=1):
        decide(journal, sample)
        assert len(on_disk) == count
        assert on_disk[-1] == path.read_bytes()
        assert on_disk[-1].count(b"\n") == count


def test_the_name_of_a_new_journal_is_forced_to_disk_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    decide(Journal(path), "a.png")
    assert synced == [path.parent.stat().st_ino, path.stat().st_ino]


def test_a_line_of_before_there_were_occasions_is_one_of_the_queue_and_not_blind(path: Path) -> None:
    path.write_text(line_of(0) + "\n")
    (old,) = Journal(path).decisions
    assert (old.occasion, old.blind) == ("queue", False)


def test_several_decisions_are_added_in_one_piece_numbered_anew(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(path)
    first = decide(journal, "a.png")
    elsewhere = [decision(7, "b.png", LABEL, "NV"), decision(3, "a.png", UNDO)]
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(len(path.read_bytes().splitlines())))
    added = journal.extend(elsewhere)
    assert synced == [3]
    assert [each.seq for each in added] == [1, 2]
    assert [replace(each, seq=0) for each in added] == [replace(each, seq=0) for each in elsewhere]
    assert Journal(path).decisions == journal.decisions == [first, *added]
    assert journal.size == path.stat().st_size


def test_nothing_added_writes_nothing(path: Path) -> None:
    assert Journal(path).extend([]) == []
    assert not path.exists()


def test_several_decisions_on_a_full_disk_are_none(path: Path, three: bytes) -> None:
    journal = Journal(path)
    with full_after(len(three) + 300), pytest.raises(OSError, match="File too large"):
        journal.extend([decision(0, "d.png", SKIP), decision(0, "e.png", SKIP)])
    assert path.read_bytes() == three and len(journal.decisions) == 3


def test_the_size_is_that_of_the_file_as_it_was_read_and_written(path: Path, three: bytes) -> None:
    path.write_bytes(three + b'{"seq": 3')
    assert Journal(path).size == len(three) + 9
    mended = Journal(path, repair=True)
    assert mended.size == len(three)
    decide(mended, "d.png")
    assert mended.size == path.stat().st_size


def test_whatever_is_cut_off_the_last_line_the_others_stand(path: Path, three: bytes) -> None:
    two = three[: three.rindex(b"\n", 0, -1) + 1]
    for length in range(len(two) + 1, len(three) - 1):
        torn = three[len(two) : length]
        path.write_bytes(three[:length])
        path.with_suffix(".torn").unlink(missing_ok=True)
        said: list[str] = []
        journal = Journal(path, said.append, repair=True)
        assert [decision.sample for decision in journal.decisions] == ["a.png", "b.png"]
        assert path.read_bytes() == two
        assert path.with_suffix(".torn").read_bytes() == torn + b"\n"
        (notice,) = said
        assert str(path) in notice and "journal.torn" in notice and "the 2 decisions before it are complete" in notice
        assert decide(journal, "d.png").seq == 2
        assert [decision.sample for decision in Journal(path).decisions] == ["a.png", "b.png", "d.png"]


def test_a_reader_passes_over_a_torn_line_and_leaves_it_where_it_is(path: Path, three: bytes) -> None:
    path.write_bytes(three[:-5])
    said: list[str] = []
    assert len(Journal(path, said.append).decisions) == 2
    assert path.read_bytes() == three[:-5] and not path.with_suffix(".torn").exists()
    assert len(said) == 1 and "ignored" in said[0]


def test_a_torn_line_after_another_is_set_aside_beside_it(path: Path, three: bytes) -> None:
    path.write_bytes(three + b'{"seq": 3')
    Journal(path, repair=True)
    path.write_bytes(three + b'{"se')
    Journal(path, repair=True)
    assert path.with_suffix(".torn").read_bytes() == b'{"seq": 3\n{"se\n'


def test_a_journal_of_nothing_but_a_torn_line_is_empty(path: Path) -> None:
    path.write_bytes(b'{"seq": 0, "rou')
    assert Journal(path, repair=True).decisions == []
    assert path.read_bytes() == b""


def test_a_whole_journal_says_nothing(path: Path, three: bytes) -> None:
    said: list[str] = []
    assert len(Journal(path, said.append, repair=True).decisions) == 3
    assert said == [] and path.read_bytes() == three


def line_of(seq: int, **changes: Any) -> str:
    whole = {"seq": seq, "round": 1, "sample": "x", "kind": "skip", "label": None, "annotator": "anna"}
    return json.dumps({**whole, "seconds": 1.0, "suggested": None, "at": "2025-01-01T00:00:00+00:00", **changes})


@pytest.mark.parametrize(
    "damaged",
    [
        "not JSON",
        "[1, 2]",
        "7",
        '{"seq": 1}',
        line_of(1, more=1),
        line_of(1, kind="maybe"),
        line_of(1, occasion="party"),
        line_of(5),
        "\udcff\udcfe",
        "[" * 100_000,
    ],
)
def test_a_damaged_line_in_the_middle_is_named(path: Path, damaged: str) -> None:
    lines = [line_of(0), damaged, line_of(2)]
    content = "".join(f"{line}\n" for line in lines).encode(errors="surrogateescape")
    path.write_bytes(content)
    with pytest.raises(AlcError, match=r"journal\.jsonl, line 2 is not a valid decision.*correct that line") as caught:
        Journal(path, repair=True)
    assert caught.value.exit_code == 1
    assert path.read_bytes() == content


def test_a_line_that_is_missing_or_there_twice_is_noticed(path: Path, three: bytes) -> None:
    lines = three.splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[2])
    with pytest.raises(AlcError, match="line 2"):
        Journal(path)
    path.write_bytes(lines[0] + lines[1] + lines[1] + lines[2])
    with pytest.raises(AlcError, match="line 3"):
        Journal(path)


def test_blank_lines_of_an_editor_hold_no_decision_and_do_no_harm(path: Path, three: bytes) -> None:
    path.write_bytes(three + b"\n\r\n")
    assert decide(Journal(path, repair=True), "d.png").seq == 3
    assert [decision.sample for decision in Journal(path).decisions] == ["a.png", "b.png", "c.png", "d.png"]


@contextmanager
def full_after(size: int) -> Iterator[None]:
    """A disk that takes files of this size and nothing more: the write that goes beyond is cut off, the next one
    fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("taken", [0, 1, 40])
def test_a_full_disk_leaves_the_journal_as_it_was(path: Path, three: bytes, taken: int) -> None:
    journal = Journal(path)
    with full_after(len(three) + taken), pytest.raises(OSError, match="File too large"):
        decide(journal, "d.png")
    assert path.read_bytes() == three
    assert len(journal.decisions) == 3
    assert decide(journal, "d.png").seq == 3
    assert len(Journal(path).decisions) == 4


def refuse(*_arguments: object) -> None:
    """As a dying disk does."""
    raise OSError(errno.EIO, "Input/output error")


class DyingDisk:
    """Takes a file's bytes, then fails to flush them and to take them back."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        opened = jsonl._opened
        patch.setattr(jsonl, "_opened", lambda path: _Dying(opened(path)))
        patch.setattr(os, "fsync", refuse)


class _Dying:
    def __init__(self, file: Any) -> None:
        self._file = file

    def __enter__(self) -> _Dying:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return refuse if name == "truncate" else getattr(self._file, name)


def test_a_decision_that_a_dying_disk_has_and_cannot_take_back_counts(path: Path, three: bytes) -> None:
    journal = Journal(path)
    with pytest.MonkeyPatch.context() as patch:
        DyingDisk(patch)
        decide(journal, "d.png")
    assert decide(journal, "e.png").seq == 4
    assert Journal(path).decisions == journal.decisions
    assert journal.size == path.stat().st_size


@pytest.mark.parametrize("taken", [1, 300, 340])
def test_what_a_dying_disk_has_of_several_decisions_counts_and_the_rest_is_cut(
    path: Path, three: bytes, taken: int
) -> None:
    journal = Journal(path)
    several = [decision(0, name, SKIP) for name in ("d.png", "e.png", "f.png")]
    with pytest.MonkeyPatch.context() as patch, full_after(len(three) + taken):
        DyingDisk(patch)
        with pytest.raises(OSError, match="File too large"):
            journal.extend(several)
    counted = len(journal.decisions) - 3
    assert counted == path.read_bytes()[len(three) :].count(b"\n")
    assert path.stat().st_size == len(three) + taken
    decide(journal, "g.png")
    assert Journal(path).decisions == journal.decisions
    assert len(journal.decisions) == 4 + counted


def test_what_could_not_be_taken_back_is_cut_when_asked(path: Path, three: bytes) -> None:
    journal = Journal(path)
    with pytest.MonkeyPatch.context() as patch, full_after(len(three) + 20):
        DyingDisk(patch)
        with pytest.raises(OSError, match="File too large"):
            decide(journal, "d.png")
    assert path.stat().st_size == len(three) + 20
    journal.cut_refused()
    assert path.read_bytes() == three


def test_a_last_line_that_lacks_only_its_line_break_counts_and_is_reported(path: Path, three: bytes) -> None:
    for repair in (False, True):
        path.write_bytes(three[:-1])
        said: list[str] = []
        journal = Journal(path, said.append, repair)
        assert len(journal.decisions) == 3 and path.read_bytes() == three[:-1]
        assert not path.with_suffix(".torn").exists()
        assert said == [
            f"A crash left the last line of {path} incomplete; only its line break is missing, so its decision counts."
        ]
    decide(journal, "d.png")
    assert [each.seq for each in Journal(path).decisions] == [0, 1, 2, 3]
    assert path.read_bytes().startswith(three) and journal.size == path.stat().st_size


def test_a_decision_that_could_not_be_forced_to_disk_does_not_count(path: Path, three: bytes) -> None:
    journal = Journal(path)

    def fail(_descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="Input/output"):
            decide(journal, "d.png")
    assert path.read_bytes() == three and len(journal.decisions) == 3


def decision(
    seq: int, sample: str, kind: str, label: str | None = None, who: str = "anna", occasion: str = QUEUE
) -> Decision:
    return Decision(seq, 1, sample, kind, label, who, 1.0, None, "", occasion)


def test_the_last_verdict_on_a_sample_stands() -> None:
    verdicts = Verdicts([decision(0, "a", LABEL, "NV"), decision(1, "b", SKIP), decision(2, "a", FLAG)])
    assert verdicts.of("a") == decision(2, "a", FLAG)
    assert verdicts.of("b") == decision(1, "b", SKIP)
    assert verdicts.of("c") is None


def test_an_undo_brings_back_what_stood_before() -> None:
    first, second = decision(0, "a", LABEL, "NV"), decision(1, "a", EXCLUDE)
    verdicts = Verdicts([first, second])
    verdicts.add(decision(2, "a", UNDO))
    assert verdicts.of("a") == first
    verdicts.add(decision(3, "a", UNDO))
    assert verdicts.of("a") is None and verdicts.all() == {}


def test_an_undo_of_nothing_changes_nothing() -> None:
    verdicts = Verdicts([decision(0, "a", UNDO), decision(1, "a", SKIP), decision(2, "b", UNDO)])
    assert verdicts.all() == {"a": decision(1, "a", SKIP)}


def test_verdicts_are_told_in_the_order_in_which_they_were_given() -> None:
    verdicts = Verdicts([decision(0, "a", SKIP), decision(1, "b", SKIP), decision(2, "a", FLAG)])
    assert list(verdicts.all()) == ["b", "a"]


def test_folding_agrees_with_striking_lines_out_one_by_one() -> None:
    draw = random.Random(5)
    undone = 0
    for _ in range(300):
        decisions = [
            decision(seq, draw.choice("abcd"), draw.choice(KINDS), draw.choice(("NV", "MEL"))) for seq in range(12)
        ]
        standing: list[Decision] = []
        for each in decisions:
            if each.kind != UNDO:
                standing.append(each)
                continue
            same = [other for other in standing if other.sample == each.sample]
            if same:
                standing.remove(same[-1])
                undone += 1
        verdicts = Verdicts(decisions)
        for sample in "abcd":
            of_sample = [other for other in standing if other.sample == sample]
            assert verdicts.of(sample) == (of_sample[-1] if of_sample else None)
        assert list(verdicts.all().values()) == [e for e in standing if verdicts.of(e.sample) == e]
    assert undone > 100


@pytest.mark.parametrize("occasion", [GRID, REVIEW])
def test_a_verdict_of_the_grid_or_a_review_stands_like_any_other(occasion: str) -> None:
    first, later = decision(0, "a", LABEL, "NV"), decision(1, "a", LABEL, "MEL", "ben", occasion)
    verdicts = Verdicts([first, later])
    assert verdicts.of("a") == later and list(verdicts.given("a")) == [first, later]
    verdicts.add(decision(2, "a", UNDO, occasion=occasion))
    assert verdicts.of("a") == first and list(verdicts.given("a")) == [first]


@pytest.mark.parametrize("occasion", [SECOND, REPEAT])
def test_a_second_or_repeated_verdict_never_takes_the_place_of_the_one_that_stands(occasion: str) -> None:
    first = decision(0, "a", LABEL, "NV")
    beside = decision(1, "a", LABEL, "MEL", "ben", occasion)
    verdicts = Verdicts([first, beside])
    assert verdicts.of("a") == first and verdicts.all() == {"a": first}
    assert verdicts.separate_verdict(occasion, "a", "ben") == beside
    assert verdicts.separate_verdict(occasion, "a", "anna") is None
    assert verdicts.separate_verdicts(occasion) == [beside]
    (other,) = {SECOND, REPEAT} - {occasion}
    assert verdicts.separate_verdicts(other) == []


def test_an_undo_of_a_second_verdict_takes_back_its_own_annotators_only() -> None:
    first = decision(0, "a", LABEL, "NV")
    bens, carls = decision(1, "a", SKIP, None, "ben", SECOND), decision(2, "a", FLAG, None, "carl", SECOND)
    verdicts = Verdicts([first, bens, carls, decision(3, "a", UNDO, None, "ben", SECOND)])
    assert verdicts.separate_verdicts(SECOND) == [carls]
    assert verdicts.of("a") == first


def test_an_undo_in_the_queue_leaves_what_was_said_beside() -> None:
    beside = decision(1, "a", SKIP, None, "anna", REPEAT)
    verdicts = Verdicts([decision(0, "a", LABEL, "NV"), beside, decision(2, "a", UNDO)])
    assert verdicts.of("a") is None and verdicts.separate_verdict(REPEAT, "a", "anna") == beside


def test_every_stack_folds_by_itself() -> None:
    draw = random.Random(8)
    for _ in range(200):
        decisions = [
            decision(
                seq,
                draw.choice("ab"),
                draw.choice((LABEL, SKIP, UNDO)),
                None,
                draw.choice("xy"),
                draw.choice(OCCASIONS),
            )
            for seq in range(14)
        ]
        verdicts = Verdicts(decisions)
        for sample in "ab":
            standing = [each for each in decisions if each.sample == sample and each.occasion in (QUEUE, GRID, REVIEW)]
            assert verdicts.of(sample) == _last_not_undone(standing)
            for occasion in (SECOND, REPEAT):
                for who in "xy":
                    own = [e for e in decisions if (e.sample, e.occasion, e.annotator) == (sample, occasion, who)]
                    assert verdicts.separate_verdict(occasion, sample, who) == _last_not_undone(own)


def _last_not_undone(decisions: list[Decision]) -> Decision | None:
    """The last verdict with fewer undos after it than verdicts that they could take back first."""
    owed = 0
    for each in reversed(decisions):
        if each.kind == UNDO:
            owed += 1
        elif owed:
            owed -= 1
        else:
            return each
    return None


def test_an_answer_is_the_label_else_the_kind() -> None:
    assert decision(0, "a", LABEL, "NV").answer == "NV"
    assert decision(0, "a", EXCLUDE).answer == "exclude"
