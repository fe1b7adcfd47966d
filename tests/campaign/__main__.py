"""Attack `alc` for a number of minutes: kills, failing writes, damaged files, hostile names and terminals.

python -m tests.campaign --minutes 20               # every campaign, an equal share of the time each
python -m tests.campaign --minutes 5 --only faults  # one of them

Prints what each campaign tried and found; exit code 1 if a promise was broken.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from tests.campaign.campaigns import CAMPAIGNS, run
from tests.campaign.findings import NotPossibleError
from tests.terminal import hear_signals


def main() -> None:
    """Run the campaigns one after another and print their findings."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20.0, help="time for all campaigns together")
    parser.add_argument("--seed", type=int, default=0, help="seed of the random choices")
    parser.add_argument("--only", choices=CAMPAIGNS, help="run one campaign")
    asked = parser.parse_args()
    hear_signals()
    names = [asked.only] if asked.only else list(CAMPAIGNS)
    violations = 0
    for name in names:
        try:
            findings = run(name, seconds=60 * asked.minutes / len(names), seed=asked.seed)
        except NotPossibleError as error:
            print(f"{name}: left out; {error}", flush=True)
            continue
        kinds: Counter[str] = Counter()
        for kind, count in findings.tried.items():
            kinds[kind.partition(": ")[0]] += count
        trials = ", ".join(f"{kind} {count:,}" for kind, count in sorted(kinds.items()))
        broken = len(findings.violations)
        print(f"{name}: {findings.tried.total():,} trials ({trials}), {broken} violations", flush=True)
        print("".join(f"  {sentence}\n" for sentence in findings.violations), end="", flush=True)
        violations += broken
    sys.exit(bool(violations))


if __name__ == "__main__":
    main()
