"""The lent Zabbix runs an alert script for a problem, its update and its end."""

from __future__ import annotations

from tests.programs.process import wait_until
from tests.programs.zabbix import Zabbix

MEDIA_TYPE = """
zabbix_export:
  version: '6.0'
  media_types:
    - name: recorder
      type: SCRIPT
      script_name: record
      parameters: ['{ALERT.SENDTO}', '{ALERT.SUBJECT}', '{ALERT.MESSAGE}']
      message_templates:
        - {event_source: TRIGGERS, operation_mode: PROBLEM, subject: problem, message: "{EVENT.NAME}"}
        - {event_source: TRIGGERS, operation_mode: RECOVERY, subject: end, message: "{EVENT.NAME}"}
        - {event_source: TRIGGERS, operation_mode: UPDATE, subject: update, message: "{EVENT.UPDATE.MESSAGE}"}
"""  # noqa: E501
RECORD = '#!/bin/sh\nprintf "%s|%s|%s\\n" "$@" >>{told}\n'


def test_a_problem_its_update_and_its_end_run_the_script(zabbix: Zabbix) -> None:
    told = zabbix.own / "told"
    zabbix.script("record", RECORD.format(told=told))
    api = zabbix.api
    api.import_media_types(MEDIA_TYPE)
    # before the trigger: a problem that is there before the action finds nobody to tell
    _, action = api.tell("record", "recorder", "13800000001")
    api.host("db-01", "数据库01")
    api.trigger("db-01", "disk", "磁盘满 '$(reboot)'", tag="record")

    def told_of() -> list[dict[str, str]]:
        """The server may know the item a moment before it knows the trigger."""
        zabbix.send("db-01", "disk", 91)
        return api.alerts(action)

    problem = wait_until("the problem", told_of)[0]
    api.acknowledge(problem["eventid"], "有人看")
    wait_until("the update", lambda: len(api.alerts(action)) == 2)
    zabbix.send("db-01", "disk", 0)
    wait_until("the end", lambda: [each["status"] for each in api.alerts(action)] == ["1"] * 3)

    assert told.read_text(encoding="utf-8").splitlines() == [
        "13800000001|problem|磁盘满 '$(reboot)'",
        "13800000001|update|有人看",
        "13800000001|end|磁盘满 '$(reboot)'",
    ]
