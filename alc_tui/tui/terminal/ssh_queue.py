"""What waits to be sent in the SSH connections through which tmux is attached, as Linux counts it.

tmux answers the app's queries itself, at once. What the person's terminal has not received yet lies in the queue of the
TCP connection of sshd.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import ClassVar

from alc_tui.tui.terminal.line_speed import LineSpeed

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_POLL, _FIRST_POLL, _LONGEST = 0.03, 0.05, 5.0
_FEW = 2_000
_ASK_AGAIN, _TMUX_SECONDS = 30.0, 2.0
Address = IPv4Address | IPv6Address


@dataclass(frozen=True)
class Connection:
    """A TCP connection to this computer: where it comes from, and its ports."""

    remote: Address
    remote_port: int
    local_port: int

    @classmethod
    def parse(cls, text: str) -> Connection:
        """From the value of SSH_CONNECTION; raises ValueError if it is none."""
        remote, remote_port, _, local_port = text.split()
        return cls(_plain(ip_address(remote.partition("%")[0])), int(remote_port), int(local_port))


class SshQueue:
    """find: the connections, asked for every half minute: people attach and detach. tables: Linux's lists of
    connections."""

    FEWEST_BYTES: ClassVar = 10_000
    """Fewer bytes have left before the queue is looked at."""

    def __init__(self, find: Callable[[], list[Connection]], tables: Iterable[Path] = TABLES) -> None:
        self._find, self._tables = find, tuple(tables)
        self._connections: list[Connection] = []
        self._found_at = float("-inf")

    def unsent(self) -> int | None:
        """Bytes that were not received yet, of the connection with the most; None if there is no connection."""
        if time.monotonic() - self._found_at >= _ASK_AGAIN:
            self._connections, self._found_at = self._find(), time.monotonic()
        queues = [size for table in self._tables for one, size in _read(table) if one in self._connections]
        return max(queues, default=None)

    async def measure(self, size: int, line_speed: LineSpeed) -> None:
        """Record how long the line takes for `size` bytes, the last of which have just been written."""
        began, wait, seconds = time.monotonic(), _FIRST_POLL, 0.0
        while seconds < _LONGEST:
            await asyncio.sleep(wait)
            left = await asyncio.to_thread(self.unsent)
            if left is None or left <= _FEW:
                break
            wait, seconds = _POLL, time.monotonic() - began
        line_speed.record(size, seconds)


def of_tmux(environment: Mapping[str, str]) -> SshQueue | None:
    """The queue of those who are attached to the tmux in which the app runs; None outside tmux."""
    pane = environment.get("TMUX_PANE", "")
    return SshQueue(lambda: _clients(pane)) if environment.get("TMUX") else None


def _clients(pane: str) -> list[Connection]:
    command = ["tmux", "list-clients", "-t", pane, "-F", "#{client_pid}"]
    connections = []
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_TMUX_SECONDS)
        for pid in done.stdout.split():
            with suppress(OSError, ValueError):
                variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
                value = next((one for one in variables if one.startswith(b"SSH_CONNECTION=")), b"=")
                connections.append(Connection.parse(os.fsdecode(value.partition(b"=")[2])))
    return connections


def _read(table: Path) -> Iterable[tuple[Connection, int]]:
    """The connections in one of Linux's lists, each with the bytes that it has not sent or that were not confirmed."""
    try:
        _, *lines = table.read_text().splitlines()
    except (OSError, ValueError):
        return
    for line in lines:
        _, local, remote, _, queues, *_ = line.split()
        address, port = remote.split(":")
        yield Connection(_decode(address), int(port, 16), int(local.split(":")[1], 16)), int(queues.split(":")[0], 16)


def _decode(address: str) -> Address:
    """An address as Linux lists it: words of 32 bits in the byte order of this computer."""
    words = bytes.fromhex(address)
    numbers = (int.from_bytes(words[start : start + 4], sys.byteorder) for start in range(0, len(words), 4))
    return _plain(ip_address(b"".join(number.to_bytes(4, "big") for number in numbers)))


def _plain(address: Address) -> Address:
    """An IPv4 address as such, even if a socket for IPv6 lists it."""
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
