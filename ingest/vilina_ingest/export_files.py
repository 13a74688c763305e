"""Exports as files: CSV by the standard library, Parquet by pyarrow. Written whole, or not at all."""

import csv
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from vilina_edge.delivery.durable import replacing
from vilina_ingest.errors import ExportError
from vilina_ingest.export import Column, Kind, Row, Value

Writer = Callable[[Path, Sequence[Column], Iterable[Sequence[Row]]], int]


def write_export(path: Path, columns: Sequence[Column], parts: Iterable[Sequence[Row]]) -> int:
    """Write rows into the kind of file that the path's ending asks for; how many rows there were.

    Raises:
        ExportError: the ending is not known, or the file cannot be written; what was there before is as it was.
    """
    write = WRITERS.get(path.suffix.lower())
    if write is None:
        raise ExportError(f"{path.name} does not say what it is; end it in {' or '.join(WRITERS)}")
    try:
        with replacing(path) as fresh:
            return write(fresh, columns, parts)
    except OSError as error:
        raise ExportError(f"{path} cannot be written: {error.strerror or error}") from error


def _write_csv(path: Path, columns: Sequence[Column], parts: Iterable[Sequence[Row]]) -> int:
    count = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([column.name for column in columns])
        for rows in parts:
            writer.writerows([_text(value) for value in row] for row in rows)
            count += len(rows)
    return count


def _text(value: Value) -> Value:
    """Cells in ISO 8601, with Z for UTC; a gap is an empty cell."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def _write_parquet(path: Path, columns: Sequence[Column], parts: Iterable[Sequence[Row]]) -> int:
    try:
        import pyarrow as pa  # noqa: PLC0415 - forty megabytes that only this needs
        from pyarrow import parquet  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ExportError(
            "Parquet needs pyarrow, which is not installed: pip install 'vilina[server]'"
        ) from error
    types: dict[Kind, Any] = {
        "instant": pa.timestamp("ms", tz="UTC"),
        "date": pa.date32(),
        "text": pa.string(),
        "whole": pa.int64(),
        "number": pa.float64(),
    }
    schema = pa.schema([(column.name, types[column.kind]) for column in columns])
    count = 0
    with parquet.ParquetWriter(path, schema) as writer:
        for rows in parts:
            if rows:
                arrays = [
                    pa.array(values, type=field.type)
                    for values, field in zip(zip(*rows, strict=True), schema, strict=True)
                ]
                writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
                count += len(rows)
    return count


WRITERS: Final[dict[str, Writer]] = {".parquet": _write_parquet, ".csv": _write_csv}
