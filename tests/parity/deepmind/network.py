"""DeepMind's modules with random parameters: the whole network, or one module of it."""

from collections.abc import Callable
from typing import Any

import haiku as hk
import jax
import numpy as np
from alphafold.model import config, modules, utils
from parameters import layout, parameters

Arrays = dict[str, np.ndarray]

ROOT = "alphafold/alphafold_iteration/"
EVOFORMER = "evoformer/evoformer_iteration"
EXTRA = "evoformer/extra_msa_stack"
TEMPLATE = "evoformer/template_embedding"
FOLD = "structure_module/fold_iteration"


class Network:
    """DeepMind's modules with random parameters: the whole network, or one module of it."""

    def __init__(self, variant: str, evoformer_blocks: int = 2, extra_blocks: int = 2, residual: float = 1.0) -> None:
        self.config = config.model_config(variant)
        self.model = self.config.model
        self.settings = self.model.global_config
        self.trunk = self.model.embeddings_and_evoformer
        self.settings.bfloat16 = False
        self.trunk.evoformer_num_block = evoformer_blocks
        self.trunk.extra_msa_stack_num_block = extra_blocks
        for stack in (self.trunk.evoformer, self.trunk.template.template_pair_stack):
            stack.triangle_multiplication_outgoing.fuse_projection_weights = False
            stack.triangle_multiplication_incoming.fuse_projection_weights = False
        self.parameters = parameters(layout(variant, evoformer_blocks, extra_blocks), residual)

    def run(self, path: str, function: Callable[..., Any], *inputs: Any, block: int | None = None, jit: bool = True) -> Any:
        """Apply a function that builds the module at `path`, with that module's parameters."""
        name = path.rsplit("/", 1)[-1]
        scoped: dict[str, dict[str, np.ndarray]] = {}
        for key, array in self.parameters.items():
            scope, leaf = key.removeprefix(ROOT).split("//")
            if path and scope != path and not scope.startswith(path + "/"):
                continue
            inner = name + scope.removeprefix(path) if path else scope
            scoped.setdefault(inner, {})[leaf] = array if block is None else array[block]
        apply = hk.transform(function).apply
        if jit:
            apply = jax.jit(apply)
        return to_numpy(apply(scoped, jax.random.PRNGKey(0), *inputs))

    def whole(self) -> Callable[[Arrays, Arrays], Any]:
        """The whole network as a function of one pass's features and what the last pass left."""

        def forward(batch: Arrays, previous: Arrays) -> Any:
            with hk.experimental.name_scope("alphafold"):
                iteration = modules.AlphaFoldIteration(self.model, self.settings)
                return iteration(ensembled_batch=batch, non_ensembled_batch=previous, is_training=False)

        apply = jax.jit(hk.transform(forward).apply)
        haiku = utils.flat_params_to_haiku(self.parameters, fuse=False)
        return lambda batch, previous: to_numpy(apply(haiku, jax.random.PRNGKey(0), batch, previous))


def to_numpy(tree: Any) -> Any:
    """The same nest with NumPy arrays as leaves."""
    return jax.tree_util.tree_map(np.asarray, tree)
