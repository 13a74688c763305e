"""Who may say what at a site: looked up for every message, so it is made once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from vilina_edge.wire import Channel, Topic
from vilina_ingest.site import Line, Site

CHANNELS: Final[tuple[Channel, ...]] = ("report", "status", "health", "config/ack", "validation")
"""What counters send."""


@dataclass(frozen=True, slots=True)
class Sender:
    """A counter of the site, with what it may speak of."""

    site: str
    counter: str
    lines: Mapping[str, Line]
    areas: frozenset[str]

    @classmethod
    def of(cls, site: Site, counter: str) -> Self:
        lines = {line.id: line for line in site.lines_of(counter)}
        return cls(site.id, counter, lines, frozenset(area.id for area in site.areas_of(counter)))


@dataclass(frozen=True, slots=True)
class Directory:
    """A site by the topics of its counters."""

    site: str
    senders: Mapping[str, Sender]
    """By counter."""
    routes: Mapping[str, tuple[Sender, Topic]]
    """By topic, as it is written."""

    @classmethod
    def of(cls, site: Site) -> Self:
        senders = {counter.id: Sender.of(site, counter.id) for counter in site.counters}
        routes = {
            str(topic): (sender, topic)
            for counter, sender in senders.items()
            for topic in (Topic(site.id, counter, channel) for channel in CHANNELS)
        }
        return cls(site.id, senders, routes)
