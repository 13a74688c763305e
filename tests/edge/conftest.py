"""What several tests of counters ask for."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.edge.calibrating import COUNTER_YAML
from vilina_edge.simulation.source import simulated_frames
from vilina_edge.types import Image


@pytest.fixture(scope="session")
def frames() -> list[Image]:
    """Ten seconds of the simulated door, one picture a second."""
    source = simulated_frames("simulation:40", start=datetime(2026, 3, 2, 12, tzinfo=UTC))
    return [frame.image for frame in (next(source) for _ in range(300)) if frame.index % 30 == 0][:10]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "counter.yaml"
    path.write_text(COUNTER_YAML, encoding="utf-8")
    return path
