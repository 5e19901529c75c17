"""A relaxed model, or why there is none, between two stages; NumPy's `.npz` without pickles."""

import io
import json
from pathlib import Path

import numpy as np

from protfold.io import write_atomically
from protfold.runs.prediction_file import protein_arrays, protein_from_arrays
from protfold.runs.relaxation import Relaxation


def write_relaxation(path: Path, relaxation: Relaxation) -> None:
    """Write every field, exactly."""
    plain = {"status": relaxation.status, "numbers": relaxation.numbers, "reason": relaxation.reason}
    arrays = {} if relaxation.protein is None else protein_arrays(relaxation.protein)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, plain=np.asarray(json.dumps(plain)), **arrays)
    write_atomically(path, buffer.getvalue())


def read_relaxation(path: Path) -> Relaxation:
    """What `write_relaxation` left."""
    with np.load(path, allow_pickle=False) as arrays:
        plain = json.loads(str(arrays["plain"]))
        return Relaxation(protein=protein_from_arrays(arrays) if plain["status"] == "relaxed" else None, **plain)
