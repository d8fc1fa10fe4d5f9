"""Kannel 1.4.5 (Debian's package): bearerbox and smsbox, sending to the same stub."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from benchmarks._load import get
from tests.programs.process import free_port

SYSTEM = "/usr/sbin:/usr/bin:/sbin:/bin"
PENDING = 64
CONFIG = """\
group = core
admin-port = {admin}
admin-password = bench
admin-interface = 127.0.0.1
smsbox-port = {inner}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
store-type = file
store-location = {folder}/kannel.store
log-file = {folder}/kannel.log
log-level = 3

group = smsc
smsc = http
system-type = generic
smsc-id = stub
port = {unused}
connect-allow-ip = 127.0.0.1
max-pending-submits = {pending}
send-url = "{gateway}/sendsms_txt.asp?us_name=mysms&us_pwd=pw&send_phone=%P&send_content=%b"
status-success-regex = "^0[|]"
status-permfail-regex = "^-"
status-tempfail-regex = "^-99"
generic-foreign-id-regex = "([0-9]+)$"

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {port}
sendsms-interface = 127.0.0.1
mo-recode = false
global-sender = 10086
log-file = {folder}/smsbox.log
log-level = 3

group = sendsms-user
username = bench
password = bench
max-messages = 10
concatenation = true

group = sms-service
keyword = default
text = "no"
"""


def installed() -> bool:
    return bool(shutil.which("bearerbox", path=SYSTEM) and shutil.which("smsbox", path=SYSTEM))


@contextmanager
def kannel(folder: Path, gateway: str) -> Iterator[int]:
    """Both boxes; the port that takes `/cgi-bin/sendsms`."""
    folder.mkdir()
    (folder / "kannel.store").touch()
    port = free_port()
    settings = {"admin": free_port(), "inner": free_port(), "unused": free_port(), "port": port}
    config = folder / "kannel.conf"
    config.write_text(CONFIG.format(folder=folder, gateway=gateway, pending=PENDING, **settings))
    running = []
    try:
        for box, listens in (("bearerbox", settings["inner"]), ("smsbox", port)):
            command = [f"/usr/sbin/{box}", str(config)]
            running.append(
                subprocess.Popen(
                    command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                )
            )
            _wait_for(listens)
        yield port
    finally:
        for process in reversed(running):
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(port: int, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if time.monotonic() > end:
            raise RuntimeError(f"Kannel does not listen on {port}")
        time.sleep(0.05)


def sendsms(phones: list[str], text: str) -> bytes:
    """The request that has it send `text` to these."""
    to = "+".join(quote(each, safe="") for each in phones)
    return get(f"/cgi-bin/sendsms?username=bench&password=bench&to={to}&text={quote(text)}")
