"""sms-notify: an alert becomes one SMS on the phone of the person on call, known to arrive."""

__version__ = "0.1.0"
