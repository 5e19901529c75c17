"""A prediction between two stages, as NumPy's `.npz` without pickles."""

import io
import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from protfold.entities import Protein
from protfold.inference.prediction import Prediction
from protfold.io import write_atomically


def write_prediction(path: Path, prediction: Prediction) -> None:
    """Write every field of a prediction, exactly."""
    arrays = protein_arrays(prediction.protein)
    arrays |= {"plddt": prediction.plddt, "distogram_probabilities": prediction.distogram_probabilities}
    if prediction.pae is not None:
        arrays["pae"] = prediction.pae
    plain = {name: getattr(prediction, name) for name in ("ptm", "iptm", "weights", "seed", "num_recycles")}
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, plain=np.asarray(json.dumps(plain)), **arrays)
    write_atomically(path, buffer.getvalue())


def read_prediction(path: Path) -> Prediction:
    """The prediction that `write_prediction` left."""
    with np.load(path, allow_pickle=False) as arrays:
        return Prediction(
            protein=protein_from_arrays(arrays),
            plddt=arrays["plddt"],
            pae=arrays.get("pae"),
            distogram_probabilities=arrays["distogram_probabilities"],
            **json.loads(str(arrays["plain"])),
        )


def protein_arrays(protein: Protein) -> dict[str, np.ndarray]:
    """Every field of a protein as an array, by a name of its own."""
    return {f"protein_{field.name}": np.asarray(getattr(protein, field.name)) for field in fields(Protein)}


def protein_from_arrays(arrays: Mapping[str, np.ndarray]) -> Protein:
    """The protein of which `protein_arrays` made them."""
    protein: dict[str, Any] = {field.name: arrays[f"protein_{field.name}"] for field in fields(Protein)}
    return Protein(**protein | {"chain_ids": tuple(map(str, protein["chain_ids"])), "name": str(protein["name"])})
