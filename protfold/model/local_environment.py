"""ABACUS-R's network: one residue and its neighbors as tokens of a plain transformer. Batch-free; residues lead.

Liu et al. (2022), doi 10.1038/s43588-022-00273-6, as the published code has it: pre-norm blocks, GELU by the error function, one product
without a constant for all outputs.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from protfold.constants.residues import RESIDUES
from protfold.features.design_features import DesignFeatures
from protfold.features.local_environment import (
    CENTRAL_OFFSET,
    NUM_OFFSETS,
    NUM_RBF,
    WINDOW,
    LocalEnvironment,
    distance_basis,
    local_environment,
)
from protfold.model.environment_config import LocalEnvironmentConfig
from protfold.model.environment_output import NUM_TYPES, EnvironmentOutput
from protfold.model.execution import attend, mask_bias
from protfold.typing import Float, Int

PUBLISHED_RESIDUES = "ACDEFGHIKLMNPQRSTVWY"
CENTRAL_TYPE = NUM_TYPES
C_GEOMETRY, C_TORSIONS = NUM_RBF + 3 + 3, 3 * WINDOW
_SIZES = (NUM_TYPES, 1, 3, 8, 1, 2)
"""Of the outputs: type, B-factor, secondary structure of 3 and of 8 classes, accessibility, chi1 and chi2."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class LocalEnvironments:
    """All that does not depend on types.

    Attributes:
        features: of the environments.
        neighbors: as in `DesignFeatures`.
    """

    features: LocalEnvironment
    neighbors: Int[Tensor, "N_res K"]


class LocalEnvironmentTransformer(nn.Module):
    """A residue's outputs from the tokens of itself and its neighbors."""

    def __init__(self, config: LocalEnvironmentConfig) -> None:
        super().__init__()
        part, width = config.c_embedding, 4 * config.c_embedding
        self.type_embedding = nn.Embedding(NUM_TYPES + 1, part)
        self.geometry_embedding = nn.Linear(C_GEOMETRY, part)
        self.torsion_embedding = nn.Linear(C_TORSIONS, part)
        self.offset_embedding = nn.Embedding(NUM_OFFSETS, part)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(
            TransformerBlock(width, num_heads=config.num_heads, dropout=config.dropout) for _ in range(config.num_layers)
        )
        self.norm = nn.LayerNorm(width)
        self.output = nn.Linear(width, sum(_SIZES), bias=False)
        self.apply(_initialize)

    def encode(self, features: DesignFeatures) -> LocalEnvironments:
        """The environments; nothing is shared between them."""
        return LocalEnvironments(features=local_environment(features), neighbors=features.neighbors)

    def read(
        self,
        environments: LocalEnvironments,
        rows: Int[Tensor, " M"],
        neighbor_types: Int[Tensor, "M K"],
        own_types: Int[Tensor, " M"],
    ) -> EnvironmentOutput:
        """Outputs of some residues.

        Args:
            environments: of the backbone.
            rows: which residues.
            neighbor_types: 0-19; unknown ones and those not told count as the central residue's.
            own_types: not used; the network knows no side-chain torsions of a given type.
        """
        published = rows.new_tensor([PUBLISHED_RESIDUES.index(letter) for letter in RESIDUES[:NUM_TYPES]] + [CENTRAL_TYPE] * 2)
        features = environments.features
        tokens = self._tokens(features, published[neighbor_types], rows)
        mask = F.pad(features.mask[rows].to(tokens.dtype), (1, 0), value=1.0)
        for block in self.blocks:
            tokens = block(tokens, mask)
        outputs = self.output(self.norm(tokens[:, 0])).split(_SIZES, dim=-1)
        type_logits, b_factor, three, eight, accessibility, chi = outputs
        return EnvironmentOutput(
            type_logits=type_logits[..., published[:NUM_TYPES]],
            accessibility=accessibility[..., 0],
            secondary_structure_3=three,
            secondary_structure_8=eight,
            b_factor=b_factor[..., 0],
            chi_angles=math.pi * torch.tanh(chi),
        )

    def _tokens(
        self, features: LocalEnvironment, neighbor_types: Int[Tensor, "M K"], rows: Int[Tensor, " M"]
    ) -> Float[Tensor, "M K+1 C"]:
        """The central residue first; its distance is 0, its type hidden. Neighbors' torsions are not seen."""
        near = torch.cat([features.rbf, features.positions, features.rotation_vectors], dim=-1)[rows]
        center = F.pad(distance_basis(near.new_zeros(len(rows), 1)), (0, 6))
        torsions = torch.cat([features.torsions[rows, None], near.new_zeros(*neighbor_types.shape, C_TORSIONS)], dim=1)
        return self.dropout(
            torch.cat(
                [
                    self.type_embedding(F.pad(neighbor_types, (1, 0), value=CENTRAL_TYPE)),
                    self.geometry_embedding(torch.cat([center, near], dim=1)),
                    self.torsion_embedding(torsions),
                    self.offset_embedding(F.pad(features.offsets[rows], (1, 0), value=CENTRAL_OFFSET)),
                ],
                dim=-1,
            )
        )


class TransformerBlock(nn.Module):
    """Self-attention and transition, each after a layer norm."""

    def __init__(self, c: int, *, num_heads: int, dropout: float) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.attention_norm, self.transition_norm = nn.LayerNorm(c), nn.LayerNorm(c)
        self.query, self.key, self.value, self.output = (nn.Linear(c, c) for _ in range(4))
        self.expand, self.contract = nn.Linear(c, 4 * c), nn.Linear(4 * c, c)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Float[Tensor, "M T C"], mask: Float[Tensor, "M T"]) -> Float[Tensor, "M T C"]:
        """The tokens after the block."""
        normed = self.attention_norm(tokens)
        query, key, value = (
            rearrange(project(normed), "m t (h c) -> m h t c", h=self.num_heads) for project in (self.query, self.key, self.value)
        )
        attended = attend(query, key, value, mask_bias(mask, query))
        tokens = tokens + self.dropout(self.output(rearrange(attended, "m h t c -> m t (h c)")))
        return tokens + self.dropout(self.contract(F.gelu(self.expand(self.transition_norm(tokens)))))


def _initialize(module: nn.Module) -> None:
    """Normal with a deviation of 0.02, constants zero."""
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)
