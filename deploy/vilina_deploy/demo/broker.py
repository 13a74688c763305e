"""An MQTT broker that comes with pip: for the demo and for tests, not for a building.

It keeps everything in memory: what it holds is gone when it ends, and beyond its log's size the oldest is
dropped. Both are harmless here, because counters keep every report until ingest says that it is stored.
"""

from pathlib import Path
from typing import Final

from iotcore import Broker

from vilina_edge.delivery.mqtt import BrokerAddress

# A payload over our own limit must still reach ingest, which quarantines it; only absurd ones are the broker's.
CONFIGURATION: Final = """\
id = 0

[router]
id = 0
max_connections = 1010
max_outgoing_packet_count = 200
max_segment_size = 10485760
max_segment_count = 10

[v5.1]
name = "vilina"
listen = "{address}"
next_connection_delay_ms = 1

[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = 65536
max_inflight_count = 500
dynamic_filters = true
"""


def write_configuration(directory: Path, address: BrokerAddress) -> Path:
    """The embedded broker's configuration file, in a directory."""
    path = directory / "broker.toml"
    path.write_text(CONFIGURATION.format(address=address), encoding="utf-8")
    return path


def embedded_broker(directory: Path, address: BrokerAddress) -> Broker:
    """A broker in a process of its own, which ends with ours. `start` it; OSError if the port is taken."""
    return Broker(config_path=str(write_configuration(directory, address)))
