"""The whole network against DeepMind's, with the limits the project promises.

`python -m tests.parity.test_network` prints the table of differences; with `--full-depth FILE` for a 48-block case that
`make_reference.py --full-depth` made.
"""

import argparse
from pathlib import Path

import numpy as np
import pytest
import torch

from protfold.features import FoldFeatures
from protfold.model import AlphaFold, FoldOutput
from protfold.model.execution import execution
from tests.parity.networks import full_depth_network, network
from tests.parity.reference import ARRAYS, relative_error

CASES = {"network_model_1_ptm": "model_1_ptm", "network_model_3_ptm": "model_3_ptm", "network_model_1": "model_1"}
LOGITS = {
    "predicted_lddt_logits": "plddt_logits",
    "distogram_logits": "distogram_logits",
    "masked_msa_logits": "masked_msa_logits",
    "experimentally_resolved_logits": "experimentally_resolved_logits",
    "predicted_aligned_error_logits": "pae_logits",
}
REPRESENTATIONS = {"single": "single", "pair": "pair"}
LIMITS = {"logits": 1e-4, "positions": 1e-3, "plddt": 1e-3, "ptm": 1e-7}
"""Relative to the reference's root mean square; Å; points of 100; TM-score. Several times what float32 rounding gives."""

CHUNK_ELEMENTS = 200_000

Arrays = dict[str, np.ndarray]


def read(path: Path) -> tuple[FoldFeatures, Arrays]:
    """Features and DeepMind's outputs."""
    with np.load(path) as file:
        arrays = {key: file[key] for key in file.files}
    features = {key.removeprefix("features/"): value for key, value in arrays.items() if key.startswith("features/")}
    return FoldFeatures.from_alphafold(features), arrays


@torch.no_grad()
def differences(model: AlphaFold, features: FoldFeatures, arrays: Arrays, index: int) -> dict[str, float]:
    """Largest differences after pass `index`, in the units of LIMITS."""
    output: FoldOutput = model(features, num_recycles=index)
    expected = {key.removeprefix(f"pass_{index}/"): value for key, value in arrays.items() if key.startswith(f"pass_{index}/")}
    result = {}
    for theirs, ours in (LOGITS | REPRESENTATIONS).items():
        value = getattr(output, ours)
        if theirs in expected and value is not None:
            result[theirs] = relative_error(value, torch.from_numpy(expected[theirs]))
    real = features.seq_mask.bool()
    apart = (output.atom37_positions - torch.from_numpy(expected["final_atom_positions"])).norm(dim=-1)
    result["positions"] = float((apart * output.atom37_mask)[real].max())
    result["plddt"] = float((output.plddt - torch.from_numpy(expected["plddt"])).abs()[real].max())
    if output.ptm is not None:
        result["ptm"] = abs(float(output.ptm) - float(expected["ptm"]))
        result["pae"] = float((output.pae - torch.from_numpy(expected["predicted_aligned_error"])).abs().max())
    return result


def _check(found: dict[str, float]) -> None:
    assert all(found[name] <= LIMITS["logits"] for name in LOGITS if name in found), found
    assert found["positions"] <= LIMITS["positions"], found
    assert found["plddt"] <= LIMITS["plddt"], found
    assert found.get("ptm", 0.0) <= LIMITS["ptm"], found


@pytest.mark.parametrize("case", CASES)
def test_network(case: str) -> None:
    """First and last pass, with templates, padding, mixed masks and chain breaks, computed in chunks."""
    features, arrays = read(ARRAYS / f"{case}.npz")
    model = network(CASES[case])
    assert (model.pae_head is None) == ("pass_0/ptm" not in arrays)
    for index in {0, features.num_passes - 1}:
        with execution(chunk_elements=CHUNK_ELEMENTS):
            _check(differences(model, features, arrays, index))


def test_reference_moves() -> None:
    """The cases are no trivial ones: structures are extended, passes differ, and confidences vary."""
    for case in CASES:
        features, arrays = read(ARRAYS / f"{case}.npz")
        real = features.seq_mask.bool().numpy()
        alpha = arrays["pass_0/final_atom_positions"][real, 1]
        assert np.linalg.norm(alpha - alpha.mean(0), axis=-1).max() > 5.0
        assert np.ptp(arrays["pass_0/plddt"][real]) > 2.0
        if features.num_passes > 1:
            passes = arrays["final_atom_positions_of_every_pass"][:, real, 1]
            assert np.linalg.norm(passes[-1] - passes[0], axis=-1).max() > 1.0


def table_rows(model: AlphaFold, path: Path) -> list[tuple[str, int, dict[str, float]]]:
    """Case, pass and differences, for the first and the last pass."""
    features, arrays = read(path)
    return [(path.stem, index, differences(model, features, arrays, index)) for index in sorted({0, features.num_passes - 1})]


def main() -> None:
    """Prints a Markdown table of differences."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full-depth", type=Path, help="a case of 48 + 4 blocks")
    full_depth = parser.parse_args().full_depth
    if full_depth is None:
        rows = [row for case, variant in CASES.items() for row in table_rows(network(variant), ARRAYS / f"{case}.npz")]
    else:
        rows = table_rows(full_depth_network("model_1_ptm"), full_depth)
    columns = sorted({name for _, _, found in rows for name in found})
    print("| case | pass | " + " | ".join(columns) + " |")
    print("|" + " --- |" * (len(columns) + 2))
    for case, index, found in rows:
        print(f"| {case} | {index} | " + " | ".join(f"{found[name]:.1e}" if name in found else "" for name in columns) + " |")


if __name__ == "__main__":
    main()
