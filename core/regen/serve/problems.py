"""Problems: whatever goes wrong becomes `application/problem+json` (RFC 9457): what, and the way out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from regen.errors import ExitCode, RegenError

MEDIA: Final = "application/problem+json"
_STATUS: Final[Mapping[ExitCode, int]] = {
    ExitCode.USAGE: 400,
    ExitCode.CONFLICTS: 409,
    ExitCode.GATE_FAILED: 409,
    ExitCode.ROLLED_BACK: 502,
    ExitCode.STATE: 503,
    ExitCode.NOT_ALLOWED: 403,
    ExitCode.INTERRUPTED: 503,
}


@dataclass(frozen=True, slots=True)
class ProblemDetails:
    """What went wrong.

    Attributes:
        type: "about:blank": the status says what kind of problem it is.
        title: the status in words.
        status: of the answer.
        detail: what went wrong, in one or two sentences.
        hint: the way out; None where there is none to name.
    """

    type: str
    title: str
    status: int
    detail: str
    hint: str | None


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """An answer that is a problem.

    Args:
        status: of the answer.
        detail: what went wrong; never a token, nor what was given in place of one.
        hint: the way out.
        headers: beside the usual ones.
    """

    def __init__(
        self, status: int, detail: str, hint: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.hint = status, detail, hint
        self.headers = dict(headers or {})

    def told(self) -> ProblemDetails:
        """What the answer says."""
        return ProblemDetails("about:blank", HTTPStatus(self.status).phrase, self.status, self.detail, self.hint)


def of_error(error: RegenError, *, missing: bool = False) -> Problem:
    """The problem of an error of regen.

    Args:
        missing: whether wrong usage means that there is no such thing, as it does for what a path names.
    """
    status = 404 if missing and error.exit_code == ExitCode.USAGE else _STATUS.get(error.exit_code, 500)
    return Problem(status, f"{error.where}: {error.message}" if error.where else error.message, error.hint)


def of_exit(code: int, told: str) -> Problem:
    """The problem of a command that ended with an error; `told` is what it printed to standard error.

    What it was asked is well formed, so what it calls wrong usage is what cannot be done as things stand.
    """
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    status = {**{int(one): known for one, known in _STATUS.items()}, int(ExitCode.USAGE): 409}.get(code, 500)
    detail = lines[0].removeprefix("error: ") if lines else f"the command ended with {code}"
    return Problem(status, detail, " ".join(lines[1:]) or None)
