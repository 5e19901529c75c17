"""`PictureClassifier`: a backbone as it was published, for checks against published sizes and other implementations."""

from torch import Tensor, nn

from protfold.typing import Float
from protfold.vision.backbone import Backbone
from protfold.vision.pair_mask import masked_mean


class PictureClassifier(nn.Module):
    """The mean of the last feature map, normalised or not, and a matrix.

    Args:
        backbone: with `in_channels=3`.
        num_classes: of pictures.
        final_norm: of the mean, if it has one.
    """

    def __init__(self, backbone: Backbone, *, num_classes: int = 1000, final_norm: nn.Module | None = None) -> None:
        super().__init__()
        self.backbone, self.final_norm = backbone, final_norm
        self.head = nn.Linear(backbone.channels[-1], num_classes)

    def forward(self, pictures: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B classes"]:
        """Logits."""
        features = masked_mean(self.backbone(pictures)[-1][0], None)
        return self.head(features if self.final_norm is None else self.final_norm(features))
