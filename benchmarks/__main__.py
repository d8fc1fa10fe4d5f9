"""All benchmarks, and one table of what they measured: python -m benchmarks [NAME ...]"""

from __future__ import annotations

import argparse
from importlib import import_module

from benchmarks._table import Row, Size, gather, machine, printed, sized

EVERY = (
    "alert_script",
    "startup",
    "text",
    "intake",
    "fsync",
    "delivery",
    "growth",
    "steps",
    "memory",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all, {', '.join(EVERY)}")
    given = sized(parser).parse_args()
    names = [*EVERY] if given.names in ([], ["all"]) else given.names
    if unknown := set(names) - {*EVERY}:
        parser.error(f"no benchmark {sorted(unknown)[0]}; there are: {', '.join(EVERY)}")
    began = machine()
    found: list[Row] = []
    for name in names:
        print(f"== {name}", flush=True)
        found += gather(import_module(f"benchmarks.{name}").rows, Size(given.tiny, given.quick))
    print(f"\nfrom {began}\nto   {machine()}\n\n{printed(found)}")


if __name__ == "__main__":
    main()
