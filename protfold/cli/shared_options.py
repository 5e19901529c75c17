"""Options that every command takes, in one wording."""

from typing import Annotated

import typer

from protfold.runs.options import Device

SHARED = "For every command"


def _refuse_connections(offline: bool) -> bool:
    if offline:
        from protfold.io.network import go_offline

        go_offline()
    return offline


Seed = Annotated[int, typer.Option(min=0, help="Seed of every random draw.", rich_help_panel=SHARED)]
DeviceName = Annotated[Device, typer.Option(help="Where to compute; auto takes a GPU where there is one.", rich_help_panel=SHARED)]
Threads = Annotated[
    int | None, typer.Option(min=1, help="CPU threads; left out, as many as there are cores.", rich_help_panel=SHARED)
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Say nothing but errors.", rich_help_panel=SHARED)]
Verbose = Annotated[bool, typer.Option("--verbose", help="Say what happens in detail.", rich_help_panel=SHARED)]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.", rich_help_panel=SHARED)]
Offline = Annotated[
    bool,
    typer.Option(
        "--offline",
        callback=_refuse_connections,
        help="Refuse every connection, as the variable PROTFOLD_OFFLINE=1 does for all commands: what would open one fails and says so."
        " Folding itself needs none.",
    ),
]
