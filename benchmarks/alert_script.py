"""What the alert script costs above a bare curl POST: the aim is at most 1.5 times, paired.

Each pair runs both against the same receiver on loopback, in turns that swap the order, and the
median of the pairs' ratios is printed: a machine that is busy slows both halves of a pair alike.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks._table import Row, Size, in_turns, main, median, median_ratio

SCRIPT = Path(__file__).parent.parent / "integrations" / "zabbix" / "sms-notify-alert"
ARGUMENTS = ("13800138000", "PROBLEM: 磁盘空间不足", "event_id: 17\r\nevent_value: 1\r\n" * 20)
TOKEN = "Authorization: Bearer 0123456789abcdef"
NAMES = ("sendto", "subject", "message")


class Receiver(BaseHTTPRequestHandler):
    """Answers 202 at once."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def seconds(command: list[str], settings: dict[str, str]) -> float:
    """How long one run takes, started as Zabbix does: nothing but PATH, no input."""
    began = time.perf_counter()
    done = subprocess.run(
        command, env=settings, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False
    )
    took = time.perf_counter() - began
    if done.returncode:
        sys.exit(f"{command[0]} failed with {done.returncode}")
    return took


def rows(size: Size) -> Iterator[Row]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    fields = [
        part
        for name, value in zip(NAMES, ARGUMENTS, strict=True)
        for part in ("--data-urlencode", f"{name}={value}")
    ]
    bare = ["curl", "-s", "-m", "10", "-H", TOKEN, *fields, f"{url}/zabbix"]
    with tempfile.TemporaryDirectory() as folder:
        token = Path(folder, "token")
        token.write_text(TOKEN.split()[-1] + "\n")
        settings = {
            "PATH": os.environ["PATH"],
            "SMS_NOTIFY_SERVER": url,
            "SMS_NOTIFY_TOKEN_FILE": str(token),
            "SMS_NOTIFY_SPOOL": folder,
        }
        ours = [str(SCRIPT), *ARGUMENTS]
        seconds(ours, settings)
        pairs = in_turns(
            size.turns(200), lambda: seconds(ours, settings), lambda: seconds(bare, settings)
        )
    server.shutdown()
    server.server_close()
    figure = f"{median(pairs, 0) * 1000:.1f} ms"
    beside = f"curl {median(pairs, 1) * 1000:.1f} ms"
    yield Row("alert script", figure, beside, median_ratio(pairs), 1.5, at_most=True)


if __name__ == "__main__":
    main(rows)
