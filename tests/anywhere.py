"""Runs the suite as on other machines and prints which runs passed: other instructions, other threads, no free core.

python -m tests.anywhere                      # everything, under every variant
python -m tests.anywhere --only busy tests/lnl   # one variant; further words go to pytest
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

ONE_THREAD = {"OMP_NUM_THREADS": "1"}
AVX2 = {"ONEDNN_MAX_CPU_ISA": "AVX2"}
PLAIN = {"ATEN_CPU_CAPABILITY": "default"}
VARIANTS: dict[str, dict[str, str]] = {
    "one-thread": ONE_THREAD,
    "avx2": AVX2,
    "plain": PLAIN,
    "all": {**ONE_THREAD, **AVX2, **PLAIN},
    "busy": {},
}
"""The environment of each run: one thread; oneDNN without AVX-512 and AMX; torch's own kernels without AVX; all three;
and this machine's own, with every core busy."""
SPIN = "while True: pass"


def main() -> None:
    """Run the variants one after another; exit code 1 if one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=VARIANTS, help="run one variant")
    asked, words = parser.parse_known_args()
    names = [asked.only] if asked.only else list(VARIANTS)
    failed = [name for name in names if not passes(name, words)]
    print("\n".join(f"{name}: {'failed' if name in failed else 'passed'}" for name in names))
    sys.exit(bool(failed))


def passes(name: str, words: list[str]) -> bool:
    """Run the suite under a variant; whether it passed."""
    began = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-n", "auto", "--dist", "loadscope", "--no-loadscope-reorder", *words]
    environment = {key: value for key, value in os.environ.items() if key not in ONE_THREAD | AVX2 | PLAIN}
    settings = " ".join(f"{key}={value}" for key, value in VARIANTS[name].items())
    print(f"== {name} {settings}", flush=True)
    with busy_cores() if name == "busy" else nullcontext():
        code = subprocess.run(command, env={**environment, **VARIANTS[name]}, check=False).returncode
    print(f"== {name}: {'passed' if code == 0 else 'failed'} in {time.monotonic() - began:.0f} s", flush=True)
    return code == 0


@contextmanager
def busy_cores() -> Iterator[None]:
    """As many processes as there are cores, none of which ever waits."""
    spinning = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()
