"""`Designer` and `EncodedBackbone`: sequences for backbones, and scores of sequences."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from protfold.constants.residues import UNKNOWN
from protfold.design.annealing import Annealing
from protfold.design.constraints import Constraints
from protfold.design.scored_sequence import ScoredSequence
from protfold.design.self_consistency import SelfConsistentSampler, Start, tied_neighbors
from protfold.design.side_chains import chi_angles, place_side_chains
from protfold.entities import Protein
from protfold.errors import InputError
from protfold.features.design_features import build_design_features, pack
from protfold.features.randomness import random_generator
from protfold.model.environment_output import EnvironmentOutput
from protfold.model.environment_transformer import Environments
from protfold.model.runtime import RuntimeOptions, cpu_threads
from protfold.typing import Bool, Int
from protfold.weights import LoadedDesigner, load_designer


@dataclass(frozen=True, kw_only=True, slots=True)
class SamplerOptions:
    """How sequences are looked for.

    Attributes:
        temperature: 0 or more; see `SelfConsistentSampler`.
        start: `random` types, the `native` ones, or what the network says where it knows none, its `guess`.
        num_restarts: searches for each sequence, of which the one with the best score is kept.
        annealing: of a search.

    Raises:
        InputError: a value out of range.
    """

    temperature: float = 0.1
    start: Start = "random"
    num_restarts: int = 1
    annealing: Annealing = field(default_factory=Annealing)

    def __post_init__(self) -> None:
        if not 0.0 <= self.temperature < float("inf") or self.num_restarts < 1:
            raise InputError(
                f"temperature = {self.temperature}, num_restarts = {self.num_restarts}; give a temperature from 0 and 1 or more restarts"
            )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Design(ScoredSequence):
    """A designed sequence; attributes as of `ScoredSequence`, and

    Attributes:
        sample: its number among those asked for, from 1.
        converged: whether it agrees with itself.
        iterations: of its search.
    """

    sample: int
    converged: bool
    iterations: int


class Designer:
    """A network that designs, ready for any backbone.

    On the CPU it computes in float64.

    Args:
        weights: parameters of a designer, loaded or by name or path.
        runtime: device and threads.

    Raises:
        WeightsError: the parameters cannot be read.
        InputError: there is no such device.
    """

    def __init__(
        self,
        weights: LoadedDesigner | str = "designer",
        runtime: RuntimeOptions = RuntimeOptions(),  # noqa: B008 - immutable
    ) -> None:
        self.weights = load_designer(weights) if isinstance(weights, str) else weights
        self.threads, self.device = runtime.threads, runtime.torch_device()
        self.dtype = torch.float32 if self.device.type == "mps" else torch.float64
        self.network = copy.deepcopy(self.weights.model).to(self.device, self.dtype).eval()

    @torch.inference_mode()
    def encode(self, protein: Protein, state_index: Int[np.ndarray, " N_res"] | None = None) -> "EncodedBackbone":
        """A backbone read once, for any number of designs and scores.

        Args:
            protein: the backbone, or several of one sequence as `join_states` joins them, which do not see each other.
            state_index: which backbone each residue is of, where there are several.
        """
        states = [protein] if state_index is None else [protein.select(state_index == state) for state in np.unique(state_index)]
        with cpu_threads(self.threads):
            features = pack([build_design_features(state, num_neighbors=self.network.config.num_neighbors) for state in states])
            features = features.to(self.device, self.dtype)
            return EncodedBackbone(
                designer=self,
                protein=protein,
                environments=self.network.encode(features),
                neighbor_mask=features.neighbor_mask,
                complete=features.complete.cpu().numpy(),
            )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class EncodedBackbone:
    """A backbone as a designer has read it, to design sequences for it and to score them.

    Results do not depend on how many sequences are asked for, on their order, or on the number of threads: each sequence has a random
    generator of its own.

    Attributes:
        designer: that has read it.
        protein: all residues of all states.
        environments: of the residues.
        neighbor_mask: which neighbors there are.
        complete: residues with N, CA, C and O.
    """

    designer: Designer
    protein: Protein
    environments: Environments
    neighbor_mask: Bool[Tensor, "N_res K"]
    complete: Bool[np.ndarray, " N_res"]

    @torch.inference_mode()
    def design(
        self,
        constraints: Constraints,
        *,
        num_sequences: int = 8,
        options: SamplerOptions = SamplerOptions(),
        seed: int = 0,
        progress: Callable[[int, int], None] | None = None,
    ) -> list[Design]:
        """Sequences, best score first.

        Args:
            constraints: of the residues.
            num_sequences: how many.
            options: how they are looked for.
            seed: of all random draws.
            progress: called with the number of sequences done and to do.

        Raises:
            InputError: a bias is given with temperature 0, where it has no effect.
        """
        if options.temperature == 0.0 and constraints.bias.any():
            raise InputError("a bias has no effect at temperature 0; give a temperature above", record=self.protein.name or None)
        with cpu_threads(self.designer.threads):
            sampler = SelfConsistentSampler(
                self.designer.network, self.environments, neighbor_mask=self.neighbor_mask, constraints=constraints
            )
            designs = []
            for sample in range(1, num_sequences + 1):
                designs.append(_best_of_restarts(sampler, options, seed, self.protein.name, sample))
                if progress is not None:
                    progress(sample, num_sequences)
        return sorted(designs, key=lambda one: (one.score, one.sample))

    @torch.inference_mode()
    def score(self, types: Int[np.ndarray, " N_res"], *, constraints: Constraints | None = None) -> ScoredSequence:
        """The score of a sequence, whole and by residue.

        Args:
            types: 0-20 for every residue of the backbone.
            constraints: whose tied residues are not told each other's types, as in a design; None to tell all.

        Raises:
            InputError: their number is another than that of the residues.
        """
        if len(types) != len(self.protein):
            raise InputError(
                f"a sequence of {len(types)} residues for a backbone of {len(self.protein)}", record=self.protein.name or None
            )
        tied = None if constraints is None else tied_neighbors(constraints, self.environments.neighbors, self.neighbor_mask)
        logits = self._read(types, untold=tied).type_logits
        return ScoredSequence(
            types=types,
            log_probabilities=logits.double().log_softmax(-1).cpu().numpy(),
            counted=self.complete & (types < UNKNOWN),
        )

    @torch.inference_mode()
    def with_side_chains(self, types: Int[np.ndarray, " N_res"]) -> Protein:
        """The backbone with the side chains of a sequence, placed by the torsions that the network expects.

        Raises:
            InputError: the network tells no torsions of a given type.
        """
        logits = self._read(types).chi_logits
        if logits is None:
            raise InputError(f"the designer {self.designer.weights.name} tells no side-chain torsions of a given type; use another")
        return place_side_chains(self.protein, types, chi_angles(logits))

    def _read(self, types: Int[np.ndarray, " N_res"], *, untold: Bool[Tensor, "N_res K"] | None = None) -> EnvironmentOutput:
        told = torch.from_numpy(types.astype(np.int64)).to(self.designer.device)
        with cpu_threads(self.designer.threads):
            return self.designer.network.read(self.environments, told, untold=untold)


def _best_of_restarts(sampler: SelfConsistentSampler, options: SamplerOptions, seed: int, target: str, sample: int) -> Design:
    constraints = sampler.constraints

    def searched(restart: int) -> Design:
        generator = random_generator(seed, target, f"sequence {sample}", restart)
        found = sampler.sample(generator, temperature=options.temperature, annealing=options.annealing, start=options.start)
        constraints.check(found.types)
        return Design(
            types=found.types,
            log_probabilities=found.log_probabilities,
            counted=constraints.designed,
            sample=sample,
            converged=found.converged,
            iterations=found.iterations,
        )

    return min((searched(restart) for restart in range(options.num_restarts)), key=lambda one: one.score)
