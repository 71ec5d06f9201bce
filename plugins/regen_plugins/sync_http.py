"""Sync: an edge asks its hub, `regen serve`, over HTTP."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlencode

from regen.errors import HubError
from regen.hooks import hookimpl

if TYPE_CHECKING:
    from pathlib import Path

    from regen.hooks.transport import Transport
    from regen.model.fleet import Ack, Hub, HubFile, Manifest, ManifestDelta, Message, Offers, Report
    from regen.web import Answer

T = TypeVar("T")
_BASE = "/api/v1/edge"


@hookimpl
def regen_sync(hub: Hub) -> Transport | None:
    """The way to a hub whose address is of http or https."""
    return HttpTransport(hub) if hub.url.startswith(("http://", "https://")) else None


class HttpTransport:
    """Asks one hub.

    Args:
        hub: which.
    """

    name = "http"

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._headers = {"X-Regen-Edge": quote(hub.edge)}
        if hub.token is not None:
            self._headers["Authorization"] = f"Bearer {hub.token}"

    def report(self, report: Report) -> None:
        """Tell the hub who comes."""
        from dataclasses import asdict

        self._asked("nodes", asdict(report))

    def offers(self, environment: str | None, since: int) -> Offers:
        """Releases from a number on."""
        from regen.model.fleet import Offered, Offers

        named = {"environment": environment} if environment is not None else {}
        found = self._asked(f"releases?{urlencode({**named, 'since': since})}")
        return _read(
            lambda: Offers(
                _text(found["environment"]),
                _number(found["newest"]),
                tuple(
                    Offered(
                        _number(one["number"]),
                        _text(one["receipt"]),
                        _optional(one["parent"]),
                        _optional(one["restores"]),
                        float(one["at"]),
                        bool(one["complete"]),
                        bool(one["bad"]),
                    )
                    for one in found["items"]
                ),
            )
        )

    def manifest(self, environment: str, number: int) -> Manifest:
        """All files of a release."""
        from regen.model.fleet import Manifest

        found = self._asked(f"releases/{quote(environment)}/{number}")
        return _read(
            lambda: Manifest(
                _text(found["environment"]), _number(found["number"]), _text(found["receipt"]), _files(found["files"])
            )
        )

    def delta(self, environment: str, number: int, since: int) -> ManifestDelta:
        """How the files of a release differ from those of an earlier one."""
        from regen.model.fleet import ManifestDelta

        found = self._asked(f"deltas/{quote(environment)}/{number}?since={since}")
        return _read(lambda: ManifestDelta(_files(found["files"]), tuple(map(_text, found["removed"]))))

    def fetch(self, environment: str, number: int, digest: str, into: Path) -> None:
        """Append what a file lacks of a blob."""
        from regen.web import Unanswered, download

        url = f"{self._hub.url}{_BASE}/blobs/{quote(environment)}/{number}/{quote(digest)}"
        try:
            answer = download(
                url, into, timeout_s=self._hub.timeout_s, most=self._hub.most, headers=dict(self._headers)
            )
        except Unanswered as error:
            raise self._lost(error) from None
        if answer.status == 416:  # there is nothing after what the file holds
            return
        if answer.status not in (200, 206):
            raise self._refused(answer)
        if answer.cut:
            raise HubError(
                f"the file {digest[:12]} of release {number} is longer than {self._hub.most:,} bytes",
                hint="raise `max_mb` in edge.toml",
                status=answer.status,
            )

    def bundle(self, environment: str, number: int, digests: Sequence[str]) -> Sequence[bytes]:
        """Some of these files."""
        data = self._got(f"bundles/{quote(environment)}/{number}?{urlencode({'digests': ','.join(digests)})}").body
        found, at = [], 0
        while at < len(data):
            end = at + 4 + int.from_bytes(data[at : at + 4], "big")
            if end > len(data):
                raise _senseless("a file in it is cut off")
            found.append(data[at + 4 : end])
            at = end
        return found

    def send(self, edge: str, id: str, messages: Sequence[Message]) -> Sequence[Ack]:  # noqa: A002 - its name
        """Give the hub messages."""
        from regen.model.fleet import Ack

        found = self._asked("messages", {"edge": edge, "id": id, "messages": [_spelt(one) for one in messages]})
        return _read(
            lambda: [
                Ack(_text(one["id"]), _number(one["status"]), str(one.get("why", "")), one.get("retry_after_s"))
                for one in found["items"]
            ]
        )

    def _asked(self, what: str, body: object = None) -> Mapping[str, Any]:
        answer = self._got(what, body)
        found = _read(lambda: json.loads(answer.body))
        if not isinstance(found, dict):
            raise _senseless("it is no object")
        return found

    def _got(self, what: str, body: object = None) -> Answer:
        from regen.web import Unanswered, ask

        data = None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
        headers = {**self._headers, **({"Content-Type": "application/json"} if data is not None else {})}
        try:
            url, most = f"{self._hub.url}{_BASE}/{what}", self._hub.most
            answer = ask(url, timeout_s=self._hub.timeout_s, most=most, data=data, headers=headers)
        except Unanswered as error:
            raise self._lost(error) from None
        if not 200 <= answer.status < 300:
            raise self._refused(answer)
        if answer.cut:
            raise HubError(
                "the answer of the hub is too long", hint="raise `max_mb` in edge.toml", status=answer.status
            )
        return answer

    def _lost(self, error: Exception) -> HubError:
        return HubError(
            f"the hub {self._hub.url} gives no answer: {error}",
            hint="what stands here goes on standing, and what is to be sent waits; is `regen serve` running there?",
        )

    def _refused(self, answer: Answer) -> HubError:
        said = f"{answer.status} {answer.reason}".strip()
        with suppress(ValueError, AttributeError):
            detail = json.loads(answer.body).get("detail")
            said += f": {_plain(str(detail))}" if detail else ""
        hints = {
            401: "name a token of the role `system` by `token_file` in edge.toml, or by REGEN_EDGE_TOKEN",
            403: "the token needs the role `system`: make one on the hub",
            404: "the address has to be that of `regen serve`, of a version that knows edges",
        }
        wait = answer.header("retry-after")
        return HubError(
            f"the hub {self._hub.url} says no: {said}",
            hint=hints.get(answer.status, "look at the log of `regen serve`; the next round asks again"),
            status=answer.status,
            retry_after_s=float(wait) if wait is not None and wait.isdigit() else None,
        )


def _spelt(message: Message) -> dict[str, object]:
    return {
        "id": message.id,
        "sequence": message.sequence,
        "kind": message.kind,
        "at": message.at,
        "release": message.release,
        "data": message.data,
        "content": None if message.content is None else b64encode(message.content).decode(),
    }


def _read(read: Callable[[], T]) -> T:
    try:
        return read()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _senseless(f"{type(error).__name__}: {error}") from error


def _senseless(why: str) -> HubError:
    return HubError(
        f"the hub's answer cannot be read: {_plain(why)}",
        hint="is it `regen serve` that answers there, and no proxy's page? The next round asks again",
        status=200,
    )


def _files(listed: list[Mapping[str, object]]) -> tuple[HubFile, ...]:
    from regen.model.fleet import HubFile

    return tuple(HubFile(_text(one["path"]), _text(one["digest"]), _number(one["mode"])) for one in listed)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no string")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} is no whole number")
    return value


def _optional(value: object) -> int | None:
    return None if value is None else _number(value)


def _plain(text: str) -> str:
    """What a stranger said, as a line that no terminal obeys."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:300])
