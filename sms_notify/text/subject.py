"""Whom or what an alert is about: the label that names it, shortened to what is unique."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from sms_notify.model import Alert
from sms_notify.text.expression import Rule
from sms_notify.text.measure import cut, units

WORKLOADS = (
    "deployment", "statefulset", "daemonset", "replicaset", "cronjob", "job_name",
    "horizontalpodautoscaler", "hpa", "poddisruptionbudget",
)  # fmt: skip
HOSTS = (
    "node",
    "exported_instance",
    "instance",
    "host",
    "hostname",
    "nodename",
    "server",
    "target",
)
THINGS = (
    "topic", "queue", "consumergroup", "group", "database", "datname", "schema", "index", "bucket",
    "vhost", "exchange", "table", "upstream", "backend", "proxy", "domain", "url", "volume",
    "ifName", "ifDescr", "interface", "name", "app",
    "service", "container", "endpoint",
)  # fmt: skip
ORDER = (
    "pod", "pod_name", "kubernetes_pod_name", *WORKLOADS, "persistentvolumeclaim",
    "persistentvolume", *HOSTS, *THINGS, "exported_job", "job", "cluster", "namespace",
)  # fmt: skip
"""First present label wins; `service` names more than `job`."""

LONGEST_SUBJECT = 30
"""Units above which a subject alone is cut."""

_TAIL = re.compile(r"[-._][^-._]{1,10}$")
_IPV4 = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")
_PORT = re.compile(r":\d{1,5}$")
_ID = "bcdfghjklmnpqrstvwxz2456789"
_POD = re.compile(
    rf"^(?P<work>.+?)(?:-(?:[a-f0-9]{{8,10}}|[{_ID}]{{8,10}}))?-(?P<hash>[{_ID}]{{5}})$"
)
"""Kubernetes draws the random parts of pod names from these 27 characters."""
_ORDINAL = re.compile(r"^.+-\d{1,4}$")
_PODS = ("pod", "pod_name", "kubernetes_pod_name")
_OWN_JOB = re.compile(r"[Kk](?i:ube-?state-?metrics)")
_POD_JOB = re.compile(r"kubelet|cadvisor")
"""Who speaks of pods as they are, exporters' pods too."""
_EXPORTER = re.compile(r"(?:^|[-_./])exporters?$")
_EXPORTER_POD = re.compile(r"(?:^|[-_./])exporters?(?:-[a-z0-9]+){0,2}$")
_SAY_LITTLE = ("exported_job", "job", "namespace", "endpoint")
"""Less than the name of an exporter, from which one can at least tell what it watches."""
_HOSTS = frozenset(HOSTS)
_NO_SUBJECT = frozenset(
    {
        *("alertname", "severity", "level", "priority", "team", "env", "environment", "region"),
        *("hostgroup", "monitor", "prometheus", "source", "category", "owner", "reason", "status"),
        *("state", "condition", "kind", "type", "mode", "quantile", "code", "phase", "__name__"),
    }
)
_BESIDE = ("node", "exported_instance")


class Subject(NamedTuple):
    """`text` names it; `label` is "" where nothing does. `short` is `text` without a pod's hash.

    `beside` is a second host that the alert names: the instance that reports a node.
    """

    label: str = ""
    text: str = ""
    short: str = ""
    beside: str = ""
    workload: str = ""
    """For a pod: what it belongs to, the same for all its replicas."""

    @property
    def is_host(self) -> bool:
        return self.label in _HOSTS


NONE = Subject()


def ranks(order: Iterable[str]) -> Mapping[str, int]:
    """The place of each label in `order`, of which the first counts."""
    return {label: place for place, label in enumerate(dict.fromkeys(order))}


def subject_of(alert: Alert, order: Mapping[str, int], rule: Rule) -> Subject:
    """The subject by the first label of `order` that is present and not the exporter's own."""
    labels = alert.labels
    own = _reports_others(labels, rule)
    exporter = NONE
    for label in _present(labels, order):
        value = labels[label]
        if not value or (own and label in ("instance", "job")):
            continue
        found = named(label, value[:300])
        if not own and _is_exporter(found) and not _POD_JOB.search(labels.get("job", "")):
            exporter = exporter if exporter.label else found
        elif not (exporter.label and label in _SAY_LITTLE):
            return found if own else _with_host(found, labels)
    return exporter if exporter.label else _mentioned(alert)


def _is_exporter(found: Subject) -> bool:
    """`node-exporter-x2k4q`, `kafka-exporter:9308`: who was asked, not what the answer is about.

    The Prometheus Operator puts pod, service and container of the exporter on every alert.
    """
    if "exporter" not in found.text:
        return False
    written = _EXPORTER_POD if found.label in _PODS else _EXPORTER
    return bool(written.search(found.text))


def _with_host(found: Subject, labels: Mapping[str, str]) -> Subject:
    """A node with the other instance that reports it, a job with the host on which it runs."""
    if found.label in _BESIDE:
        where = labels.get("instance", "")
    elif found.label in WORKLOADS:
        where = labels.get("host") or labels.get("hostname") or ""
    else:
        return found
    beside = host(where[:300])
    if not beside or beside in (found.text, host(labels[found.label])):
        return found
    return found._replace(beside=beside)


def _mentioned(alert: Alert) -> Subject:
    """No label that we know: one that the alert's own prose thinks worth naming."""
    prose = f"{alert.summary[:300]} {alert.annotations.get('description', '')[:300]}"
    for label, value in alert.labels.items():
        told = label not in _NO_SUBJECT and 1 < len(value) <= 60 and not value.isdecimal()
        if told and value in prose:
            return Subject(label, value, value)
    return NONE


def _reports_others(labels: Mapping[str, str], rule: Rule) -> bool:
    """kube-state-metrics speaks of others: its own instance and job name nothing that is broken."""
    if _OWN_JOB.search(labels.get("job", "")):
        return True
    return bool(rule.metrics) and rule.metrics[0].startswith("kube_") and "job" not in labels


def named(label: str, value: str) -> Subject:
    """The subject that `value` of `label` stands for."""
    if label in _PODS:
        return _pod(label, value)
    if label in _HOSTS:
        whole = host(value)
        return Subject(label, whole, _first_label(whole) if "://" in value else whole)
    return Subject(label, value, value)


def _pod(label: str, value: str) -> Subject:
    match = _POD.match(value)
    if not match:
        ordinal = _ORDINAL.match(value)
        return Subject(label, value, value, workload=value.rpartition("-")[0] if ordinal else "")
    work = match["work"]
    return Subject(label, f"{work}-{match['hash']}", work, workload=work)


@lru_cache(maxsize=16384)
def host(value: str) -> str:
    """Scheme, port and domain dropped; an IP stays whole, a Zabbix display name too.

    Of a URL and of `www.example.com` the whole domain stays: `www` alone would name nothing.
    """
    bare = value.partition("://")[2] or value
    bare = bare.partition("/")[0] if not bare.startswith("/") else bare
    bare = _PORT.sub("", bare) if bare.count(":") == 1 or "]:" in bare else bare
    address = _IPV4.search(bare) if bare.count(".") > 2 else None
    if address:
        return address[0]
    bare = bare.strip("[]") or value
    return bare if "://" in value or bare.startswith("www.") else _first_label(bare)


def clipped(text: str) -> str:
    """A subject above 30 units: both ends stay, for an ordinal stands at the end."""
    if units(text) <= LONGEST_SUBJECT:
        return text
    tail = _TAIL.search(text)
    end = tail[0] if tail else ""
    head = text[: LONGEST_SUBJECT - 1 - len(end)]
    border = max(head.rfind("-"), head.rfind("."), head.rfind("_"))
    if text.isascii() and border >= 12:
        return f"{head[:border]}…{end}"
    # a name of digits alone is a name all the same: better a part of it than nobody
    return cut(text, LONGEST_SUBJECT) or f"{text[: LONGEST_SUBJECT - 1]}…"


def told_apart(labels: Sequence[str]) -> list[str]:
    """Raw host labels, as short as they stay different: with port, or more of the domain."""
    different = len(set(labels))
    for written in (host, _with_port, _two_labels, without_port, str):
        short = [written(label[:300]) for label in labels]
        if len(set(short)) == different:
            break
    return short


def _with_port(value: str) -> str:
    port = _PORT.search(value)
    return host(value) + (port[0] if port else "")


def _two_labels(value: str) -> str:
    return ".".join(_PORT.sub("", value).split(".")[:2])


def without_port(value: str) -> str:
    return _PORT.sub("", value)


def _first_label(name: str) -> str:
    if "." not in name or " " in name or not name.isascii() or ":" in name or _IPV4.search(name):
        return name
    return name.partition(".")[0] or name


def extras_of(alert: Alert, subject: Subject, keep: tuple[str, ...]) -> tuple[str, ...]:
    """What else names the place: a kept label (mountpoint, device), then a thing on the host."""
    labels = alert.labels
    kept = _first(labels, keep)
    thing = ""
    if subject.label == "cluster":
        thing = labels.get("namespace", "")
    elif subject.is_host:
        thing = _first(labels, _things(labels))
    if not kept and not thing:
        return ()
    return tuple([extra for extra in (kept, thing) if extra and len(extra) <= 40])


def _things(labels: Mapping[str, str]) -> Iterator[str]:
    """Labels of things on a host; `endpoint` beside `service` is the Operator's name of a port."""
    for label in _present(labels, _THING_RANKS):
        port = label == "endpoint" and "service" in labels
        if not port and not _is_exporter(named(label, labels[label][:300])):
            yield label


def _present(labels: Mapping[str, str], order: Mapping[str, int]) -> list[str]:
    """The labels of `order` that are there, in that order: an alert has few, `order` has many."""
    return sorted(filter(order.__contains__, labels), key=order.__getitem__)


def _first(labels: Mapping[str, str], wanted: Iterable[str]) -> str:
    """The first of the labels wanted that says something, or ""."""
    for label in wanted:
        value = labels.get(label)
        if value:
            return value
    return ""


_THING_RANKS = ranks(THINGS)
