"""Numbers as JSON has them: rounded, and null where there is none."""

import math
from collections.abc import Mapping
from dataclasses import fields

from protfold.metrics.violations import Violations

DIGITS = 4


def json_number(value: float | int) -> float | int | None:
    """Rounded; None for infinity and for what is no number."""
    if isinstance(value, int):
        return value
    return round(float(value), DIGITS) if math.isfinite(value) else None


def json_numbers(values: Mapping[str, float | int]) -> dict[str, float | int | None]:
    """Likewise, for each."""
    return {name: json_number(value) for name, value in values.items()}


def violation_counts(violations: Violations) -> dict[str, int]:
    """Residues that break any rule, and each."""
    kinds = {kind.name: int(getattr(violations, kind.name).sum()) for kind in fields(violations)}
    return {"residues": violations.count, **kinds}
