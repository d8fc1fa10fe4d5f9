"""The history of the schema, for `sms-notify db`; nothing else imports Alembic."""
