"""Whom or what an alert is about: the label that names it, shortened to what is unique."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sms_notify.model import Alert

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
    "vhost", "exchange", "table", "upstream", "backend", "proxy", "domain", "url", "name",
    "container", "app", "service", "endpoint", "resource",
)  # fmt: skip
ORDER = (
    "pod", "pod_name", "kubernetes_pod_name", *WORKLOADS, "persistentvolumeclaim",
    "persistentvolume", *HOSTS, *THINGS, "exported_job", "job", "cluster", "namespace",
)  # fmt: skip
"""First present label wins. Source: the text measurements; `service` names more than `job`."""

_IPV4 = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")
_PORT = re.compile(r":\d{1,5}$")
_POD = re.compile(r"^(?P<work>.+?)(?:-(?P<set>[a-f0-9]{8,10}|[bcdfghjklmnpqrstvwxz2456789]{8,10}))?"
                  r"-(?P<hash>[bcdfghjklmnpqrstvwxz2456789]{5})$")  # fmt: skip
_ORDINAL = re.compile(r"^.+-\d{1,4}$")
_PODS = ("pod", "pod_name", "kubernetes_pod_name")
_OWN = re.compile(r"kube-state-metrics|kube_state_metrics")


@dataclass(frozen=True, slots=True)
class Subject:
    """`forms` longest first, the last still naming it; `label` is "" where nothing names it."""

    label: str
    forms: tuple[str, ...]
    workload: str = ""
    """For a pod: what it belongs to, the same for all its replicas."""


NONE = Subject("", ())


def subject_of(alert: Alert, order: tuple[str, ...]) -> Subject:
    """The subject by the first label of `order` that is present and not the exporter's own."""
    labels = alert.labels
    for label in order:
        value = labels.get(label)
        if value and not (label == "instance" and _own_instance(labels)):
            return named(label, value[:300])
    return NONE


def _own_instance(labels: Mapping[str, str]) -> bool:
    return bool(_OWN.search(labels.get("job", "")))


def named(label: str, value: str) -> Subject:
    """The subject that `value` of `label` stands for."""
    if label in _PODS:
        return _pod(label, value)
    if label in HOSTS:
        return Subject(label, (host(value),))
    return Subject(label, (value,))


def _pod(label: str, value: str) -> Subject:
    match = _POD.match(value)
    if not match:
        return Subject(label, (value,), value.rpartition("-")[0] if _ORDINAL.match(value) else "")
    work = match["work"]
    return Subject(label, (f"{work}-{match['hash']}", work), work)


def host(value: str) -> str:
    """Scheme, port and domain dropped; an IP stays whole, a Zabbix display name too."""
    bare = value.partition("://")[2] or value
    bare = bare.partition("/")[0] if not bare.startswith("/") else bare
    bare = _PORT.sub("", bare) if bare.count(":") == 1 or "]" in bare else bare
    address = _IPV4.search(bare)
    if address:
        return address[0]
    if "." not in bare or " " in bare or not bare.isascii() or "://" in value:
        return bare.strip("[]")
    return bare.partition(".")[0] or bare
