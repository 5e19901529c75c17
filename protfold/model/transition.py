"""The two-layer perceptron between attentions."""

import torch
from torch import Tensor, nn

from protfold.model.execution import by_rows
from protfold.model.initialize import final_linear, relu_linear
from protfold.typing import Float


class Transition(nn.Module):
    """Widens each position by a factor, ReLU, and projects back.

    Jumper et al. (2021) Suppl. Alg. 9 "MSATransition"
    Jumper et al. (2021) Suppl. Alg. 15 "PairTransition"
    """

    def __init__(self, *, channels: int, factor: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.widen = relu_linear(channels, factor * channels)
        self.narrow = final_linear(factor * channels, channels)

    def forward(self, representation: Float[Tensor, "*batch N_row N_col C"]) -> Float[Tensor, "*batch N_row N_col C"]:
        """The update of an alignment or pair representation."""

        def rows(part: slice) -> Tensor:
            return self.narrow(torch.relu_(self.widen(self.norm(representation[..., part, :, :]))))

        num_rows, num_columns, channels = representation.shape[-3:]
        row_elements = num_columns * (self.widen.out_features + 2 * channels)
        return by_rows(rows, num_rows=num_rows, row_elements=row_elements)
