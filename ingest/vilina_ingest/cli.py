"""`vilina ingest`: from the broker into the store."""

import logging
import signal
from pathlib import Path

import click

from vilina_edge.clock import SystemClock
from vilina_edge.delivery.mqtt import BrokerAddress
from vilina_ingest.errors import IngestError
from vilina_ingest.quarantine import Quarantine
from vilina_ingest.site_file import load_site
from vilina_ingest.store_sqlite import SqliteStore
from vilina_ingest.subscribe import Ingest


@click.group()
def ingest() -> None:
    """Take reports from the broker into the store."""


@ingest.command()
@click.option("--site", "site_path", type=click.Path(path_type=Path), required=True, help="The site file.")
@click.option("--store", "store_path", type=click.Path(path_type=Path), default=Path("vilina.db"), show_default=True,
              help="The store's file; it is made if it is not there.")  # fmt: skip
@click.option("--broker-host", default="127.0.0.1", show_default=True, help="Where the MQTT broker is.")
@click.option("--broker-port", type=click.IntRange(1, 65535), default=1883, show_default=True)
def run(site_path: Path, store_path: Path, broker_host: str, broker_port: int) -> None:
    """Store every report that arrives, and acknowledge it when it is on disk. Ctrl-C ends it."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        site = load_site(site_path)
        store = SqliteStore.open(store_path)
        quarantine = Quarantine.open(store_path.with_suffix(".quarantine.db"))
        broker = BrokerAddress(broker_host, broker_port)
        worker = Ingest(site=site, store=store, quarantine=quarantine, broker=broker, clock=SystemClock())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop())
        logging.info("ingest of site %s waits for the broker at %s", site.id, broker)
        worker.run(on_ready=lambda: logging.info("connected; storing into %s", store_path))
        store.close()
        quarantine.close()
    except IngestError as error:
        raise click.ClickException(str(error)) from error
