"""`EnvironmentTransformer`: a residue's type from its environment, the geometry and the types of its neighbors.

Liu et al. (2022) "Rotamer-free protein sequence design based on deep learning and self-consistency", doi 10.1038/s43588-022-00273-6.
"""

import torch
from torch import Tensor, nn

from protfold.constants.residues import UNKNOWN
from protfold.features.design_features import DesignFeatures
from protfold.model.environment_config import EnvironmentTransformerConfig
from protfold.model.environment_output import HIDDEN_TYPE, EnvironmentOutput
from protfold.model.execution import products_on
from protfold.model.local_environment import LocalEnvironments, LocalEnvironmentTransformer
from protfold.model.residue_graph import GraphEnvironments, ResidueGraph
from protfold.typing import Bool, Int

Environments = GraphEnvironments | LocalEnvironments


class EnvironmentTransformer(nn.Module):
    """The network that designs sequences.

    `encode` is for a backbone, once; `read` for each set of types. What `read` says of a residue depends on the types of its
    `num_neighbors` neighbors alone, and never on its own.

    Args:
        config: of one of two networks, the published one or protfold's own.
    """

    def __init__(self, config: EnvironmentTransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.network: LocalEnvironmentTransformer | ResidueGraph
        if config.local is not None:
            self.network = LocalEnvironmentTransformer(config.local)
        elif config.graph is not None:
            self.network = ResidueGraph(config.graph)

    def encode(self, features: DesignFeatures) -> Environments:
        """All that does not depend on types."""
        with products_on(features.backbone.device):
            return self.network.encode(features)

    def read(
        self,
        environments: Environments,
        types: Int[Tensor, " N_res"],
        rows: Int[Tensor, " M"] | None = None,
        *,
        untold: Bool[Tensor, "N_res K"] | None = None,
        own_types: Int[Tensor, " N_res"] | None = None,
    ) -> EnvironmentOutput:
        """What the environments say of residues.

        Args:
            environments: of the backbone.
            types: of all residues as neighbors: 0-19, 20 unknown, 21 not told.
            rows: which residues to say something of; None for all.
            untold: neighbors whose types are not told to the residue.
            own_types: of all residues as themselves, for which side-chain torsions are told; `types` if not given.
        """
        rows = torch.arange(len(types), device=types.device) if rows is None else rows
        neighbor_types = types[environments.neighbors[rows]]
        if untold is not None:
            neighbor_types = neighbor_types.masked_fill(untold[rows], HIDDEN_TYPE)
        with products_on(types.device):
            own = (types if own_types is None else own_types)[rows].clamp(max=UNKNOWN)
            return self.network.read(environments, rows, neighbor_types, own)  # type: ignore[arg-type]

    def forward(self, features: DesignFeatures, types: Int[Tensor, " N_res"]) -> EnvironmentOutput:
        """Of all residues at once, as in training."""
        return self.read(self.encode(features), types)
