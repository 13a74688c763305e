"""Where an InfluxDB is and how we are let in: one frozen model, and the address in which people write it."""

from pathlib import Path
from typing import Annotated, Final, Self
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from vilina_ingest.errors import StoreError

SCHEME: Final = "influx:"
EXAMPLE: Final = "influx:http://127.0.0.1:8086?org=vilina&bucket=vilina&token-file=secrets/ingest.token"


class InfluxSettings(BaseModel):
    """One bucket of one server."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Annotated[
        str, Field(pattern=r"^https?://[^/?#@]+/?$", description="scheme, host and port of the server")
    ]
    org: Annotated[str, Field(min_length=1, description="the organisation that owns the bucket")] = "vilina"
    bucket: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", description="also the database, in InfluxQL")
    ] = "vilina"
    token: Annotated[
        SecretStr | None, Field(description="what lets us in; none where the server asks for none")
    ] = None
    ca_file: Annotated[
        Path | None, Field(description="the authority that signed the server's certificate")
    ] = None
    timeout_s: Annotated[float, Field(gt=0, description="longest wait for an answer")] = 10.0

    @classmethod
    def parse(cls, address: str) -> Self:
        """Read an address such as `EXAMPLE`; the token is read from its file.

        Raises:
            StoreError: it cannot be understood, or the token's file cannot be read.
        """
        parts = urlsplit(address.removeprefix(SCHEME))
        given = {
            key.replace("-", "_"): value for key, value in parse_qsl(parts.query, keep_blank_values=True)
        }
        if "token" in given:
            raise StoreError(f"a token in an address is seen by everyone; put it into a file: {EXAMPLE}")
        token_file = given.pop("token_file", None)
        try:
            token = None if token_file is None else Path(token_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"the InfluxDB token in {token_file} cannot be read: {error}") from error
        url = f"{parts.scheme}://{parts.netloc}"
        try:
            return cls.model_validate({**given, "url": url} | ({} if token is None else {"token": token}))
        except ValidationError as error:
            fault = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, fault["loc"])).replace("_", "-")
            raise StoreError(
                f"the store's address is not understood ({where}: {fault['msg']}); such as {EXAMPLE}"
            ) from error

    def __str__(self) -> str:
        return f"InfluxDB at {self.url}, bucket {self.bucket}"
