"""The page on a real project behind a real `regen serve`: what it shows, and what a person changes by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser_world import drawn, go, opened, sign_in
from tests.cycle_world import PEOPLE, World
from tests.serve_world import WAIT_S, Server, served_elsewhere
from tests.test_cli import started

from regen.access import TokenStore
from regen.errors import ExitCode

pytestmark = pytest.mark.long

ADA = "dev/ada.txt"
VIEWS = {
    "overview": "#/",
    "cycles": "#/cycles",
    "cycle": "#/cycles/2",
    "graph": "#/graph",
    "graph of a node": "#/graph?node=http://example.org/ada&depth=2",
    "artifacts": "#/artifacts",
    "artifact": f"#/artifacts/{ADA}",
    "diff": f"#/artifacts/{ADA}?show=diff",
    "why": f"#/artifacts/{ADA}?show=why",
    "releases": "#/releases",
    "release": "#/releases/dev/2",
    "compare": "#/compare/dev?from=1&to=2",
    "conflicts": "#/conflicts",
    "conflict": f"#/conflicts/{ADA}",
    "objectives": "#/objectives",
    "alerts": "#/alerts",
    "tuner": "#/tuner",
    "audit": "#/audit",
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A project with two releases, and a conflict in one file."""
    found = World(tmp_path / "project")
    assert applied(found) == ExitCode.DONE
    found.edit("ada.txt", "name: Ada", "name: Ada, by hand")
    found.graph(PEOPLE.replace('"Ada"', '"Ada Lovelace"').replace('"Bob"', '"Robert"'))
    assert applied(found) == ExitCode.CONFLICTS
    return found


def applied(world: World) -> int:
    """What `regen apply` ends with, in a process of its own."""
    with started("apply", cwd=world.root) as process:
        process.communicate(timeout=WAIT_S)
        return process.returncode


@pytest.fixture
def server(world: World) -> Iterator[Server]:
    """`regen serve` of it with a watch, in a process of its own."""
    with served_elsewhere(world.root) as found:
        found.ready()
        yield found


@pytest.fixture
def token(world: World) -> str:
    """A token that may do everything."""
    return TokenStore(world.root / ".regen").create("ann", "admin")


def test_every_view_shows_what_the_server_says(browser: Browser, server: Server) -> None:
    with opened(browser, server.address) as page:
        for name, view in VIEWS.items():
            go(page, server.address, view)
            assert page.locator(".trouble").all_inner_texts() == [], name
            text = page.locator("main").inner_text()
            for wrong in ("undefined", "NaN", "[object Object]"):
                assert wrong not in text, name


def test_a_saved_graph_shows_at_once_and_leads_to_its_files(browser: Browser, server: Server, world: World) -> None:
    with opened(browser, server.address) as page:
        expect(page.locator("#live-text")).to_have_text("Live")
        world.graph(PEOPLE.replace('"Ada"', '"Ada Lovelace"').replace('"Bob"', '"Bert"'))
        expect(page.locator(".events")).to_contain_text("dev: 1 file in")
        expect(page.locator(".timeline-box")).to_contain_text("graphs/people.ttl")
        page.locator(".timeline .bar").last.press("Enter")
        expect(page.locator(".delta")).to_contain_text("Bert")
        page.get_by_role("link", name="bob.txt").click()
        expect(page.locator("main")).to_contain_text("name: Bert")
        drawn(page)
        page.get_by_role("link", name="bob", exact=True).click()
        expect(page.get_by_role("group", name=re.compile("Picture of the graph around"))).to_be_visible()


def test_rolling_back_by_keyboard(browser: Browser, server: Server, world: World, token: str) -> None:
    with opened(browser, server.address, "#/releases") as page:
        tab_to(page, "Roll back to release 1")
        page.keyboard.press("Enter")
        sign_in(page, token)
        dialog = page.get_by_role("dialog", name="Roll dev back to release 1")
        expect(dialog).to_contain_text("bob.txt")
        expect(dialog).to_contain_text("is then held")
        tab_to(page, "Roll back to 1")
        page.keyboard.press("Enter")
        expect(page.locator(".toast")).to_contain_text("dev is back at release 1")
        expect(page.get_by_role("button", name="Resume dev")).to_be_visible()
        assert "name: Bob" in world.read("bob.txt")
        page.get_by_role("button", name="Resume dev").press("Enter")
        page.get_by_role("dialog").get_by_role("button", name="Resume").press("Enter")
        expect(page.locator(".toast")).to_contain_text("dev goes on")


def test_settling_a_conflict_by_keyboard(browser: Browser, server: Server, world: World, token: str) -> None:
    with opened(browser, server.address, "#/conflicts") as page:
        tab_to(page, "ada.txt")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Conflict in ada.txt")
        drawn(page)
        expect(page.get_by_role("region", name="Ours")).to_contain_text("Ada, by hand")
        expect(page.get_by_role("region", name="Theirs")).to_contain_text("Ada Lovelace")
        tab_to(page, "Use theirs at place 1")
        page.keyboard.press("Enter")
        expect(page.locator("#merged-note")).to_contain_text("No marker is left")
        page.get_by_label("Merged text").press("Control+End")
        page.keyboard.type("four\n")
        tab_to(page, "Save the merged text")
        page.keyboard.press("Enter")
        sign_in(page, token)
        expect(page.get_by_role("dialog", name="Save the merged text: ada.txt")).to_be_visible()
        tab_to(page, "Save the merged text")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Conflicts")
        expect(page.locator("main")).to_contain_text("no conflict is open")
        text = world.read("ada.txt")
        assert "name: Ada Lovelace" in text
        assert text.endswith("four\n")


def test_a_session_outlives_a_reload_and_ends_when_one_signs_out(browser: Browser, server: Server, token: str) -> None:
    with opened(browser, server.address) as page:
        page.locator("#account").press("Enter")
        sign_in(page, token)
        expect(page.locator("#account")).to_have_text("Sign out")
        page.reload()
        expect(page.locator("#account")).to_have_text("Sign out")
        page.locator("#account").press("Enter")
        expect(page.locator("#account")).to_have_text("Sign in")


def test_where_looking_needs_a_token_the_page_asks_for_it(browser: Browser, world: World, token: str) -> None:
    world.write("regen.toml", '[serve]\nread = "token"\n')
    with served_elsewhere(world.root, "--no-watch") as server, opened(browser, server.address) as page:
        panels = page.locator("[data-panel]")
        expect(page.locator(".trouble")).to_have_count(panels.count())
        page.locator(".trouble").get_by_role("button", name="Sign in").first.press("Enter")
        sign_in(page, token)
        expect(page.locator(".trouble")).to_have_count(0)
        expect(page.locator("#live-text")).to_have_text("Live")
        expect(page.locator("#project")).to_have_text("project")


def test_a_judgement_of_a_file_is_kept(browser: Browser, server: Server, token: str) -> None:
    with opened(browser, server.address, "#/artifacts/dev/bob.txt") as page:
        page.get_by_label("Score").select_option("1")
        page.get_by_label("What is good or bad").fill("too short")
        page.get_by_role("button", name="Send").press("Enter")
        sign_in(page, token)
        expect(page.locator(".toast")).to_contain_text("it is kept")
        with server.client() as client:
            said = client.get("/api/v1/feedback").raise_for_status().json()["items"]
        assert [(one["path"], one["score"], one["text"]) for one in said] == [("bob.txt", 1, "too short")]


def test_tuning_is_switched(browser: Browser, server: Server, token: str) -> None:
    with opened(browser, server.address, "#/tuner") as page:
        page.get_by_role("button", name="Stop tuning").press("Enter")
        sign_in(page, token)
        page.get_by_role("dialog").get_by_role("button", name="Stop").press("Enter")
        expect(page.locator("main")).to_contain_text("not tuning")


def test_a_server_that_ends_is_told(browser: Browser, world: World) -> None:
    with served_elsewhere(world.root) as server, opened(browser, server.address) as page:
        server.ready()
        expect(page.locator("#live-text")).to_have_text("Live")
        assert server.process is not None
        server.process.terminate()
        expect(page.locator("#live-text")).to_contain_text("Disconnected")


def tab_to(page: Page, name: str) -> None:
    """Press Tab until a control of that name has the focus."""
    named = (
        "(() => { const a = document.activeElement;"
        " return a.getAttribute('aria-label') || a.textContent.replace(/\\s+/g, ' ').trim() })()"
    )
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(named) == name:
            return
    raise AssertionError(f"no Tab leads to {name}")
