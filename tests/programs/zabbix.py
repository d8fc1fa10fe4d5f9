"""A real Zabbix 6.0 on loopback: its database, zabbix_server and the frontend with the API."""

from __future__ import annotations

import gzip
import shutil
import socket
import subprocess
from contextlib import ExitStack
from pathlib import Path

import psycopg

from .postgres import Postgres
from .process import SYSTEM_PATH, Process, answers, free_port, wait_until
from .zabbix_api import Api

FRONTEND = Path("/usr/share/zabbix")
SCHEMA = Path("/usr/share/zabbix-server-pgsql")
PACKAGES = "zabbix-server-pgsql zabbix-frontend-php zabbix-agent php8.2-cgi php8.2-cli php-pgsql"
PROGRAMS = ("zabbix_server", "zabbix_sender", "php")
SERVER = """
ListenIP=127.0.0.1
ListenPort={port}
LogType=console
PidFile={own}/zabbix_server.pid
SocketDir={own}
DBHost=127.0.0.1
DBPort={database}
DBName=zabbix
DBUser=postgres
AlertScriptsPath={scripts}
ExternalScripts={own}
FpingLocation=/bin/true
Timeout=4
CacheUpdateFrequency=1
HousekeepingFrequency=0
StartPollers=1
StartPollersUnreachable=1
StartPreprocessors=1
StartHistoryPollers=1
StartTrappers=2
StartPingers=0
StartDiscoverers=0
StartHTTPPollers=0
StartODBCPollers=0
StartDBSyncers=1
StartLLDProcessors=1
StartEscalators=1
StartAlerters=4
"""
WEB = """<?php
$DB['TYPE']='POSTGRESQL'; $DB['SERVER']='127.0.0.1'; $DB['PORT']='{database}';
$DB['DATABASE']='zabbix'; $DB['USER']='postgres'; $DB['PASSWORD']=''; $DB['SCHEMA']='';
$DB['ENCRYPTION']=false; $DB['KEY_FILE']=''; $DB['CERT_FILE']=''; $DB['CA_FILE']='';
$DB['VERIFY_HOST']=false; $DB['CIPHER_LIST']=''; $DB['VAULT_URL']='';
$DB['VAULT_DB_PATH']=''; $DB['VAULT_TOKEN']=''; $DB['DOUBLE_IEEE754']=true;
$ZBX_SERVER='127.0.0.1'; $ZBX_SERVER_PORT='{port}'; $ZBX_SERVER_NAME='test';
$IMAGE_FORMAT_DEFAULT=IMAGE_FORMAT_PNG;
"""


class Zabbix:
    """Everything of one Zabbix. api: logged in as Admin; scripts: the alert scripts' folder.

    server: the zabbix_server process, to be stopped, killed and started again.
    """

    def __init__(self, programs: Path, folder: Path) -> None:
        self.folder = folder
        self.scripts = self._folder("alertscripts")
        self.own = self._folder("own", owner="zabbix")
        self.port, web_port = free_port(), free_port()
        self._database = Postgres(programs, self._folder("database"), durable=False)
        self.server = self._zabbix_server()
        self.api = Api(f"http://127.0.0.1:{web_port}/api_jsonrpc.php")
        self._web = self._frontend(web_port)

    def _folder(self, name: str, owner: str | None = None) -> Path:
        path = self.folder / name
        path.mkdir(mode=0o755)
        if owner and path.owner() == "root":
            shutil.chown(path, owner, owner)
        return path

    def _zabbix_server(self) -> Process:
        config = self.folder / "zabbix_server.conf"
        places = {"own": self.own, "scripts": self.scripts}
        config.write_text(SERVER.format(port=self.port, database=self._database.port, **places))
        command = ["/usr/sbin/zabbix_server", "--foreground", "--config", str(config)]
        environment = {"PATH": SYSTEM_PATH}
        return Process("zabbix_server", command, self.folder, self._listens, "zabbix", environment)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _frontend(self, port: int) -> Process:
        """The frontend reads its configuration from one fixed path: serve a copy with another."""
        copy = self.folder / "frontend"
        shutil.copytree(FRONTEND, copy, symlinks=True, ignore=shutil.ignore_patterns("locale"))
        config = self.folder / "zabbix.conf.php"
        filled = WEB.replace("{database}", str(self._database.port))
        config.write_text(filled.replace("{port}", str(self.port)))
        where = copy / "include/classes/core/CConfigFile.php"
        fixed = where.read_text(encoding="utf-8")
        where.write_text(fixed.replace("/etc/zabbix/zabbix.conf.php", str(config)))
        settings = "date.timezone=UTC post_max_size=16M max_execution_time=300 memory_limit=256M"
        options = [word for setting in settings.split() for word in ("-d", setting)]
        command = ["php", *options, "-S", f"127.0.0.1:{port}", "-t", str(copy)]
        environment = {"PATH": SYSTEM_PATH, "PHP_CLI_SERVER_WORKERS": "3"}
        page = f"http://127.0.0.1:{port}/robots.txt"
        return Process(
            "frontend", command, self.folder, lambda: answers(page), "www-data", environment
        )

    def start(self) -> None:
        """Bring up all three, load the schema, log in."""
        self._database.start()
        self._load_schema()
        self.server.start()
        self._web.start()
        self.api.login()

    def stop(self) -> None:
        """End all three, whatever happens on the way."""
        with ExitStack() as ends:
            ends.callback(self._database.stop)
            ends.callback(self.server.kill)
            ends.callback(self._web.kill)

    def _load_schema(self) -> None:
        self._database.run("create database zabbix")
        parts = (SCHEMA / f"{name}.sql.gz" for name in ("schema", "images", "data"))
        statements = b"".join(gzip.decompress(part.read_bytes()) for part in parts)
        with psycopg.connect(self._database.url("zabbix")) as connection:
            connection.execute(statements)

    def script(self, name: str, text: str) -> Path:
        """Put an executable alert script in place."""
        path = self.scripts / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
        return path

    def send(self, host: str, key: str, value: int) -> None:
        """Send a value, as soon as the server knows the item."""
        where = ["-z", "127.0.0.1", "-p", str(self.port), "-s", host]
        command = ["zabbix_sender", *where, "-k", key, "-o", str(value)]

        def taken() -> bool:
            return subprocess.run(command, capture_output=True, check=False).returncode == 0

        wait_until(f"the server to take {host} {key}", taken)
