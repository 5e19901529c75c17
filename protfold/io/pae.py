"""Predicted aligned error as JSON in the layout of the AlphaFold database. Å; row = aligned residue, column = scored residue."""

import json
from pathlib import Path

import numpy as np

from protfold.errors import InputError
from protfold.io.text import read_text
from protfold.typing import Float

MAX_PAE = 31.75
"""Centre of the last of AlphaFold's 64 error bins."""


def format_pae_json(pae: Float[np.ndarray, "N_res N_res"], max_pae: float = MAX_PAE) -> str:
    """A list of one object with `predicted_aligned_error` (to 0.01 Å) and `max_predicted_aligned_error`, the largest possible.

    Raises:
        ValueError: an error is no finite number.
    """
    rows = np.round(pae.astype(np.float64), 2).tolist()
    content = [{"predicted_aligned_error": rows, "max_predicted_aligned_error": max_pae}]
    return json.dumps(content, separators=(",", ":"), allow_nan=False) + "\n"


def read_pae_json(path: str | Path) -> tuple[Float[np.ndarray, "N_res N_res"], float]:
    """The errors, float32, and the largest possible error, from a list of one object (AlphaFold) or a bare object (ColabFold).

    Raises:
        InputError: the file is no JSON of this layout, or its errors are not a square of finite numbers.
    """
    try:
        content = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"is no valid JSON: {error}", file=path) from error
    record = content[0] if isinstance(content, list) and len(content) == 1 else content
    try:
        pae = np.array(record["predicted_aligned_error"], dtype=np.float32)
        max_pae = float(record["max_predicted_aligned_error"])
    except (KeyError, TypeError, ValueError, OverflowError):
        raise InputError(
            "must hold one object with 'predicted_aligned_error' (rows of equal length) and 'max_predicted_aligned_error'",
            file=path,
        ) from None
    if pae.ndim != 2 or pae.shape[0] != pae.shape[1] or not np.isfinite(pae).all() or not np.isfinite(max_pae):
        raise InputError(f"its errors must be a square of finite numbers, but have shape {pae.shape}", file=path)
    return pae, max_pae
