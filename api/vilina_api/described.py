"""The API's own description as a page: its OpenAPI document, made readable without anybody else's JavaScript."""

from collections.abc import Iterator
from typing import Any, NamedTuple

Field = tuple[str, str, str]
"""Name, what it is, and an example."""


class Operation(NamedTuple):
    """One address, what it answers, and how it is asked."""

    id: str
    method: str
    path: str
    text: str
    parameters: list[Field]
    sent: list[Field]
    fields: list[Field]


def operations(document: dict[str, Any]) -> list[Operation]:
    """Everything that can be asked, from an OpenAPI document."""
    found = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            answers = operation["responses"]
            found.append(
                Operation(
                    id=operation["operationId"],
                    method=method.upper(),
                    path=path,
                    text=operation.get("description", operation["summary"]),
                    parameters=[
                        _field(p["name"], p.get("description", ""), p)
                        for p in operation.get("parameters", [])
                    ],
                    sent=list(_fields(document, _schema(operation.get("requestBody", {})))),
                    fields=list(
                        _fields(document, _schema(next(a for code, a in answers.items() if code[0] == "2")))
                    ),
                )
            )
    return found


def _schema(described: dict[str, Any]) -> dict[str, Any]:
    """The schema of a body, where it is JSON."""
    schema: dict[str, Any] = described.get("content", {}).get("application/json", {}).get("schema", {})
    return schema


def _fields(document: dict[str, Any], schema: dict[str, Any]) -> Iterator[Field]:
    """The fields of an answer; those of a list's members under its name."""
    for name, part in _resolved(document, schema).get("properties", {}).items():
        yield _field(name, part.get("description", ""), part)
        for inner, what, example in _fields(document, part.get("items", {})):
            yield f"{name}[].{inner}", what, example


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    resolved: dict[str, Any] = document["components"]["schemas"].get(name, schema)
    return resolved


def _field(name: str, what: str, part: dict[str, Any]) -> Field:
    schema = part.get("schema", part)
    examples = part.get("examples") or schema.get("examples") or [schema.get("default", "")]
    example = "" if examples[0] is None else examples[0]
    return name, what or str(schema.get("description", "")), str(example)
