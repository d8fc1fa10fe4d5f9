"""Two instances, a pair of Alertmanagers, kill -9 at random, a failing database: what gets lost?

    python benchmarks/chaos.py [--seconds 300] [--alerts 200] [--failover] [--lives 1 5] [--seed 7]

Needs PostgreSQL and Alertmanager (apt-get install postgresql prometheus-alertmanager). Prints one
line; exit code 1 if a page was lost, or came twice without having been in the air, or if the
database had to end a deadlock.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.acceptance.chaos import Plan, run
from tests.programs.postgres import installed


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--alerts", type=int, default=200, help="a second")
    options.add_argument("--failover", action="store_true", help="the database, at half time")
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--lives", type=float, nargs=2, default=(1.0, 5.0), help="between kills")
    given = options.parse_args()
    programs = installed()
    if programs is None:
        sys.exit("no PostgreSQL server here: apt-get install postgresql")
    plan = Plan(given.seconds, given.alerts, given.failover, given.seed, lives=tuple(given.lives))
    outcome = run(plan, programs)
    print(outcome)
    for each in outcome.entangled:
        print(f"deadlock:{each}", file=sys.stderr)
    bad = outcome.lost or outcome.untold or outcome.innocent or outcome.entangled
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
