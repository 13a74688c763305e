"""`vilina forecast train`: a model of a site from its own store."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click

from vilina_api.errors import ApiError
from vilina_api.site_forecast.card import Judged, ModelCard
from vilina_api.site_forecast.options import models_option, planned_of, planned_option
from vilina_api.site_forecast.site_model import place_of
from vilina_api.site_forecast.store_crossings import read_past
from vilina_api.site_forecast.store_models import ModelStore
from vilina_api.site_forecast.training import train
from vilina_ingest.errors import IngestError
from vilina_ingest.site_file import load_site
from vilina_ingest.stores import DEFAULT, HELP, open_store

WEEKS = 170
"""Of the past that can teach anything: two years of rows, each with the year before it."""
READING = 0.05
STEPS = 100


@click.command("train")
@click.option("--site", "site_path", type=click.Path(path_type=Path), required=True, help="The site file.")
@click.option("--store", "store_address", default=DEFAULT, show_default=True, help=HELP)
@models_option
@planned_option
@click.option("--json", "as_json", is_flag=True, help="Print the card of the model as JSON.")
def train_command(
    site_path: Path, store_address: str, models: Path | None, planned_path: Path | None, *, as_json: bool
) -> None:
    """Train a model on a site's counts, and use it if it is not worse than the one in use. For a timer, once a week.

    Both are judged on the same last weeks, which neither has seen. A running API takes the new model by itself.
    """
    if models is None:
        raise click.UsageError("say with --models in which directory models are kept")
    try:
        site = load_site(site_path)
        place = place_of(site, planned_of(planned_path, site))
        now = datetime.now(UTC)
        kept = ModelStore(models, site.id)
        with (
            closing(open_store(store_address, read_only=True)) as reader,
            click.progressbar(
                length=STEPS, label="Training", width=32, item_show_func=lambda text: text
            ) as bar,
        ):

            def say(share: float, text: str) -> None:
                bar.update(max(0, round(share * STEPS) - bar.pos), text)

            def read(done: int, total: int) -> None:
                say(READING * done / total, "reading")

            today = site.local(now).date()
            past = read_past(reader, site, place.hierarchy, today, weeks=WEEKS, progress=read)
            trained = train(place, past, kept.current(place), now=now, say=say)
        kept.save(trained, place.hierarchy.names)
    except (ApiError, IngestError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(trained.card.model_dump_json(indent=2) if as_json else _text(trained.card))


def _text(card: ModelCard) -> str:
    lines = [
        f"{card.version}: {card.days} days from {card.first} to {card.trained_until}, {card.series} series,"
        f" {card.gaps_percent:.1f} % gaps",
        "",
        f"{'errors by the hour, WAPE / loss / coverage %':<46}{'model':>20}{'last week':>20}{'four weeks':>20}",
    ]
    if card.backtest is not None:
        lines += [_row(one) for one in (*card.backtest.horizons, *card.backtest.dayparts)]
    return "\n".join([*lines, "", card.verdict])


def _row(one: Judged) -> str:
    scores = (one.model, one.last_week, one.four_weeks)
    cells = (
        " / ".join("-" if n is None else f"{n:.1f}" for n in (s.wape, s.loss, s.coverage)) for s in scores
    )
    return f"{one.scope + ', ' + one.what:<46}" + "".join(f"{cell:>20}" for cell in cells)
