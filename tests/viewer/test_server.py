"""The viewer answers those who know its address, about what is on the screen, and nobody else."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from aiohttp import ClientError
from PIL import Image
from yarl import URL

from alc_tui.data.dataset import ImageSource
from alc_tui.errors import AlcError, UsageError
from alc_tui.viewer.feed import Feed, OpenImages
from alc_tui.viewer.server import Server
from alc_tui.viewer.viewer import Viewer
from tests.data.images.samples import png
from tests.viewer.watching import Browser, files, sample, serving

NAMES = ("NV/secret-0.png", "MEL/secret-1.png", "MEL/secret-2.png", "NV/secret-3.png")


@pytest.fixture
def images(tmp_path: Path) -> OpenImages:
    for number, name in enumerate(NAMES):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (40, 30), (60 * number, 0, 0)).save(tmp_path / name)
    return files(tmp_path, NAMES)


@pytest.fixture
def feed(images: OpenImages) -> Feed:
    """The first of four images is on the screen, the second comes next, the third is a neighbor."""
    feed = Feed()
    feed.show(sample(0, ahead=[1], neighbors=[(2, "MEL")]), images)
    return feed


async def everything(browser: Browser) -> list[str]:
    """The paths of all that there is, below the address."""
    message = await browser.message()
    images = [message["image"], *message["ahead"]]
    return ["", "viewer.css", "viewer.js", "picture.js", *(f"image/{one}" for one in images)]


async def test_the_address_leads_to_the_page_and_to_all_that_it_needs(feed: Feed) -> None:
    async with serving(feed) as browser:
        for path in await everything(browser):
            assert (await browser.asks(path)).status == 200
        page = await (await browser.asks()).text()
        assert 'src="viewer.js"' in page
        assert "http" not in page


async def test_without_the_secret_nothing_is_found(feed: Feed) -> None:
    async with serving(feed) as browser:
        paths = await everything(browser)
        for path in ["/", "/favicon.ico", *(f"/{guess}/{path}" for path in paths for guess in ("x", "x" * 22))]:
            assert (await browser.asks(path)).status == 404, path
        assert (await browser.asks("/x/events")).status == 404


async def test_each_run_has_another_secret() -> None:
    assert Server(Feed()).address != Server(Feed()).address


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "localhost:9000", "LOCALHOST"])
async def test_a_browser_may_come_through_a_tunnel(feed: Feed, host: str) -> None:
    async with serving(feed) as browser:
        port = browser.origin.rpartition(":")[2]
        assert (await browser.asks(headers={"Host": host.format(port=port)})).status == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "evil.example:127.0.0.1", "[::1]", ""])
async def test_a_page_of_another_site_that_claims_this_address_is_refused(feed: Feed, host: str) -> None:
    async with serving(feed) as browser:
        for path in await everything(browser):
            answer = await browser.asks(path, headers={"Host": host})
            assert answer.status in (400, 403), path
            assert "secret" not in await answer.text()


async def raw_status(browser: Browser, request: bytes) -> int:
    """The status of the answer to a request, sent as it is."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(browser.origin.rpartition(":")[2]))
    writer.write(request + b"Connection: close\r\n\r\n")
    status = int((await reader.read()).split()[1])
    writer.close()
    return status


@pytest.mark.parametrize("hosts", [b"", b"Host: localhost\r\nHost: evil.example\r\n"])
async def test_a_request_without_a_host_or_with_two_is_refused(feed: Feed, hosts: bytes) -> None:
    async with serving(feed) as browser:
        path = browser.address.removeprefix(browser.origin).encode()
        assert await raw_status(browser, b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n") == 200
        assert await raw_status(browser, b"GET " + path + b" HTTP/1.1\r\n" + hosts) in (400, 403)


@pytest.mark.parametrize("target", [b"*", b"/\xff\xfe/", b"//", b"http://localhost/", b"/%00/", b"/" + b"x" * 4000])
async def test_unusual_requests_are_refused(feed: Feed, target: bytes) -> None:
    async with serving(feed) as browser:
        request = b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\n"
        assert await raw_status(browser, request) in (400, 404)


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_nothing_can_be_sent_to_it(feed: Feed, method: str) -> None:
    async with serving(feed) as browser:
        for path in [*await everything(browser), "events"]:
            assert (await browser.asks(path, method)).status == 405


async def test_other_addresses_of_the_computer_do_not_answer(feed: Feed) -> None:
    async with serving(feed) as browser:
        with pytest.raises(OSError):
            await asyncio.open_connection("127.0.0.2", int(browser.origin.rpartition(":")[2]))


async def test_browsers_store_nothing_and_load_nothing_from_elsewhere(feed: Feed) -> None:
    async with serving(feed) as browser:
        for path in [*await everything(browser), "image/none"]:
            headers = (await browser.asks(path)).headers
            assert headers["Cache-Control"] == "no-store"
            assert headers["Content-Security-Policy"].startswith("default-src 'none'")
            assert headers["Referrer-Policy"] == "no-referrer"
        async with browser.follows() as messages:
            assert messages.answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "image/",
        "image",
        "page/",
        "index.html",
        "server.py",
        "..%2fserver.py",
        "image/..%2f..%2fserver.py",
        "image/0",
        "image/NV%2fsecret-0.png",
        "%2fetc%2fpasswd",
        "image/%2fetc%2fpasswd",
    ],
)
async def test_no_folder_is_listed_and_no_file_is_reached_by_its_path(feed: Feed, path: str) -> None:
    async with serving(feed) as browser:
        answer = await browser.session.get(URL(browser.address + path, encoded=True))
        assert answer.status == 404


async def test_only_images_that_were_named_can_be_asked_for(feed: Feed, images: OpenImages) -> None:
    async with serving(feed) as browser:
        first = await browser.message()
        feed.show(sample(1), images)
        second = await browser.message()
        assert second["image"] == first["ahead"][0]
        for path in (f"image/{second['image']}", f"image/{first['image']}"):
            assert (await browser.asks(path)).content_type == "image/png"
        neighbor = first["labels"]["neighbors"][0][0]
        assert (await browser.asks(f"thumbnail/{neighbor}")).content_type == "image/jpeg"
        assert (await browser.asks("image/" + "x" * len(neighbor))).status == 404


async def test_an_image_is_sent_in_the_window_that_is_asked_for_with_the_names_of_all(tmp_path: Path) -> None:
    (tmp_path / "ramp.png").write_bytes(png(np.arange(4000, dtype=np.uint16).reshape(50, 80)))
    feed, source = Feed(), files(tmp_path, ["ramp.png"])
    feed.show(sample(0, window="full range"), source)
    async with serving(feed) as browser:
        message = await browser.message()
        assert message["window"] == "full range"
        answers = {}
        for query in ("", "?window=full%20range", "?window=lung"):
            answer = await browser.asks(f"image/{message['image']}{query}")
            assert answer.headers["X-Windows"] == "typical%20range,full%20range"
            answers[query] = answer.headers["X-Window"], await answer.read()
        assert answers[""][0] == answers["?window=lung"][0] == "typical%20range"
        assert answers[""][1] == answers["?window=lung"][1]
        name, content = answers["?window=full%20range"]
        assert name == "full%20range"
        with Image.open(io.BytesIO(content)) as image:
            shown = np.asarray(image)[..., 0].ravel()
        assert np.array_equal(shown, np.rint(np.arange(4000) * 255 / 3999))


async def test_an_image_without_windows_names_none(feed: Feed) -> None:
    async with serving(feed) as browser:
        answer = await browser.asks(f"image/{(await browser.message())['image']}?window=full%20range")
        assert not {"X-Window", "X-Windows"} & set(answer.headers)


async def test_images_of_the_session_before_can_no_longer_be_asked_for(feed: Feed, tmp_path: Path) -> None:
    async with serving(feed) as browser:
        before = (await browser.message())["image"]
        feed.show(sample(0), files(tmp_path, NAMES))
        assert (await browser.message())["image"] != before
        assert (await browser.asks(f"image/{before}")).status == 404


async def test_the_page_is_told_at_once_what_is_on_the_screen(feed: Feed, images: OpenImages) -> None:
    async with serving(feed) as browser, browser.follows() as messages:
        message = await messages.next()
        assert message["place"] == "round 1 of 2, image 1 of 5"
        assert message["classes"] == [["1", "MEL"], ["2", "NV"]]
        assert message["labels"]["given"] == ["NV", 0.125]
        assert message["labels"]["suggestion"] == ["MEL", 0.75]
        assert [label for _, label in message["labels"]["neighbors"]] == ["MEL"]
        second = sample(1, "image 2")
        feed.show(second, images)
        assert (await messages.next())["place"] == "image 2"
        feed.leave(second)
        assert await messages.next() == {"image": None}


async def test_a_page_that_is_slow_gets_only_the_last_message(feed: Feed, images: OpenImages) -> None:
    async with serving(feed) as browser, browser.follows() as messages:
        await messages.next()
        for number in range(50):
            feed.show(sample(number % 4, f"image {number}"), images)
        assert (await messages.next())["place"] == "image 49"


async def test_a_screen_that_closes_late_does_not_clear_the_next_one(feed: Feed, images: OpenImages) -> None:
    first, second = sample(0, "first"), sample(1, "second")
    async with serving(feed) as browser:
        feed.show(first, images)
        feed.show(second, images)
        feed.leave(first)
        assert (await browser.message())["place"] == "second"


async def test_hidden_labels_names_and_neighbors_are_in_no_message(
    feed: Feed, images: OpenImages, tmp_path: Path
) -> None:
    feed.show(sample(3, hidden=True, ahead=[1], neighbors=[(2, "MEL")]), images)
    async with serving(feed) as browser:
        message = await browser.message()
        assert message["labels"] is None
        rest = json.dumps({**message, "classes": None, "image": "", "ahead": []})  # names of images are random
        assert not any(word in rest for word in ("NV", "MEL", "secret", "0.125", "0.75", str(tmp_path)))
        assert set(message) == {"image", "place", "ahead", "classes", "labels", "facts", "window"}
        for name in (message["image"], *message["ahead"]):
            answer = await browser.asks(f"image/{name}")
            assert "Content-Disposition" not in answer.headers
            assert b"secret" not in await answer.read()


async def test_a_silent_page_is_checked(feed: Feed) -> None:
    async with serving(feed, heartbeat=0.01) as browser, browser.follows() as messages:
        await messages.next()
        assert await messages.line() == ":"
        assert await messages.line() == ":"


async def test_pages_that_are_closed_are_forgotten(feed: Feed) -> None:
    async with serving(feed, heartbeat=0.01) as browser:
        for _ in range(3):
            await browser.message()
        async with asyncio.timeout(10):
            while feed._waiting:
                await asyncio.sleep(0.01)


async def test_an_image_that_cannot_be_decoded_is_answered_with_the_reason(feed: Feed, tmp_path: Path) -> None:
    (tmp_path / NAMES[1]).write_bytes(b"")
    (tmp_path / NAMES[2]).unlink()
    async with serving(feed) as browser:
        message = await browser.message()
        answer = await browser.asks(f"image/{message['ahead'][0]}")
        assert (answer.status, await answer.text()) == (422, "This image cannot be shown: empty file.")
        answer = await browser.asks(f"thumbnail/{message['labels']['neighbors'][0][0]}")
        assert (answer.status, await answer.text()) == (422, "This image cannot be shown: missing.")


async def test_if_the_images_cannot_be_opened_no_file_is_named(tmp_path: Path) -> None:
    def fail() -> ImageSource:
        raise AlcError("/data/MEL/secret-1.png is gone.")

    feed = Feed()
    feed.show(sample(0), fail)
    async with serving(feed) as browser:
        answer = await browser.asks(f"image/{(await browser.message())['image']}")
        assert (answer.status, await answer.text()) == (503, "This image cannot be read now.")


async def test_once_stopped_streams_end_and_the_address_is_dead(feed: Feed) -> None:
    viewer = Viewer()
    server = await viewer.start()
    assert await viewer.start() is server
    async with serving(feed) as other:
        browser = Browser(other.session, server.address)
        async with browser.follows() as messages:
            assert await messages.next() == {"image": None}
            await viewer.stop()
            assert await messages.line() == ""
        with pytest.raises(ClientError):
            await browser.asks()
        assert (await viewer.start()).address != server.address
        await viewer.stop()
        await viewer.stop()


async def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "alc_tui.viewer.server")
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    with pytest.raises(UsageError, match=r"needs aiohttp.*pip install 'alc-tui\[viewer\]'"):
        await Viewer().start()


async def test_a_given_port_is_used_and_one_that_is_taken_is_named(feed: Feed) -> None:
    async with serving(feed) as browser:
        port = int(browser.origin.rpartition(":")[2])
        with pytest.raises(AlcError, match=f"cannot use port {port} .* --viewer-port"):
            await Viewer(port).start()
    server = await (viewer := Viewer(port)).start()
    assert server.port == port
    await viewer.stop()
