"""What every test may ask for."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Recordings and other real data; see the README beside them."""
    default = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("VILINA_TEST_DATA", default))
    if not folder.is_dir():
        pytest.skip(
            f"needs the folder of test data: put it at {default}, or set VILINA_TEST_DATA to where it is"
        )
    return folder
