"""Sequences that agree with themselves: every residue is what its environment, of the same sequence, asks for.

Liu et al. (2022) "Rotamer-free protein sequence design based on deep learning and self-consistency", doi 10.1038/s43588-022-00273-6.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from protfold.design.annealing import Annealing
from protfold.design.constraints import Constraints
from protfold.model.environment_output import HIDDEN_TYPE, NUM_TYPES
from protfold.model.environment_transformer import Environments, EnvironmentTransformer
from protfold.typing import Bool, Float, Int

Start = Literal["random", "native", "guess"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Consistent:
    """The end of one search.

    Attributes:
        types: of all residues, 0-20.
        log_probabilities: of every type at every residue in the environment of the final sequence, natural logarithms.
        iterations: how many it took.
        converged: whether the sequence agrees with itself.
    """

    types: Int[np.ndarray, " N_res"]
    log_probabilities: Float[np.ndarray, "N_res 20"]
    iterations: int
    converged: bool


class SelfConsistentSampler:
    """Searches for self-consistent sequences of one backbone.

    Types are proposed at all sites at once: those whose z + T (bias + noise) is largest, where z are log-probabilities and T is the
    temperature. Gumbel noise makes this a draw from exp(z / T + bias); as that of each site and type is drawn once for a sequence, the
    search still ends at a fixed point: Papandreou & Yuille (2011) "Perturb-and-MAP random fields", doi 10.1109/ICCV.2011.6126242. At
    temperature 0 it is the published search by the most probable type.

    Nothing makes sure that there is a fixed point: what each environment asks for is no marginal of one distribution. A search that goes
    round in circles is brought to an end by a growing reluctance to change, and says that it has not converged.

    Args:
        network: in evaluation mode.
        environments: of the backbone, by the same network.
        neighbor_mask: of the backbone.
        constraints: what may change, and to what.
    """

    def __init__(
        self,
        network: EnvironmentTransformer,
        environments: Environments,
        *,
        neighbor_mask: Bool[Tensor, "N_res K"],
        constraints: Constraints,
    ) -> None:
        self.network, self.environments, self.constraints = network, environments, constraints
        self.neighbors, self.neighbor_mask = environments.neighbors, neighbor_mask
        self.peers = tied_neighbors(constraints, self.neighbors, neighbor_mask)
        device = self.neighbors.device
        self.rows = torch.from_numpy(np.flatnonzero(constraints.designed)).to(device)
        first = constraints.representatives[constraints.designed_groups]
        """A residue of each site; sites are the groups that are designed."""
        self.num_sites = len(first)
        self.site = torch.from_numpy(np.searchsorted(constraints.designed_groups, constraints.groups[constraints.designed])).to(
            device
        )
        self.first = torch.from_numpy(first).to(device)
        self.feels = self._sites_that_feel()
        """Whether one of two sites is in the environment of the other."""
        self.weights = torch.from_numpy(constraints.weights).to(device)[self.rows]
        self.allowed = torch.from_numpy(constraints.allowed).to(device)[self.first]
        self.bias = torch.from_numpy(constraints.bias).to(device)[self.first]

    def _sites_that_feel(self) -> Bool[np.ndarray, "N_sites N_sites"]:
        rows, site = self.rows.cpu().numpy(), self.site.cpu().numpy()
        site_of = np.full(len(self.neighbors), -1)
        site_of[rows] = site
        felt = np.where(self.neighbor_mask.cpu().numpy()[rows], site_of[self.neighbors.cpu().numpy()[rows]], -1)
        feels = np.zeros((self.num_sites, self.num_sites), dtype=bool)
        of, place = np.nonzero(felt >= 0)
        feels[site[of], felt[of, place]] = True
        return feels | feels.T

    def sample(self, generator: np.random.Generator, *, temperature: float, annealing: Annealing, start: Start) -> Consistent:
        """One search.

        Args:
            generator: of this sequence alone.
            temperature: 0 or more; larger ones give more diverse sequences.
            annealing: how it quiets down.
            start: `random` types, the `native` ones, or a `guess`: what the network asks for where it knows of no designed residue.
        """
        types = torch.tensor(self.constraints.types).to(self.neighbors)
        noise = torch.from_numpy(generator.gumbel(size=(self.num_sites, NUM_TYPES))).to(self.bias)
        push = temperature * (self.bias + noise)
        if start == "guess":
            chosen = self._scores(self.log_probabilities(types.index_fill(0, self.rows, HIDDEN_TYPE)), push).argmax(-1)
        else:
            chosen = types[self.first] if start == "native" else self._random_types(generator)
        types[self.rows] = chosen[self.site]
        log_p = self.log_probabilities(types)
        earlier: Tensor | None = None
        single = False
        for iteration in range(annealing.max_iterations):
            scores = self._scores(log_p, push)
            best, wanted = scores.max(-1)
            gain = best - scores.gather(-1, chosen[:, None])[:, 0]
            differing = torch.nonzero(gain > annealing.least_gain(iteration))[:, 0]
            disturbed = annealing.num_disturbed(iteration, sites=self.num_sites)
            if not len(differing) and not disturbed:
                return self._end(types, iteration, converged=not bool((gain > 0.0).any()))
            proposed = differing[_some(len(differing), len(differing), generator, differing)]
            if single or annealing.one_by_one(iteration):
                taken = self._apart(proposed)
            else:
                taken = proposed[: annealing.num_accepted(iteration, proposed=len(proposed), sites=self.num_sites)]
            after = chosen.clone()
            after[taken] = wanted[taken]
            shaken = _some(self.num_sites, disturbed, generator, differing)
            after[shaken] = self._random_types(generator)[shaken]
            single = single or (not disturbed and earlier is not None and bool((after == earlier).all()))
            changed = (after != chosen)[self.site]
            earlier, chosen = chosen, after
            types[self.rows] = chosen[self.site]
            self._renew(log_p, types, self.rows[changed])
        return self._end(types, annealing.max_iterations, converged=False)

    def log_probabilities(self, types: Int[Tensor, " N_res"], rows: Int[Tensor, " M"] | None = None) -> Float[Tensor, "M 20"]:
        """Of each type in the environments of some residues, or of all."""
        output = self.network.read(self.environments, types, rows, untold=self.peers)
        return output.type_logits.double().log_softmax(-1)

    def _renew(self, log_p: Tensor, types: Tensor, changed: Tensor) -> None:
        """Computes again, in place, what has a changed residue in its environment."""
        is_changed = torch.zeros(len(types), dtype=torch.bool, device=types.device)
        is_changed[changed] = True
        affected = self.rows[(is_changed[self.neighbors[self.rows]] & self.neighbor_mask[self.rows]).any(-1)]
        if len(affected):
            log_p[affected] = self.log_probabilities(types, affected)

    def _scores(self, log_p: Tensor, push: Tensor) -> Float[Tensor, "N_sites 20"]:
        """How much each site asks for each type; tied residues by their weighted sum."""
        evidence = torch.zeros_like(push).index_add(0, self.site, log_p[self.rows] * self.weights[:, None])
        return (evidence + push).masked_fill(~self.allowed, -torch.inf)

    def _apart(self, sites: Int[Tensor, " M"]) -> Int[Tensor, " some"]:
        """The first of the sites, and each further one that no site before it feels or is felt by.

        To change them all at once is to change them one after another, in whatever order.
        """
        taken: list[int] = []
        felt = np.zeros(self.num_sites, dtype=bool)
        for site in sites.tolist():
            if not felt[site]:
                taken.append(site)
                felt |= self.feels[site]
        return torch.tensor(taken, dtype=sites.dtype, device=sites.device)

    def _random_types(self, generator: np.random.Generator) -> Int[Tensor, " N_sites"]:
        """Evenly drawn from those allowed."""
        keys = torch.from_numpy(generator.random((self.num_sites, NUM_TYPES))).to(self.bias)
        return keys.masked_fill(~self.allowed, -1.0).argmax(-1)

    def _end(self, types: Tensor, iterations: int, *, converged: bool) -> Consistent:
        """A clean pass over the whole sequence."""
        return Consistent(
            types=types.cpu().numpy(),
            log_probabilities=self.log_probabilities(types).cpu().numpy(),
            iterations=iterations,
            converged=converged,
        )


def tied_neighbors(
    constraints: Constraints, neighbors: Int[Tensor, "N_res K"], neighbor_mask: Bool[Tensor, "N_res K"]
) -> Bool[Tensor, "N_res K"]:
    """Neighbors that are tied to the residue: their types are its own, and it is not told them."""
    groups = torch.from_numpy(constraints.groups).to(neighbors)
    return (groups[neighbors] == groups[:, None]) & neighbor_mask


def _some(number: int, count: int, generator: np.random.Generator, like: Tensor) -> Int[Tensor, " count"]:
    """Indices of so many of a number of things, in random order."""
    return torch.from_numpy(generator.permutation(number)[:count]).to(like)
