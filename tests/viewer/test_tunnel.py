"""The command that leads from one's own computer to the viewer."""

from __future__ import annotations

from alc_tui.viewer.tunnel import ssh_command


def test_the_port_is_the_same_on_both_sides() -> None:
    assert ssh_command(8123, "anna", "gpu01", {}) == "ssh -N -L 8123:127.0.0.1:8123 anna@gpu01"


def test_the_port_of_the_ssh_server_is_taken_from_the_current_login() -> None:
    login = {"SSH_CONNECTION": "10.0.0.9 51234 10.0.0.1 2222"}
    assert ssh_command(8123, "anna", "gpu01", login) == "ssh -N -p 2222 -L 8123:127.0.0.1:8123 anna@gpu01"
    usual = {"SSH_CONNECTION": "10.0.0.9 51234 10.0.0.1 22"}
    assert "-p" not in ssh_command(8123, "anna", "gpu01", usual).split()


def test_a_login_that_cannot_be_read_changes_nothing() -> None:
    assert ssh_command(1, "anna", "gpu01", {"SSH_CONNECTION": "x"}) == ssh_command(1, "anna", "gpu01", {})


def test_unusual_names_are_quoted() -> None:
    assert ssh_command(1, "a b", "gpu01", {}).endswith("'a b@gpu01'")
