"""What every test may ask for."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.brokers import Broker, mosquitto


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, driven by Playwright."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed: sudo apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """Debian's mosquitto."""
    made = mosquitto(tmp_path)
    made.start()
    yield made
    made.kill()
