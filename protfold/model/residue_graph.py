"""The designer's own network: message passing over the structure, then reading the neighbors' types. Batch-free; residues lead.

What a residue says depends on the whole structure but, of the types, on those of its neighbors only. So everything but the type
embedding, one product for each neighbor and layer, and the transitions is computed once for a backbone, and a residue none of whose
neighbors has changed need not be computed again.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from protfold.features.design_features import DesignFeatures
from protfold.features.residue_graph import C_EDGE, C_NODE, NUM_OFFSETS, edge_features, node_features, sequence_offsets
from protfold.model.environment_config import ResidueGraphConfig
from protfold.model.environment_heads import EnvironmentHeads
from protfold.model.environment_output import EnvironmentOutput
from protfold.model.initialize import final_linear, linear, relu_linear
from protfold.typing import Float, Int

NUM_NEIGHBOR_TYPES = 22
"""20 residues, an unknown residue, and a residue whose type is not told."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class GraphEnvironments:
    """All that does not depend on types.

    Attributes:
        nodes: residues after the last round of message passing.
        messages: of each read-out layer, what a neighbor says before its type is known.
        neighbors, neighbor_mask: as in `DesignFeatures`.
    """

    nodes: Float[Tensor, "N_res C"]
    messages: tuple[Float[Tensor, "N_res K C"], ...]
    neighbors: Int[Tensor, "N_res K"]
    neighbor_mask: Float[Tensor, "N_res K"]


class ResidueGraph(nn.Module):
    """From a backbone and the types of neighbors to outputs a residue."""

    def __init__(self, config: ResidueGraphConfig) -> None:
        super().__init__()
        c = config.c_hidden
        self.node_embedding = linear(C_NODE, c)
        self.edge_embedding = linear(C_EDGE, c)
        self.offset_embedding = nn.Embedding(NUM_OFFSETS, c)
        self.edge_norm = nn.LayerNorm(c)
        self.encoder = nn.ModuleList(MessageLayer(c, dropout=config.dropout) for _ in range(config.num_encoder_layers))
        self.readout = nn.ModuleList(ReadoutLayer(c, dropout=config.dropout) for _ in range(config.num_readout_layers))
        self.heads = EnvironmentHeads(c)

    def encode(self, features: DesignFeatures) -> GraphEnvironments:
        """Everything that types have no part in."""
        mask = features.neighbor_mask.to(features.backbone.dtype)
        nodes = self.node_embedding(node_features(features))
        edges = self.edge_norm(self.edge_embedding(edge_features(features)) + self.offset_embedding(sequence_offsets(features)))
        for layer in self.encoder:
            nodes, edges = layer(nodes, edges, features.neighbors, mask)
        return GraphEnvironments(
            nodes=nodes,
            messages=tuple(layer.untyped(nodes, edges, features.neighbors) for layer in self.readout),  # type: ignore[operator]
            neighbors=features.neighbors,
            neighbor_mask=mask,
        )

    def read(
        self,
        environments: GraphEnvironments,
        rows: Int[Tensor, " M"],
        neighbor_types: Int[Tensor, "M K"],
        own_types: Int[Tensor, " M"],
    ) -> EnvironmentOutput:
        """Outputs of some residues.

        Args:
            environments: of the backbone.
            rows: which residues.
            neighbor_types: 0-19, 20 unknown, 21 not told.
            own_types: 0-20, for the side-chain torsions alone.
        """
        mask, nodes = environments.neighbor_mask[rows], environments.nodes[rows]
        for layer, messages in zip(self.readout, environments.messages, strict=True):
            nodes = layer(nodes, messages[rows], neighbor_types, mask)
        return self.heads(nodes, own_types)


class Transition(nn.Module):
    """Two layers, four times as wide between."""

    def __init__(self, c: int) -> None:
        super().__init__()
        self.expand = relu_linear(c, 4 * c)
        self.contract = final_linear(4 * c, c)

    def forward(self, nodes: Float[Tensor, "*rows C"]) -> Float[Tensor, "*rows C"]:
        """The update."""
        return self.contract(F.gelu(self.expand(nodes)))


class PairMessage(nn.Module):
    """What two neighbors and their pair have to say, of the first layer of a perceptron over all three.

    The product with each residue is computed once for the residue and not for each pair it is part of.
    """

    def __init__(self, c: int) -> None:
        super().__init__()
        self.center = linear(c, c)
        self.neighbor = linear(c, c, bias=False)
        self.edge = linear(c, c, bias=False)

    def forward(
        self, nodes: Float[Tensor, "N_res C"], edges: Float[Tensor, "N_res K C"], neighbors: Int[Tensor, "N_res K"]
    ) -> Float[Tensor, "N_res K C"]:
        """Of all three, before the activation."""
        return self.of_neighbors(nodes, edges, neighbors) + self.center(nodes)[:, None]

    def of_neighbors(
        self, nodes: Float[Tensor, "N_res C"], edges: Float[Tensor, "N_res K C"], neighbors: Int[Tensor, "N_res K"]
    ) -> Float[Tensor, "N_res K C"]:
        """Of the neighbor and the pair alone."""
        return self.edge(edges) + self.neighbor(nodes)[neighbors]


class MessageLayer(nn.Module):
    """Residues learn from their neighbors, then pairs from their residues.

    After Dauparas et al. (2022), doi 10.1126/science.add2187, Suppl. "Model architecture"; the last product of a message is taken of the
    sum over neighbors, which is the same and K times less work.
    """

    def __init__(self, c: int, *, dropout: float) -> None:
        super().__init__()
        self.node_message, self.node_hidden, self.node_output = PairMessage(c), relu_linear(c, c), linear(c, c)
        self.node_norm, self.transition, self.transition_norm = nn.LayerNorm(c), Transition(c), nn.LayerNorm(c)
        self.edge_message, self.edge_hidden, self.edge_output = PairMessage(c), relu_linear(c, c), linear(c, c)
        self.edge_norm = nn.LayerNorm(c)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self,
        nodes: Float[Tensor, "N_res C"],
        edges: Float[Tensor, "N_res K C"],
        neighbors: Int[Tensor, "N_res K"],
        mask: Float[Tensor, "N_res K"],
    ) -> tuple[Float[Tensor, "N_res C"], Float[Tensor, "N_res K C"]]:
        """Residues and pairs after the round."""
        said = F.gelu(self.node_hidden(F.gelu(self.node_message(nodes, edges, neighbors))))
        nodes = self.node_norm(nodes + self.dropout(self.node_output(neighbor_mean(said, mask))))
        nodes = self.transition_norm(nodes + self.dropout(self.transition(nodes)))
        said = F.gelu(self.edge_hidden(F.gelu(self.edge_message(nodes, edges, neighbors))))
        return nodes, self.edge_norm(edges + self.edge_output(said))


class ReadoutLayer(nn.Module):
    """A residue learns from the types of its neighbors, and from nobody else's."""

    def __init__(self, c: int, *, dropout: float) -> None:
        super().__init__()
        self.message, self.hidden, self.output = PairMessage(c), relu_linear(c, c), linear(c, c)
        self.type_embedding = nn.Embedding(NUM_NEIGHBOR_TYPES, c)
        self.norm, self.transition, self.transition_norm = nn.LayerNorm(c), Transition(c), nn.LayerNorm(c)
        self.dropout = nn.Dropout(dropout)

    def untyped(
        self, nodes: Float[Tensor, "N_res C"], edges: Float[Tensor, "N_res K C"], neighbors: Int[Tensor, "N_res K"]
    ) -> Float[Tensor, "N_res K C"]:
        """What neighbors say before their types and the residue itself are known."""
        return self.message.of_neighbors(nodes, edges, neighbors)

    def forward(
        self,
        nodes: Float[Tensor, "M C"],
        messages: Float[Tensor, "M K C"],
        neighbor_types: Int[Tensor, "M K"],
        mask: Float[Tensor, "M K"],
    ) -> Float[Tensor, "M C"]:
        """Residues after the round."""
        said = F.gelu(messages + self.type_embedding(neighbor_types) + self.message.center(nodes)[:, None])
        said = F.gelu(self.hidden(said))
        nodes = self.norm(nodes + self.dropout(self.output(neighbor_mean(said, mask))))
        return self.transition_norm(nodes + self.dropout(self.transition(nodes)))


def neighbor_mean(values: Float[Tensor, "N K C"], mask: Float[Tensor, "N K"]) -> Float[Tensor, "N C"]:
    """Sum over the neighbors there are, divided by K, so that a lonely residue hears little."""
    return torch.einsum("nkc,nk->nc", values, mask.to(values.dtype)) / mask.shape[-1]
