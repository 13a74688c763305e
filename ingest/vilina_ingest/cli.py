"""`vilina ingest`: from the broker into the store."""

import logging
import signal
from contextlib import ExitStack, closing
from pathlib import Path

import click

from vilina_edge.clock import SystemClock
from vilina_edge.delivery.mqtt import BrokerAddress
from vilina_ingest.backup_cli import backup, restore
from vilina_ingest.errors import IngestError
from vilina_ingest.export_cli import export
from vilina_ingest.keeper import Keeper, kept
from vilina_ingest.logs import LogFormat, set_up_logs
from vilina_ingest.metrics import Metrics
from vilina_ingest.probes import probes
from vilina_ingest.quarantine import Quarantine
from vilina_ingest.quarantine_cli import quarantine as quarantine_group
from vilina_ingest.retain_cli import retain
from vilina_ingest.site_file import load_site
from vilina_ingest.stores import DEFAULT, HELP, open_store, quarantine_of
from vilina_ingest.subscribe import Ingest


@click.group()
def ingest() -> None:
    """Take reports from the broker into the store."""


for command in (quarantine_group, export, backup, restore, retain):
    ingest.add_command(command)


@ingest.command()
@click.option("--site", "site_path", type=click.Path(path_type=Path), required=True, help="The site file.")
@click.option(
    "--store", "store_address", default=DEFAULT, show_default=True, help=f"{HELP} A file is made if need be."
)
@click.option("--broker-host", default="127.0.0.1", show_default=True, help="Where the MQTT broker is.")
@click.option("--broker-port", type=click.IntRange(1, 65535), default=1883, show_default=True)
@click.option("--share", is_flag=True,
              help="Share the reports of this site with other workers; each has to be started so.")  # fmt: skip
@click.option("--http-port", type=click.IntRange(0, 65535),
              help="Answer /live, /ready and /metrics here; 0 takes a free port.")  # fmt: skip
@click.option("--http-host", default="127.0.0.1", show_default=True, help="Where they are answered.")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True,
              help="Lines for people, or one JSON object per event.")  # fmt: skip
def run(
    site_path: Path,
    store_address: str,
    broker_host: str,
    broker_port: int,
    *,
    share: bool,
    http_port: int | None,
    http_host: str,
    log_format: LogFormat,
) -> None:
    """Store every report that arrives, and acknowledge it when it is on disk. Ctrl-C ends it."""
    try:
        site = load_site(site_path)
        set_up_logs(log_format, site=site.id)
        broker, metrics = BrokerAddress(broker_host, broker_port), Metrics()
        with ExitStack() as stack:
            store = stack.enter_context(closing(open_store(store_address)))
            quarantine = stack.enter_context(closing(Quarantine.open(quarantine_of(store_address))))
            consumer = Ingest(
                site=site, store=store, quarantine=quarantine, broker=broker, clock=SystemClock(),
                share=share, metrics=metrics,
            )  # fmt: skip
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: consumer.stop())
            if http_port is not None:
                at = stack.enter_context(
                    probes(consumer.condition, metrics.page, host=http_host, port=http_port)
                )
                logging.info("/live, /ready and /metrics are at http://%s:%d", http_host, at)
            reader = stack.enter_context(closing(open_store(store_address, read_only=True)))
            keeper = Keeper(site=site, reader=reader, store=store, clock=SystemClock())
            stack.enter_context(kept(keeper))
            logging.info("ingest of site %s waits for the broker at %s", site.id, broker)
            consumer.run(on_ready=lambda: logging.info("connected; storing into %s", store_address))
    except IngestError as error:
        raise click.ClickException(str(error)) from error
