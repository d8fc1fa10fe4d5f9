"""What an operator can do about a database that refuses us, told beside what its driver says."""

from __future__ import annotations

import re

_ADVICE = {
    "no password supplied": "write it as ${NAME} in the URL, or into PGPASSWORD or ~/.pgpass",
    "password authentication failed": "the URL, PGPASSWORD or ~/.pgpass has another password",
    r"database .* does not exist": "as its superuser: createdb -O ROLE -E UTF8 -T template0 NAME",
    r"role .* does not exist": "as its superuser: createuser --pwprompt ROLE",
    "permission denied for schema": "GRANT CREATE ON SCHEMA … TO this role, or make it the owner "
    "of the database",
    r"permission denied for|must be owner of": "the tables belong to another role: connect as that",
    "no schema has been selected": "create the schema that search_path names",
    r"session is read-only|hot standby|read-only transaction|during recovery": "nothing can be "
    "written there: name the primary, or all hosts as HOST1,HOST2",
    "Connection refused": "does PostgreSQL run, and listen there?",
    r"too many clients|too many connections|connection slots": "raise max_connections, or go "
    "through pgbouncer",
    "due to lock timeout": "another transaction holds it: a backup, somebody's psql, or a COMMIT "
    "that waits for a standby?",
    "file is not a database": "this is no SQLite file: name another one, or put a backup in place",
    "malformed|disk image": "put a backup in place, or save what can be read with "
    "`sqlite3 FILE .recover`",
    "readonly database|unable to open database file": "the user of sms-notify must be allowed to "
    "write the file and its folder",
}
"""By what the text of the server, in English, says; libpq gives no code for what fails before
there is a connection. The first that fits counts."""


def advised(said: str) -> str:
    """The first line of what a driver says, each of several hosts by itself, with what to do."""
    text = _each_host(said.strip()) or said.strip().partition("\n")[0]
    for pattern, advice in _ADVICE.items():
        if re.search(pattern, text):
            return f"{text} ({advice})"
    return text


def _each_host(said: str) -> str:
    """psycopg's list of one failure for each host; "" where it tried one alone."""
    return "; ".join(dict.fromkeys(re.findall(r"^- host: .*?: (\w.*)$", said, re.MULTILINE)))
