"""`alc session report`: a page that needs nothing but itself."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from tests.cli.person import Alc
from tests.made_sessions import finish_round, make_session


class Page(HTMLParser):
    """The tags, attributes and text of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


@pytest.fixture
def labeled(session: SessionFolder) -> SessionFolder:
    """A round with two changed, one confirmed, one skipped and one excluded sample; finished."""
    with SessionService(session, "anna", write=True) as service:
        first, second, confirmed, skipped, excluded = service.queue
        for sample in (first, second):
            other = next(name for name in service.classes if name != service.given_label(sample))
            service.decide(sample, Verdict("label", other, 1.0))
        service.decide(confirmed, Verdict("label", service.given_label(confirmed), 1.0))
        service.decide(skipped, Verdict("skip"))
        service.decide(excluded, Verdict("exclude"))
    finish_round(session)
    return session


def test_the_page_has_the_configuration_scores_labels_costs_and_agreement(alc: Alc, labeled: SessionFolder) -> None:
    seen = alc("session", "report")
    assert seen.code == 0 and re.fullmatch(
        r"Wrote skin-report\.html \(\d\.\d MB\); open it in a browser\.\n", seen.err
    ), seen.err
    page = Page(Path("skin-report.html"))
    rounds = Document(labeled.document).rounds
    for words in (
        "Session skin", "vog_window", "Scores on the test set", f"{rounds[1].macro_f1.best:.3f}", "Costs",
        "2 changed labels", "anna, round 1", "with the suggestion, open",
    ):  # fmt: skip
        assert words in page.text
    for record in rounds:
        assert f"round {record.round}: {record.macro_f1.best:.3f} after {record.decided_total:,} labels" in page.text


def test_the_ledger_counts_all_kinds_of_verdicts_in_each_round_and_in_total(alc: Alc, labeled: SessionFolder) -> None:
    with SessionService(labeled, "anna", write=True) as service:
        service.decide(service.queue[0], Verdict("flag", seconds=3.0))
    alc("session", "report")
    text = Page(Path("skin-report.html")).text
    for words in ("round 1 2 (now) total", "shown 5 1 6", "changed 2 0 2", "flagged 0 1 1", "excluded 1 0 1",
                  "reviewed 0 0 0", "seconds per verdict 0.6 3.0 1.0"):  # fmt: skip
        assert words in text


def changed_samples(folder: SessionFolder) -> list[str]:
    with SessionService(folder) as service:
        return [
            sample for sample, verdict in service.verdicts().items()
            if verdict.label not in (None, service.given_label(sample))
        ]  # fmt: skip


def test_samples_have_numbers_while_their_ids_may_tell_hidden_labels(alc: Alc, labeled: SessionFolder) -> None:
    alc("session", "report")
    page = Path("skin-report.html").read_text()
    assert not any(sample in page for sample in changed_samples(labeled))
    assert len(re.findall(r"<br>#\d+</figcaption>", page)) == 2


def test_samples_have_their_ids_where_no_label_is_hidden(alc: Alc, store: Path) -> None:
    folder = make_session(store / "open", with_truth=False)
    with SessionService(folder, "anna", write=True) as service:
        for sample in service.queue:
            service.decide(sample, Verdict("label", service.classes[0]))
    finish_round(folder)
    alc("session", "report", "open")
    page, changed = Path("open-report.html").read_text(), changed_samples(folder)
    assert changed and all(f"<br>{sample}</figcaption>" in page for sample in changed)


def test_changed_labels_have_a_picture(alc: Alc, labeled: SessionFolder) -> None:
    alc("session", "report")
    sources = [value for name, value in Page(Path("skin-report.html")).attributes if name == "src"]
    assert len(sources) == 2
    for source in sources:
        with Image.open(io.BytesIO(base64.b64decode(source.removeprefix("data:image/jpeg;base64,")))) as image:
            assert image.size == (24, 18)


def test_the_page_needs_nothing_from_outside(alc: Alc, labeled: SessionFolder) -> None:
    alc("session", "report")
    page = Page(Path("skin-report.html"))
    assert not {"script", "link", "iframe", "object", "base"} & set(page.tags)
    for name, value in page.attributes:
        assert name not in ("href", "srcset") and not name.startswith("on")
        assert "://" not in value and (name != "src" or value.startswith("data:image/jpeg;base64,"))
    assert ("content", "default-src 'none'; img-src data:; style-src 'unsafe-inline'") in page.attributes
    style = re.search(r"<style>(.*)</style>", Path("skin-report.html").read_text(), re.DOTALL)
    assert style is not None and "url(" not in style[1] and "@import" not in style[1]


def test_the_curve_rises_with_the_score(alc: Alc, labeled: SessionFolder) -> None:
    alc("session", "report")
    drawn = re.search(r"<svg.*?</svg>", Path("skin-report.html").read_text(), re.DOTALL)
    assert drawn is not None
    circles = [each.attrib for each in ET.fromstring(drawn[0]).iter("circle")]
    (x0, y0), (x1, y1) = ((float(each["cx"]), float(each["cy"])) for each in circles)
    first, second = (record.macro_f1.best for record in Document(labeled.document).rounds)
    assert x0 < x1 and (y0 > y1) == (second > first)
    assert all(0 < value < 300 for value in (y0, y1))


def test_names_cannot_add_to_the_page(alc: Alc, store: Path) -> None:
    make_session(store / "odd", classes=("<script>alert(1)</script>", 'x" onload="y', "\x1b[2J\udcff"))
    assert alc("session", "report", "--to", "odd.html").code == 0
    page = Page(Path("odd.html"))
    assert "script" not in page.tags and not any(name.startswith("on") for name, _ in page.attributes)
    assert "<script>alert(1)</script>" in page.text and r"\x1b[2J\udcff" in page.text


def test_an_existing_file_is_replaced_only_if_it_is_a_report_and_with_force(
    alc: Alc, session: SessionFolder, tmp_path: Path
) -> None:
    mine, target = tmp_path / "mine.html", tmp_path / "report.html"
    mine.write_text("mine")
    seen = alc("session", "report", "--to", mine, "--force")
    assert seen.code == 2 and seen.error == f"{mine} exists and is not an earlier report; specify another --to."
    assert mine.read_text() == "mine"
    assert alc("session", "report", "--to", target).code == 0
    seen = alc("session", "report", "--to", target)
    assert seen.code == 2 and seen.error == f"{target} exists; specify another --to, or replace it with --force."
    assert alc("session", "report", "--to", target, "--force", "--json").json == {
        "path": str(target), "bytes": target.stat().st_size,
    }  # fmt: skip


def test_a_session_before_round_0_has_a_page_too(alc: Alc, store: Path) -> None:
    make_session(store / "new", trained=False)
    assert alc("session", "report", "new").code == 0
    page = Page(Path("new-report.html"))
    assert "No label was changed." in page.text and "svg" not in page.tags


def test_images_that_are_missing_are_counted(alc: Alc, labeled: SessionFolder) -> None:
    images = Path(Document(labeled.document).session.dataset.root)
    (images / changed_samples(labeled)[0]).unlink()
    assert alc("session", "report", "--to", "one.html").code == 0
    page = Page(Path("one.html"))
    assert "1 image could not be read." in page.text and page.tags.count("img") == 1
    images.rename(images.with_name("moved"))
    assert alc("session", "report", "--to", "none.html").code == 0
    page = Page(Path("none.html"))
    assert "2 images could not be read." in page.text and "img" not in page.tags


def test_undecided_samples_are_not_in_it(alc: Alc, store: Path) -> None:
    folder = make_session(store / "blind", blind=True)
    assert alc("session", "report").code == 0
    page = Path("blind-report.html").read_text()
    assert not any(sample in page for sample in SessionService(folder).queue)
