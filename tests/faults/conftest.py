"""What tests of failures have in common."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest

from tests.faults.disk import Disk
from tests.faults.injected import LONG, Injected, times
from tests.faults.site import House, house

INJECTED: Final = pytest.StashKey[Injected]()
SENT: Final = "faults injected"


@pytest.fixture(scope="session")
def injected(pytestconfig: pytest.Config) -> Injected:
    """Every test of failures says here what it did."""
    return pytestconfig.stash.setdefault(INJECTED, Injected())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where several processes share the tests, each sends what its own did to the one that prints the summary."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput[SENT] = session.config.stash.setdefault(INJECTED, Injected()).plain()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash.setdefault(INJECTED, Injected()).join(getattr(node, "workeroutput", {}).get(SENT))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lines = list(config.stash.setdefault(INJECTED, Injected()).lines())
    if lines:
        terminalreporter.section("faults injected" + (" (the full numbers)" if LONG else ""))
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture
def disks(tmp_path: Path) -> Iterator[list[Disk]]:
    """Two small disks of their own, of the counter and of the server."""
    with ExitStack() as stack:
        yield [stack.enter_context(Disk.made(tmp_path / name)) for name in ("edge", "server")]


@pytest.fixture
def at_home(tmp_path: Path, disks: list[Disk]) -> Iterator[House]:
    """A house whose outbox and store are each on a disk of its own."""
    edge, server = disks
    with house(tmp_path, of_edge=edge.at, of_server=server.at, seed=times(3, 5)) as made:
        yield made
