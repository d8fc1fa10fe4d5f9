"""`sms-notify zabbix`: the twin of the alert script, for hosts that have this program."""

from __future__ import annotations

import time
from pathlib import Path

import click

from sms_notify.cli.options import config_option, server_options
from sms_notify.cli.output import complain, say


@click.command("zabbix")
@click.argument("sendto")
@click.argument("subject")
@click.argument("message")
@server_options
@config_option
def command(
    sendto: str,
    subject: str,
    message: str,
    server: str | None,
    token_file: Path | None,
    config_path: Path | None,
) -> int:
    """Take one call of Zabbix: {ALERT.SENDTO} {ALERT.SUBJECT} {ALERT.MESSAGE}.

    Exit 0: it is stored. Exit 1: Zabbix should run this again.
    """
    called_at = time.time_ns() // 1000
    arguments = {"sendto": sendto, "subject": subject, "message": message}
    why = ""
    if server:
        from sms_notify.cli import asking
        from sms_notify.cli.summary import summary_of_answer

        body = asking.json_body(arguments)  # called now, by the server's clock: ours may be off
        try:
            answer = asking.server(server, token_file).post("/zabbix", body, "application/json")
        except asking.Away as away:
            complain(f"{away}; using the store")
            why = str(away)
        else:
            say(summary_of_answer(answer))
            return 0
    from sms_notify.cli.own_store import open_own_store

    with open_own_store(config_path, why) as store:
        say(store.take_zabbix(sendto, subject, message, called_at))
    return 0
