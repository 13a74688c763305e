"""One face: the tokens that pages, charts and dashboards are made of."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple


class Shade(NamedTuple):
    """A colour by day and by night."""

    light: str
    dark: str


TOKENS: Final = {
    "paper": Shade("#fbfaf7", "#141417"),
    "ink": Shade("#1b1b1f", "#f1efe9"),
    "quiet": Shade("#6b6b73", "#a3a3ad"),
    "line": Shade("#dcdad4", "#303036"),
    "today": Shade("#0b5fa5", "#6db3f2"),
    "usual": Shade("#a9a7a0", "#6f6f78"),
    "forecast": Shade("#7a4fa3", "#b794e0"),
    "good": Shade("#1f7a4d", "#5cc08b"),
    "watch": Shade("#8f5600", "#f0b14a"),
    "act": Shade("#b3261e", "#ff8a80"),
}
RAMP_STEPS: Final = 10
"""Steps of crowding on a floor plan, from paper to today's blue."""
RAMP_STRENGTH: Final = 0.92
GAP: Final = "#fe01fe"
"""A colour that stands for the hatching of gaps, which a chart's maker cannot name."""
FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"


def css_tokens() -> str:
    """The tokens as CSS custom properties, by day, by night and in print."""
    light = "".join(_properties("light"))
    dark = "".join(_properties("dark"))
    return (
        f":root {{\n  color-scheme: light dark;\n  --font: {FONT};\n{light}}}\n"
        f"@media (prefers-color-scheme: dark) {{ @media screen {{ :root {{\n{dark}}} }} }}\n"
        + "".join(_ramp_classes())
    )


def chart_config() -> dict[str, Any]:
    """The Vega-Lite configuration of every chart, in the colours of the day; see `by_day_and_night`."""
    axis = {"domain": False, "ticks": False, "labelPadding": 6, "labelFontSize": 14, "titleFontSize": 14}
    return {
        "background": "#ffffff00",
        "font": FONT,
        "view": {"stroke": None},
        "axis": {
            **axis,
            "labelColor": TOKENS["quiet"].light,
            "titleColor": TOKENS["quiet"].light,
            "titleFontWeight": "normal",
            "gridColor": TOKENS["line"].light,
        },
        "text": {"color": TOKENS["ink"].light, "fontSize": 14},
        "padding": {"left": 4, "right": 12, "top": 8, "bottom": 4},
    }


def by_day_and_night(svg: str) -> str:
    """A chart with its colours replaced by the page's variables, so that it follows the page's light."""
    for name, shade in TOKENS.items():
        svg = svg.replace(shade.light, f"var(--{name})")
    for step in range(RAMP_STEPS + 1):
        svg = svg.replace(ramp(step), f"var(--ramp-{step})").replace(on_ramp(step), f"var(--on-ramp-{step})")
    return svg.replace(GAP, "url(#gap)")


def by_day(svg: str) -> str:
    """A chart for a file, in the colours of the day; gaps are plain, because a file has no hatching to point to."""
    for step in range(RAMP_STEPS + 1):
        colour = _mixed(step, "light")
        svg = svg.replace(ramp(step), colour).replace(on_ramp(step), _readable(colour))
    return svg.replace(GAP, TOKENS["line"].light)


def ramp(step: int) -> str:
    """A colour that stands for a step of the ramp, whatever the page's light, as `GAP` does for hatching."""
    return f"#fe02{step:02x}"


def on_ramp(step: int) -> str:
    """One that stands for text on a step of the ramp."""
    return f"#fe03{step:02x}"


def ramp_step(share: float) -> int:
    """The step of the ramp for a share of capacity."""
    return min(RAMP_STEPS, max(0, round(share * RAMP_STEPS)))


def _properties(shade: str) -> Iterator[str]:
    for name, values in TOKENS.items():
        yield f"  --{name}: {getattr(values, shade)};\n"
    for step in range(RAMP_STEPS + 1):
        yield f"  --ramp-{step}: {_mixed(step, shade)};\n"
        yield f"  --on-ramp-{step}: {_readable(_mixed(step, shade))};\n"


def _ramp_classes() -> Iterator[str]:
    for step in range(RAMP_STEPS + 1):
        yield f".ramp-{step} {{ fill: var(--ramp-{step}); color: var(--on-ramp-{step}); }}\n"


def _mixed(step: int, shade: str) -> str:
    """Between paper and today's blue."""
    share = RAMP_STRENGTH * step / RAMP_STEPS
    pairs = zip(_rgb(getattr(TOKENS["paper"], shade)), _rgb(getattr(TOKENS["today"], shade)), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def contrast(a: str, b: str) -> float:
    """Contrast ratio of two colours, from 1 to 21 (WCAG 2.2, relative luminance)."""
    high, low = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _readable(ground: str) -> str:
    """Black or white, whichever is easier to read on a ground: always at least 4.5 to 1."""
    return max(("#000000", "#ffffff"), key=lambda ink: contrast(ink, ground))


def _luminance(value: str) -> float:
    parts = [c / 255 for c in _rgb(value)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def _rgb(value: str) -> tuple[int, int, int]:
    return int(value[1:3], 16), int(value[3:5], 16), int(value[5:7], 16)
