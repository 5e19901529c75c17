"""What an alignment says of pairs of columns, as the channels of a pair map for `vision.PairMapEncoder`."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from protfold.constants.residues import RESIDUES
from protfold.entities import Msa
from protfold.features.couplings import NUM_TYPES, block_norms, corrected, mean_field_norms, say_something, weighted_rows
from protfold.features.pseudo_likelihood import pseudo_likelihood_couplings
from protfold.typing import Float, Int

TYPES = RESIDUES + "-"
"""Letters of the profile; - for gaps and unknown residues."""
SHRINKAGE = 4.5
"""Over the square root of the effective sequences: what is added to variances before they are inverted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CoevolutionConfig:
    """Which channels there are.

    Attributes:
        pseudo_likelihood: couplings that take seconds for 100 residues, and for 400 many minutes and 5 GB; all else takes few seconds.
        inverse_covariance: all its elements, not one number a pair: 441 more channels, or 231 where they are not directed.
        directed: channels that change with the order of the two residues; a symmetric network must not have these.
    """

    pseudo_likelihood: bool = True
    inverse_covariance: bool = False
    directed: bool = False

    @property
    def score_names(self) -> tuple[str, ...]:
        """Of the channels that are one score for each pair."""
        names = ("covariance", "mutual_information", "mean_field", "pseudo_likelihood")
        return names if self.pseudo_likelihood else names[:-1]

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Of all, in order."""
        columns = [f"profile {letter}" for letter in TYPES] + ["entropy"]
        sides = ("first", "second") if self.directed else ("mean", "difference")
        names = [*self.score_names, *(f"{column}, {side}" for side in sides for column in columns)]
        if self.inverse_covariance:
            names += [f"inverse covariance {TYPES[a]}{TYPES[b]}" for a, b in self._elements()]
        return tuple(names)

    def _elements(self) -> Iterator[tuple[int, int]]:
        return ((a, b) for a in range(NUM_TYPES) for b in range(0 if self.directed else a, NUM_TYPES))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Coevolution:
    """Of one alignment.

    Attributes:
        config: which channels there are.
        num_effective: effective sequences.
        scores: by name, symmetric, zero on the diagonal, in standard deviations of all pairs; zeros where there are too few sequences.
        profile: weighted share of each of `TYPES` in each column.
        entropy: of the profile, 1 for all types alike.
        inverse_covariance: elements (a, b) of residues (i, j); None where it is not wanted.
    """

    config: CoevolutionConfig
    num_effective: float
    scores: dict[str, Float[Tensor, "N_res N_res"]]
    profile: Float[Tensor, "N_res 21"]
    entropy: Float[Tensor, " N_res"]
    inverse_covariance: Float[Tensor, "N_res N_res 21 21"] | None

    def as_map(self) -> Float[Tensor, "C N_res N_res"]:
        """The channels of `config.channel_names`."""
        columns = torch.cat([self.profile.T, self.entropy[None]])
        first = columns[:, :, None].expand(-1, -1, len(self.profile))
        second = first.transpose(1, 2)
        sides = (first, second) if self.config.directed else (0.5 * (first + second), (first - second).abs())
        channels = [torch.stack([self.scores[name] for name in self.config.score_names]), *sides]
        if self.inverse_covariance is not None:
            elements = self.inverse_covariance
            if self.config.directed:
                channels.append(elements.flatten(2).movedim(-1, 0))
            else:
                upper = torch.triu_indices(NUM_TYPES, NUM_TYPES)
                channels.append((0.5 * (elements + elements.mT))[..., upper[0], upper[1]].movedim(-1, 0))
        return torch.cat(channels)


def coevolution(msa: Msa, config: CoevolutionConfig | None = None) -> Coevolution:
    """All pair channels of an alignment.

    Rows are chosen and weighted as by `couplings.coupling_scores`; too few effective sequences, and a chain longer than
    `couplings.MAX_RESIDUES`, give zeros for all but profile and entropy. Each score is less its average product correction.

    Args:
        msa: the alignment.
        config: the channels; None for those of `CoevolutionConfig()`.
    """
    config = CoevolutionConfig() if config is None else config
    residues, weights = weighted_rows(msa)
    num_residues = msa.num_residues
    scores, inverse = dict.fromkeys(config.score_names, torch.zeros(num_residues, num_residues)), None
    if config.inverse_covariance:
        inverse = torch.zeros(num_residues, num_residues, NUM_TYPES, NUM_TYPES)
    if say_something(weights, num_residues):
        norms = dict(zip(("covariance", "mutual_information"), covariance_and_information(residues, weights), strict=True))
        norms["mean_field"] = mean_field_norms(residues, weights)
        if config.pseudo_likelihood:
            couplings = pseudo_likelihood_couplings(residues, weights).numpy()
            norms["pseudo_likelihood"] = np.stack([block_norms(blocks) for blocks in couplings.transpose(0, 2, 1, 3)])
        scores = {name: torch.from_numpy(corrected(norms[name])) for name in config.score_names}
        inverse = inverse_covariance(residues, weights) if config.inverse_covariance else None
    profile = (_one_hot(residues, NUM_TYPES) * _shares(weights)[:, None, None]).sum(0)
    return Coevolution(
        config=config,
        num_effective=float(weights.sum()),
        scores=scores,
        profile=profile,
        entropy=torch.special.entr(profile).sum(-1) / math.log(NUM_TYPES),
        inverse_covariance=inverse,
    )


def inverse_covariance(
    residues: Int[np.ndarray, "N_rows N_res"], weights: Float[np.ndarray, " N_rows"]
) -> Float[Tensor, "N_res N_res 21 21"]:
    """Of all types of all columns, after shrinkage: elements (a, b) of (i, j) are elements (b, a) of (j, i).

    The input of trRosetta: Yang et al. (2020), doi 10.1073/pnas.1914677117.

    Args:
        residues: codes; 20 and above are one type.
        weights: of rows.
    """
    total = float(weights.sum())
    freedom = total - math.sqrt(float(weights.mean()))
    share = torch.from_numpy(weights.astype(np.float32))[:, None]
    types = _one_hot(residues, NUM_TYPES).flatten(1)
    centred = (types - (types * share).sum(0) / freedom) * share.sqrt()
    covariance = centred.T @ centred / freedom
    covariance.diagonal().add_(SHRINKAGE / math.sqrt(total))
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(covariance))
    return inverse.view(residues.shape[1], NUM_TYPES, residues.shape[1], NUM_TYPES).transpose(1, 2)


def covariance_and_information(
    residues: Int[np.ndarray, "N_rows N_res"], weights: Float[np.ndarray, " N_rows"]
) -> tuple[Float[np.ndarray, "N_res N_res"], Float[np.ndarray, "N_res N_res"]]:
    """Frobenius norm of the covariance, and mutual information (nats), of each two columns.

    Both are over the twenty residues; the information is that of the rows with a residue in both columns.
    """
    num_residues, num_types = residues.shape[1], NUM_TYPES - 1
    types = _one_hot(residues, num_types).flatten(1)
    weighted = types * _shares(weights)[:, None]
    single = weighted.sum(0)
    joint = (weighted.T @ types).view(num_residues, num_types, num_residues, num_types)
    covariance, information = torch.empty(num_residues, num_residues), torch.empty(num_residues, num_residues)
    for residue, block in enumerate(joint.transpose(1, 2)):
        own, others = single.view(num_residues, num_types)[residue], single.view(num_residues, num_types)
        covariance[residue] = (block - own[:, None] * others[:, None]).square().sum((1, 2)).sqrt()
        both = block / block.sum((1, 2), keepdim=True).clamp(min=torch.finfo(block.dtype).tiny)
        entropies = [torch.special.entr(one).flatten(1).sum(1) for one in (both.sum(1), both.sum(2), both)]
        information[residue] = entropies[0] + entropies[1] - entropies[2]
    return covariance.numpy(), information.numpy()


def _one_hot(residues: Int[np.ndarray, "N_rows N_res"], num_types: int) -> Float[Tensor, "N_rows N_res types"]:
    """Of the first types; the last of `NUM_TYPES` is for all codes beyond."""
    codes = torch.from_numpy(residues.astype(np.int64)).clamp(max=NUM_TYPES - 1)
    return F.one_hot(codes, NUM_TYPES)[..., :num_types].float()


def _shares(weights: Float[np.ndarray, " N_rows"]) -> Float[Tensor, " N_rows"]:
    return torch.from_numpy((weights / weights.sum()).astype(np.float32))
