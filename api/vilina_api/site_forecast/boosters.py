"""LightGBM's models as text and back; the library is loaded when it is needed."""

from typing import Any

from vilina_api.errors import NotReady


def is_booster(value: object) -> bool:
    """Told by its type's name, without loading the library for it."""
    return type(value).__module__.partition(".")[0] == "lightgbm" and type(value).__name__ == "Booster"


def booster_text(booster: Any) -> str:
    text: str = booster.model_to_string(num_iteration=-1)
    return text


def booster_of(text: str) -> Any:
    """The model of a text.

    Raises:
        NotReady: LightGBM cannot be loaded here.
        ValueError: the text is none of its models.
    """
    try:
        import lightgbm  # noqa: PLC0415 - half a second, and a library of the system, which only trained models need
    except ModuleNotFoundError as error:
        raise NotReady("trained models need LightGBM: pip install 'vilina[server]'") from error
    except OSError as error:
        raise NotReady(f"LightGBM cannot be loaded ({error}): sudo apt-get install libgomp1") from error
    if not text.startswith("tree"):
        raise ValueError("no model of LightGBM begins like that")
    try:
        return lightgbm.Booster(model_str=text)
    except lightgbm.basic.LightGBMError as error:
        raise ValueError(f"LightGBM does not understand it: {error}") from error
