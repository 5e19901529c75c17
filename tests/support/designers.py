"""Small networks of the designer with random weights, and backbones for them."""

import numpy as np
import torch

from protfold.entities import Protein
from protfold.model import EnvironmentTransformer, EnvironmentTransformerConfig
from protfold.model.environment_config import LocalEnvironmentConfig, ResidueGraphConfig
from tests.support.examples import example

GRAPH = EnvironmentTransformerConfig(
    num_neighbors=12, graph=ResidueGraphConfig(c_hidden=16, num_encoder_layers=2, num_readout_layers=2)
)
LOCAL = EnvironmentTransformerConfig(num_neighbors=8, local=LocalEnvironmentConfig(c_embedding=8, num_layers=2, num_heads=2))


def random_designer(config: EnvironmentTransformerConfig = GRAPH, *, seed: int = 0) -> EnvironmentTransformer:
    """A network whose every output depends on its input, in float64."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = EnvironmentTransformer(config)
        for parameter in network.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
    return network.double().eval()


def backbone(num_residues: int | None = None) -> Protein:
    """The first residues of a real chain."""
    protein = example("1orc_A")
    return protein.select(np.arange(len(protein))[:num_residues])
