"""The planner's page in a real browser: a week planned in three clicks."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.api.conftest import Served
from tests.api.planning import PEOPLE, serving_offices

WIDTHS = (320, 768, 1440, 1920)
PATIENCE_MS = 60_000
"""For what starts processes on a busy machine."""


@pytest.fixture(scope="module")
def offices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving_offices(tmp_path_factory.mktemp("offices")) as served:
        yield served


@pytest.fixture
def problems() -> list[str]:
    """What the browser complains of."""
    return []


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1440, "height": 900})
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, problems: list[str]) -> Iterator[Page]:
    opened = context.new_page()
    opened.on(
        "console",
        lambda message: problems.append(message.text) if message.type in ("error", "warning") else None,
    )
    opened.on("pageerror", lambda error: problems.append(str(error)))
    yield opened
    assert problems == []
    opened.close()


def look(page: Page, offices: Served, *, week: str = "2026-W10", at: str = "site") -> None:
    page.goto(f"{offices.address}/planner?week={week}&at={at}")
    expect(page.locator(".forecast .chart").first).to_be_attached(timeout=PATIENCE_MS)


def planned(page: Page, offices: Served, *, week: str = "2026-W12", at: str = "unit:desk") -> None:
    """A week that is planned, by whichever test came first."""
    look(page, offices, week=week, at=at)
    button = page.locator("#plan")
    if button.text_content() == "Plan this week":
        button.click()
    expect(button).to_have_text("Plan again", timeout=PATIENCE_MS)


def give_people(page: Page, text: str) -> None:
    page.get_by_label("File of people").set_input_files(
        {"name": "people.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    page.get_by_role("button", name="Use it").click()


def test_the_page_says_how_many_came_and_how_many_are_expected(page: Page, offices: Served) -> None:
    look(page, offices)
    expect(page.get_by_role("heading", name="Do we have enough people?")).to_be_visible()
    expect(page.locator(".answer")).to_have_text("Not planned yet")
    expect(page.locator(".ask .because")).to_contain_text("80 people came so far, and about")
    page.locator("#fan-table summary").click()
    expect(page.locator("#fan-table tbody tr").filter(has_text="Tue 10:00")).to_contain_text("80")
    expect(page.locator("#heat-table")).to_be_attached()


def test_a_file_of_people_is_refused_with_the_row_and_taken_when_it_is_right(
    page: Page, offices: Served, problems: list[str]
) -> None:
    look(page, offices, week="2026-W12")
    expect(page.get_by_role("button", name="Make roster")).to_be_disabled()
    give_people(page, PEOPLE.replace("guidance", "guidence", 1))
    expect(page.get_by_role("alert")).to_contain_text("people.csv")
    expect(page.get_by_role("alert")).to_contain_text("guidence")
    give_people(page, PEOPLE)
    expect(page.locator("#people summary")).to_have_text("6 people can be rostered")
    expect(page.get_by_role("alert")).to_be_hidden()
    # The browser notes every answer that is an error.
    problems[:] = [problem for problem in problems if "422" not in problem]


def test_a_week_is_planned_in_three_clicks(page: Page, offices: Served) -> None:
    look(page, offices, week="2026-W12", at="unit:info")
    page.get_by_role("button", name="Plan this week").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.locator(".answer")).to_contain_text("hours needed", timeout=PATIENCE_MS)
    expect(page.get_by_role("progressbar")).to_be_hidden()
    expect(page.locator(".units tbody tr")).to_have_count(2)
    expect(page.locator(".ask")).to_contain_text("Too few desks: Info in")
    page.get_by_role("button", name="Make roster").click()
    expect(page.get_by_role("heading", name="Who works when")).to_be_visible(timeout=PATIENCE_MS)
    with page.expect_download() as saved:
        page.get_by_role("link", name="Export").click()
    assert saved.value.suggested_filename == "roster-2026-W12.xlsx"
    assert saved.value.path().read_bytes().startswith(b"PK")


def test_the_same_is_done_with_the_keyboard_alone(page: Page, offices: Served) -> None:
    look(page, offices, week="2026-W12", at="unit:info")
    page.get_by_role("button", name="Plan again").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Make it again")).to_be_focused(timeout=PATIENCE_MS)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Export")).to_be_focused(timeout=PATIENCE_MS)
    with page.expect_download():
        page.keyboard.press("Enter")


def test_a_roster_says_who_works_when_and_what_nobody_covers(page: Page, offices: Served) -> None:
    look(page, offices, week="2026-W12")
    people = page.locator(".grid tbody tr")
    expect(people).to_have_count(6)
    expect(people.filter(has_text="Onni").locator("td").first).to_be_empty()
    expect(people.first).to_contain_text("10:00–14:00")
    expect(page.locator(".answer")).to_contain_text("not covered")
    expect(page.locator(".ask .because").first).to_contain_text("Desk lacks")
    expect(page.locator(".uncovered li").first).to_contain_text("Desk lacks")
    with page.expect_download() as saved:
        people.first.get_by_role("link", name="Calendar of Aino (iCal)").click()
    assert saved.value.path().read_bytes().startswith(b"BEGIN:VCALENDAR")


def test_who_is_ill_is_replaced_on_the_page_and_the_roster_is_another(page: Page, offices: Served) -> None:
    look(page, offices, week="2026-W12")
    monday = page.locator(".grid tbody tr").filter(has_text="Aino").locator("td").first
    expect(monday).to_contain_text("10:00–14:00")
    page.get_by_label("Who cannot come?").select_option("Aino")
    page.get_by_label("When?").select_option("Mon 16 March")
    page.get_by_role("button", name="Find who steps in").click()
    expect(page.locator("#stepped-in li").first).to_contain_text(
        re.compile("instead of|comes|Nobody"), timeout=PATIENCE_MS
    )
    expect(monday).to_be_empty()


def test_each_suggestion_says_why(page: Page, offices: Served) -> None:
    planned(page, offices, at="unit:info")
    page.locator("#staff-table summary").click()
    expect(page.locator("#staff-table tbody tr.act").first).to_contain_text("there are 1 desks, so only")


def test_a_plan_is_held_against_the_week_without_it(page: Page, offices: Served) -> None:
    planned(page, offices, at="unit:desk")
    expect(page.locator(".staffing .sums").last).to_contain_text("Without the plan, with all desks staffed: ")
    expect(page.locator(".staffing .sums").last).to_contain_text(" € for each visit. The plan takes −")


def test_a_units_people_are_its_share_of_its_zone_and_the_page_says_so(page: Page, offices: Served) -> None:
    look(page, offices, at="unit:desk")
    expect(page.locator(".forecast .note").first).to_contain_text("Desk is taken to get 40 % of who comes")
    page.locator("#fan-table summary").click()
    expect(page.locator("#fan-table tbody tr").filter(has_text="Tue 10:00")).to_contain_text("32")
    expect(page.locator(".forecast .note").nth(1)).to_contain_text("No model has been trained yet")


def test_plan_or_roster_are_played_and_say_where_they_would_not_hold(page: Page, offices: Served) -> None:
    planned(page, offices, week="2026-W11")
    expect(page.locator(".plays")).to_contain_text("The plan is played 200 times")
    page.get_by_role("button", name="Play it").click()
    expect(page.locator("#played-said")).to_contain_text("of all who come are in time", timeout=PATIENCE_MS)
    rows = page.locator("#played tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.filter(has_text="Info")).to_contain_text("slots, worst")
    expect(rows.filter(has_text="Desk").locator("td").first).to_have_text(re.compile(r"\d+ \(\d+–\d+\)"))


def test_it_is_said_what_sharing_staff_would_save(page: Page, offices: Served) -> None:
    planned(page, offices, at="site")
    page.get_by_role("button", name="guidance").click()
    expect(page.locator("#shared")).to_contain_text("Desk and Info need", timeout=PATIENCE_MS)


def test_who_should_help_whom_is_asked_for_the_next_hour(page: Page, offices: Served) -> None:
    look(page, offices)
    page.get_by_role("button", name="Look at the next hour").click()
    expect(page.locator("#moved")).to_contain_text(".", timeout=PATIENCE_MS)
    page.locator("#there summary").click()
    for label, number in (("Staff at Desk", "3"), ("Staff at Info", "9"), ("Waiting at Desk", "12")):
        page.get_by_label(label).fill(number)
    page.get_by_role("button", name="Look at the next hour").click()
    expect(page.locator("#moved")).to_contain_text(
        "customers in time at Desk is less than 80 %", timeout=PATIENCE_MS
    )
    look(page, offices, week="2026-W12")
    expect(page.locator(".moving")).to_be_hidden()


def test_a_slider_says_at_once_what_a_change_does_and_it_can_be_taken_back(
    page: Page, offices: Served
) -> None:
    planned(page, offices)
    page.get_by_label("People", exact=True).fill("150")
    difference = page.locator("#difference")
    expect(difference).to_contain_text("+50 % people", timeout=PATIENCE_MS)
    expect(difference.locator("dd").first).to_contain_text("+")
    expect(difference.locator("svg")).to_be_visible()
    page.get_by_label("Closes").press("ArrowRight")
    expect(difference).to_contain_text("open until 15:00", timeout=PATIENCE_MS)
    page.get_by_role("button", name="As planned").click()
    expect(difference).to_contain_text("nothing changed", timeout=PATIENCE_MS)
    expect(page.locator("output").nth(3)).to_have_text("100 %")


def test_a_chart_can_be_saved_as_numbers_picture_and_drawing(page: Page, offices: Served) -> None:
    planned(page, offices)
    page.locator("#staff-files summary").click()
    with page.expect_download() as saved:
        page.locator("#staff-files").get_by_role("link", name="Numbers (CSV)").click()
    assert saved.value.suggested_filename == "staff-2026-W12-desk.csv"
    lines = saved.value.path().read_text(encoding="utf-8").splitlines()
    assert lines[0] == "time,unit,staff,expected,kept_busy,in_time,why"
    assert lines[1].startswith("2026-03-16T10:00,desk,")
    whole = offices.client.get("/planner/files/staff.csv", params={"week": "2026-W12", "at": "site"}).text
    assert {line.split(",")[1] for line in whole.splitlines()[1:]} == {"desk", "info"}
    for name, form, begins in (
        ("fan", "png", b"\x89PNG"),
        ("heat", "svg", b"<svg"),
        ("fan", "csv", b"time,q10"),
    ):
        answer = offices.client.get(
            f"/planner/files/{name}.{form}", params={"week": "2026-W11", "at": "unit:desk"}
        )
        assert answer.status_code == 200
        assert answer.content.startswith(begins)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_fits_every_screen_without_scrolling_sideways(
    page: Page, offices: Served, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    planned(page, offices)
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    clipped = page.evaluate(
        "[...document.querySelectorAll('main p, main dd, main li, main h2, main output, main label')]"
        ".filter(e => !e.classList.contains('hidden') && e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0)"
        ".map(e => e.textContent)"
    )
    assert clipped == []
    page.set_viewport_size({"width": 1440, "height": 900})


def test_everything_is_reached_by_keyboard_and_has_a_name(page: Page, offices: Served) -> None:
    planned(page, offices)
    usable = "a[href], button:not(:disabled), input:not([type=hidden]), select, summary, [tabindex='0']"
    expected = page.evaluate(
        f'[...document.querySelectorAll("{usable}")].filter(e => e.checkVisibility()).length'
    )
    page.evaluate("document.activeElement.blur()")
    reached = []
    for _ in range(expected):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "(e => e.ariaLabel || e.textContent.trim() || e.labels?.[0]?.textContent.trim() || '')"
                "(document.activeElement)"
            )
        )
    assert all(reached)
    assert reached[0] == "Board"
    assert {"Planner", "Show", "Plan again", "As a table", "Save", "As planned"} <= set(reached)


def test_the_page_loads_nothing_from_elsewhere_and_runs_nothing_inline(page: Page, offices: Served) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    answer = page.goto(f"{offices.address}/planner")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert all(url.startswith(offices.address) for url in asked)
    assert page.locator("[style], [onclick], main script").count() == 0


def test_board_and_planner_lead_to_each_other(page: Page, offices: Served) -> None:
    page.goto(offices.address)
    page.get_by_role("link", name="Planner").click()
    expect(page).to_have_title("Test square, week 10: do we have enough people?")
    page.get_by_role("link", name="Board").click()
    expect(page.locator(".now .number")).to_be_visible()


def test_what_cannot_be_shown_is_said_with_the_remedy(offices: Served) -> None:
    for asked, words in (
        ({"week": "next"}, "like 2026-W10"),
        ({"at": "unit:shop"}, "there are site, unit:desk, unit:info, zone:hall"),
    ):
        answer = offices.client.get("/planner", params=asked)
        assert answer.status_code in (404, 422)
        assert words in answer.json()["detail"]
    answer = offices.client.get("/planner/files/staff.csv", params={"week": "2026-W13"})
    assert answer.json()["detail"] == "Week 13 is not planned yet; plan it first."
    answer = offices.client.post("/planner/plan", params={"week": "2026-W09", "unit": "desk"}, json={})
    assert answer.json()["detail"] == "Week 9 is over; plan one that is not."
