"""Serve: the page, the JSON interface and the metrics of one project over HTTP, beside a watch or with one in it.

Every module of `regen.serve.api` gives routes; see `regen.serve.route`. Starlette and uvicorn are imported only here.
"""

from __future__ import annotations
