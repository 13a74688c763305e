"""Every figure of ingest: `make bench-ingest`, or one part of it: `make bench-ingest PART=store`.

Each part is a module `ingest_PART` with a function `measure() -> list[Row]`. It says on stderr what takes long.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

from tests.bench.report import Row, publish

PARTS: Final = ("occupancy", "rate", "day", "store", "influx")


def main(chosen: Sequence[str]) -> int:
    rows: list[Row] = []
    for part in chosen or PARTS:
        print(f"ingest, {part}", file=sys.stderr)
        rows += import_module(f"tests.bench.ingest_{part}").measure()
    return 0 if publish("ingest", rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
