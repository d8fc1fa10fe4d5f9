"""What a text says: kinds, subjects, values, names, charsets, digests."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sms_notify.model import MINUTE, Kind, Level
from sms_notify.text import Digest, DigestLine, Texts, Wording, carry, preview
from tests.text.given import AT, SIGNED, a_story, an_alert, told


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.first, "严重 NodeDown db-01 09:16 回12确认"),
        (Kind.update, "严重 新增 NodeDown db-01 09:16 回12确认"),
        (Kind.repeat, "严重 仍在 NodeDown db-01 09:16 回12确认"),
        (Kind.reminder, "严重 未恢复 NodeDown db-01 09:16 回12确认"),
        (Kind.escalated, "严重 升级 NodeDown db-01 09:16 回12确认"),
        (Kind.handoff, "严重 交接 NodeDown db-01 09:16 回12确认"),
        (Kind.resolved, "恢复 NodeDown db-01 09:16"),
    ],
)
def test_each_kind_has_its_word(kind: Kind, text: str) -> None:
    assert told(an_alert("NodeDown", instance="db-01:9100"), kind=kind) == text


@pytest.mark.parametrize(
    ("labels", "subject"),
    [
        ({"host": "backup-01", "job_name": "pg_full"}, "pg_full backup-01"),
        ({"instance": "WIN-SQL01:9182", "volume": "C:"}, "WIN-SQL01 C:"),
        ({"instance": "10.0.0.1", "ifName": "Gi1/0/24", "ifAlias": "core"}, "10.0.0.1 Gi1/0/24"),
    ],
)
def test_what_is_broken_on_it_stands_beside_the_host(labels: dict[str, str], subject: str) -> None:
    assert told(replace(an_alert("X"), labels=labels)) == f"严重 X {subject} 09:16 回12确认"


def of_operator(name: str, **labels: str) -> dict[str, str]:
    """The labels that the Prometheus Operator's scrape of an exporter puts on its alerts."""
    own = {"pod": f"{name}-x2k4q", "service": f"kps-{name}", "container": name, "job": name}
    return {**own, "endpoint": "http-metrics", "namespace": "monitoring", **labels}


@pytest.mark.parametrize(
    ("labels", "subject"),
    [
        (of_operator("node-exporter", instance="10.0.1.5:9100", mountpoint="/"), "10.0.1.5 /"),
        (of_operator("node-exporter", instance="10.0.1.5:9100", node="k8s-1"), "k8s-1 10.0.1.5"),
        (of_operator("blackbox-exporter", instance="https://pay.example.com/a"), "pay.example.com"),
        (of_operator("kafka-exporter", topic="orders"), "orders"),
        (of_operator("kafka-exporter"), "kafka-exporter-x2k4q"),
        (of_operator("node-exporter", instance="k8s-1", job="kubelet"), "node-exporter-x2k4q"),
        (
            of_operator("node-exporter", instance="1.1.1.1:8080", job="kube-state-metrics"),
            "node-exporter-x2k4q",
        ),
    ],
)
def test_an_exporter_is_asked_and_not_what_is_broken(labels: dict[str, str], subject: str) -> None:
    text = told(replace(an_alert("X"), labels=labels))
    assert text == f"严重 X {subject} 09:16 回12确认"


def test_english_texts() -> None:
    text = told(an_alert("NodeDown", instance="db-01"), wording=Wording(language="en"))
    assert text == "CRIT NodeDown db-01 09:16 reply 12"


def test_the_signature_counts_even_where_the_gateway_adds_it() -> None:
    ours = Texts(SIGNED).story(a_story(an_alert()))
    theirs = Texts(Wording(signature="星云运维", signature_by="gateway")).story(a_story(an_alert()))
    assert ours.text == "【星云运维】" + theirs.text
    assert ours.units == theirs.units


@pytest.mark.parametrize(
    ("labels", "subject"),
    [
        ({"pod": "checkout-f95w76jv7-6hfvg", "instance": "10.1.1.1:9090"}, "checkout-6hfvg"),
        ({"pod": "mysql-2"}, "mysql-2"),
        ({"deployment": "payment-api", "job": "kube-state-metrics"}, "payment-api"),
        ({"instance": "10.244.0.9:8080", "job": "kube-state-metrics", "cluster": "bj"}, "bj"),
        ({"instance": "http://shop.example.com:8080/health"}, "shop.example.com"),
        ({"instance": "db-01.prod.example.com:9100", "job": "node"}, "db-01"),
        ({"instance": "10.3.208.248:9100"}, "10.3.208.248"),
        ({"instance": "[fe80::1]:9100"}, "fe80::1"),
        ({"node": "cn-hangzhou.192.168.1.5"}, "192.168.1.5"),
        ({"topic": "orders", "consumergroup": "billing"}, "orders"),
        ({"service": "api", "job": "rules", "cluster": "bj"}, "api"),
        ({"instance": "www.example.com:443"}, "www.example.com"),
        ({"instance": "kafka-exporter:9308", "job": "kafka", "topic": "orders"}, "orders"),
        ({"instance": "es-exporter.monitoring.svc:9114", "cluster": "es-log"}, "es-log"),
        ({"instance": "mysqld-exporter:9104", "job": "mysql"}, "mysqld-exporter"),
        ({}, ""),
    ],
)
def test_the_subject_is_what_is_broken(labels: dict[str, str], subject: str) -> None:
    text = told(replace(an_alert("X"), labels=labels))
    said = text.removeprefix("严重 X").removesuffix("09:16 回12确认").strip()
    assert said.split(" ")[0] == subject


@pytest.mark.parametrize(
    ("description", "rule", "value"),
    [
        ("CPU load is > 80%\n  VALUE = 93.4271846\n  LABELS = map[a:1]", "x > 80", "93.4%>80%"),
        ("memory is filling up (< 10% left)\n  VALUE = 0.0523", "a/b < .10", "5.23%<10%"),
        ("pressure\n  VALUE = 1465.8", "rate(node_faults_total[5m]) > 1000", "1466/s>1000/s"),
        ("too much\n  VALUE = 2.2928131e+09", "node_used_bytes > 2e9", "2.29GB>2GB"),
        ("retransmits 128.6m/s segments", "rate(a[5m]) > 0.1", "0.129/s>0.1/s"),
        ("expires in 14h 27m 41s", "ttl_seconds < 86400", "14h28m<24h"),
        ("99th percentile is slow on k8s v1.27.3", "x > 5", ""),
        ("usage is 62.48% of quota", "a/b > 0.01", "62.5%>1%"),
        (
            "has been above 90% for the last 15 minutes, is currently at 91.64%.",
            "x*100 > 90",
            "91.6%>90%",
        ),
        ("CPU使用率超过90%,当前值: 93.43%", "", "93.4%>90%"),
        ("latency is 0.2431s", "", "243ms"),
        ("down\n  VALUE = 0", "up == 0", ""),
        ("port 3306 answers 503", "probe == 0", ""),
        ("used 90.04%, limit 90%", "x * 100 > 90", "90.04%>90%"),
    ],
)
def test_the_value_is_the_one_that_fired_with_unit_and_threshold(
    description: str, rule: str, value: str
) -> None:
    said = told(
        an_alert("X", description=description, rule=rule.replace("+", "%2B"), instance="db")
    )
    assert said == f"严重 X db {value} 09:16 回12确认".replace("  ", " ")


@pytest.mark.parametrize(
    ("name", "host", "value", "text"),
    [
        ("主机 db-1 的 CPU 使用率过高", "db-1", "96.2 %", "CPU 使用率过高 db-1 96.2%"),
        ("SSL证书快到期 (还剩 5天3小时)", "h1", "", "SSL证书快到期 h1 5d3h"),
        ("磁盘满 (/data 93%)", "h1", "", "磁盘满 (/data ) h1 93%"),
        ("Agent 不可达(3分钟)", "h1", "0", "Agent 不可达(3分钟) h1"),
        ("Link down", "sw-1", "down (2)", "Link down sw-1"),
        ("https://a.cn/login 打不开", "web", "503", "a.cn/login 打不开 web 503"),
        ("网站 http://a.cn:80/?q=1 打不开", "a.cn", "0", "网站 打不开 a"),
        ("服务未运行", "win-1", "Stopped (6)", "服务未运行 win-1"),
    ],
)
def test_a_zabbix_problem_states_no_number_that_measures_nothing(
    name: str, host: str, value: str, text: str
) -> None:
    alert = an_alert(name, source="zabbix", summary=value, annotations={"value": value}, host=host)
    assert told(alert) == f"严重 {text} 09:16 回12确认"


def test_a_zabbix_problem_loses_its_host_and_gains_its_value() -> None:
    alert = an_alert(
        "磁盘空间不足 上海-数据库01 (used > 90%)", source="zabbix", host="上海-数据库01",
        annotations={"opdata": "Space used: 45.7 GB of 50 GB (91.37 %)"},
    )  # fmt: skip
    assert told(alert).startswith("严重 磁盘空间不足 (used > 90%) 上海-数据库01 91.4%>90%")


def test_a_problem_keeps_its_predicate_when_it_is_long() -> None:
    name = "Kubernetes: Pod [prod/checkout-6f9d847pjb-s7f6v] is crash looping"
    text = told(an_alert(name, source="zabbix", host="bj-web-03"))
    assert text == "严重 K8s: Pod crash looping bj-web-03 09:16 回12确认"


def test_a_number_in_the_name_of_a_problem_is_said_once_with_its_unit() -> None:
    alert = an_alert(
        "连接池使用率超过阈值80%，当前85.7%",
        source="zabbix",
        host="db-1",
        annotations={"value": "85.7"},
    )
    assert told(alert) == "严重 连接池使用率超过阈值80% db-1 85.7% 09:16 回12确认"


def test_what_a_rule_prints_below_its_sentence_is_no_clause() -> None:
    alert = an_alert(
        "Broken", description="x\n  VALUE = +Inf\n  LABELS = map[job:node]", job="node"
    )
    assert told(alert) == "严重 Broken node 09:16 回12确认"


def test_a_line_is_said_itself() -> None:
    line = "backup of /srv/data failed: No space left on device"
    alert = an_alert("backup of /srv/data", source="line", summary=line, host="nas-1")
    assert told(alert) == "严重 backup /srv/data failed: No space left… nas-1 09:16 回12确认"
    logged = "ERROR 2026-08-05 09:12:33,123 [main] com.acme.pay.Order - Timeout calling pay:8080"
    alert = an_alert("ERROR", source="line", summary=logged, host="nas-1")
    assert told(alert) == "严重 Timeout calling pay:8080 nas-1 09:16 回12确认"
    short = an_alert("disk", source="line", summary="disk of nas-1 full", host="nas-1")
    assert told(short) == "严重 disk full nas-1 09:16 回12确认"


def test_a_short_name_never_means_another_alert() -> None:
    names = ["KubePersistentVolumeFillingUp", "KubePersistVolFillingUp"]
    texts = Texts(SIGNED)
    texts.learn(names)
    shown = {
        texts.story(a_story(an_alert(name, pod="x" * 25, description="it is 12% now"))).text
        for name in names
    }
    assert len(shown) == 2


def test_the_operators_glossary_wins() -> None:
    wording = Wording(signature="星云运维", glossary={"out of memory": "爆内存"})
    alert = an_alert(
        "KubernetesContainerOutOfMemoryTooOftenNow", instance="recommendation-ranker-v2-17"
    )
    assert "爆内存" in told(alert, wording=wording)


def test_kept_labels_are_shown_while_there_is_room() -> None:
    alert = an_alert("DiskFull", instance="db-01", mountpoint="/data", disk="sdb")
    assert "db-01 /data" in told(alert)
    assert "db-01 sdb" in told(alert, wording=Wording(signature="星云运维", keep=("disk",)))


@pytest.mark.parametrize(
    ("text", "charset", "carried"),
    [
        ("3 m² • µs € ½\xa0x", "gbk", "3 m2 · us EUR 1/2 x"),
        ("3 m² • µs €", "gb18030", "3 m² • µs €"),
        ("… 【】 · — ① ℃ ≥ →", "gbk", "… 【】 · — ① ℃ ≥ →"),
        ("👨‍👩‍👧‍👦!", "gbk", "?!"),
        ("Zürich ñandú", "gbk", "Zürich nandú"),
        ("שלום", "gbk", "????"),
        ("🔥", "utf-8", "🔥"),
    ],
)
def test_what_a_charset_lacks_becomes_its_likeness(text: str, charset: str, carried: str) -> None:
    assert carry(text, charset) == carried


def test_a_digest_names_the_worst_first_and_counts_all() -> None:
    lines = (
        DigestLine("磁盘满", Level.warning, 21),
        DigestLine("主机失联", Level.critical, 9),
        *(DigestLine(f"证书到期{n}", Level.info, 1) for n in range(7)),
    )
    text = Texts(SIGNED).digest(Digest(AT - 5 * MINUTE, AT, lines, 0, 13)).text
    names = "主机失联x9 磁盘满x21 证书到期0x1 证书到期1x1 证书到期2x1 其他4"
    assert text == f"【星云运维】5分钟37条:{names} 严重9 回13确认"


def test_a_digest_says_each_name_once_whatever_its_levels() -> None:
    lines = (
        DigestLine("S2", Level.critical, 2),
        DigestLine("S1", Level.warning, 7),
        DigestLine("S2", Level.warning, 1),
    )
    text = Texts(SIGNED).digest(Digest(AT - 5 * MINUTE, AT, lines, 0, 13)).text
    assert text == "【星云运维】5分钟10条:S2x3 S1x7 严重2 回13确认"


def test_names_that_are_the_same_when_short_are_counted_together() -> None:
    lines = [
        DigestLine(f"disk full ({'very ' * 12}{where})", Level.warning, 1) for where in ("a", "b")
    ]
    text = Texts(SIGNED).digest(Digest(AT - 5 * MINUTE, AT, tuple(lines), 0, 13)).text
    assert text == "【星云运维】5分钟2条:disk fullx2 回13确认"


def test_a_notice_is_cut_at_a_word() -> None:
    fitted = Texts(SIGNED).notice("gateway down " * 10)
    assert fitted.text.endswith(" gateway…")
    assert fitted.shed == ("text",)


def test_a_preview_shows_both_settings() -> None:
    story = a_story(an_alert("NodeDown", instance="db-01"))
    changes = preview.compare(
        Texts(SIGNED), Texts(Wording(templates={"page": "!{{ name }}"})), [("file.json", story)]
    )
    assert [change.columns()["after"] for change in changes] == ["!NodeDown"]
    rows = preview.rows(Texts(SIGNED), [("file.json", story)])
    assert rows[0].units == len(rows[0].text)
    assert preview.summary(rows)["segments"] == 1


def test_an_answer_about_an_alert_without_a_subject_has_no_hole() -> None:
    story = a_story(an_alert("AlwaysFiring"))
    assert (
        Texts(Wording()).about(story, "已确认11", "。1小时").text == "已确认11 AlwaysFiring。1小时"
    )
    story = a_story(an_alert("NodeDown", instance="db-01:9100"))
    assert (
        Texts(Wording()).about(story, "已确认11", "。1小时").text
        == "已确认11 NodeDown db-01。1小时"
    )
