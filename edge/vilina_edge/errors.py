"""What can go wrong on a counter.

EdgeError
├── WireError          bytes that are not a message of ours
├── SourceError        the camera or the recording cannot be read
├── ModelError         the detector's model is missing or broken
├── LineError          a line that cannot be counted on
├── AreaError          an area that cannot be counted in
├── PlaneError         a floor that cannot be measured on
├── PlanError          lines and areas that cannot be counted together
├── DetectionsError    a detections file that cannot be read
├── ConfigError        the counter's file is wrong
├── PageError          a technician's page that cannot be served, or that was closed because somebody guessed
└── OutboxError        the outbox cannot be written
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vilina_edge.wire import ConfigFault


class EdgeError(Exception):
    """Root of everything this package raises on purpose; its text tells a person what to do."""


class WireError(EdgeError):
    """A payload that is not a valid message of this protocol."""


class SourceError(EdgeError):
    """A source of frames that does not open or that stops."""


class ModelError(EdgeError):
    """A model file that is missing, damaged or of another shape."""


class LineError(EdgeError):
    """A line without length or outside the frame."""


class AreaError(EdgeError):
    """An area without an inside, or outside the frame."""


class PlaneError(EdgeError):
    """Points of the floor that do not make a plane."""


class PlanError(EdgeError):
    """A plan that cannot be counted: what kind of part is wrong, and its name."""

    def __init__(self, text: str, *, fault: "ConfigFault", part: str | None) -> None:
        super().__init__(text)
        self.fault = fault
        self.part = part


class DetectionsError(EdgeError):
    """A detections file with a row that cannot be read."""


class ConfigError(EdgeError):
    """A counter's configuration that cannot be used."""


class PageError(EdgeError):
    """A technician's page that cannot be served, or that was closed because somebody guessed."""


class OutboxError(EdgeError):
    """The outbox cannot be opened or written."""
