"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Directory = Annotated[
    Path,
    typer.Option("-C", "--directory", metavar="DIR", help="Work as if regen was started in DIR.", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
EnvironmentName = Annotated[
    str | None, typer.Option("--env", metavar="NAME", help="The environment; the first one unless given.")
]
Full = Annotated[bool, typer.Option("--full", help="Render everything, not only what is affected.")]
Languages = Annotated[
    list[str] | None,
    typer.Option("--language", metavar="NAME", help="Only templates of this language; may be given more than once."),
]
Wait = Annotated[
    float,
    typer.Option("--wait", metavar="SECONDS", help="Wait that long for another regen to end.", show_default=False),
]
