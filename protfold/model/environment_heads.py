"""What is read from the hidden state of a residue's environment."""

import torch.nn.functional as F
from torch import Tensor, nn

from protfold.model.environment_output import NUM_CHI, NUM_CHI_BINS, NUM_TYPES, EnvironmentOutput
from protfold.model.initialize import final_linear, relu_linear
from protfold.typing import Float, Int

NUM_OWN_TYPES = NUM_TYPES + 1
_SIZES = (NUM_TYPES, 1, 3, 8, 1)


class EnvironmentHeads(nn.Module):
    """Residue type, accessibility, secondary structure and B-factor of one product; side-chain torsions of the residue's type, too.

    The multitask heads of Liu et al. (2022), doi 10.1038/s43588-022-00273-6, but for torsions: these are distributions, so that rotamers
    need not be averaged, and periodic.
    """

    def __init__(self, c: int) -> None:
        super().__init__()
        self.linear = final_linear(c, sum(_SIZES))
        self.own_type = nn.Embedding(NUM_OWN_TYPES, c)
        self.chi_hidden, self.chi_output = relu_linear(c, c), final_linear(c, NUM_CHI * NUM_CHI_BINS)

    def forward(self, hidden: Float[Tensor, "M C"], own_types: Int[Tensor, " M"]) -> EnvironmentOutput:
        """All outputs.

        Args:
            hidden: of the environments, which do not hold the residue's own type.
            own_types: 0-19, 20 for unknown; only side-chain torsions depend on it.
        """
        types, accessibility, three, eight, b_factor = self.linear(hidden).split(_SIZES, dim=-1)
        chi = self.chi_output(F.gelu(self.chi_hidden(hidden + self.own_type(own_types))))
        return EnvironmentOutput(
            type_logits=types,
            chi_logits=chi.unflatten(-1, (NUM_CHI, NUM_CHI_BINS)),
            accessibility=accessibility[..., 0],
            secondary_structure_3=three,
            secondary_structure_8=eight,
            b_factor=b_factor[..., 0],
        )
