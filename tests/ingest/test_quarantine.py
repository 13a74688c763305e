"""The quarantine: bounded, told apart by reason, and emptied when the cause is mended."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.sites import write_square
from vilina_edge.wire import MAX_BYTES, LineCount, Report, Topic, encode
from vilina_ingest.cli import ingest
from vilina_ingest.errors import StoreError
from vilina_ingest.quarantine import KEPT, STRANGERS, Quarantine, Quarantined, Stranger
from vilina_ingest.store_sqlite import SqliteStore

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BOOT = "00000000000000aa"


def message(
    payload: bytes, *, counter: str | None = "counter-a", channel: str = "report", minute: int = 0
) -> Quarantined:
    at = NOON + timedelta(minutes=minute)
    topic = f"vilina/v1/square/{counter or 'x'}/{channel}"
    return Quarantined(
        first=at, last=at, counter=counter, topic=topic, reason="why", payload=payload, times=1
    )


def report(seq: int, line: str = "lift") -> bytes:
    return encode(
        Report(
            counter="counter-a", boot=BOOT, seq=seq,
            start=NOON + timedelta(seconds=seq - 1), end=NOON + timedelta(seconds=seq),
            lines=(LineCount(line=line, entered=1, left=0),),
        )
    )  # fmt: skip


@pytest.fixture
def quarantine(tmp_path: Path) -> Iterator[Quarantine]:
    with closing(Quarantine.open(tmp_path / "vilina.quarantine.db")) as opened:
        yield opened


def test_the_same_message_is_kept_once_with_its_first_and_last_time(quarantine: Quarantine) -> None:
    for minute in range(3):
        quarantine.add([message(b"rubbish", minute=minute)])
    (kept,) = quarantine.messages()
    assert (kept.times, kept.first, kept.last) == (3, NOON, NOON + timedelta(minutes=2))


def test_of_each_counter_the_newest_messages_stay_and_what_had_to_go_is_counted(
    quarantine: Quarantine,
) -> None:
    quarantine.add([message(b"of another", counter="counter-b")])
    quarantine.add([message(f"{n}".encode(), minute=n) for n in range(KEPT + 5)])
    assert len(quarantine) == KEPT + 1
    assert quarantine.dropped() == 5
    payloads = {kept.payload for kept in quarantine.messages()}
    assert {b"of another", b"5", f"{KEPT + 4}".encode()} <= payloads
    assert b"4" not in payloads


def test_a_validation_never_makes_room(quarantine: Quarantine) -> None:
    quarantine.add([message(b"by hand", channel="validation")])
    quarantine.add([message(f"{n}".encode(), minute=1) for n in range(KEPT + 1)])
    assert b"by hand" in {kept.payload for kept in quarantine.messages()}


def test_of_a_message_that_is_too_long_only_the_beginning_is_kept(quarantine: Quarantine) -> None:
    quarantine.add([message(b"x" * 200_000)])
    assert len(quarantine.messages()[0].payload) == MAX_BYTES


def test_however_many_strangers_knock_only_so_many_are_remembered(quarantine: Quarantine) -> None:
    for minute in range(2):
        at = NOON + timedelta(minutes=minute)
        quarantine.add([], [Stranger(f"who-{minute}-{n}", at, at, 1) for n in range(STRANGERS)])
    assert {stranger.counter.split("-")[1] for stranger in quarantine.strangers()} == {"1"}
    assert len(quarantine.strangers()) == STRANGERS


def test_a_file_that_is_something_else_is_refused(tmp_path: Path) -> None:
    SqliteStore.open(tmp_path / "vilina.db").close()
    with pytest.raises(StoreError, match="not a quarantine"):
        Quarantine.open(tmp_path / "vilina.db")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(ingest, ["quarantine", *map(str, arguments)])


def test_once_the_site_file_is_mended_a_replay_stores_what_waited(
    quarantine: Quarantine, tmp_path: Path
) -> None:
    quarantine.add(
        [message(report(1)), message(report(2)), message(b"rubbish"), message(b"[]", channel="status")]
    )
    store, site = tmp_path / "vilina.db", write_square(tmp_path)
    still = run("replay", "--site", site, "--store", store)
    assert still.output.startswith("0 stored, 4 still refused")
    mended = site.read_text(encoding="utf-8").replace('"across"', '"lift"')
    site.write_text(mended, encoding="utf-8")
    after = run("replay", "--site", site, "--store", store)
    assert after.output.startswith("2 stored, 2 still refused")
    assert {kept.payload for kept in quarantine.messages()} == {b"rubbish", b"[]"}
    with closing(SqliteStore.open(store, read_only=True)) as stored:
        assert [one.seq for one in stored.reports("square", "counter-a")] == [1, 2]


def test_a_replay_that_is_repeated_stores_nothing_twice(quarantine: Quarantine, tmp_path: Path) -> None:
    store, site = tmp_path / "vilina.db", write_square(tmp_path)
    for _ in range(2):
        quarantine.add([message(report(1, line="middle"))])
        assert run("replay", "--site", site, "--store", store).output.startswith("1 stored")
    with closing(SqliteStore.open(store, read_only=True)) as stored:
        assert len(stored.reports("square", "counter-a")) == 1


def test_the_list_tells_reasons_and_strangers_and_what_to_do(quarantine: Quarantine, tmp_path: Path) -> None:
    quarantine.add([message(report(7))], [Stranger("new-door", NOON, NOON, 12)])
    store = tmp_path / "vilina.db"
    said = run("list", "--store", store).output
    assert "why" in said
    assert "unknown counter new-door: 12 messages" in said
    number = str(quarantine.messages()[0].id)
    assert '"seq": 7' in run("show", number, "--store", store).output
    assert run("drop", number, "--store", store).output == "1 dropped\n"
    assert not quarantine.messages()


def test_a_number_that_is_not_there_is_told(quarantine: Quarantine, tmp_path: Path) -> None:
    result = run("show", "99", "--store", tmp_path / "vilina.db")
    assert result.exit_code == 1
    assert "no message 99" in result.output


def test_dropping_nothing_in_particular_is_refused(quarantine: Quarantine, tmp_path: Path) -> None:
    assert run("drop", "--store", tmp_path / "vilina.db").exit_code == 2


def test_topics_in_quarantine_are_those_of_the_wire() -> None:
    assert message(b"").topic == str(Topic("square", "counter-a", "report"))
