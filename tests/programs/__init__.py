"""The real programs around sms-notify, each started by a test on loopback and ended with it."""
