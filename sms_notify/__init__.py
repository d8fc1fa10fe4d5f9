"""sms-notify: from an alert to one SMS on the phone of the person on call, and knowing it arrived."""

__version__ = "0.1.0"
