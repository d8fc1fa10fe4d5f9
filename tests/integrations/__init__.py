"""What is installed beside sms-notify: the alert script, shell examples, systemd units."""
