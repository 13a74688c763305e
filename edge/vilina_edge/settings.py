"""What a counter needs to know: one file, `counter.yaml`, read once when it starts."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from vilina_edge.delivery.mqtt import BrokerAddress
from vilina_edge.errors import ConfigError
from vilina_edge.types import Detail, DetectorName
from vilina_edge.wire import NAME, AreaConfig, Config, FloorConfig, LineConfig

Id = Annotated[str, Field(pattern=NAME)]
Pixel = tuple[float, float]
Pixels = Annotated[int, Field(ge=16)]


class LineSettings(BaseModel):
    """A counting line: walking from the first to the second point, people enter from left to right."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[Id, Field(description="the line's id in the site file")]
    points: Annotated[
        tuple[float, float, float, float], Field(description="x1, y1, x2, y2 in pixels of the source")
    ]


class AreaSettings(BaseModel):
    """An area in which people are counted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[Id, Field(description="the area's id in the site file")]
    corners: Annotated[
        tuple[Pixel, ...], Field(min_length=3, max_length=64, description="in order, pixels of the source")
    ]
    queue: Annotated[bool, Field(description="whether people wait here")] = False


class FloorSettings(BaseModel):
    """Four points of the floor, in the picture and where they were measured: bands and speeds are then in metres."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pixels: tuple[Pixel, Pixel, Pixel, Pixel]
    metres: tuple[Pixel, Pixel, Pixel, Pixel]

    @property
    def config(self) -> FloorConfig:
        return FloorConfig(pixels=self.pixels, metres=self.metres)


class CounterSettings(BaseModel):
    """One counter: where it looks, what it counts, where it reports."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    site: Annotated[Id, Field(description="the site's id")]
    counter: Annotated[Id, Field(description="this counter's id in the site file")]
    source: Annotated[
        str,
        Field(
            description="a video file, an RTSP address, a camera like /dev/video0, picamera, or a rendered door:"
            " simulation:30 has 30 people a minute, simulation:FILE.csv those of a schedule"
        ),
    ]
    lines: Annotated[tuple[LineSettings, ...], Field(max_length=64)] = ()
    areas: Annotated[tuple[AreaSettings, ...], Field(max_length=16)] = ()
    floor: FloorSettings | None = None
    size: Annotated[
        tuple[Pixels, Pixels] | None,
        Field(description="of the picture in which lines and areas were drawn; else the camera's own"),
    ] = None
    version: Annotated[
        int, Field(ge=0, description="of what is counted: a config that the site sends holds if it is newer")
    ] = 0
    pose: Annotated[
        Path | None, Field(description="file that tells whether the camera has moved; calibrate writes it")
    ] = None
    detector: Annotated[DetectorName, Field(description="how people are found")] = "nanodet"
    threads: Annotated[
        int, Field(ge=1, le=16, description="processors for the model; `bench` says how many")
    ] = 1
    detail: Annotated[
        Detail,
        Field(
            description="pixels of the longer side of what the model is shown; with more it finds people whom others"
            " hide, and takes two (480) or four (640) times as long; `bench` says which this computer can"
        ),
    ] = 320
    reference: Annotated[
        Literal["foot", "centre"],
        Field(description="what of a person crosses; centre for an overhead camera"),
    ] = "foot"
    broker_host: Annotated[str, Field(description="MQTT broker")] = "127.0.0.1"
    broker_port: Annotated[int, Field(ge=1, le=65535)] = 1883
    outbox: Annotated[Path, Field(description="file that keeps reports until the site has stored them")] = (
        Path("outbox.db")
    )
    wait_for_clock_s: Annotated[
        float,
        Field(
            ge=0,
            le=900,
            description="so long after the start reports wait for a time server to set the clock, where a computer has"
            " no clock of its own that goes on when it is switched off (a Raspberry Pi: 300); 0 where it has",
        ),
    ] = 0.0

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [line.name for line in self.lines] + [area.name for area in self.areas]
        if not names:
            raise ValueError("there is nothing to count: give lines, areas or both")
        if len(set(names)) != len(names):
            raise ValueError("two lines or areas have the same name")
        return self

    @property
    def config(self) -> Config:
        """What is counted, as it is sent."""
        return Config(
            version=self.version,
            size=self.size,
            lines=tuple(
                LineConfig(line=one.name, start=one.points[:2], end=one.points[2:]) for one in self.lines
            ),
            areas=tuple(
                AreaConfig(area=one.name, corners=one.corners, queue=one.queue) for one in self.areas
            ),
            floor=None if self.floor is None else self.floor.config,
            reference=self.reference,
        )

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
        files = {"outbox": path.parent / settings.outbox}
        if settings.pose is not None:
            files["pose"] = path.parent / settings.pose
        return settings.model_copy(update=files)

    def pose_text(self) -> str | None:
        """What the pose's file says.

        Raises:
            ConfigError: it cannot be read.
        """
        if self.pose is None:
            return None
        try:
            return self.pose.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"{self.pose} cannot be read: {error}; calibrate again, or take `pose` out"
            ) from error


def _listed(error: ValidationError) -> str:
    rows = (
        (".".join(map(str, e["loc"])) or "the file", e["msg"].removeprefix("Value error, "))
        for e in error.errors()
    )
    return "\n".join(f"  {where}: {what}" for where, what in rows)
