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
def problems() -> list[str]:
    """What the browser complains of."""
    return []


@pytest.fixture
def page(browser: Browser, served: Served, problems: list[str]) -> Iterator[Page]:
    served.report(NOON - timedelta(minutes=1), middle=(12, 3))
    served.shows(lambda live: live["people"] == 9)
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
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
    for _ in range(4):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim()"))
    assert reached == ["Planner", "Pause", "Counted again?", "As a table"]


def count_again(page: Page, *, people: str, author: str = "manager") -> None:
    """With the keyboard alone."""
    page.get_by_text("Counted again?").press("Enter")
    page.get_by_label("People inside", exact=True).fill(people)
    page.get_by_label("Counted by").fill(author)
    page.keyboard.press("Enter")


def test_somebody_who_counted_again_says_so_with_the_keyboard_and_the_numbers_follow(
    page: Page, served: Served
) -> None:
    count_again(page, people="20")
    status = page.locator("#recount").get_by_role("status")
    expect(status).to_have_text("✓ Done: 20 inside at 12:00, 11 more than estimated. The board follows.")
    expect(page.locator(".now .number")).to_have_text("20")
    expect(page.locator(".label .people-in")).to_have_text("20")
    served.clock.advance(minutes=1)
    served.report(NOON + timedelta(minutes=1), middle=(5, 0))
    expect(page.locator(".now .number")).to_have_text("25")
    expect(status).to_be_visible()
    page.get_by_label("Where").select_option("Hall")
    page.get_by_label("People inside", exact=True).fill("25")
    page.keyboard.press("Enter")
    expect(status).to_have_text("✓ Done: 25 in Hall at 12:01, as it was estimated. The board follows.")


def test_what_is_being_typed_stays_when_numbers_change(page: Page, served: Served) -> None:
    page.get_by_text("Counted again?").click()
    page.get_by_label("Where").select_option("Hall")
    page.get_by_label("People inside", exact=True).fill("17")
    served.report(NOON, middle=(5, 0))
    expect(page.locator(".now .number")).to_have_text("14")
    expect(page.get_by_label("People inside", exact=True)).to_have_value("17")
    expect(page.get_by_label("People inside", exact=True)).to_be_focused()
    expect(page.get_by_label("Where")).to_have_value("hall")


def test_a_count_that_cannot_be_is_refused_in_words(page: Page, problems: list[str]) -> None:
    count_again(page, people="20000")
    expect(page.locator("#recount").get_by_role("status")).to_contain_text("count from 0 to 1000")
    expect(page.locator(".now .number")).to_have_text("9")
    # The browser notes every answer that is an error.
    expected = [problem for problem in problems if "422" in problem]
    assert len(expected) == 1
    problems.remove(expected[0])


@pytest.mark.parametrize("width", WIDTHS)
def test_counting_again_fits_every_screen_and_the_wall_does_not_have_it(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    summary = page.get_by_text("Counted again?")
    if width >= 1600:
        expect(summary).to_be_hidden()
        return
    summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for field in page.locator("#recount").locator("input, select, button").all():
        box = field.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["height"] >= 32
