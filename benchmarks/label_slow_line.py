"""Labeling on a bad line: does anything but a person's key decide, and does a key decide what was not seen yet?

A relay adds 150 ms each way and carries 1 Mbit/s. A person presses class keys, half of them without looking, among
pastes, replies of the terminal, stray keys and keys held down, whole and torn, at random (fixed seed). An emulator at
the person's end says what was seen when. Printed as one JSON line: verdicts; `phantoms`, which nobody gave; `ahead`,
given to an image seen for less than 150 ms; and well-looked-at keys that decided nothing, `lost_in_noise` those that
came within half a second of other bytes. `bytes_per_decision` counts all bytes, also those for refused keys and for
images that were looked at for long. Needs real images in ALC_DATA; takes about ten minutes.

    ALC_DATA=/path/to/data python -m benchmarks.label_slow_line
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks import small
from benchmarks.label_terminal import WIDE, app_on, machine, real_images
from tests.made_sessions import make_session
from tests.noise import CLASSES, happenings, judge, live_through
from tests.terminal import Line, Terminal
from tests.visibility import number_in

SIZE = (100, 30)


def main() -> None:
    """Make a session, live through it, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--delay", type=float, default=0.15, help="seconds each way")
    parser.add_argument("--bits-per-second", type=float, default=1e6)
    parser.add_argument("--small", action="store_true", help="the smallest size, to see whether the script works")
    asked = parser.parse_args()
    rng, line = random.Random(asked.seed), Line(asked.delay, asked.bits_per_second)
    with tempfile.TemporaryDirectory() as store:
        if asked.small:
            asked.events, images = 5, small.images(Path(store))
        else:
            images = real_images(WIDE)[:3000]
        folder = make_session(Path(store) / "slow", CLASSES, images=images, budget=asked.events, rounds=1)
        began = time.monotonic()
        with Terminal(app_on(folder), SIZE, line=line) as terminal:
            terminal.until(number_in)
            terminal.rests(1.0)
            presses = live_through(terminal, happenings(rng, asked.events, longest=0.9), look=0.3)
            terminal.rests(1.0)
            still_runs = terminal.process.poll() is None
        judgment = judge(terminal, folder, presses)
    found = asdict(judgment)
    lists = {name: value for name, value in found.items() if isinstance(value, list)}
    told = {
        **machine(),
        **vars(asked),
        "pressed": len(presses),
        **found,
        **{name: len(value) for name, value in lists.items()},
        "bytes_per_decision": round(sum(len(chunk.data) for chunk in terminal.chunks) / max(1, judgment.decided)),
        "still_runs": still_runs,
        "seconds": round(time.monotonic() - began),
        "which": {name: value[:20] for name, value in lists.items()},
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
