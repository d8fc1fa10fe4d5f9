"""What a slow disk costs: every fsync 5 ms later, group commit against one commit an alert.

The delay is a library of ten lines that is put before libc's (LD_PRELOAD), compiled with cc.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks._alerts import webhooks
from benchmarks._load import blast
from benchmarks._running import PROJECT, config, serving
from benchmarks._table import Row, Size, in_turns, main, median, median_ratio
from tests.programs.process import folder_for

SOURCE = Path(__file__).with_name("_slow_fsync.c")
INLINE = (sys.executable, "-m", "benchmarks._inline")


def rows(size: Size) -> Iterator[Row]:
    compiler = shutil.which("cc")
    case = "1 alert, new, fsync 5 ms slower: group commit"
    if compiler is None:
        yield Row(case, "not measured: no C compiler here")
        return
    with folder_for("bench") as name:
        folder = Path(name)
        library = folder / "slow_fsync.so"
        subprocess.run([compiler, "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"], check=True)
        slow = {"LD_PRELOAD": str(library), "PYTHONPATH": str(PROJECT)}
        made, dry = config(), "--dry-run"
        with (
            serving(folder / "group", made, dry, environment=slow) as group,
            serving(folder / "one", made, dry, environment=slow, launcher=INLINE) as inline,
        ):
            seconds = size.seconds(5.0)
            pairs = in_turns(
                size.turns(5),
                lambda: blast(group.port, webhooks(), seconds=seconds).rate,
                lambda: blast(inline.port, webhooks(), seconds=seconds).rate,
            )
    figure, beside = f"{median(pairs, 0):,.0f}/s", f"a commit an alert {median(pairs, 1):,.0f}/s"
    yield Row(case, figure, beside, median_ratio(pairs), 5)


if __name__ == "__main__":
    main(rows)
