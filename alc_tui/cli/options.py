"""Options and arguments that several commands on sessions take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Name = Annotated[str | None, typer.Argument(help="The session; the latest one if left out.")]
Store = Annotated[Path | None, typer.Option("--store", help="Where sessions lie [ALC_SESSIONS, else ./sessions].")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
