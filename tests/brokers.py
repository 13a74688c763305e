"""Real brokers for tests: the embedded one and Debian's mosquitto, each its own process on a free loopback port."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from tests.waiting import until
from vilina_deploy.demo.broker import write_configuration
from vilina_edge.delivery.mqtt import BrokerAddress

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
MOSQUITTO_CONFIGURATION = """\
listener {port} 127.0.0.1
allow_anonymous true
max_queued_messages 0
message_size_limit 65536
"""


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Broker:
    """A broker that can be started, killed and started again at the same address."""

    def __init__(self, command: Sequence[str], address: BrokerAddress) -> None:
        self.address = address
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: listens(self.address.port))

    def kill(self) -> None:
        """SIGKILL: whatever it held in memory is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def mosquitto(directory: Path) -> Broker:
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed: sudo apt-get install mosquitto")
    port = free_port()
    configuration = directory / "mosquitto.conf"
    configuration.write_text(MOSQUITTO_CONFIGURATION.format(port=port), encoding="utf-8")
    return Broker([MOSQUITTO, "-c", str(configuration)], BrokerAddress("127.0.0.1", port))


def iotcore(directory: Path) -> Broker:
    address = BrokerAddress("127.0.0.1", free_port())
    configuration = write_configuration(directory, address)
    return Broker([sys.executable, "-m", "iotcore", "--config", str(configuration)], address)


BROKERS: Final[dict[str, Callable[[Path], Broker]]] = {"iotcore": iotcore, "mosquitto": mosquitto}
