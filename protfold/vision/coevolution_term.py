"""`CoevolutionTerm`: what an encoder reads in co-evolution, as a term of the folding network's initial pair representation."""

from torch import Tensor, nn

from protfold.errors import InputError
from protfold.features import FoldFeatures
from protfold.typing import Float
from protfold.vision.distance_network import DistanceNetwork, DistanceNetworkConfig


class CoevolutionTerm(nn.Module):
    """The pair representation of a `DistanceNetwork`, and a matrix from its channels to those of the folding network.

    The matrix starts at zero, so that a folding network it is added to starts as it was. Handed to `AlphaFold` as `pair_encoder`.

    Args:
        config: of the network that is read.
        c_z: channels of the folding network's pair representation.
    """

    def __init__(self, config: DistanceNetworkConfig, *, c_z: int) -> None:
        super().__init__()
        self.config, self.c_z = config, c_z
        self.encoder = DistanceNetwork(config).encoder
        self.output = nn.Linear(config.c_z, c_z)
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    @classmethod
    def of(cls, network: DistanceNetwork, *, c_z: int) -> "CoevolutionTerm":
        """With the parameters of a trained network."""
        term = cls(network.config, c_z=c_z)
        term.encoder.load_state_dict(network.encoder.state_dict())
        return term

    def forward(self, features: FoldFeatures, index: int) -> Float[Tensor, "*batch N_res N_res c_z"]:
        """The term, the same in every pass.

        Args:
            features: with `coevolution`, the channels of `config.input`.
            index: of the pass.

        Raises:
            InputError: there is no co-evolution.
        """
        maps = features.coevolution
        if maps is None:
            raise InputError("the network reads co-evolution, but the features hold none; set `coevolution` of `FeatureConfig`")
        batch = maps.shape[:-3]
        mask, numbers = (one.reshape(-1, maps.shape[-1]) for one in (features.seq_mask, features.residue_index))
        maps = maps.reshape(-1, *maps.shape[-3:]).to(self.output.weight.dtype)
        pair: Tensor = self.output(self.encoder(maps, mask, numbers))
        return pair.unflatten(0, batch) if batch else pair[0]
