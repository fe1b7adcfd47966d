"""How to reach the viewer from another computer."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

_SSH_PORT = "22"


def ssh_command(port: int, user: str, host: str, environment: Mapping[str, str]) -> str:
    """The command that forwards `port` of one's own computer to this one. user, host: of this computer."""
    connection = environment.get("SSH_CONNECTION", "").split()
    server_port = connection[3] if len(connection) == 4 and connection[3].isdecimal() else _SSH_PORT
    other_port = [] if server_port == _SSH_PORT else ["-p", server_port]
    return shlex.join(["ssh", "-N", *other_port, "-L", f"{port}:127.0.0.1:{port}", f"{user}@{host}"])
