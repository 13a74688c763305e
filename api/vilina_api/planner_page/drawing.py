"""Charts as SVG for a page, as SVG or PNG for a file, and their numbers as CSV."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

import altair as alt
import vl_convert
from markupsafe import Markup

from vilina_api.picture import SCALE
from vilina_api.theme import TOKENS, by_day, by_day_and_night

Cell = str | float | int | None


def page_svg(chart: alt.LayerChart) -> Markup:
    """In the colours of the page, by day and by night."""
    return Markup(by_day_and_night(vl_convert.vegalite_to_svg(chart.to_dict())))  # noqa: S704 - made by us


def file_svg(chart: alt.LayerChart) -> str:
    """By day, on paper."""
    specification = chart.to_dict()
    specification["config"]["background"] = TOKENS["paper"].light
    return by_day(vl_convert.vegalite_to_svg(specification))


def file_png(chart: alt.LayerChart) -> bytes:
    picture: bytes = vl_convert.svg_to_png(file_svg(chart), scale=SCALE)
    return picture


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """With a line of columns; what is not known is empty, never zero."""
    written = StringIO()
    lines = csv.writer(written, lineterminator="\n")
    lines.writerow(columns)
    lines.writerows([_shown(cell) for cell in row] for row in rows)
    return written.getvalue()


def _shown(cell: Cell) -> str:
    return "" if cell is None else f"{cell:.2f}" if isinstance(cell, float) else str(cell)
