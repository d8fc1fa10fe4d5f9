"""An account at the gateway, as tests configure it."""

from __future__ import annotations

from collections.abc import Sequence

from sms_notify.config import Secret, Wavecom
from sms_notify.gateways import Gateway, Http, WavecomGateway
from sms_notify.model import SECOND

PASSWORD = "geheim&密码 4711"
ACCOUNT = "mysms-77"
PHONE, OTHER = "+8613800000001", "+8613900000002"
TEXT = "【星云】磁盘满 db-01 ≥90%"
HOSTS = ("http://gw-1.test:8088", "http://gw-2.test:8088", "http://gw-3.test:8088")


def configured(*urls: str, charset: str = "gbk", proxy: str | None = None) -> Wavecom:
    """The configuration of one account; timeouts of a second."""
    return Wavecom(
        name="主通道",
        account=ACCOUNT,
        password=Secret(PASSWORD),
        urls=urls or HOSTS,
        charset=charset,
        connect_timeout=SECOND,
        read_timeout=SECOND,
        signature_by="us",
        proxy=proxy,
    )


def wavecom(
    *urls: str, charset: str = "gbk", proxy: str | None = None, http: Http | None = None
) -> WavecomGateway:
    """A gateway over real HTTP, unless `http` stands in."""
    return WavecomGateway(configured(*urls, charset=charset, proxy=proxy), http)


def fits(gateway: Gateway, phones: Sequence[str], text: str) -> bool:
    """Do they go in one request with this text, as far as its length goes?"""
    return sum(map(gateway.width, phones)) <= gateway.room(text)
