"""HTTP: webhooks, the API, metrics, health and reload."""

from sms_notify.server.app import build
from sms_notify.server.parts import Parts

__all__ = ["Parts", "build"]
