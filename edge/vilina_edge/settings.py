"""What a counter needs to know: one file, `counter.yaml`, read once when it starts."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from vilina_edge.delivery.mqtt import BrokerAddress
from vilina_edge.errors import ConfigError
from vilina_edge.wire import NAME

Id = Annotated[str, Field(pattern=NAME)]


class LineSettings(BaseModel):
    """A counting line: walking from the first to the second point, people enter from left to right."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[Id, Field(description="the line's id in the site file")]
    points: Annotated[
        tuple[float, float, float, float], Field(description="x1, y1, x2, y2 in pixels of the source")
    ]


class CounterSettings(BaseModel):
    """One counter: where it looks, what it counts, where it reports."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    site: Annotated[Id, Field(description="the site's id")]
    counter: Annotated[Id, Field(description="this counter's id in the site file")]
    source: Annotated[
        str,
        Field(
            description="a video file, an RTSP address, a camera like /dev/video0, or a rendered door:"
            " simulation:30 has 30 people a minute, simulation:FILE.csv those of a schedule"
        ),
    ]
    lines: Annotated[tuple[LineSettings, ...], Field(min_length=1, max_length=64)]
    detector: Annotated[Literal["nanodet", "motion"], Field(description="how people are found")] = "nanodet"
    reference: Annotated[
        Literal["foot", "centre"],
        Field(description="what of a person crosses; centre for an overhead camera"),
    ] = "foot"
    broker_host: Annotated[str, Field(description="MQTT broker")] = "127.0.0.1"
    broker_port: Annotated[int, Field(ge=1, le=65535)] = 1883
    outbox: Annotated[Path, Field(description="file that keeps reports until the site has stored them")] = (
        Path("outbox.db")
    )

    @model_validator(mode="after")
    def _line_names_differ(self) -> Self:
        names = [line.name for line in self.lines]
        if len(set(names)) != len(names):
            raise ValueError("two lines have the same name")
        return self

    @property
    def broker(self) -> BrokerAddress:
        return BrokerAddress(self.broker_host, self.broker_port)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file; paths in it are relative to it.

        Raises:
            ConfigError: it cannot be read or is wrong; the text names each key and what it should be.
        """
        try:
            document = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
            settings = cls.model_validate(document)
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path} cannot be read: {error}") from error
        except YAMLError as error:
            raise ConfigError(f"{path} is not YAML: {error}") from error
        except ValidationError as error:
            raise ConfigError(f"{path} is wrong:\n{_listed(error)}") from error
        return settings.model_copy(update={"outbox": path.parent / settings.outbox})


def _listed(error: ValidationError) -> str:
    rows = (
        (".".join(map(str, e["loc"])) or "the file", e["msg"].removeprefix("Value error, "))
        for e in error.errors()
    )
    return "\n".join(f"  {where}: {what}" for where, what in rows)
