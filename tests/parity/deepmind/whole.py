"""The whole network, pass by pass."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from alphafold.common import confidence
from alphafold.model import modules
from deepmind.chains import UBIQUITIN
from deepmind.inputs import processed_features, raw_features, with_holes
from deepmind.network import Arrays, Network
from deepmind.torsions import undefined_torsions_zero


def network_case(
    name: str,
    variant: str,
    query: str,
    padded: int,
    recycles: int,
    rows: int,
    clusters: int,
    extra: int,
    templates: int = 0,
    index_gap: int = 0,
    full_passes: Iterable[int] = (0, 3),
    **sizes: Any,
) -> Arrays:
    """Features of every pass, and the outputs of the first and the last."""
    network = Network(variant, **sizes)
    raw, _ = raw_features(name, query, rows, templates)
    if index_gap:
        second_half = np.arange(len(query)) >= len(query) // 2
        raw["residue_index"] = raw["residue_index"] + np.int32(index_gap) * second_half
    passes = recycles + 1
    batch = processed_features(raw, network.config, padded, clusters, extra, passes, seed=3)
    batch = with_holes(name, batch)

    result = {f"features/{key}": value for key, value in batch.items()}
    previous = {
        "prev_msa_first_row": np.zeros((padded, 256), np.float32),
        "prev_pair": np.zeros((padded, padded, 128), np.float32),
        "prev_pos": np.zeros((padded, 37, 3), np.float32),
    }
    forward = network.whole()
    positions = []
    for index in range(passes):
        this = {key: value[index : index + 1] for key, value in batch.items()}
        with undefined_torsions_zero():
            output = forward(this, previous)
        previous = {
            "prev_msa_first_row": output["representations"]["msa_first_row"],
            "prev_pair": output["representations"]["pair"],
            "prev_pos": output["structure_module"]["final_atom_positions"],
        }
        positions.append(previous["prev_pos"])
        report(name, index, output, this)
        if index in (0, recycles):
            result.update({f"pass_{index}/{key}": value for key, value in kept(output, this, index in full_passes).items()})
    result["final_atom_positions_of_every_pass"] = np.stack(positions)
    return result


def kept(output: Any, batch: Arrays, full: bool) -> Arrays:
    """What a case keeps of one pass, the large pair arrays only if `full`.

    Confidences are DeepMind's NumPy formulas on the logits.
    """
    representations = output["representations"]
    result = {
        "final_atom_positions": output["structure_module"]["final_atom_positions"],
        "final_atom_mask": output["structure_module"]["final_atom_mask"],
        "single": representations["single"],
        "msa_first_row": representations["msa_first_row"],
        "structure_module": representations["structure_module"],
        "predicted_lddt_logits": output["predicted_lddt"]["logits"],
        "masked_msa_logits": output["masked_msa"]["logits"],
        "experimentally_resolved_logits": output["experimentally_resolved"]["logits"],
        "plddt": confidence.compute_plddt(output["predicted_lddt"]["logits"]),
    }
    if full:
        result["pair"] = representations["pair"]
        result["distogram_logits"] = output["distogram"]["logits"]
    if "predicted_aligned_error" in output:
        head = output["predicted_aligned_error"]
        error = confidence.compute_predicted_aligned_error(head["logits"], head["breaks"])
        result["predicted_aligned_error"] = error["predicted_aligned_error"].astype(np.float32)
        result["max_predicted_aligned_error"] = np.asarray(error["max_predicted_aligned_error"])
        result["ptm"] = np.asarray(confidence.predicted_tm_score(head["logits"], head["breaks"], batch["seq_mask"][0]))
        if full:
            result["predicted_aligned_error_logits"] = head["logits"]
    return result


def report(name: str, index: int, output: Any, batch: Arrays) -> None:
    """Print whether a pass is worth comparing: sizes, spread, and how near distances are to a bin edge of the next pass."""
    positions = output["structure_module"]["final_atom_positions"]
    real = batch["seq_mask"][0] > 0
    beta = np.asarray(modules.pseudo_beta_fn(batch["aatype"][0], positions, None))[real]
    distances = np.linalg.norm(beta[:, None] - beta[None], axis=-1)[np.triu_indices(len(beta), 1)]
    margin = np.abs(distances[:, None] - np.linspace(3.25, 20.75, 15)).min()
    plddt = confidence.compute_plddt(output["predicted_lddt"]["logits"])[real]
    length = int(real.sum())
    spread = {
        "single": output["representations"]["single"][:length],
        "pair": output["representations"]["pair"][:length, :length],
        "msa_first_row": output["representations"]["msa_first_row"][:length],
        "distogram": output["distogram"]["logits"][:length, :length],
    }
    print(
        f"  {name} pass {index}: CA radius {np.linalg.norm(positions[real, 1], axis=-1).mean():.1f} A, "
        f"distances {distances.min():.1f}-{distances.max():.1f} A, nearest bin edge {margin:.1e} A, "
        f"pLDDT {plddt.min():.1f}-{plddt.max():.1f}, spread "
        + ", ".join(f"{key} {value.std():.2f}" for key, value in spread.items()),
        flush=True,
    )


def model_1_ptm(**sizes: Any) -> Arrays:
    """Templates, aligned error, three recycles."""
    return network_case(
        "network_model_1_ptm", "model_1_ptm", UBIQUITIN[:19], 21, recycles=3, rows=26, clusters=13, extra=12, templates=3, **sizes
    )


def model_3_ptm(**sizes: Any) -> Arrays:
    """No templates, three recycles, an unknown residue, and a gap in the residue numbers beyond the 32 that are told apart."""
    query = UBIQUITIN[22:30] + "X" + UBIQUITIN[31:41]
    return network_case(
        "network_model_3_ptm", "model_3_ptm", query, 21, recycles=3, rows=30, clusters=10, extra=15, index_gap=60, **sizes
    )


def model_1(**sizes: Any) -> Arrays:
    """The network without the aligned error head, one pass."""
    return network_case(
        "network_model_1", "model_1", UBIQUITIN[43:64], 23, recycles=0, rows=24, clusters=12, extra=11, templates=4, **sizes
    )
