"""Routes: what there is, for programs."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

from regen.serve.desk import Desk
from regen.serve.route import raw

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


@cache
def _text() -> bytes:
    from regen.serve.api import routes
    from regen.serve.openapi import document

    return json.dumps(document(routes()), ensure_ascii=False).encode()


@raw("/openapi.json", media="application/json")
async def openapi(desk: Desk, request: Request) -> Response:
    """This interface as an OpenAPI 3.1 document, made of the routes as they are."""
    from starlette.responses import Response

    return Response(_text(), media_type="application/json", headers={"Cache-Control": "no-cache"})
