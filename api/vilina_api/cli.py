"""`vilina api`: serve the API and the board."""

import logging
import socket
from functools import partial
from pathlib import Path

import click
import uvicorn

from vilina_api.app import create_app
from vilina_edge.clock import SystemClock
from vilina_ingest.errors import IngestError
from vilina_ingest.site_file import load_site
from vilina_ingest.stores import DEFAULT, HELP, is_file, open_store

SHUTDOWN_S = 3


@click.group()
def api() -> None:
    """Serve the API and the manager's board."""


def _server(_context: click.Context, _option: click.Parameter, address: str | None) -> str | None:
    if address is not None and is_file(address):
        raise click.BadParameter(f"{address} is a file, which is written where it is read; leave this out")
    return address


@api.command()
@click.option("--site", "site_path", type=click.Path(path_type=Path), required=True, help="The site file.")
@click.option(
    "--store", "store_address", default=DEFAULT, show_default=True, help=f"{HELP} Only recounts are written."
)
@click.option("--write-store", "write_address", callback=_server, metavar="STORE",
              help="The same InfluxDB with a token that may write, for recounts.")  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one."
)
def run(site_path: Path, store_address: str, write_address: str | None, host: str, *, port: int) -> None:
    """Serve the API under /v1 and the manager's board at /. Ctrl-C ends it."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        site = load_site(site_path)
        reader = open_store(store_address, read_only=True)
    except IngestError as error:
        raise click.ClickException(str(error)) from error
    with _listening(host, port) as listener:
        click.echo(f"The board of {site.name} is at http://{host}:{listener.getsockname()[1]}/")
        writing = partial(open_store, write_address or store_address)
        app = create_app(site=site, reader=reader, open_store=writing, clock=SystemClock())
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=SHUTDOWN_S)
        uvicorn.Server(config).run(sockets=[listener])
    reader.close()


def _listening(host: str, port: int) -> socket.socket:
    """A socket at which visitors may already wait, or a clear word on why there is none."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise click.ClickException(
            f"{host}:{port} cannot be listened on ({error.strerror}); choose another with --port, or 0 for a free one"
        ) from error
    return listener
