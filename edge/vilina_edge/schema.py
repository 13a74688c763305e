"""The published description of the wire, made from the types in `wire`."""

import json
from typing import Any, Final

import click
import msgspec

from vilina_edge.wire import MAX_BYTES, MESSAGES, NAME, PREFIX, VERSION, Channel

SENDER: Final[dict[Channel, str]] = {
    "report": "counter",
    "status": "counter, or the broker as its last will; retained",
    "health": "counter, once a minute, QoS 0",
    "ack": "ingest, after the store's commit",
    "config": "whoever sets up counters; retained",
    "config/ack": "counter",
    "validation": "the technician's tally, as often as it takes until the ack",
}


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of all messages, each under `$defs`."""
    _, definitions = msgspec.json.schema_components(MESSAGES.values(), ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Vilina wire format, version {VERSION}",
        "description": f"Payloads are JSON of at most {MAX_BYTES} bytes.",
        "$defs": definitions,
    }


def asyncapi() -> dict[str, Any]:
    """AsyncAPI 3.0 of all topics."""
    _, definitions = msgspec.json.schema_components(
        MESSAGES.values(), ref_template="#/components/schemas/{name}"
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Vilina counters",
            "version": str(VERSION),
            "description": "MQTT 5, QoS 1 unless said otherwise. Sent by: "
            + "; ".join(f"{channel}: {sender}" for channel, sender in SENDER.items())
            + ".",
        },
        "channels": {_key(channel): _channel(channel, kind.__name__) for channel, kind in MESSAGES.items()},
        "operations": {f"{_action(channel)}_{_key(channel)}": _operation(channel) for channel in MESSAGES},
        "components": {"schemas": definitions},
    }


def _key(channel: Channel) -> str:
    return channel.replace("/", "_")


def _action(channel: Channel) -> str:
    """What a counter does on this channel."""
    return "receive" if channel in {"ack", "config"} else "send"


def _operation(channel: Channel) -> dict[str, Any]:
    return {"action": _action(channel), "channel": {"$ref": f"#/channels/{_key(channel)}"}}


def _channel(channel: Channel, message: str) -> dict[str, Any]:
    return {
        "address": f"{PREFIX}/{{site}}/{{counter}}/{channel}",
        "parameters": {name: {"description": f"matches {NAME}"} for name in ("site", "counter")},
        "messages": {
            message: {
                "contentType": "application/json",
                "payload": {"$ref": f"#/components/schemas/{message}"},
            }
        },
    }


@click.command()
@click.option("--asyncapi", "as_asyncapi", is_flag=True, help="Print the AsyncAPI document instead.")
def schema(*, as_asyncapi: bool) -> None:
    """Print the JSON Schema of everything that a counter sends and receives."""
    document = asyncapi() if as_asyncapi else json_schema()
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))
