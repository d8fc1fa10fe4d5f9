"""A real Zabbix server with the shipped media types."""
