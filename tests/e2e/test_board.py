"""The manager's board in a real browser."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.api.conftest import BOOT, NOON, Served, served
from tests.ingest.stores import told
from vilina_edge.wire import Status
from vilina_ingest.store import Batch

__all__ = ["served"]
WIDTHS = (320, 768, 1440, 1920)


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    served.report(NOON - timedelta(minutes=1), middle=(12, 3))
    served.shows(lambda live: live["people"] == 9)
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    problems: list[str] = []
    opened.on(
        "console",
        lambda message: problems.append(message.text) if message.type in ("error", "warning") else None,
    )
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.goto(served.address)
    expect(opened.locator("#age")).to_contain_text("live")
    yield opened
    assert problems == []
    context.close()


def test_the_board_answers_how_busy_it_is(page: Page) -> None:
    expect(page.locator(".now .number")).to_have_text("9")
    expect(page.locator(".now")).to_contain_text("of 100")
    expect(page.locator(".label .people-in")).to_have_text("9")
    expect(page.locator(".doors li").first).to_contain_text("12 in")
    expect(page.locator(".counters li")).to_contain_text("online")


def test_the_board_updates_by_itself(page: Page, served: Served) -> None:
    served.report(NOON, middle=(5, 0))
    expect(page.locator(".now .number")).to_have_text("14")
    served.store.write(Batch(statuses=[told(Status(state="offline", boot=BOOT, at=NOON))]))
    expect(page.locator(".needs")).to_contain_text("Door A not connected since 12:00")


def test_a_paused_board_stands_still_until_it_goes_on(page: Page, served: Served) -> None:
    page.get_by_role("button", name="Pause").click()
    served.report(NOON, middle=(5, 0))
    served.shows(lambda live: live["people"] == 14)
    expect(page.locator("#age")).to_have_text("paused")
    expect(page.locator(".now .number")).to_have_text("9")
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".now .number")).to_have_text("14")


def test_a_table_that_was_opened_stays_open_when_numbers_change(page: Page, served: Served) -> None:
    page.get_by_text("As a table").click()
    expect(page.locator("#today-table tbody tr").first).to_be_visible()
    served.report(NOON, middle=(5, 0))
    expect(page.locator(".now .number")).to_have_text("14")
    expect(page.locator("#today-table tbody tr").first).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_board_fits_every_screen_without_scrolling_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    clipped = page.evaluate(
        "[...document.querySelectorAll('main p, main dd, main li, main h2')]"
        ".filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent)"
    )
    assert clipped == []


def test_the_first_thing_on_a_phone_is_the_number(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    number = page.locator(".now .number").bounding_box()
    plan = page.locator(".plan").bounding_box()
    assert number is not None
    assert plan is not None
    assert number["y"] + number["height"] < 320
    assert number["y"] < plan["y"]
    assert number["height"] >= 90


def test_the_keyboard_reaches_everything_that_can_be_used(page: Page) -> None:
    reached = []
    for _ in range(2):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim()"))
    assert reached == ["Pause", "As a table"]
