"""The wire to an InfluxDB: lines go through `influxdb-client`'s synchronous writer, InfluxQL to `/query`."""

from typing import Final

import urllib3
from influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException

from vilina_ingest.errors import StoreError
from vilina_ingest.influx.answers import Rejected, Series, judge_write, read_answer, reason_of, refusal
from vilina_ingest.influx.settings import InfluxSettings

IN_PARALLEL: Final = 8


class Connection:
    """One server and bucket. Never retries by itself and never waits but for the answer; any thread may use it."""

    def __init__(self, settings: InfluxSettings) -> None:
        self._settings = settings
        token = settings.token.get_secret_value() if settings.token else ""
        ca_file = str(settings.ca_file) if settings.ca_file else None
        self._client = InfluxDBClient(
            url=settings.url.rstrip("/"), token=token, org=settings.org, timeout=int(settings.timeout_s * 1000),
            ssl_ca_cert=ca_file, retries=False, connection_pool_maxsize=IN_PARALLEL,
        )  # fmt: skip
        self._writer = self._client.write_api(write_options=SYNCHRONOUS)
        self._pool = urllib3.PoolManager(
            maxsize=IN_PARALLEL, retries=False, timeout=settings.timeout_s, ca_certs=ca_file,
            headers={"Authorization": f"Token {token}"} if token else {},
        )  # fmt: skip

    def __str__(self) -> str:
        return str(self._settings)

    def write(self, body: str) -> Rejected | None:
        """Write lines; None when all are stored, durably.

        Raises:
            StoreError: they may be stored later; or are, and the answer was lost.
        """
        try:
            # Nanoseconds are its precision where none is named.
            self._writer.write(self._settings.bucket, record=body.encode())
        except ApiException as error:
            return judge_write(
                error.status or 0, error.headers or {}, error.body or error.reason or "", server=str(self)
            )
        except (urllib3.exceptions.HTTPError, OSError, UnicodeDecodeError) as error:
            raise StoreError(f"{self} does not answer: {_said(error)}") from error
        return None

    def query(self, *statements: str) -> list[list[Series]]:
        """The series of each InfluxQL statement.

        Raises:
            StoreError: no answer, or no whole one.
        """
        fields = {"db": self._settings.bucket, "epoch": "ns", "q": "; ".join(statements)}
        url = f"{self._settings.url.rstrip('/')}/query"
        try:
            # POST, because a question about many lines is longer than an address may be.
            answer = self._pool.request("POST", url, fields=fields, encode_multipart=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise StoreError(f"{self} does not answer: {_said(error)}") from error
        if answer.status != 200:
            reason = reason_of(answer.data.decode(errors="replace")) or f"HTTP {answer.status}"
            raise refusal(answer.status, answer.headers, reason, server=str(self))
        return read_answer(answer.data, server=str(self))

    def close(self) -> None:
        self._client.close()
        self._pool.clear()


def _said(error: Exception) -> str:
    """The error without the addresses of objects in it."""
    return str(error).rpartition(">: ")[2] or type(error).__name__
