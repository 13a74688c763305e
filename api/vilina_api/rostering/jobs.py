"""Rosters that are made beside the API: each in a process of its own, kept as files in one folder.

Files of a job: `asked.json` (what it is made of), `progress.json`, `roster.json` when there is one, `failed.txt` if
there cannot be one. Who asks again after a restart finds them; a job whose process is gone without a roster says so.
"""

import json
import logging
import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from vilina_api.errors import NotFound, NotKept, RosterError
from vilina_api.rostering.document import read_roster
from vilina_api.rostering.roster import Roster
from vilina_api.rostering.shifts import Week
from vilina_edge.delivery.durable import write_whole
from vilina_ingest.site import Site

log = logging.getLogger(__name__)

MOST_JOBS: Final = 20
"""The oldest that has ended goes when another is asked for: people's data is not for keeping."""
MOST_AT_ONCE: Final = 1
WORKER: Final = (sys.executable, "-m", "vilina_api.rostering.worker")
REFUSED: Final = 3
"""How the process ends where what is asked cannot be."""
NAME: Final = re.compile(r"[0-9]{8}T[0-9]{6}-[0-9a-f]{8}")
ASKED, PROGRESS, ROSTER, FAILED = "asked.json", "progress.json", "roster.json", "failed.txt"
State = Literal["running", "done", "failed", "interrupted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """How a job is: `progress` is what its process last said, `problem` why there is no roster."""

    id: str
    state: State
    progress: Mapping[str, Any]
    problem: str | None


class Jobs:
    """The jobs of one folder, for one site. What it starts, it also ends."""

    def __init__(self, folder: Path, site: Site) -> None:
        self._folder, self._site = folder, site
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, asked: Mapping[str, Any], *, now: datetime) -> Job:
        """Begin a roster.

        Raises:
            RosterError: there is one on its way already.
            NotKept: the folder cannot be written.
        """
        running = [name for name, process in self._running.items() if process.poll() is None]
        if len(running) >= MOST_AT_ONCE:
            raise RosterError(f"a roster is being made already ({running[0]}); wait for it, or delete it")
        name = f"{now.astimezone(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
        folder = self._folder / name
        try:
            self._make_room()
            folder.mkdir(parents=True, mode=0o700)
            site = self._site.model_dump(mode="json", by_alias=True, exclude_none=True)
            write_whole(folder / ASKED, json.dumps({**asked, "site": site}).encode())
        except OSError as error:
            raise NotKept(
                f"The folder of rosters cannot be written: {error.strerror}. Nothing was begun."
            ) from error
        # Beside the API, and behind it: what is live comes first. Ctrl-C at the server's terminal is not for it.
        self._running[name] = subprocess.Popen(
            [*WORKER, str(folder), "make"], stdin=subprocess.DEVNULL, process_group=0
        )
        return self.job(name)

    def job(self, name: str) -> Job:
        """How a job is.

        Raises:
            NotFound: there is no such job, or none any more.
        """
        folder = self._found(name)
        process = self._running.get(name)
        ended = process is None or process.poll() is not None
        progress = _json(folder / PROGRESS)
        state: State = "running"
        problem = None
        if (folder / ROSTER).exists():
            state = "done"
        elif (folder / FAILED).exists():
            state, problem = "failed", (folder / FAILED).read_text(encoding="utf-8")
        elif ended:
            state, problem = "interrupted", "The server was stopped before there was a roster; ask again."
        return Job(id=name, state=state, progress=progress, problem=problem)

    def roster(self, name: str) -> tuple[Week, Roster]:
        """What came of it.

        Raises:
            NotFound: there is no such job, or no roster of it.
        """
        path = self._found(name) / ROSTER
        if not path.exists():
            job = self.job(name)
            raise NotFound(
                f"There is no roster of {name!r} (it is {job.state}). {job.problem or 'Wait for it.'}"
            )
        return read_roster(path.read_bytes(), self._site, where=name)

    def repair(self, name: str, absence: Mapping[str, Any]) -> Any:
        """Repair a roster in a process of its own; what changes. The repaired one takes the place of the other.

        Raises:
            NotFound: there is no such job, or no roster of it.
            RosterError: it cannot be repaired so.
            NotKept: it was not repaired.
        """
        self.roster(name)
        command = [*WORKER, str(self._found(name)), "repair"]
        done = subprocess.run(command, input=json.dumps(absence).encode(), capture_output=True, check=False)
        if done.returncode == REFUSED:
            raise RosterError(done.stderr.decode())
        if done.returncode:
            log.error(
                "repairing roster %s ended with %d: %s",
                name,
                done.returncode,
                done.stderr.decode(errors="replace"),
            )
            raise NotKept("The roster was not repaired, and is as it was; the server's log says why.")
        return json.loads(done.stdout)

    def delete(self, name: str) -> None:
        """Forget a job and everybody in it; its process ends.

        Raises:
            NotFound: there is no such job.
            NotKept: its files cannot be removed.
        """
        folder = self._found(name)
        process = self._running.pop(name, None)
        if process is not None:
            _end(process)
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise NotKept(f"The roster {name!r} cannot be removed: {error.strerror}.") from error

    def close(self) -> None:
        """End what is running."""
        for process in self._running.values():
            _end(process)

    def names(self) -> list[str]:
        """All jobs, oldest first."""
        if not self._folder.is_dir():
            return []
        return sorted(path.name for path in self._folder.iterdir() if NAME.fullmatch(path.name))

    def _found(self, name: str) -> Path:
        folder = self._folder / name
        if not NAME.fullmatch(name) or not folder.is_dir():
            raise NotFound(f"There is no roster {name!r}; the newest {MOST_JOBS} are kept.")
        return folder

    def _make_room(self) -> None:
        for name in self.names()[: max(0, len(self.names()) - MOST_JOBS + 1)]:
            self.delete(name)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _json(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return found if isinstance(found, dict) else {}


def behind() -> None:
    """Let everything else of the machine go first."""
    os.nice(10)
