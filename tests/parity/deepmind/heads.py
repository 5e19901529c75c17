"""Each head on a random representation, and the confidences on random logits."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from alphafold.common import confidence
from alphafold.model import modules
from deepmind.draws import draw, sequence_mask
from deepmind.network import Arrays, Network


def heads() -> dict[str, Callable[[], Arrays]]:
    """Each head on a random representation."""
    network = Network("model_1_ptm")
    table = {
        "predicted_lddt": (modules.PredictedLDDTHead, "structure_module", (13, 384)),
        "distogram": (modules.DistogramHead, "pair", (9, 9, 128)),
        "masked_msa": (modules.MaskedMsaHead, "msa", (5, 9, 256)),
        "experimentally_resolved": (modules.ExperimentallyResolvedHead, "single", (13, 384)),
        "predicted_aligned_error": (modules.PredictedAlignedErrorHead, "pair", (9, 9, 128)),
    }

    def case(name: str) -> Callable[[], Arrays]:
        module, key, shape = table[name]

        def compute() -> Arrays:
            value = draw(f"head/{name}", *shape)

            def build(x: Any) -> Any:
                return module(network.model.heads[name], network.settings)({key: x}, {}, is_training=False)

            return {key: value, **network.run(f"{name}_head", build, value)}

        return compute

    return {f"head_{name}": case(name) for name in table}


def confidences() -> Arrays:
    """pLDDT, aligned error and pTM on random logits, with and without padding."""
    length = 23
    mask = sequence_mask(length, 3)
    lddt = 2 * draw("confidence/lddt", length, 50)
    error = 2 * draw("confidence/error", length, length, 64)
    # Confident near the diagonal, so that the score is not that of noise.
    near = np.exp(-np.abs(np.arange(length)[:, None] - np.arange(length)[None]) / 6.0)
    error += np.round(8 * near[..., None] * np.exp(-np.arange(64) / 8.0) * 16) / 16
    error = error.astype(np.float32)
    breaks = np.asarray(jnp.linspace(0.0, 31.0, 63))
    aligned = confidence.compute_predicted_aligned_error(error, breaks)
    chains = np.where(np.arange(length) < 9, 1, 2)
    return {
        "predicted_lddt_logits": lddt,
        "predicted_aligned_error_logits": error,
        "breaks": breaks,
        "seq_mask": mask,
        "asym_id": chains,
        "plddt": confidence.compute_plddt(lddt),
        "predicted_aligned_error": aligned["predicted_aligned_error"],
        "max_predicted_aligned_error": np.asarray(aligned["max_predicted_aligned_error"]),
        "ptm": np.asarray(confidence.predicted_tm_score(error, breaks)),
        "ptm_masked": np.asarray(confidence.predicted_tm_score(error, breaks, mask)),
        "iptm": np.asarray(confidence.predicted_tm_score(error, breaks, mask, chains)),
    }
