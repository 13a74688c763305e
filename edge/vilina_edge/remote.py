"""What a counter counts, when it is told from afar. A bad config never stops counting."""

import logging
import threading
from pathlib import Path
from typing import Final

from vilina_edge.counting.plan import Plan
from vilina_edge.delivery.durable import write_whole
from vilina_edge.errors import PlanError, WireError
from vilina_edge.wire import Config, ConfigAck, decode, encode

log = logging.getLogger(__name__)

KEPT: Final = "config.json"
"""The newest config that was taken over, beside the outbox: it holds when the site cannot be reached."""


class RemoteConfig:
    """The config that holds, and the next one. `offer` and `take` may be called in different threads."""

    def __init__(self, current: Config, *, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._current = newest(current, file)
        self._next: Config | None = None

    @property
    def current(self) -> Config:
        with self._lock:
            return self._current

    def take(self) -> Config | None:
        """A config that was taken over since the last call."""
        with self._lock:
            taken, self._next = self._next, None
            return taken

    def offer(self, payload: bytes) -> ConfigAck | None:
        """Take a config over, or refuse it with the reason; nothing is answered to a topic that was emptied."""
        if not payload:
            return None
        try:
            config = decode(payload, Config)
        except WireError as error:
            log.error("refused a config: %s", error)  # noqa: TRY400 - the text says it all
            return ConfigAck(accepted=False, fault="not_readable")
        with self._lock:
            if config == self._current:
                return ConfigAck(accepted=True, version=config.version)
            if config.version <= self._current.version:
                log.error("refused config %d: %d holds already", config.version, self._current.version)
                return ConfigAck(accepted=False, version=config.version, fault="older")
            try:
                Plan.of(config)
            except PlanError as error:
                log.error("refused config %d: %s", config.version, error)  # noqa: TRY400 - the text says it all
                return ConfigAck(accepted=False, version=config.version, fault=error.fault, part=error.part)
            self._current = self._next = config
            self._keep(config)
            return ConfigAck(accepted=True, version=config.version)

    def _keep(self, config: Config) -> None:
        try:
            write_whole(self._file, encode(config))
        except OSError as error:
            log.error("config %d holds only until the next start: %s", config.version, error)  # noqa: TRY400


def newest(own: Config, file: Path) -> Config:
    """The counter's own config, or one that it was sent later."""
    try:
        sent = decode(file.read_bytes(), Config)
        Plan.of(sent)
    except FileNotFoundError:
        return own
    except (OSError, WireError, PlanError) as error:
        log.error("%s is not used: %s", file, error)  # noqa: TRY400 - the text says it all
        return own
    if sent.version <= own.version:
        return own
    log.info("counting by config %d, which was sent by the site", sent.version)
    return sent
