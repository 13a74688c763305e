"""Public holidays of a country and its region, by name and local day."""

from datetime import date

import holidays

from vilina_api.errors import CountsError


def public_holidays(country: str, subdivision: str | None, first: date, last: date) -> dict[date, str]:
    """Of all years from the first day to the last, and one year around them; names in English where they are known.

    Raises:
        CountsError: there is no such country or region.
    """
    years = range(first.year - 1, last.year + 2)
    language = "en_US" if "en_US" in _languages(country) else None
    try:
        found = holidays.country_holidays(country, subdiv=subdivision, years=years, language=language)
    except NotImplementedError as error:
        raise CountsError(
            f"nothing is known about holidays of {country}{f', {subdivision}' if subdivision else ''}: {error}"
        ) from error
    return dict(found.items())


def _languages(country: str) -> tuple[str, ...]:
    try:
        return tuple(holidays.country_holidays(country).supported_languages)
    except NotImplementedError:
        return ()
