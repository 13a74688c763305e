"""Which store an address means."""

from contextlib import closing
from pathlib import Path

import pytest

from tests.influx import influx_server
from tests.ingest.stores import BOOT, NOON, crossings
from vilina_ingest.errors import StoreError
from vilina_ingest.influx.settings import EXAMPLE, InfluxSettings
from vilina_ingest.store import Batch, StoredReport
from vilina_ingest.stores import open_store, quarantine_of


def test_a_path_is_a_file(tmp_path: Path) -> None:
    with closing(open_store(str(tmp_path / "vilina.db"))) as store:
        store.write(Batch([crossings(1, end=NOON)]))
    with closing(open_store(str(tmp_path / "vilina.db"), read_only=True)) as reader:
        assert reader.reports("square", "counter-a") == [StoredReport("counter-a", BOOT, 1, 1)]


def test_an_address_is_a_server(tmp_path: Path) -> None:
    settings = influx_server().bucket(tmp_path)
    address = f"influx:{settings.url}?org={settings.org}&bucket={settings.bucket}"
    if settings.token:
        (tmp_path / "token").write_text(settings.token.get_secret_value() + "\n", encoding="utf-8")
        address += f"&token-file={tmp_path / 'token'}"
    with closing(open_store(address)) as store, closing(open_store(address, read_only=True)) as reader:
        before = reader.version()
        store.write(Batch([crossings(1, end=NOON)]))
        assert reader.version() != before
        assert reader.reports("square", "counter-a") == [StoredReport("counter-a", BOOT, 1, 1)]
        with pytest.raises(StoreError, match="read only"):
            reader.write(Batch([crossings(2, end=NOON)]))


def test_all_parts_of_an_address_are_read(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret\n", encoding="utf-8")
    read = InfluxSettings.parse(
        f"influx:https://db.example:8086?org=the%20square&bucket=hall&token-file={tmp_path / 'token'}&timeout-s=3"
    )
    assert (read.url, read.org, read.bucket, read.timeout_s) == (
        "https://db.example:8086",
        "the square",
        "hall",
        3.0,
    )
    assert read.token is not None
    assert read.token.get_secret_value() == "secret"
    assert InfluxSettings.parse("influx:http://127.0.0.1:8086").bucket == "vilina"


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("influx:", "url"),
        ("influx:127.0.0.1:8086", "url"),
        ("influx:http://me:hush@127.0.0.1:8086", "url"),
        ("influx:http://127.0.0.1:8086?bucket=a b", "bucket"),
        ("influx:http://127.0.0.1:8086?org=", "org"),
        ("influx:http://127.0.0.1:8086?bukket=a", "bukket"),
        ("influx:http://127.0.0.1:8086?token=hush", "token-file"),
        ("influx:http://127.0.0.1:8086?token-file=/nowhere/token", "cannot be read"),
    ],
)
def test_an_address_that_is_not_understood_says_which_part(address: str, says: str) -> None:
    with pytest.raises(StoreError, match=says) as caught:
        open_store(address)
    assert "hush" not in str(caught.value)


def test_the_example_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "ingest.token").write_text("secret", encoding="utf-8")
    assert InfluxSettings.parse(EXAMPLE).url == "http://127.0.0.1:8086"


def test_the_quarantine_is_a_file_whatever_the_store_is() -> None:
    assert quarantine_of("data/vilina.db") == Path("data/vilina.quarantine.db")
    assert quarantine_of("influx:http://127.0.0.1:8086") == Path("vilina.quarantine.db")
