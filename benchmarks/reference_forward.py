"""Time one pass of DeepMind's AlphaFold 2 code on this machine's CPU, and print one JSON line.

Runs in the reference environment, not protfold's (`tests/parity/make_reference.py` says how to make it)::

    reference/bin/python benchmarks/reference_forward.py --random 64
    reference/bin/python benchmarks/reference_forward.py --features features.npz --params params_model_3_ptm.npz

The network is `model_3_ptm` (no templates), by default with 4 Evoformer and 4 extra-MSA blocks and the random parameters of
`tests/parity/parameters.py`.  Given parameters decide the number of blocks themselves.  The features of a file have DeepMind's
names, with or without the leading axis of passes, of which the first is taken; `--random` makes some of the usual size.

`first_s` is the time to the first result, compilation included; `warm_s` lists repeats of the same pass, to the moment when all
outputs are in memory.  `peak_rss_mib` is the peak of the whole process.
"""

import argparse
import json
import os
import resource
import statistics
import sys
import time
from pathlib import Path
from typing import Any

START = time.perf_counter()
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "parity"))

CLUSTERS, EXTRA = 512, 1024


def limit_threads(count: int) -> None:
    """Keep this process, and so XLA's thread pool, to `count` processors.  Call it before JAX is imported."""
    os.environ["JAX_PLATFORMS"] = "cpu"
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(count)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])


def random_features(length: int) -> dict[str, Any]:
    """Features of one pass over a random alignment, of DeepMind's shapes."""
    import numpy as np

    generator = np.random.default_rng(0)
    aatype = generator.integers(0, 20, length)
    msa = generator.integers(0, 22, (CLUSTERS, length))
    profile = generator.dirichlet(np.ones(23), (CLUSTERS, length))
    deletions = generator.random((3, CLUSTERS, length, 1)) * (generator.random((3, CLUSTERS, length, 1)) < 0.1)
    return {
        "aatype": aatype.astype(np.int32),
        "residue_index": np.arange(length, dtype=np.int32),
        "seq_length": np.int32(length),
        "seq_mask": np.ones(length, np.float32),
        "target_feat": np.eye(22, dtype=np.float32)[aatype + 1],
        "msa_feat": np.concatenate([np.eye(23)[msa], *deletions[:2], profile, deletions[2]], axis=-1).astype(np.float32),
        "msa_mask": np.ones((CLUSTERS, length), np.float32),
        "extra_msa": generator.integers(0, 22, (EXTRA, length)).astype(np.int32),
        "extra_has_deletion": (generator.random((EXTRA, length)) < 0.1).astype(np.float32),
        "extra_deletion_value": generator.random((EXTRA, length)).astype(np.float32),
        "extra_msa_mask": np.ones((EXTRA, length), np.float32),
        "atom14_atom_exists": np.ones((length, 14), np.float32),
        "atom37_atom_exists": np.ones((length, 37), np.float32),
        "residx_atom14_to_atom37": np.tile(np.arange(14, dtype=np.int32), (length, 1)),
        "residx_atom37_to_atom14": np.tile(np.arange(37, dtype=np.int32) % 14, (length, 1)),
    }


def one_pass(features: dict[str, Any]) -> dict[str, Any]:
    """The features of the first pass, with a leading axis of one."""
    import numpy as np

    several = np.ndim(features["aatype"]) == 2
    return {key: np.asarray(value)[:1] if several else np.asarray(value)[None] for key, value in features.items()}


def compile_network(variant: str, arrays: Any, evoformer_blocks: int, extra_blocks: int, subbatch: int) -> Any:
    """DeepMind's network in float32 as a function of one pass's features and what the last pass left."""
    import haiku as hk
    import jax
    from alphafold.model import config, modules, utils

    model = config.model_config(variant).model
    trunk = model.embeddings_and_evoformer
    model.global_config.update(bfloat16=False, subbatch_size=subbatch or None)
    trunk.update(evoformer_num_block=evoformer_blocks, extra_msa_stack_num_block=extra_blocks)
    for stack in (trunk.evoformer, trunk.template.template_pair_stack):
        for direction in ("outgoing", "incoming"):
            stack[f"triangle_multiplication_{direction}"].fuse_projection_weights = False

    def one(batch: Any, previous: Any) -> Any:
        with hk.experimental.name_scope("alphafold"):
            result = modules.AlphaFoldIteration(model, model.global_config)(batch, previous, is_training=False)
        return {name: result[name] for name in result if name != "representations"} | {
            "previous": {name: result["representations"][name] for name in ("msa_first_row", "pair")}
        }

    run = jax.jit(hk.transform(one).apply)
    nested = utils.flat_params_to_haiku(arrays, fuse=False)
    return lambda batch, previous: jax.block_until_ready(run(nested, jax.random.PRNGKey(0), batch, previous))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--features", type=Path, help="npz file of processed features under DeepMind's names")
    source.add_argument("--random", type=int, metavar="N_RES", help="random features of this length")
    parser.add_argument("--params", type=Path, help="npz file of DeepMind's parameters; random ones when left out")
    parser.add_argument("--variant", default="model_3_ptm")
    parser.add_argument("--evoformer-blocks", type=int, default=4)
    parser.add_argument("--extra-blocks", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--subbatch", type=int, default=4, help="DeepMind's subbatch_size; 0 for none: faster, more memory")
    parser.add_argument("--outputs", type=Path, help="npz file for positions and logits, to compare")
    arguments = parser.parse_args()
    limit_threads(arguments.threads)

    import jax
    import numpy as np
    from parameters import EVOFORMER_STACK, EXTRA_STACK, layout, parameters

    imported = time.perf_counter()
    blocks = {EVOFORMER_STACK: arguments.evoformer_blocks, EXTRA_STACK: arguments.extra_blocks}
    if arguments.params:
        with np.load(arguments.params) as file:
            arrays = dict(file)
        blocks = {stack: next(len(value) for name, value in arrays.items() if stack in name) for stack in blocks}
    else:
        arrays = parameters(layout(arguments.variant, *blocks.values()))
    forward = compile_network(arguments.variant, arrays, *blocks.values(), arguments.subbatch)
    if arguments.features:
        with np.load(arguments.features) as file:
            features = dict(file)
    else:
        features = random_features(arguments.random)
    batch = one_pass(features)
    length = batch["aatype"].shape[1]
    previous = {
        "prev_msa_first_row": np.zeros((length, 256), np.float32),
        "prev_pair": np.zeros((length, length, 128), np.float32),
        "prev_pos": np.zeros((length, 37, 3), np.float32),
    }
    times = []
    for _ in range(arguments.repeats + 1):
        start = time.perf_counter()
        output = forward(batch, previous)
        times.append(time.perf_counter() - start)
    first, *warm = times
    if arguments.outputs:
        np.savez_compressed(
            arguments.outputs,
            final_atom_positions=output["structure_module"]["final_atom_positions"],
            predicted_lddt_logits=output["predicted_lddt"]["logits"],
            distogram_logits=output["distogram"]["logits"],
        )
    line = {
        "system": "DeepMind AlphaFold 2 code (alphafold-colabfold, JAX)",
        "jax": jax.__version__,
        "variant": arguments.variant,
        "evoformer_blocks": blocks[EVOFORMER_STACK],
        "extra_blocks": blocks[EXTRA_STACK],
        "residues": length,
        "clusters": batch["msa_feat"].shape[1],
        "extra": batch["extra_msa"].shape[1],
        "subbatch": arguments.subbatch,
        "threads": arguments.threads,
        "import_s": round(imported - START, 3),
        "first_s": round(first, 3),
        "warm_s": [round(value, 3) for value in warm],
        "warm_min_s": round(min(warm), 3),
        "warm_median_s": round(statistics.median(warm), 3),
        "peak_rss_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
