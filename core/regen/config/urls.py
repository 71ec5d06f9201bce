"""URLs: what an address of the configuration has to be."""

from __future__ import annotations

from urllib.parse import urlsplit

from regen.config.check import Place
from regen.config.lines import KeyPath

_NO_SECRET = "take them out: what the configuration says is shown, logged and committed"  # noqa: S105 - a message


def check_url(place: Place, at: KeyPath, url: str, *, web: bool = True, secret: str = _NO_SECRET) -> None:
    """Check one address.

    Args:
        at: its key.
        web: whether it has to be one of http or https.
        secret: the way out where it holds a name or a password.

    Raises:
        ConfigError: it is none, or holds a name or a password.
    """
    try:
        parts = urlsplit(url)
        holds_secret = parts.username is not None or parts.password is not None
        bad = parts.port == 0 or not url.isascii() or any(letter <= " " for letter in url)
    except ValueError as error:
        raise place.error(at, f"{{key}} is no URL: {error}", "write https://host/path") from error
    if holds_secret:
        # The URL is not repeated: it holds a password.
        raise place.error(at, "{key} holds a name or a password, which do not belong into a file", secret)
    if bad:
        raise place.error(at, "{key} has letters that no URL has", "write them percent-encoded")
    if web and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise place.error(at, "{key} is no http or https URL", "write https://host/path")
