from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from alc_tui.session.export.table import ExportRow, label_table
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.arrays import load_round
from alc_tui.session.store.journal import Verdict
from tests.made_sessions import finish_round, make_session
from tests.session.export.decided import decide_one_of_each_kind, other_label


def rows(service: SessionService) -> Sequence[ExportRow]:
    return label_table(service).rows


def queue_of_round_1(service: SessionService) -> list[str]:
    return [decision.sample for decision in service.verdicts().values()]


def test_every_training_sample_has_a_row_in_the_order_of_the_data(service: SessionService) -> None:
    train = [str(service.samples.ids[position]) for position in service.samples.train]
    table = rows(service)
    assert [row.id for row in table] == train and len(table) == 36
    assert all(row.given == service.given_label(row.id) for row in table)


def test_each_status_has_its_final_label_and_who_decided_when_in_which_round(service: SessionService) -> None:
    by_id = {row.id: row for row in rows(service)}
    confirmed, changed, skipped, flagged, excluded = (by_id[sample] for sample in queue_of_round_1(service))
    assert (confirmed.status, confirmed.final) == ("confirmed", confirmed.given)
    assert (changed.status, changed.final) == ("changed", other_label(service, changed.id))
    assert (skipped.status, skipped.final) == ("skip", skipped.given)
    assert (flagged.status, flagged.final) == ("flag", flagged.given)
    assert (excluded.status, excluded.final) == ("exclude", excluded.given)
    for row in (confirmed, changed, skipped, flagged, excluded):
        assert (row.who, row.round) == ("anna", "1")
        assert row.when == service.verdicts()[row.id].at


def test_what_nobody_decided_is_kept_or_noisy_as_lnl_found(service: SessionService) -> None:
    table = rows(service)
    decided = set(queue_of_round_1(service))
    # The clean set of a made session is the first third of its training samples; only others are shown.
    for place, row in enumerate(table):
        if row.id not in decided:
            assert row.status == ("kept" if place < 12 else "noisy")
            assert (row.final, row.who, row.when, row.round) == (row.given, "", "", "")
    assert label_table(service).counts == {
        "kept": 12, "noisy": 19, "confirmed": 1, "changed": 1, "skip": 1, "flag": 1, "exclude": 1,
    }  # fmt: skip


def test_a_decision_taken_back_is_not_exported(service: SessionService) -> None:
    sample = service.queue[0]
    service.decide(sample, Verdict("label", other_label(service, sample)))
    assert {row.id: row.status for row in rows(service)}[sample] == "changed"
    service.undo()
    assert {row.id: row.status for row in rows(service)}[sample] == "noisy"


def test_decisions_of_the_round_in_progress_are_exported_too(service: SessionService) -> None:
    service.decide(service.queue[0], Verdict("label", service.given_label(service.queue[0])))
    row = next(row for row in rows(service) if row.id == service.queue[0])
    assert (row.status, row.round) == ("confirmed", "2")


def test_a_second_verdict_is_not_exported_and_a_review_is(service: SessionService) -> None:
    confirmed, changed = queue_of_round_1(service)[:2]
    before = rows(service)
    service.annotator = "ben"
    service.decide(changed, Verdict("skip"), occasion="second")
    assert rows(service) == before
    decision = service.review(confirmed, Verdict("label", other_label(service, confirmed)))
    row = next(row for row in rows(service) if row.id == confirmed)
    assert (row.status, row.who, row.round, row.when) == ("changed", "ben", "2", decision.at)


def test_a_verdict_has_the_suggestion_it_was_made_with_and_that_models_probability(service: SessionService) -> None:
    first = load_round(service.folder.round_arrays(0)).probabilities
    decided = [row for row in rows(service) if row.who]
    assert len(decided) == 5
    for row in decided:
        verdict, place = service.verdicts()[row.id], [each.id for each in rows(service)].index(row.id)
        assert row.suggestion == verdict.suggested
        assert row.probability == pytest.approx(first[place].max(), abs=1e-4)
        assert row.given_probability == pytest.approx(first[place][service.classes.index(row.given)], abs=1e-4)


def test_what_nobody_decided_has_the_suggestion_of_the_latest_model(service: SessionService) -> None:
    last = load_round(service.folder.round_arrays(1)).probabilities
    for place, row in enumerate(rows(service)):
        if not row.who:
            assert row.suggestion == service.classes[last[place].argmax()]
            assert row.probability == pytest.approx(last[place].max(), abs=1e-4)


def test_labels_are_exported_even_if_the_arrays_of_their_round_are_lost(tmp_path: Path) -> None:
    folder = make_session(tmp_path / "s", method="alc-ct", sampler="joint")
    with SessionService(folder, "anna", write=True) as service:
        decide_one_of_each_kind(service)
        finish_round(folder)
        service.refresh()
        folder.round_arrays(0).unlink()
        decided = [row for row in rows(service) if row.who]
        assert [row.status for row in decided].count("changed") == 1
        assert {row.probability for row in decided} == {None}
        assert all(row.suggestion == service.verdicts()[row.id].suggested for row in decided)


def test_before_round_0_there_are_no_suggestions(tmp_path: Path) -> None:
    table = label_table(SessionService(make_session(tmp_path / "new", trained=False)))
    assert {(row.suggestion, row.probability, row.status) for row in table.rows} == {("", None, "noisy")}


def test_every_row_has_the_path_of_its_image(service: SessionService) -> None:
    table = label_table(service)
    assert all(Path(row.path).is_file() for row in table.rows)
    assert [table.locator(row) for row in table.rows] == [row.id for row in table.rows]


def test_a_blind_session_keeps_suggestions_of_undecided_samples_to_itself_until_it_is_done(tmp_path: Path) -> None:
    with SessionService(make_session(tmp_path / "s", blind=True, rounds=1), "anna", write=True) as service:
        decide_one_of_each_kind(service)
        for row in rows(service):
            assert bool(row.suggestion) == bool(row.who) == (row.probability is not None)
            assert (row.given_probability is not None) == bool(row.who)
            assert label_table(service).hides(row) == (not row.who)
        finish_round(service.folder)
        service.refresh()
        assert service.state == "done"
        assert all(row.suggestion for row in rows(service))
        assert not any(map(label_table(service).hides, rows(service)))


def test_a_verdict_ahead_has_the_probability_that_was_shown(tmp_path: Path) -> None:
    """Of round 0, though the verdict belongs to round 2, which the model of round 1 ranks."""
    folder = make_session(tmp_path / "live", samples=120, budget=4, rounds=3, freeze=True, live=True)
    with SessionService(folder, "anna", write=True) as service:
        for sample in service.queue:
            service.decide(sample, Verdict("skip"))
        ahead = [item.sample for item in service.ahead(4)]
        for sample in ahead:
            service.decide(sample, Verdict("skip"))
        finish_round(folder)
        service.refresh()
        shown = load_round(folder.round_arrays(0)).probabilities
        for place, row in enumerate(rows(service)):
            if row.id in ahead:
                assert (row.round, row.suggestion) == ("2", service.classes[shown[place].argmax()])
                assert row.probability == pytest.approx(shown[place].max(), abs=1e-4)


def test_a_suggestion_that_was_on_the_screen_longer_than_its_model_has_no_probability(tmp_path: Path) -> None:
    folder = make_session(tmp_path / "s")
    with SessionService(folder, "anna", write=True) as service:
        sample = service.queue[0]
        other = next(name for name in service.classes if name != service.item_of(sample).suggestion)
        service.decide(sample, Verdict("skip"), suggested=other)
        row = next(row for row in rows(service) if row.id == sample)
        assert (row.suggestion, row.probability, row.given_probability) == (other, None, None)
