"""A chart as a file."""

from pathlib import Path
from typing import Any, Final

import vl_convert

from vilina_api.errors import PictureError

SUFFIXES: Final = (".svg", ".png")
SCALE: Final = 2.0


def write_picture(specification: dict[str, Any], path: Path) -> None:
    """Write a Vega-Lite specification as what the file's name says: PNG or SVG.

    Raises:
        PictureError: the file cannot be written.
    """
    try:
        if path.suffix == ".png":
            path.write_bytes(vl_convert.vegalite_to_png(specification, scale=SCALE))
        else:
            path.write_text(vl_convert.vegalite_to_svg(specification), encoding="utf-8")
    except OSError as error:
        raise PictureError(f"the picture {path} cannot be written: {error}") from error
