"""Whether a connection may be opened. Whoever opens one asks here first."""

import os

OFFLINE_VARIABLE = "PROTFOLD_OFFLINE"


def is_offline() -> bool:
    """Whether connections are refused: `PROTFOLD_OFFLINE` is set, and to something else than 0."""
    return os.environ.get(OFFLINE_VARIABLE, "0") not in ("", "0")


def go_offline() -> None:
    """Refuse connections in this process and in those it starts."""
    os.environ[OFFLINE_VARIABLE] = "1"
