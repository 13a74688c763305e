"""`vilina ingest quarantine`: what could not be stored, and what becomes of it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from vilina_ingest.errors import IngestError
from vilina_ingest.quarantine import Quarantine, Quarantined
from vilina_ingest.replay import replay
from vilina_ingest.site_file import load_site
from vilina_ingest.stores import DEFAULT, HELP, open_store, quarantine_of

STORE = click.option(
    "--store",
    "store_address",
    default=DEFAULT,
    show_default=True,
    help=f"{HELP} The quarantine is as ingest has it.",
)
NUMBERS = click.argument("numbers", type=click.IntRange(1), nargs=-1)


@click.group()
def quarantine() -> None:
    """See messages that could not be stored, store them after all, or drop them."""


@quarantine.command(name="list")
@STORE
def list_(store_address: str) -> None:
    """All messages with their reasons, and the counters that the site does not know."""
    with _opened(store_address) as kept:
        messages, strangers, dropped = kept.messages(), kept.strangers(), kept.dropped()
    for message in messages:
        click.echo(
            f"{message.id:>6}  {_when(message.last)}  {message.times:>5} x  {message.topic}  {message.reason}"
        )
    for stranger in strangers:
        click.echo(
            f"unknown counter {stranger.counter}: {stranger.messages} messages from {_when(stranger.first)}"
            f" to {_when(stranger.last)}; add it to the site file, and what it holds is stored"
        )
    if dropped:
        click.echo(f"{dropped} older messages had to make room")
    if not messages and not strangers:
        click.echo("nothing is in quarantine")


@quarantine.command()
@click.argument("number", type=click.IntRange(1))
@STORE
def show(number: int, store_address: str) -> None:
    """One message, whole."""
    with _opened(store_address) as kept:
        message = _found(kept, number)
    click.echo(f"topic     {message.topic}\nreason    {message.reason}")
    click.echo(f"came      {message.times} times, from {_when(message.first)} to {_when(message.last)}")
    try:
        click.echo(json.dumps(json.loads(message.payload), indent=2))
    except ValueError:
        click.echo(f"payload   {message.payload!r}")


@quarantine.command(name="replay")
@NUMBERS
@click.option(
    "--site", "site_path", type=click.Path(path_type=Path), required=True, help="The mended site file."
)
@STORE
def replay_(numbers: tuple[int, ...], site_path: Path, store_address: str) -> None:
    """Store the messages with these NUMBERS, or all, as if they came now; what is stored leaves the quarantine."""
    with _opened(store_address) as kept:
        chosen = [_found(kept, number) for number in numbers] if numbers else kept.messages()
        try:
            site = load_site(site_path)
            store = open_store(store_address)
            try:
                done = replay(chosen, site=site, store=store, quarantine=kept, at=datetime.now(UTC))
            finally:
                store.close()
        except IngestError as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"{done.stored} stored, {len(done.refused)} still refused")
    for message in done.refused:
        click.echo(f"{message.topic}  {message.reason}")


@quarantine.command()
@NUMBERS
@click.option("--all", "everything", is_flag=True, help="Every message.")
@STORE
def drop(numbers: tuple[int, ...], everything: bool, store_address: str) -> None:
    """Throw away the messages with these NUMBERS; nothing brings them back."""
    if not numbers and not everything:
        raise click.UsageError("name the messages by their numbers, or say --all")
    with _opened(store_address) as kept:
        removed = kept.remove([message.id for message in kept.messages()] if everything else numbers)
    click.echo(f"{removed} dropped")


@contextmanager
def _opened(store_address: str) -> Iterator[Quarantine]:
    path = quarantine_of(store_address)
    if not path.exists():
        raise click.ClickException(f"there is no quarantine at {path}; `vilina ingest run` makes it")
    try:
        kept = Quarantine.open(path)
        try:
            yield kept
        finally:
            kept.close()
    except IngestError as error:
        raise click.ClickException(str(error)) from error


def _found(kept: Quarantine, number: int) -> Quarantined:
    message = kept.message(number)
    if message is None:
        raise click.ClickException(
            f"there is no message {number}; `vilina ingest quarantine list` shows which there are"
        )
    return message


def _when(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%SZ")
