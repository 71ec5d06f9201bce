"""Routes: the page that Prometheus reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio.to_thread
from starlette.responses import Response

from regen.serve.desk import Desk
from regen.serve.measuring import look_beside
from regen.serve.route import raw
from regen.telemetry.page import metrics_page

if TYPE_CHECKING:
    from starlette.requests import Request


@raw("/metrics", media="text/plain")
async def metrics(desk: Desk, request: Request) -> Response:
    """What is measured, as Prometheus reads it; with exemplars where OpenMetrics is asked for."""
    accept = request.headers.get("accept", "")

    def rendered() -> Response:
        look_beside(desk)
        body, kind = metrics_page(accept)
        return Response(body, headers={"Content-Type": kind, "Cache-Control": "no-store"})

    return await anyio.to_thread.run_sync(rendered)
