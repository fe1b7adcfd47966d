"""Timers that go off once."""

from __future__ import annotations

import asyncio
import time

import pytest
from textual.app import App

from alc_tui.tui.terminal.timer import call_after


async def test_a_timer_goes_off_though_the_process_got_no_processor_in_the_meantime(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app: App[None] = App()
    gone_off, halts = asyncio.Event(), iter((0.0, 0.02))

    def halted() -> float:
        """The time, the second time after the process got no processor for longer than the timer takes."""
        time.sleep(next(halts, 0.0))
        return time.monotonic()

    async with app.run_test():
        with monkeypatch.context() as busy:
            busy.setattr("textual._time.get_time", halted)
            call_after(app, 0.005, gone_off.set)
            await asyncio.wait_for(gone_off.wait(), 30)


async def test_a_cancelled_timer_does_not_go_off() -> None:
    app: App[None] = App()
    calls: list[str] = []
    async with app.run_test():
        call_after(app, 0.005, lambda: calls.append("cancelled")).stop()
        done = asyncio.Event()
        call_after(app, 0.02, done.set)
        await asyncio.wait_for(done.wait(), 30)
    assert calls == []
