"""`vilina api`: serve the API and the board."""

import logging
import socket
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import click
import uvicorn

from vilina_api.app import create_app
from vilina_api.errors import CountsError, KeysError, PlannedError, StaffingError
from vilina_api.keys import KeyRing, Keys, Role
from vilina_api.site_forecast.options import models_option, planned_of, planned_option
from vilina_api.staffing_store import ticket_shares
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
@click.option("--keys", "keys_path", type=click.Path(path_type=Path),
              help="The file of keys: without one whoever reaches the server may do everything.")  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one."
)
@models_option
@planned_option
@click.option("--tickets", "tickets_path", type=click.Path(path_type=Path),
              help="Queue tickets, which teach the units' shares of their zones, beside counts of the store: "
                   "columns time, unit, and count, or a row for each. Read once, at the start.")  # fmt: skip
@click.option("--roster-folder", type=click.Path(path_type=Path), metavar="FOLDER",
              help="Where rosters are kept, with data about people; without it, none are made.")  # fmt: skip
def run(
    site_path: Path,
    store_address: str,
    write_address: str | None,
    keys_path: Path | None,
    host: str,
    *,
    port: int,
    models: Path | None,
    planned_path: Path | None,
    tickets_path: Path | None,
    roster_folder: Path | None,
) -> None:
    """Serve the API under /v1 and the manager's board at /. Ctrl-C ends it."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    if keys_path is None and not _is_loopback(host):
        raise click.UsageError(
            f"everybody who reaches {host} could read and change everything: make keys with `vilina api key add`, and"
            " name their file with --keys"
        )
    try:
        keys = _ring(keys_path)
        site = load_site(site_path)
        reader = open_store(store_address, read_only=True)
        planned = planned_of(planned_path, site)
        shares = (
            None
            if tickets_path is None
            else ticket_shares(tickets_path, site, store_address, tell=click.echo)
        )
    except (IngestError, KeysError, PlannedError, StaffingError, CountsError) as error:
        raise click.ClickException(str(error)) from error
    with _listening(host, port) as listener:
        click.echo(f"The board of {site.name} is at http://{host}:{listener.getsockname()[1]}/")
        writing = partial(open_store, write_address or store_address)
        app = create_app(
            site=site, reader=reader, open_store=writing, clock=SystemClock(), keys=keys, models=models,
            planned=planned, shares=shares, rosters=roster_folder,
        )  # fmt: skip
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=SHUTDOWN_S)
        uvicorn.Server(config).run(sockets=[listener])
    reader.close()


@api.group()
def key() -> None:
    """Keys for those who ask the API: each has a role and an end."""


KEYS: Final = click.option(
    "--keys", "path", type=click.Path(path_type=Path), default=Path("keys.json"), show_default=True,
    help="Their file.",
)  # fmt: skip


@key.command("add")
@click.argument("name")
@click.option(
    "--role", type=click.Choice([role.value for role in Role if role is not Role.PUBLIC]), required=True
)
@click.option(
    "--days", type=click.IntRange(1, 3660), default=365, show_default=True, help="It is good so long."
)
@KEYS
def add(name: str, role: str, days: int, path: Path) -> None:
    """Make a key and print it: this once, for only its hash is kept. In a browser it is the password."""
    try:
        known = Keys.read(path) if path.exists() else Keys()
        keys, secret = known.with_new(name, Role(role), now=SystemClock().now(), days=days)
        keys.write(path)
    except KeysError as error:
        raise click.ClickException(str(error)) from error
    click.echo(secret)


@key.command("remove")
@click.argument("name")
@KEYS
def remove(name: str, path: Path) -> None:
    """End a key, also for a server that runs."""
    try:
        Keys.read(path).without(name).write(path)
    except KeysError as error:
        raise click.ClickException(str(error)) from error


@key.command("list")
@KEYS
def list_(path: Path) -> None:
    """Print names, roles, and until when they are good."""
    try:
        for one in Keys.read(path).keys:
            click.echo(f"{one.name}  {one.role}  until {one.until:%Y-%m-%d}")
    except KeysError as error:
        raise click.ClickException(str(error)) from error


def _ring(path: Path | None) -> KeyRing | None:
    """The keys that are asked for, if they can be read."""
    if path is None:
        return None
    Keys.read(path)
    return KeyRing(path, SystemClock())


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


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
