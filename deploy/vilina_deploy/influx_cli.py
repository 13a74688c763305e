"""`vilina deploy influx`: make what Vilina needs in an InfluxDB 2."""

import os
from pathlib import Path
from typing import Final, get_args
from urllib.parse import urlencode

import click
from pydantic import SecretStr

from vilina_ingest.errors import IngestError, StoreError
from vilina_ingest.influx.connection import Connection
from vilina_ingest.influx.settings import InfluxSettings
from vilina_ingest.influx.setup import (
    Role,
    ensure_bucket,
    ensure_mapping,
    find_organization,
    make_token,
    operator,
)
from vilina_ingest.stores import INFLUX

TOKEN: Final = "VILINA_INFLUX_OPERATOR_TOKEN"  # noqa: S105 - where the secret is, not the secret


@click.group()
def influx() -> None:
    """Set up an InfluxDB 2 as the store."""


@influx.command()
@click.option("--url", required=True, help="The server, such as http://127.0.0.1:8086.")
@click.option("--org", default="vilina", show_default=True, help="The organisation; it must be there.")
@click.option("--bucket", default="vilina", show_default=True, help="The bucket, and its name as a database.")
@click.option("--retention-days", type=click.IntRange(min=31), default=3650, show_default=True,
              help="When the server itself forgets; Vilina removes earlier, by the site file.")  # fmt: skip
@click.option("--secrets", type=click.Path(file_okay=False, path_type=Path), required=True,
              help="The directory for the tokens' files: ingest.token, api.token and grafana.token.")  # fmt: skip
@click.option("--operator-token-file", type=click.Path(dir_okay=False, path_type=Path),
              help=f"A file with a token that may set things up; else from {TOKEN}, or asked for.")  # fmt: skip
@click.option("--ca-file", type=click.Path(dir_okay=False, exists=True, path_type=Path),
              help="The authority that signed the server's certificate.")  # fmt: skip
def init(
    url: str, org: str, bucket: str, retention_days: int, secrets: Path, operator_token_file: Path | None,
    ca_file: Path | None,
) -> None:  # fmt: skip
    """Make the bucket, its name for InfluxQL, and tokens for ingest, the API and Grafana. Again changes nothing."""
    try:
        address = _address(url, org=org, bucket=bucket, ca_file=ca_file)
        settings = InfluxSettings.parse(address)
        token = _operator_token(operator_token_file)
        secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
        with operator(settings.url, token, ca_file=None if ca_file is None else str(ca_file)) as client:
            organization = find_organization(client, org)
            found, changed = ensure_bucket(client, organization, bucket, retention_days=retention_days)
            _say(f"bucket {bucket}, which keeps {retention_days} days", changed)
            _say(f"database {bucket} for InfluxQL", ensure_mapping(client, found))
            for role in get_args(Role):
                path = secrets / f"{role}.token"
                works = _works(settings, path)
                if not works:
                    _write_secret(path, make_token(client, found, role))
                _say(f"token of {role} in {path}", not works)
    except IngestError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"the tokens cannot be kept in {secrets}: {error}") from error
    click.echo(f"vilina ingest run --store '{address}&token-file={secrets / 'ingest.token'}'")
    click.echo(f"vilina api run --store '{address}&token-file={secrets / 'api.token'}'")


def _address(url: str, **given: object) -> str:
    """The store's address, but for its token."""
    return f"{INFLUX}{url}?" + urlencode(
        {key.replace("_", "-"): str(value) for key, value in given.items() if value}
    )


def _operator_token(path: Path | None) -> str:
    """Never from the command line, where every process on the machine could read it."""
    if path is not None:
        try:
            return path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"the operator's token in {path} cannot be read: {error}") from error
    return os.environ.get(TOKEN) or str(click.prompt("Operator's token", hide_input=True, err=True)).strip()


def _works(settings: InfluxSettings, path: Path) -> bool:
    """Whether the file has a token that lets in to the bucket."""
    if not path.exists():
        return False
    secret = path.read_text(encoding="utf-8").strip()
    connection = Connection(settings.model_copy(update={"token": SecretStr(secret)}))
    try:
        connection.query("SHOW MEASUREMENTS LIMIT 1")
    except StoreError:
        return False
    finally:
        connection.close()
    return True


def _write_secret(path: Path, token: str) -> None:
    """Readable by its owner from the first moment on."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(token + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _say(what: str, changed: bool) -> None:
    click.echo(f"{'made' if changed else 'is there'}: {what}")
