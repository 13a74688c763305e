"""A real InfluxDB for tests: Debian's 1.6, or the 2.x that is named in the environment; one server a session."""

import atexit
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

import pytest
import urllib3
from influxdb_client import InfluxDBClient

from tests.brokers import free_port, listens
from tests.influx_front import Front
from tests.waiting import until
from vilina_ingest.influx.connection import Connection
from vilina_ingest.influx.settings import InfluxSettings
from vilina_ingest.influx.setup import ensure_bucket, ensure_mapping

URL: Final = "VILINA_TEST_INFLUX_URL"
INFLUXD: Final = shutil.which("influxd", path="/usr/bin:/usr/sbin:/usr/local/bin")
CONFIGURATION: Final = """\
reporting-disabled = true
bind-address = "127.0.0.1:{backup_port}"
[meta]
  dir = "{directory}/meta"
[data]
  dir = "{directory}/data"
  wal-dir = "{directory}/wal"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
[monitor]
  store-enabled = false
[continuous_queries]
  enabled = false
"""


@dataclass
class InfluxServer:
    """A server, and how a bucket is made in it and removed; all that were made are removed at the end."""

    version: str
    settings: InfluxSettings
    make: Callable[[str], None]
    remove: Callable[[str], None]
    made: set[str] = field(default_factory=set)

    def bucket(self, directory: Path) -> InfluxSettings:
        """The bucket that belongs to a directory: the same one each time."""
        name = f"vilina-test-{sha256(str(directory).encode()).hexdigest()[:16]}"
        if name not in self.made:
            self.make(name)
            self.made.add(name)
        return self.settings.model_copy(update={"bucket": name})

    def close(self) -> None:
        while self.made:
            self.remove(self.made.pop())


@cache
def influx_server() -> InfluxServer:
    """The server of this session; skips the test where there is none to be had."""
    if URL in os.environ:
        server = _named_in_the_environment()
    elif INFLUXD is None:
        pytest.skip(
            f"InfluxDB is not installed: sudo apt-get install influxdb, or name an InfluxDB 2 in {URL}"
        )
    else:
        server = _of_debian(INFLUXD)
    atexit.register(server.close)
    return server


def _named_in_the_environment() -> InfluxServer:
    settings = InfluxSettings(
        url=os.environ[URL],
        token=os.environ["VILINA_TEST_INFLUX_TOKEN"],
        org=os.environ["VILINA_TEST_INFLUX_ORG"],
    )  # type: ignore[arg-type]  # a text is a secret, too
    assert settings.token is not None
    client = InfluxDBClient(url=settings.url, token=settings.token.get_secret_value(), org=settings.org)
    organisation = client.organizations_api().find_organizations(org=settings.org)[0]

    def make(name: str) -> None:
        bucket, _ = ensure_bucket(client, organisation, name, retention_days=None)
        ensure_mapping(client, bucket)

    def remove(name: str) -> None:
        buckets = client.buckets_api()
        for bucket in [one for one in buckets.find_buckets_iter() if one.name == name]:
            buckets.delete_bucket(bucket)

    return InfluxServer(client.version(), settings, make, remove)


def _of_debian(influxd: str) -> InfluxServer:
    directory, port = Path(mkdtemp(prefix="vilina-influx-")), free_port()
    configuration = directory / "influxdb.conf"
    configuration.write_text(
        CONFIGURATION.format(directory=directory, port=port, backup_port=free_port()), encoding="utf-8"
    )
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen([influxd, "-config", str(configuration)], stdout=log, stderr=log)
    atexit.register(_stop, process, directory)
    until(lambda: listens(port), what="InfluxDB listens")
    front = Front(port)
    settings = InfluxSettings(url=front.url)
    say = Connection(settings).query

    def make(name: str) -> None:
        say(f'CREATE DATABASE "{name}"')

    def remove(name: str) -> None:
        say(f'DROP DATABASE "{name}"')

    version = urllib3.request("GET", f"http://127.0.0.1:{port}/ping").headers["X-Influxdb-Version"]
    return InfluxServer(version, settings, make, remove)


def _stop(process: subprocess.Popen[bytes], directory: Path) -> None:
    process.kill()
    process.wait()
    shutil.rmtree(directory, ignore_errors=True)
