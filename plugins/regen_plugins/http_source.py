"""HTTP: one conditional request for a source's graph; imported when the first source is asked."""

from __future__ import annotations

import http.client
import time
import urllib.request
import zlib
from email.message import Message
from http import HTTPStatus
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit

from regen import carried
from regen.dataset.files import FORMATS
from regen.errors import GraphError
from regen.model.graphfile import SOURCE
from regen.model.source import Fetched, Source, Validators
from regen.version import __version__
from regen.web.body import TooLong, read_body
from regen.web.secrets import NoSecret, secret
from regen_plugins.load_endpoint import shown

_FORMATS = {
    "application/n-triples": "ntriples",
    "text/turtle": "turtle",
    "application/x-turtle": "turtle",
    "application/n-quads": "nquads",
    "application/trig": "trig",
    "application/rdf+xml": "rdfxml",
    "application/ld+json": "jsonld",
    "text/n3": "n3",
}
# N-Triples first: it is parsed fastest, and a server that gives it gives no prefixes of its own.
_ACCEPT = (
    "application/n-triples, text/turtle;q=0.9, application/n-quads;q=0.8, application/trig;q=0.7, "
    "application/rdf+xml;q=0.6, application/ld+json;q=0.5"
)
_ANYTHING = {"", "text/plain", "application/octet-stream"}  # what servers of plain files say of RDF
_EVERYTHING = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
_LONGEST_URL = 4000  # characters; servers stop at 8 KiB, proxies earlier
_LATER = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
_REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED}


class Busy(Exception):  # noqa: N818 - a state of the other side, not of ours
    """A source that may answer later.

    Attributes:
        error: to raise where nobody asks again.
        wait_s: what the source asks to wait; None: it does not say.
    """

    def __init__(self, error: GraphError, wait_s: float | None = None) -> None:
        super().__init__(str(error))
        self.error, self.wait_s = error, wait_s


class _Redirect(urllib.request.HTTPRedirectHandler):
    """Follows redirects; headers that hold secrets go along only where they were sent to in the first place."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        """The next request."""
        found = super().redirect_request(req, fp, code, msg, headers, newurl)
        if found is not None and urlsplit(req.full_url)[:2] == urlsplit(newurl)[:2]:
            for name, value in req.unredirected_hdrs.items():
                if name not in {"Host", "Content-type", "Content-length"}:
                    found.add_unredirected_header(name, value)
        return found


def ask(source: Source, known: Validators, until: float) -> Fetched:
    """Ask once.

    Args:
        source: over http or https.
        known: what it said of the version in force.
        until: when the time is over, by `time.monotonic`.

    Raises:
        Busy: it may answer later.
        GraphError: it will not.
    """
    request = _request(source, known)
    try:
        with _opener().open(request, timeout=max(until - time.monotonic(), 0.001)) as response:
            return _fetched(source, response, until)
    except HTTPError as error:
        error.close()
        if error.code == HTTPStatus.NOT_MODIFIED and known != Validators():
            return Fetched(None, validators=known)
        raise _refusal(source, error) from None
    except zlib.error as error:
        raise _error(source, "its answer is no gzip, as it says", "have the server mended") from error
    except (URLError, http.client.HTTPException, OSError) as error:
        raise _unreached(source, error) from None


def _opener() -> urllib.request.OpenerDirector:
    """For http and https only: no redirect leads to a file."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.UnknownHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        _Redirect,
        urllib.request.HTTPErrorProcessor,
    ):
        opener.add_handler(handler())
    return opener


def _request(source: Source, known: Validators) -> urllib.request.Request:
    text = _parameters(source)
    url = f"{source.url}{'&' if '?' in source.url else '?'}{text}" if text else source.url
    if len(url) > _LONGEST_URL and source.kind == "endpoint":
        # A POST has no validators (RFC 9110, section 13.1.2 would refuse it): the whole answer comes each time.
        request = urllib.request.Request(source.url, text.encode())  # noqa: S310 - checked by the caller
        request.add_header("Content-Type", "application/x-www-form-urlencoded")
    else:
        request = urllib.request.Request(url)  # noqa: S310 - checked by the caller
        if known.etag is not None:
            request.add_header("If-None-Match", known.etag)
        if known.last_modified is not None:
            request.add_header("If-Modified-Since", known.last_modified)
    request.add_header("Accept", _ACCEPT)
    request.add_header("Accept-Encoding", "gzip")
    request.add_header("User-Agent", f"regen/{__version__}")
    for name, value in carried.headers().items():
        request.add_header(name, value)
    for name, variable in source.headers:
        request.add_unredirected_header(name, _secret(source, name, variable))
    return request


def _parameters(source: Source) -> str:
    """What the request says beside the URL."""
    if source.kind == "endpoint":
        graph = {} if source.graph is None else {"default-graph-uri": source.graph}
        return urlencode({"query": source.query or _EVERYTHING, **graph})
    if source.kind == "graph_store":
        return "default" if source.graph is None else urlencode({"graph": source.graph})
    return ""


def _secret(source: Source, header: str, variable: str) -> str:
    """A header's value; no message repeats it."""
    try:
        return secret(header, variable)
    except NoSecret as error:
        raise _error(source, error.message, error.hint) from error


def _fetched(source: Source, response: http.client.HTTPResponse, until: float) -> Fetched:
    if response.status != HTTPStatus.OK:
        raise _error(source, f"it answered {response.status} {response.reason}", "a graph comes with 200")
    if response.headers.get("X-SQL-State"):  # Virtuoso's: its time was over, and what it has so far comes with 200
        raise _error(source, "its answer is a part of the graph: its time was over", "ask for less by `query`")
    kind = _format(source, response.headers)
    try:
        data = read_body(response, until, source.max_bytes)
    except TooLong as error:
        raise _too_long(source) from error
    validators = Validators(response.headers.get("ETag"), response.headers.get("Last-Modified"))
    return Fetched(data, kind, validators)


def _format(source: Source, headers: Message) -> str:
    media = (headers.get("Content-Type") or "").partition(";")[0].strip().lower()
    found = _FORMATS.get(media)
    if found is None and media in _ANYTHING and source.kind == "url":
        found = FORMATS.get(urlsplit(source.url).path.rpartition(".")[2].lower())
    if found is None and media == "text/plain" and source.kind != "url":
        found = "ntriples"  # its media type before RDF 1.1, which older stores still say
    if found is None:
        query = "; the query has to be a CONSTRUCT or DESCRIBE" if "sparql-results" in media else ""
        raise _error(
            source, f"it answered with {media or 'no media type'}, which is no RDF{query}", "look at what stands there"
        )
    return {"owl": "rdfxml", "xml": "rdfxml"}.get(found, found)


def _too_long(source: Source) -> GraphError:
    limit = f"{source.max_bytes / 1_000_000:g} million bytes"
    return _error(source, f"its answer is longer than {limit}", "raise `max_mb`, or ask for less")


def _refusal(source: Source, error: HTTPError) -> GraphError | Busy:
    said = f"it answered {error.code} {error.reason}".rstrip()
    if error.code in _LATER:
        after = error.headers.get("Retry-After") or ""
        hint = "try again later; the server is not well"
        return Busy(_error(source, said, hint), float(after) if after.isdigit() else None)
    if error.code in _REFUSED:
        return _error(source, said, 'give `headers = { Authorization = "VARIABLE" }`, and set the variable')
    if error.code == HTTPStatus.NOT_FOUND and source.graph is not None:
        return _error(source, f"{said} for the graph <{source.graph}>", "look at `graph`, and at the URL")
    hint = "look at `query`" if error.code == HTTPStatus.BAD_REQUEST and source.query else "look at the URL"
    return _error(source, said, hint)


def _unreached(source: Source, error: Exception) -> GraphError | Busy:
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, TimeoutError):
        hint = "try again, or raise `timeout_s` of the [[source]]"
        return _error(source, f"it did not answer in {source.timeout_s:g} s", hint)
    if isinstance(reason, http.client.IncompleteRead):
        return Busy(_error(source, "its answer is cut off", "try again"))
    if type(reason).__name__ == "SSLCertVerificationError":
        hint = "have the certificate mended, or name its authority in SSL_CERT_FILE"
        return _error(source, f"its certificate is not valid: {getattr(reason, 'verify_message', reason)}", hint)
    if isinstance(reason, http.client.HTTPException):
        return Busy(_error(source, f"it does not speak HTTP as it should ({type(reason).__name__})", "look at the URL"))
    text = getattr(reason, "strerror", None) or reason
    return Busy(_error(source, f"it cannot be reached: {text}", "see that it runs, and that the URL is right"))


def _error(source: Source, message: str, hint: str) -> GraphError:
    return GraphError(f"{shown(source.url)}: {message}", where=f"{SOURCE}{source.name}", hint=hint)
