"""The page of `regen serve` in a browser: every view, at both widths and themes, by keyboard, live, and safe."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from tests.browser_world import drawn, go, opened, sign_in
from tests.page_shop import HOSTILE, Shop
from tests.page_world import STATIC, TOKEN, served

pytestmark = pytest.mark.long

CHECKS = Path(__file__).with_name("page_checks.js").read_text("utf-8")
WIDTHS = (375, 1440)
FILE = "dev/models/event_00000.py"
VIEWS = {
    "overview": "#/",
    "cycles": "#/cycles",
    "cycle": "#/cycles/120",
    "graph": "#/graph",
    "graph of a node": "#/graph?node=https://schema.org/Person",
    "graph, two steps": "#/graph?node=https://schema.org/Person&depth=2",
    "artifacts": "#/artifacts",
    "artifact": f"#/artifacts/{FILE}",
    "diff": f"#/artifacts/{FILE}?show=diff",
    "why": f"#/artifacts/{FILE}?show=why",
    "releases": "#/releases",
    "release": "#/releases/dev/12",
    "compare": "#/compare/dev?from=11&to=12",
    "conflicts": "#/conflicts",
    "conflict": f"#/conflicts/{FILE}",
    "objectives": "#/objectives",
    "alerts": "#/alerts",
    "tuner": "#/tuner",
    "audit": "#/audit",
    "nowhere": "#/nowhere",
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_view_is_sound(browser: Browser, width: int, theme: Any) -> None:
    """No error, no sideways scrolling, and nothing of what `page_checks.js` looks for."""
    size = {"width": width, "height": 900}
    with served(Shop()) as address, opened(browser, address, viewport=size, color_scheme=theme) as page:
        for name, view in VIEWS.items():
            go(page, address, view)
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{name} is {wide} px too wide"
            assert page.evaluate(CHECKS) == [], name


@pytest.mark.parametrize("name", [name for name in VIEWS if name != "nowhere"])
def test_a_view_without_anything_says_what_to_do(browser: Browser, name: str) -> None:
    shop = Shop(cycles=0, artifacts=0, events=0, conflicts=0)
    with served(shop) as address, opened(browser, address, VIEWS[name]) as page:
        text = page.locator("main").inner_text()
        assert "undefined" not in text
        assert "NaN" not in text
        assert "[object Object]" not in text


def test_what_fails_is_told_with_a_way_out_and_tried_again(browser: Browser) -> None:
    shop = Shop(broken={"cycles": 503})
    with served(shop) as address, opened(browser, address, "#/cycles") as page:
        expect(page.get_by_role("alert")).to_contain_text("the state is locked")
        expect(page.get_by_role("alert")).to_contain_text("try again in a few seconds")
        shop.broken.clear()
        page.get_by_role("button", name="Try again").click()
        expect(page.get_by_role("alert")).to_have_count(0)
        expect(page.locator("tbody tr")).to_have_count(120)


def test_names_and_contents_are_never_html(browser: Browser) -> None:
    """Subjects, paths, labels, contents, messages and reasons that try to be HTML are shown as they are."""
    shop = Shop(hostile=True)
    with served(shop) as address, opened(browser, address) as page:
        for name, view in VIEWS.items():
            target = view.replace("event_00000", f"event_00000{HOSTILE}".replace("/", "%2F"))
            go(page, address, target)
            assert page.evaluate("window.pwned") is None, name
            assert page.locator("img, script:not([src]), iframe, object").count() == 0, name
        go(page, address, "#/")
        shop.tell("conflict.opened", {"environment": "dev", "path": HOSTILE, "message": HOSTILE})
        expect(page.locator(".events")).to_contain_text(HOSTILE)
        assert page.evaluate("window.pwned") is None


def test_the_page_loads_nothing_from_elsewhere(browser: Browser) -> None:
    asked: list[str] = []
    with served(Shop()) as address, opened(browser, address) as page:
        page.on("request", lambda request: asked.append(request.url))
        for view in VIEWS.values():
            go(page, address, view)
        assert [url for url in asked if not url.startswith((address, "about:"))] == []
    for place in STATIC.rglob("*"):
        if place.is_file():
            found = re.findall(r"https?://[^\s\"'`)]+", place.read_text("utf-8"))
            assert set(found) <= {"http://www.w3.org/2000/svg"}, place.name


def test_an_event_shows_as_it_comes(browser: Browser) -> None:
    shop = Shop(running=False)
    with served(shop) as address, opened(browser, address) as page:
        expect(page.locator("#live-text")).to_have_text("Live")
        shop.cycles += 1
        data = {"environment": "dev", "duration_s": 0.4, "release": 9, "written": 1, "conflicts": 0}
        shop.tell("cycle.completed", data)
        expect(page.locator(".events li").first).to_contain_text("cycle.completed")
        expect(page.locator(".timeline .bar").last).to_have_attribute("href", f"#/cycles/{shop.cycles}")
        expect(page.locator("#says")).to_contain_text("A cycle of dev ended")


def test_stages_show_while_a_cycle_runs(browser: Browser) -> None:
    with served(shop := Shop()) as address, opened(browser, address) as page:
        stages = page.locator(".stages li")
        expect(stages).to_have_count(5)
        shop.tell("stage.ended", {"name": "merge", "start_s": 1.2, "duration_s": 0.5})
        shop.tell("stage.started", {"name": "evaluate", "start_s": 1.7})
        expect(stages.nth(4)).to_contain_text("500 ms")
        expect(stages.nth(5)).to_contain_text("evaluate")


def test_a_cut_connection_is_told_and_mends_itself(browser: Browser) -> None:
    with served(shop := Shop()) as address, opened(browser, address, "#/cycles") as page:
        expect(page.locator("#live-text")).to_have_text("Live")
        page.context.set_offline(True)
        shop.cut()
        expect(page.locator("#live-text")).to_contain_text("Disconnected since")
        shop.cycles += 1  # nobody tells of it
        page.context.set_offline(False)
        expect(page.locator("#live-text")).to_have_text("Live")
        expect(page.locator("tbody th").first).to_have_text(str(shop.cycles))


def test_filters_are_in_the_address_and_pages_follow_each_other(browser: Browser) -> None:
    with served(Shop(cycles=400)) as address, opened(browser, address, "#/cycles") as page:
        page.get_by_label("Result").select_option("failure")
        expect(page).to_have_url(re.compile("result=failure"))
        expect(page.locator("tbody tr")).to_have_count(11)
        page.get_by_label("Result").select_option("")
        page.get_by_role("link", name="Next page").click()
        expect(page.locator("tbody th").first).to_have_text("280")
        page.get_by_role("link", name="First page").click()
        expect(page.locator("tbody th").first).to_have_text("400")


def test_artifacts_are_found_as_one_types(browser: Browser) -> None:
    with served(Shop()) as address, opened(browser, address, "#/artifacts") as page:
        page.get_by_role("searchbox").press_sequentially("review_00003")
        expect(page.locator("tbody tr")).to_have_count(1)
        expect(page).to_have_url(re.compile("q=review_00003"))
        expect(page.get_by_role("searchbox")).to_be_focused()
        page.get_by_role("link", name="models/review_00003.py").click()
        expect(page.locator("h1")).to_have_text("models/review_00003.py")
        page.get_by_role("link", name="Diff").click()
        expect(page.locator(".line.plus").first).to_contain_text("as in the passport")


def test_the_skip_link_and_the_menu_by_keyboard(browser: Browser) -> None:
    with served(Shop()) as address, opened(browser, address, viewport={"width": 375, "height": 800}) as page:
        page.keyboard.press("Tab")
        expect(page.locator("#skip")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()
        assert page.url.endswith("#/")
        page.locator("#menu").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("navigation", name="Views")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("navigation", name="Views")).to_be_hidden()
        expect(page.locator("#menu")).to_be_focused()


def test_a_new_view_takes_the_focus_and_names_itself(browser: Browser) -> None:
    with served(Shop()) as address, opened(browser, address) as page:
        page.get_by_role("navigation", name="Views").get_by_role("link", name="Artifacts").press("Enter")
        expect(page.get_by_role("heading", level=1)).to_be_focused()
        expect(page).to_have_title("Artifacts · regen")
        current = page.get_by_role("navigation", name="Views").locator("[aria-current=page]")
        expect(current).to_have_text("Artifacts")


def test_what_has_the_focus_is_seen(browser: Browser) -> None:
    with served(Shop()) as address, opened(browser, address) as page:
        seen = set()
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement === document.body"):
                break  # behind the last one
            name, style, width = page.evaluate(
                "(() => { const a = document.activeElement, s = getComputedStyle(a);"
                " return [a.outerHTML.slice(0, 80), s.outlineStyle, parseFloat(s.outlineWidth)] })()"
            )
            assert style != "none", name
            assert width >= 2, name
            seen.add(name)
        assert len(seen) > 25


def test_the_timeline_is_walked_by_arrows(browser: Browser) -> None:
    with served(Shop()) as address, opened(browser, address, "#/cycles") as page:
        bars = page.locator(".timeline .bar")
        bars.last.focus()
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        expect(bars.nth(117)).to_be_focused()
        expect(page.locator(".readout")).to_contain_text("Cycle 138")
        assert page.locator(".timeline .bar[tabindex='0']").count() == 1
        page.keyboard.press("Home")
        expect(bars.first).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Cycle 21")


def test_the_graph_is_walked_by_arrows_and_by_mouse(browser: Browser) -> None:
    with served(Shop()) as address, opened(browser, address, VIEWS["graph of a node"]) as page:
        page.locator(".box.central").focus()
        page.keyboard.press("ArrowLeft")
        focused = page.locator(".box:focus")
        assert "domainIncludes" in (focused.get_attribute("aria-label") or "")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_contain_text("Graph around")
        assert "Person" not in page.locator("h1").inner_text()
        drawn(page)
        page.locator(".box.file").first.click()
        expect(page.locator("h1")).to_contain_text(".py")


def test_the_graph_is_searched(browser: Browser) -> None:
    with served(Shop()) as address, opened(browser, address, "#/graph") as page:
        page.get_by_role("searchbox").press_sequentially("orga")
        page.locator(".found").get_by_role("link", name="Organization").click()
        expect(page.locator("h1")).to_have_text("Graph around Organization")


def test_a_token_is_neither_in_the_address_nor_in_the_storage(browser: Browser) -> None:
    with served(Shop()) as address, opened(browser, address) as page:
        page.locator("#account").click()
        page.get_by_role("dialog").get_by_label("Token").fill("wrong")
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("no such token")
        sign_in(page, TOKEN)
        expect(page.locator("#account")).to_have_text("Sign out")
        stored = "JSON.stringify([location.href, {...localStorage}, {...sessionStorage}, document.cookie])"
        assert TOKEN not in page.evaluate(stored)
        assert TOKEN not in page.content()


def test_escape_leaves_a_dialog_and_gives_the_focus_back(browser: Browser) -> None:
    with served(shop := Shop()) as address, opened(browser, address, "#/releases") as page:
        page.locator("#account").click()
        sign_in(page, TOKEN)
        button = page.get_by_role("button", name="Roll back to release 137", exact=True)
        button.press("Enter")
        dialog = page.get_by_role("dialog", name="Roll dev back to release 137")
        expect(dialog).to_contain_text("11 files on disk will differ")
        expect(dialog).to_contain_text("is marked bad")
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(button).to_be_focused()
        assert shop.sent == []


def test_a_rollback_asks_for_a_token_says_what_happens_and_is_sent_once(browser: Browser) -> None:
    with served(shop := Shop()) as address, opened(browser, address, "#/releases") as page:
        page.get_by_role("button", name="Roll back to release 137", exact=True).press("Enter")
        sign_in(page, TOKEN)
        page.get_by_role("dialog").get_by_role("button", name="Roll back to 137").press("Enter")
        expect(page.locator(".toast")).to_contain_text("dev is back at release 137")
        assert shop.sent == [("releases/dev/rollback", {"to": 137, "discard_edits": False})]


def test_a_conflict_is_merged_place_by_place_and_settled(browser: Browser) -> None:
    with served(shop := Shop(conflicts=1)) as address, opened(browser, address, VIEWS["conflict"]) as page:
        expect(page.get_by_role("region", name="Ours")).to_contain_text("as in the passport")
        expect(page.locator("#merged-note")).to_have_text("1 place still in conflict.")
        page.get_by_role("button", name="Use both").press("Enter")
        expect(page.locator("#merged-note")).to_contain_text("No marker is left")
        merged = page.get_by_label("Merged text").input_value()
        assert merged == (
            "class Person:\n    given: str\n    name: str  # as in the passport\n    name: Text\n    email: str\n"
        )
        page.get_by_role("button", name="Save the merged text").press("Enter")
        sign_in(page, TOKEN)
        page.get_by_role("dialog").get_by_role("button", name="Save the merged text").press("Enter")
        expect(page.locator("h1")).to_have_text("Conflicts")
        assert shop.sent == [("conflicts/dev/models/event_00000.py/resolve", {"how": "merged", "content": merged})]
        expect(page.locator("main")).to_contain_text("no conflict is open")


def test_what_is_written_in_the_editor_outlives_events(browser: Browser) -> None:
    with served(shop := Shop(conflicts=1)) as address, opened(browser, address, VIEWS["conflict"]) as page:
        page.get_by_label("Merged text").fill("mine\n")
        shop.tell("conflict.opened", {"environment": "dev", "path": "models/event_00000.py", "message": "again"})
        expect(page.locator(".notice.newer")).to_contain_text("A newer render waits")
        page.locator("#account").click()  # neither does signing in, nor a connection that comes back
        sign_in(page, TOKEN)
        expect(page.locator("#account")).to_have_text("Sign out")
        page.context.set_offline(True)
        shop.cut()
        expect(page.locator("#live-text")).to_contain_text("Disconnected")
        page.context.set_offline(False)
        expect(page.locator("#live-text")).to_have_text("Live")
        assert page.get_by_label("Merged text").input_value() == "mine\n"


def test_light_and_dark_follow_the_system_until_one_chooses(browser: Browser) -> None:
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    with served(Shop()) as address, opened(browser, address, color_scheme="dark") as page:
        dark = page.evaluate(ground)
        page.get_by_role("button", name="Theme: system").click()
        expect(page.get_by_role("button", name="Theme: light")).to_be_visible()
        light = page.evaluate(ground)
        assert light != dark
        page.reload()
        drawn(page)
        assert page.evaluate(ground) == light


def test_nothing_moves_for_those_who_asked_for_it(browser: Browser) -> None:
    moving = "[...document.querySelectorAll('*')].filter((e) => getComputedStyle(e).animationName !== 'none').length"
    with served(Shop()) as address:
        with opened(browser, address, reduced_motion="no-preference") as page:
            assert page.evaluate(moving) > 0
        with opened(browser, address, reduced_motion="reduce") as page:
            assert page.evaluate(moving) == 0


def test_a_page_that_cannot_be_loaded_whole_says_so(browser: Browser) -> None:
    with served(Shop()) as address:
        page = browser.new_page()
        page.route("**/static/words.js", lambda route: route.abort())
        page.goto(address)
        expect(page.locator("main")).to_contain_text("could not be loaded")
        page.unroute("**/static/words.js")
        page.get_by_role("button", name="Load again").click()
        expect(page.locator("h1")).to_have_text("Overview")
        page.close()
