"""Run DeepMind's own AlphaFold 2 code and keep what it computes, for protfold's parity tests.

The code is DeepMind's as ColabFold packages it for PyPI.  It needs an environment of its own, CPU only::

    python3.11 -m venv reference
    reference/bin/pip install alphafold-colabfold==2.3.8 jax==0.5.3 jaxlib==0.5.3 dm-haiku==0.0.17 tensorflow-cpu==2.21.0
    reference/bin/python tests/parity/make_reference.py --out tests/parity/arrays

ColabFold's additions are left unused, so that what runs is DeepMind's algorithm in float32:

* the trunk runs in float32 (`bfloat16` off) and triangle multiplication keeps DeepMind's separate left and right arrays
  (`fuse_projection_weights` off, so neither the arrays nor LayerNorm's variance formula change);
* `RunModel.predict` is not called: it rounds all outputs, also the recycled ones, to float16.  `modules.AlphaFoldIteration` is
  called once for each pass instead, and its outputs are handed on in float32, as DeepMind's `AlphaFold` does;
* its `make_msa_features` keeps repeated rows; DeepMind drops them, and so does `merged_alignments` here;
* no `asym_id`, no early stop, no dropout.

One thing is not DeepMind's.  In the cases `embedding`, `network_*` and `full_depth_*`, template torsions whose first two atoms
have equal positions are (0, 0), as in protfold (`deepmind/torsions.py`).  It is pre-omega where the previous residue is absent, or
there is none: both atoms lie at the origin.  DeepMind's in-plane axis is then a difference of equal vectors, that is rounding
error, divided by its length with 1e-8 under the root.  Sine and cosine become numbers of size 1 that change with the compiler, and
the network reads them: a template row is masked by psi alone.  `geometry` and `features` keep DeepMind's numbers.

Parameters are the random ones of `parameters.py`.  Each case is one file, which holds the inputs and DeepMind's outputs.
"""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import numpy as np
from deepmind.blocks import blocks
from deepmind.embeddings import embedding, recycling, template_embedding
from deepmind.feature_steps import feature_steps
from deepmind.geometry import geometry
from deepmind.heads import confidences, heads
from deepmind.losses import losses
from deepmind.network import Arrays
from deepmind.structure import fold_iteration, invariant_point_attention, structure_module
from deepmind.whole import model_1, model_1_ptm, model_3_ptm
from parameters import FULL_DEPTH_RESIDUAL


def all_cases() -> dict[str, Callable[[], Arrays]]:
    """Every committed case, by the name of its file."""
    return {
        **blocks(),
        **heads(),
        "template_embedding": template_embedding,
        "recycling": recycling,
        "embedding": embedding,
        "invariant_point_attention": invariant_point_attention,
        "fold_iteration": fold_iteration,
        "structure_module": structure_module,
        "geometry": geometry,
        "confidence": confidences,
        "losses": losses,
        "network_model_1_ptm": model_1_ptm,
        "network_model_3_ptm": lambda: model_3_ptm(full_passes=(3,)),
        "network_model_1": model_1,
        "features": feature_steps,
    }


def main() -> None:
    """Compute the cases and write a file for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for the arrays")
    parser.add_argument("--only", nargs="*", help="names of cases; all when left out")
    parser.add_argument("--full-depth", action="store_true", help="instead: model_1_ptm with 48 Evoformer and 4 extra-MSA blocks")
    arguments = parser.parse_args()
    if arguments.full_depth:
        deep = {"evoformer_blocks": 48, "extra_blocks": 4, "residual": FULL_DEPTH_RESIDUAL}
        cases = {"full_depth_model_1_ptm": lambda: model_1_ptm(**deep)}
    else:
        cases = all_cases()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name in arguments.only or cases:
        start = time.perf_counter()
        arrays = cases[name]()
        for key, value in arrays.items():
            if value.dtype.kind == "f" and not np.isfinite(value).all():
                raise ValueError(f"{name}: {key} has values that are not finite")
        path = arguments.out / f"{name}.npz"
        np.savez_compressed(path, **arrays)
        print(f"{name}: {path.stat().st_size / 1000:.0f} kB, {time.perf_counter() - start:.1f} s", flush=True)


if __name__ == "__main__":
    main()
