"""Alerts to judge texts by: kube-prometheus' webhooks, and rules rendered as Prometheus does.

Each sample carries the truth about itself: the value that fired, and the subject that a reader must
find. `held_out` marks the part that no rule was tuned on.
"""

from __future__ import annotations

import json
import math
import random
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote_plus

from sms_notify.model import Alert, Level

DATA = Path(__file__).parent / "data"
AT = 1_785_892_583_620_000
LEVELS = {"critical": Level.critical, "info": Level.info, "none": Level.info}
MAGNITUDE = re.compile(r"(?:>=|<=|>|<)\s*\(?\s*[-\d.]")


@dataclass(frozen=True)
class Sample:
    """One alert and the truth about it. `unique` and `replica` are what must be read of it."""

    id: str
    alert: Alert
    value: float | None
    """The number that the alert states; None where it states none."""
    fired: float | None
    """The sample's value, stated or not."""
    unique: str
    replica: str = ""
    unit: str = ""

    @property
    def held_out(self) -> bool:
        return zlib.crc32(self.id.encode()) % 3 == 0

    @property
    def stated(self) -> bool:
        """True where the alert says a number of its own: a magnitude that a text can show."""
        return self.value is not None


def kube_prometheus() -> Iterator[Sample]:
    for line in (DATA / "kube-prometheus.jsonl").read_text().splitlines():
        sample = json.loads(line)
        subject = sample["subject"] or {}
        raw = sample["payload"]["alerts"][0]
        alert = _alert(raw["labels"], raw["annotations"], raw["generatorURL"])
        value = float(sample["value"])
        shown = value if _is_said(value, raw["annotations"]) else None
        replica = subject.get("replica") or subject.get("short") or ""
        yield Sample(sample["id"], alert, shown, value, subject.get("unique", ""), replica)


def _is_said(value: float, annotations: Mapping[str, str]) -> bool:
    prose = " ".join(annotations.get(k, "") for k in ("summary", "description", "message"))
    numbers = [
        float(n) for n in re.findall(r"(?<![\w.-])\d+(?:\.\d+)?(?:e[+-]\d+)?(?![\w])", prose)
    ]
    return any(abs(n - v) <= 0.006 * abs(v) for n in numbers for v in (value, value * 100) if v)


def rules(file: str) -> Iterator[Sample]:
    """The rules of `exporters`, `mixins`, `chinese`: three lines each."""
    lines = [line for line in (DATA / f"{file}.txt").read_text().splitlines() if line[:2] != "# "]
    for place in range(0, len(lines), 3):
        name, level, value, expression = lines[place].split(" ; ", 3)
        yield _rendered(file, name, level, value, expression, lines[place + 1], lines[place + 2])


def _rendered(
    file: str, name: str, level: str, said: str, expression: str, summary: str, description: str
) -> Sample:
    draw = random.Random(name)
    value = float(said) if said != "-" else float(draw.randint(0, 1))
    labels = _labels(expression, summary + description, draw)
    own = {"alertname": name, "severity": level} | labels
    told = [_expanded(text, value, labels) for text in (summary, description)]
    if file == "exporters":
        listed = " ".join(f"{k}:{v}" for k, v in sorted(own.items()))
        told[1] += f"\n  VALUE = {_go(value)}\n  LABELS = map[{listed}]"
    url = f"http://prometheus.example.com:9090/graph?g0.expr={quote_plus(expression)}&g0.tab=1"
    alert = _alert(own, {"summary": told[0], "description": told[1]}, url)
    unique, replica = _truth(own)
    stated = said != "-" and (file == "exporters" or "{{value" in summary + description)
    measured = stated and (MAGNITUDE.search(expression) is not None)
    return Sample(f"{file}:{name}", alert, value if measured else None, value, unique, replica)


def _alert(labels: Mapping[str, str], annotations: Mapping[str, str], url: str) -> Alert:
    level = LEVELS.get(labels.get("severity", ""), Level.warning)
    summary = annotations.get("summary") or annotations.get("description") or ""
    return Alert(
        "alertmanager", "f", AT, None, level, labels.get("severity", ""), labels["alertname"],
        summary, labels, {**annotations, "generatorURL": url},
    )  # fmt: skip


_HOSTS = ("db", "web", "app", "redis-shard", "es", "kafka", "k8s-node", "pay-gw", "bj-mysql", "nfs")
_DOMAINS = ("", ".prod.example.com", ".bj.prod.example.com", ".cn-shanghai.ecs.example.com")
_WORKS = ("checkout", "payment-api", "user-center", "search-indexer", "risk-engine", "im-gateway")
_ID = "bcdfghjklmnpqrstvwxz2456789"


def _host(draw: random.Random) -> str:
    if draw.random() < 0.15:
        return ".".join(["10", *(str(draw.randint(0, 255)) for _ in range(3))])
    return f"{draw.choice(_HOSTS)}-{draw.randint(1, 25):02d}{draw.choice(_DOMAINS)}"


def _pod(draw: random.Random) -> str:
    work = draw.choice(_WORKS)
    if draw.random() < 0.3:
        return f"{work}-{draw.randint(0, 5)}"
    return f"{work}-{''.join(draw.choices(_ID, k=9))}-{''.join(draw.choices(_ID, k=5))}"


_POOLS: Mapping[str, Callable[[random.Random], str]] = {
    "instance": lambda draw: f"{_host(draw)}:{draw.choice((9100, 9104, 9090, 9256))}",
    "node": _host,
    "pod": _pod,
    "mountpoint": lambda draw: draw.choice(("/", "/data", "/var/lib/mysql")),
    "device": lambda draw: draw.choice(("/dev/sda1", "nvme0n1", "eth0", "bond0")),
    "namespace": lambda draw: draw.choice(("prod", "payment", "kube-system")),
    "job": lambda draw: draw.choice(("node", "mysql", "redis")),
    "cluster": lambda draw: draw.choice(("prod-bj", "k8s-a")),
    "topic": lambda draw: draw.choice(("orders", "audit-log", "user-events")),
    "consumergroup": lambda draw: draw.choice(("billing", "search-sync")),
}
_WORKLOADS = ("deployment", "statefulset", "daemonset", "horizontalpodautoscaler", "cronjob")
_ORDER = (
    "pod", *_WORKLOADS, "job_name", "persistentvolumeclaim", "node", "instance", "topic", "queue",
    "consumergroup", "datname", "name", "service", "proxy", "app", "ingress", "job",
    "cluster", "namespace",
)  # fmt: skip


def _labels(expression: str, prose: str, draw: random.Random) -> dict[str, str]:
    wanted = [name for name in re.findall(r"\{\{(\w+)\}\}", prose) if name != "value"]
    grouped = re.search(r"\b(?:by|BY)\s*\(([^)]*)\)", expression)
    kept = [name.strip() for name in grouped[1].split(",")] if grouped else ["instance", "job"]
    kept = [name for name in kept if name not in ("le", "To", "")]
    labels = {name: _drawn(name, draw) for name in dict.fromkeys([*kept, *wanted])}
    if re.search(r"\bkube_[a-z]", expression) and not grouped:
        labels |= {"job": "kube-state-metrics", "instance": f"10.244.{draw.randint(0, 30)}.9:8080"}
    if grouped and "instance" not in kept:
        labels.pop("instance", None)
    return labels


def _drawn(name: str, draw: random.Random) -> str:
    if name in _POOLS:
        return _POOLS[name](draw)
    if name in _WORKLOADS:
        return draw.choice(_WORKS)
    return f"{name.replace('_', '-')}-{draw.randint(1, 9)}"


def _truth(labels: Mapping[str, str]) -> tuple[str, str]:
    own = labels.get("job") == "kube-state-metrics"
    for name in _ORDER:
        value = labels.get(name)
        if not value or (own and name in ("instance", "job")):
            continue
        if name == "pod":
            parts = value.split("-")
            return (
                value.rpartition("-")[0] if len(parts[-1]) == 1 else "-".join(parts[:-2])
            ), parts[-1]
        if name in ("instance", "node"):
            host = value.partition(":")[0]
            address = re.fullmatch(r"[\d.]+", host)
            return (
                (host, ".".join(host.split(".")[2:])) if address else (host.partition(".")[0], "")
            )
        return value, ""
    return "", ""


def _expanded(text: str, value: float, labels: Mapping[str, str]) -> str:
    def one(match: re.Match[str]) -> str:
        name, _, form = (part.strip() for part in match[1].partition("|"))
        return _FORMS[form.split(" ")[0]](value, form) if name == "value" else labels.get(name, "")

    return re.sub(r"\{\{([^}]*)\}\}", one, text)


def _go(value: float) -> str:
    """`{{ $value }}` as Prometheus prints it."""
    if value and not 1e-4 <= abs(value) < 1e21:
        return f"{value:e}"
    if abs(value) >= 1e9 or (abs(value) >= 1e6 and value != int(value)):
        return re.sub(r"\.?0+e", "e", f"{value:e}")
    return repr(value).removesuffix(".0")


def _humanize(value: float, _: str) -> str:
    for factor, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= factor:
            return f"{value / factor:.4g}{prefix}"
    if value and abs(value) < 1:
        return f"{value * 1e3:.4g}m"
    return f"{value:.4g}"


def _humanize1024(value: float, _: str) -> str:
    for power, prefix in ((30, "Gi"), (20, "Mi"), (10, "Ki")):
        if abs(value) >= 2**power:
            return f"{value / 2**power:.4g}{prefix}"
    return f"{value:.4g}"


def _duration(value: float, _: str) -> str:
    days, rest = divmod(int(value), 86400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    if days:
        return f"{days}d {hours}h {minutes}m {seconds}s"
    if hours:
        return f"{hours}h {minutes}m {seconds}s"
    return f"{minutes}m {seconds}s" if minutes else f"{value:.4g}s"


def _printf(value: float, form: str) -> str:
    return form.partition('"')[2].partition('"')[0] % value


_FORMS: Mapping[str, Callable[[float, str], str]] = {
    "": lambda value, _: _go(value),
    "humanize": _humanize,
    "humanize1024": _humanize1024,
    "humanizeDuration": _duration,
    "humanizePercentage": lambda value, _: f"{value * 100:.4g}%",
    "printf": _printf,
}


def zabbix() -> Iterator[Sample]:
    """Problems of Zabbix templates with their operational data."""
    names = ("上海-数据库01", "bj-web-03", "core-switch-1", "Zabbix server", "win-file-02")
    for line in (DATA / "zabbix.txt").read_text().splitlines():
        if line.startswith("# "):
            continue
        name, severity, said, opdata, value = (part.strip() for part in line.split(";"))
        host = random.Random(name).choice(names)
        level = Level.critical if int(severity) >= 4 else Level(min(int(severity) // 2, 1))
        kept = {"opdata": opdata, "value": value}
        labels = {"host": host, "hostgroup": "Linux servers", "severity": severity}
        shown = name.replace("{h}", host)
        alert = Alert(
            "zabbix", "1", AT, None, level, severity, shown, shown, labels,
            {key: text for key, text in kept.items() if text},
        )  # fmt: skip
        number = re.match(r"[-\d.]+", said) if said != "-" else None
        unit = said[number.end() :] if number else ""
        stated = float(number[0]) if number else None
        yield Sample(f"zabbix:{name}", alert, stated, stated, host, unit=unit)


def everything() -> list[Sample]:
    found = [*kube_prometheus(), *zabbix()]
    for file in ("exporters", "mixins", "chinese"):
        found += rules(file)
    assert all(math.isfinite(sample.value or 0) for sample in found)
    return found
