"""A loaded parameter set at work on targets."""

import copy
import gc
import threading
from collections.abc import Sequence
from dataclasses import replace

import torch

from protfold.entities import Msa, Template
from protfold.errors import InputError, PredictionError
from protfold.features import FeatureConfig, FoldFeatures, build_features
from protfold.inference.available_memory import available_memory, is_out_of_memory
from protfold.inference.memory import GIB, InputSize, chunk_elements_that_fit, estimate_memory_gib, parameter_bytes
from protfold.inference.prediction import Prediction, prediction_from_output
from protfold.inference.progress import Progress, watched
from protfold.model import FoldOutput
from protfold.model.execution import execution
from protfold.model.runtime import RuntimeOptions, cpu_threads
from protfold.weights import LoadedWeights

OUT_OF_MEMORY_TRIES = 4
"""Times a prediction is tried, each with a quarter of the chunk before."""

PREFERRED_CHUNK = {"cpu": 2**22, "cuda": 2**26, "mps": 2**24}
"""Elements of temporaries where memory is plenty. On a CPU larger chunks leave the cache and are slower: `docs/inference.md`."""


class Predictor:
    """Predicts structures with one parameter set.

    Same input, seed, parameters and number of CPU threads give the same bytes. One prediction runs at a time; other threads wait.

    Args:
        weights: the network is copied if it must change device or type, and used as it is otherwise.
        runtime: device, precision, threads, memory.

    Attributes:
        feature_config: what the parameters were made for; used where a prediction is asked for without its own.

    Raises:
        InputError: there is no such device.
    """

    def __init__(self, weights: LoadedWeights, runtime: RuntimeOptions | None = None) -> None:
        self.weights, self.runtime = weights, runtime or RuntimeOptions()
        self.device = self.runtime.torch_device()
        network = weights.model
        if self.device.type != "cpu" or self.runtime.torch_dtype != network.trunk_dtype:
            network = copy.deepcopy(network).to(self.device)
            network.set_trunk_dtype(self.runtime.torch_dtype)
        self.network = network.eval()
        self.feature_config = weights.feature_config
        self._one_at_a_time = threading.Lock()

    @property
    def max_templates(self) -> int:
        """Templates that the parameters read of one target; 0 where they read none."""
        return 0 if self.network.config.template is None else self.feature_config.max_templates

    def predict(
        self,
        msas: Sequence[Msa],
        *,
        chains: tuple[str, ...],
        templates: Sequence[Template] | None = None,
        feature_config: FeatureConfig | None = None,
        num_recycles: int | None = None,
        recycle_tolerance: float = 0.0,
        seed: int = 0,
        target: str = "",
        progress: Progress | None = None,
    ) -> Prediction:
        """One prediction of one target.

        Args:
            msas: alignments over all chains' residues, the query as row 0.
            chains: sequences of the chains, in the order of the alignment's columns.
            templates: laid over all chains' residues.
            feature_config: sizes of the alignment and recycles; None for the parameter set's.
            num_recycles: passes after the first, instead of `feature_config`'s.
            recycle_tolerance: stop once CA distances change by no more than this (Å, r.m.s.) between passes; 0 never stops.
            seed: of the alignment samples.
            target: identifier; part of what random draws depend on, and the name of the protein.
            progress: told about `features`, then `pass 1 of n` with the blocks done, ...

        Raises:
            InputError: alignments, chains and templates do not fit together or the network takes no templates.
            PredictionError: memory does not suffice, or a result is not finite.
        """
        config = feature_config or self.feature_config
        if num_recycles is not None:
            config = replace(config, num_recycles=num_recycles)
        if templates and self.network.config.template is None:
            raise InputError(f"weights {self.weights.name!r} read no templates; leave them out or use weights that do")
        chain_lengths = [len(chain) for chain in chains]
        with self._one_at_a_time, cpu_threads(self.runtime.threads), torch.no_grad():
            if progress is not None:
                progress("features", 0, 1)
            features = build_features(msas, templates, config, seed, target=target, chain_lengths=chain_lengths).to(self.device)
            if progress is not None:
                progress("features", 1, 1)
            output = self._forward(features, recycle_tolerance, progress)
            return prediction_from_output(
                output, features, chain_lengths=chain_lengths, weights=self.weights.name, seed=seed, target=target
            )

    def _forward(self, features: FoldFeatures, recycle_tolerance: float, progress: Progress | None) -> FoldOutput:
        """The network, in chunks that fit; again in smaller ones if memory runs out all the same."""
        size = InputSize(
            num_residues=features.num_residues,
            num_clusters=features.msa_feat.shape[-3],
            num_extra=features.extra_msa.shape[-2],
            num_templates=0 if features.templates is None else features.templates.mask.shape[-1],
            num_passes=features.num_passes,
        )
        available = self._available_memory()
        chunk = chunk_elements_that_fit(
            self.network.config,
            size,
            dtype=self.runtime.torch_dtype,
            available=available,
            preferred=PREFERRED_CHUNK[self.device.type],
        )
        if chunk is None:
            raise PredictionError(self._out_of_memory_message(size, available))
        for _ in range(OUT_OF_MEMORY_TRIES):
            try:
                with (
                    execution(chunk_elements=chunk),
                    watched(self.network, weights=self.weights.name, num_passes=size.num_passes, progress=progress),
                ):
                    output: FoldOutput = self.network(features, recycle_tolerance=recycle_tolerance)
                    return output
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
            chunk = max(1, chunk // 4)
            _free_cached_memory(self.device)
        raise PredictionError(self._out_of_memory_message(size, available))

    def _available_memory(self) -> float:
        """Bytes that the network may take beside its parameters and the features at hand."""
        free = available_memory(self.device)
        if self.runtime.max_memory_gib is None:
            return free
        parameters = parameter_bytes(self.network.config, self.runtime.torch_dtype)
        return min(free, self.runtime.max_memory_gib * GIB - parameters)

    def _out_of_memory_message(self, size: InputSize, available: float) -> str:
        needed = estimate_memory_gib(self.network.config, size.num_residues, size.num_clusters, size.num_extra, self.runtime.dtype)
        cures = ["fewer alignment rows (--max-msa)", "a machine with more memory"]
        if self.runtime.dtype == "float32":
            cures.insert(0, "--dtype bfloat16")
        if self.device.type != "cpu":
            cures.insert(0, "--device cpu")
        return (
            f"not enough memory for {size.num_residues} residues with {size.num_clusters} + {size.num_extra} alignment rows: about "
            f"{needed:.1f} GiB needed, {max(0.0, available) / GIB:.1f} GiB to be had on {self.device.type}; try {', '.join(cures)}"
        )


def _free_cached_memory(device: torch.device) -> None:
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
