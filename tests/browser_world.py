"""A browser on the page of `regen serve`, without a window."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, expect


@contextmanager
def opened(browser: Browser, address: str, view: str = "#/", **options: Any) -> Iterator[Page]:
    """A page at a view, drawn to the end; what it writes to the console fails the test."""
    options = {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce", **options}
    context = browser.new_context(**options)
    said: list[str] = []
    page = context.new_page()

    def heard(message: ConsoleMessage) -> None:
        # What the server refuses is told by the browser itself; the page shows it, and tests look there.
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            said.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: said.append(str(error)))
    try:
        go(page, address, view)
        yield page
        assert said == []
    finally:
        context.close()


def go(page: Page, address: str, view: str) -> None:
    """Open a view and wait until all of it is drawn."""
    page.goto("about:blank")
    page.goto(f"{address}/{view}")
    drawn(page)


def drawn(page: Page) -> None:
    """Return when nothing of the view is loading."""
    expect(page.locator("main h1")).to_have_count(1)
    expect(page.locator("main [aria-busy]")).to_have_count(0)


def sign_in(page: Page, token: str) -> None:
    """Fill in the dialog for a token."""
    page.get_by_role("dialog").get_by_label("Token").fill(token)
    page.keyboard.press("Enter")
