"""Inside tmux, the queue of the SSH connection tells how fast the line is."""

from __future__ import annotations

import asyncio
import socket
import sys
from ipaddress import ip_address
from math import inf
from pathlib import Path

import pytest

from alc_tui.tui.terminal.line_speed import LineSpeed
from alc_tui.tui.terminal.ssh_queue import TABLES, Connection, SshQueue, of_tmux

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


def line(local: str, remote: str, queued: int) -> str:
    return f"   0: {local} {remote} 01 {queued:08X}:00000000 01:00000014 00000000     0        0 12345 4\n"


def words(address: str) -> str:
    """An address as Linux lists it on this computer."""
    packed = ip_address(address).packed
    numbers = [int.from_bytes(packed[start : start + 4], "big") for start in range(0, len(packed), 4)]
    return "".join(number.to_bytes(4, sys.byteorder).hex().upper() for number in numbers)


def table(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text(HEAD + "".join(lines))
    return path


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::7"])
def test_the_bytes_that_wait_in_the_connection_are_found_by_addresses_and_ports(tmp_path: Path, address: str) -> None:
    connection = Connection.parse(f"{address} 52344 198.51.100.9 22")
    here = words("198.51.100.9" if "." in address else "2001:db8::1")
    other = words("192.0.2.8" if "." in address else "2001:db8::8")
    lines = line(f"{here}:0016", f"{other}:CC78", 7), line(f"{here}:0016", f"{words(address)}:CC78", 50_000)
    assert SshQueue(lambda: [connection], [table(tmp_path, "tcp", *lines)]).unsent() == 50_000


def test_an_address_of_ipv4_is_found_among_those_of_ipv6(tmp_path: Path) -> None:
    mapped = words("::ffff:192.0.2.7")
    found = table(tmp_path, "tcp6", line(f"{mapped}:0016", f"{mapped}:CC78", 321))
    assert SshQueue(lambda: [Connection.parse("192.0.2.7 52344 192.0.2.7 22")], [found]).unsent() == 321


def test_without_a_connection_or_a_list_nothing_is_known(tmp_path: Path) -> None:
    assert SshQueue(list, [table(tmp_path, "tcp")]).unsent() is None
    connection = Connection.parse("192.0.2.7 52344 192.0.2.9 22")
    assert SshQueue(lambda: [connection], [tmp_path / "missing", table(tmp_path, "tcp")]).unsent() is None
    with pytest.raises(ValueError):
        Connection.parse("")


@pytest.mark.skipif(not TABLES[0].exists(), reason="only Linux lists connections in /proc")
def test_a_real_connection_has_what_its_other_end_does_not_read() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as far:
        near, remote = server.accept()
        with near:
            local_port = near.getsockname()[1]
            queue = SshQueue(lambda: [Connection.parse(f"127.0.0.1 {remote[1]} 127.0.0.1 {local_port}")])
            assert queue.unsent() == 0
            near.setblocking(False)
            sent = 0
            with pytest.raises(BlockingIOError):
                while True:
                    sent += near.send(b"x" * 65_536)
            waiting = queue.unsent()
            assert waiting is not None
            assert waiting > 10_000
            near.setblocking(True)
            while sent > 0:
                sent -= len(far.recv(65_536))
            assert queue.unsent() == 0


class Queue(SshQueue):
    """A connection whose queue is known beforehand, look by look."""

    def __init__(self, *left: int | None) -> None:
        super().__init__(list)
        self._left = list(left)

    def unsent(self) -> int | None:
        return self._left.pop(0)


@pytest.mark.parametrize(("left", "is_slow"), [((0,), False), ((None,), False), ((90_000, 40_000, 0), True)])
def test_the_time_until_the_queue_is_empty_is_that_of_the_line(left: tuple[int | None, ...], is_slow: bool) -> None:
    speed = LineSpeed()
    asyncio.run(Queue(*left).measure(100_000, speed))
    found = speed.bytes_per_second
    assert found is not None
    assert (found < inf) == is_slow


def test_only_inside_tmux() -> None:
    assert of_tmux({"TERM": "xterm-256color", "SSH_CONNECTION": "192.0.2.7 52344 192.0.2.9 22"}) is None
    assert of_tmux({"TMUX": "/tmp/tmux-0/default,1,0", "TMUX_PANE": "%0"}) is not None
