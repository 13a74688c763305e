"""What counters say of themselves, in InfluxDB, both ways.

The last word is the last that arrived, so a message stands at its arrival: a counter's own clock may be wrong.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from vilina_edge.wire import ConfigAck, Health, Message, Status, Validation
from vilina_ingest.binning import end_of, ns_of
from vilina_ingest.influx.answers import Series
from vilina_ingest.influx.connection import Connection
from vilina_ingest.influx.counted import from_text
from vilina_ingest.influx.line_protocol import Line, Origin, fields_of, series_key
from vilina_ingest.influx.queries import of_site, select
from vilina_ingest.influx.raw import CROSSINGS, IDENTITY, PRESENCE, identity
from vilina_ingest.influx.rollup import FLOW_15M, PRESENCE_15M
from vilina_ingest.points import NS_PER_MS
from vilina_ingest.store import Batch, CounterState, StoredReport, Told, same_state

STATUS: Final = "status"
HEALTH: Final = "health"
CONFIG_ACK: Final = "config_ack"
VALIDATION: Final = "validation"
OF_EACH: Final = 'GROUP BY "counter"'

M = TypeVar("M", bound=Message)


class ReportKey(NamedTuple):
    """Names a validation as if it were a report."""

    counter: str
    boot: str
    seq: int


def message_lines(batch: Batch, statuses: Iterable[Told[Status]], *, now: int) -> list[Line]:
    """The messages of a batch that arrived `now`, in ns, with those of its statuses that say something new."""
    lines = [_status(told, now + i) for i, told in enumerate(statuses)]
    lines += [_health(told, now + i) for i, told in enumerate(batch.healths)]
    lines += [_config_ack(told, now + i) for i, told in enumerate(batch.config_acks)]
    return lines + [_validation(told) for told in batch.validations]


def news(connection: Connection, statuses: Sequence[Told[Status]]) -> list[Told[Status]]:
    """The statuses that say something that was not said before."""
    found: list[Told[Status]] = []
    known: dict[tuple[str, str], Status] = {}
    for site in sorted({told.site for told in statuses}):
        (answer,) = connection.query(_last_payload(STATUS, site))
        known |= {(site, counter): status for counter, status in _last(answer, Status).items()}
    for told in statuses:
        key = (told.site, told.counter)
        if key not in known or not same_state(known[key], told.message):
            known[key] = told.message
            found.append(told)
    return found


def read_counters(connection: Connection, site: str) -> dict[str, CounterState]:
    statuses, healths, acks, heard, not_good = connection.query(
        *(_last_payload(name, site) for name in (STATUS, HEALTH, CONFIG_ACK)),
        select('last("seq")', CROSSINGS, PRESENCE, where=of_site(site), grouped=OF_EACH),
        select('last("quality")', CROSSINGS, PRESENCE, where=of_site(site), grouped=OF_EACH),
    )
    status, health, config_ack = _last(statuses, Status), _last(healths, Health), _last(acks, ConfigAck)
    newest: dict[str, int] = {}
    for counter, at_ns, _ in _rows(heard):
        newest[counter] = max(newest.get(counter, 0), at_ns)
    quality = {counter: said for counter, at_ns, said in _rows(not_good) if at_ns == newest[counter]}
    return {
        counter: CounterState(
            counter=counter,
            status=status.get(counter),
            health=health.get(counter),
            config_ack=config_ack.get(counter),
            last_report_end=end_of(newest[counter]) if counter in newest else None,
            last_quality=quality.get(counter, "good") if counter in newest else None,
        )
        for counter in sorted({*newest, *status, *health, *config_ack})
    }


def read_reports(connection: Connection, site: str, counter: str) -> list[StoredReport]:
    where = of_site(site, counter=counter)
    raw, rows = connection.query(
        select(IDENTITY, CROSSINGS, PRESENCE, where=where),
        select('"counted"', FLOW_15M, PRESENCE_15M, where=where),
    )
    identities = (identity(row) for series in raw for row in series.values)
    found = {(boot, seq, first) for _, boot, first, seq, _ in identities}
    texts = {row[1] for series in rows for row in series.values}
    found |= {(one.boot, one.last, one.first) for text in texts for one in from_text(text)}
    return [StoredReport(counter, boot, first, seq) for boot, seq, first in sorted(found)]


def read_validations(connection: Connection, site: str, counter: str) -> list[Validation]:
    (found,) = connection.query(select('"payload"', VALIDATION, where=of_site(site, counter=counter)))
    read = [msgspec.json.decode(row[1], type=Validation) for series in found for row in series.values]
    return sorted(read, key=lambda validation: validation.start)


def _status(told: Told[Status], at_ns: int) -> Line:
    said = told.message
    return _line(
        STATUS,
        told,
        fields_of(state=said.state, reason=said.reason, boot=said.boot, payload=_json(said)),
        at_ns,
    )


def _health(told: Told[Health], at_ns: int) -> Line:
    """Each number is a field of its own, for charts, beside the whole of it."""
    said = msgspec.structs.asdict(told.message)
    numbers = {
        key: value if isinstance(value, bool) else float(value)
        for key, value in said.items()
        if isinstance(value, int | float) and key != "v"
    }
    return _line(HEALTH, told, fields_of(**numbers, payload=_json(told.message)), at_ns)


def _config_ack(told: Told[ConfigAck], at_ns: int) -> Line:
    return _line(
        CONFIG_ACK, told, fields_of(accepted=told.message.accepted, payload=_json(told.message)), at_ns
    )


def _validation(told: Told[Validation]) -> Line:
    """At its end, and apart from another of the same end by its id."""
    said = told.message
    at_ns = ns_of(said.end) + int(said.id, 16) % NS_PER_MS
    return _line(
        VALIDATION,
        told,
        fields_of(id=said.id, payload=_json(said)),
        at_ns,
        ReportKey(told.counter, said.id, 1),
    )


def _line(measurement: str, told: Told[M], fields: str, at_ns: int, origin: Origin | None = None) -> Line:
    key = series_key(measurement, ("site", told.site), ("counter", told.counter))
    return f"{key} {fields} {at_ns:d}", origin


def _json(message: Message) -> str:
    return msgspec.json.encode(message).decode()


def _last_payload(measurement: str, site: str) -> str:
    return select('last("payload")', measurement, where=of_site(site), grouped=OF_EACH)


def _last(found: Sequence[Series], kind: type[M]) -> dict[str, M]:
    return {counter: msgspec.json.decode(payload, type=kind) for counter, _, payload in _rows(found)}


def _rows(found: Sequence[Series]) -> Iterator[tuple[str, int, Any]]:
    """Counter, time in ns and value."""
    for series in found:
        for at_ns, value in series.values:
            yield series.tags["counter"], at_ns, value
