"""`check --online` calls the sources; plain `check` calls nothing."""

from __future__ import annotations

import json
from pathlib import Path

from tests.programs.process import free_port

from .running import cli, configured


def test_a_source_that_cannot_be_called_is_seen_only_when_asked_for(tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    extra = (
        f'upstream: {{zabbix: {{url: "{nowhere}/api_jsonrpc.php", token: geheim-17}}, '
        f'alertmanager: {{url: "{nowhere}"}}}}\n'
    )
    configured(tmp_path, extra=extra)
    assert cli("check", folder=tmp_path).code == 0
    ran = cli("check", "--online", folder=tmp_path)
    assert ran.code == 1
    assert "zabbix: refused" in ran.out
    assert "geheim-17" not in ran.out + ran.err
    said = json.loads(cli("check", "--online", "--json", folder=tmp_path).out)["upstream"]
    assert said[1] == {"name": "alertmanager", "ok": False, "said": "refused"}
