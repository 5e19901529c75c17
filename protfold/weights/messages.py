"""Messages about parameters that do not fit."""

from collections.abc import Iterable, Sequence

SHOWN = 20


def misfit(
    path: object, problem: str, *, missing: Iterable[str] = (), unexpected: Iterable[str] = (), shapes: Sequence[str] = ()
) -> str:
    """One line for the file, one for each kind of misfit with the names it concerns, the first 20 of each."""
    lines = [f"{path}: {problem}"]
    for kind, names in (("missing", sorted(missing)), ("unexpected", sorted(unexpected)), ("wrong shape", list(shapes))):
        if names:
            rest = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
            lines.append(f"{len(names)} {kind}: {', '.join(names[:SHOWN])}{rest}")
    return "\n".join(lines)
