"""Architecture of the designer's network."""

from dataclasses import dataclass

from protfold.errors import InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalEnvironmentConfig:
    """One residue's environment as tokens of a plain transformer: Liu et al. (2022), doi 10.1038/s43588-022-00273-6; the published sizes.

    Attributes:
        c_embedding: channels of each of a token's four parts.
        num_layers, num_heads: of the transformer, whose width is four parts.
        dropout: rate after attention, transition and embedding.
    """

    c_embedding: int = 256
    num_layers: int = 12
    num_heads: int = 8
    dropout: float = 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class ResidueGraphConfig:
    """Structure read by message passing among neighbors, types by each residue of its own neighbors only.

    Attributes:
        c_hidden: channels of residues and of pairs of neighbors.
        num_encoder_layers: rounds of message passing over the structure, before types are known.
        num_readout_layers: rounds in which a residue reads the types of its neighbors.
        dropout: rate after messages and transitions.
    """

    c_hidden: int = 128
    num_encoder_layers: int = 3
    num_readout_layers: int = 3
    dropout: float = 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvironmentTransformerConfig:
    """The network, which is one of two.

    Attributes:
        num_neighbors: residues of an environment, nearest by CA.
        local: environments apart from each other.
        graph: environments that share the work on the structure.

    Raises:
        InputError: not exactly one of the two is given.
    """

    num_neighbors: int = 20
    local: LocalEnvironmentConfig | None = None
    graph: ResidueGraphConfig | None = None

    def __post_init__(self) -> None:
        if (self.local is None) == (self.graph is None):
            raise InputError("the designer's network is either local or graph; give exactly one")


ABACUS_R = EnvironmentTransformerConfig(num_neighbors=20, local=LocalEnvironmentConfig())
"""As published: 151,240,960 parameters."""
