"""`YoloV7Detector`: the released detectors as graphs, for checks against their published sizes.

Wang et al. (2022) "YOLOv7", arXiv 2207.02696.
"""

from torch import Tensor, nn

from protfold.typing import Float
from protfold.vision.convolution import ChannelLinear
from protfold.vision.elan import Unit
from protfold.vision.implicit import ImplicitLinear
from protfold.vision.path_aggregation import Maps
from protfold.vision.reparameterization import deployed
from protfold.vision.yolov7 import YoloV7


class YoloV7Detector(nn.Module):
    """Predictions at each pixel of each map of the pyramid: the lead, and, in training, an auxiliary that sees what comes down alone.

    Args:
        backbone: with `in_channels=3`.
        outputs: at each pixel; released for three boxes of 80 classes: 3 (4 + 1 + 80).
        auxiliary: channels before the auxiliary predictions; none for networks without.
    """

    def __init__(self, backbone: YoloV7, *, outputs: int = 255, auxiliary: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.backbone = backbone
        self.lead = nn.ModuleList(ImplicitLinear(channels, outputs) for channels in backbone.channels)
        self.auxiliary_units = nn.ModuleList(
            Unit(channels // 2, wide, 3) for channels, wide in zip(backbone.channels, auxiliary, strict=False)
        )
        self.auxiliary = nn.ModuleList(ChannelLinear(wide, outputs) for wide in auxiliary)

    def forward(self, pictures: Float[Tensor, "B 3 H W"]) -> tuple[Maps, Maps]:
        """Lead and auxiliary predictions of pictures whose sides are multiples of the largest stride, from fine to coarse."""
        down, up = self.backbone.pyramid_maps(pictures, None)
        lead = [head(one) for head, one in zip(self.lead, self.backbone.finished(up, None), strict=True)]
        units = zip(self.auxiliary_units, self.auxiliary, down, strict=False)
        return lead, [head(unit(one)) for unit, head, one in units]

    def deployed(self) -> "YoloV7Detector":
        """The form for use: fused, and without what serves training alone."""
        copy = deployed(self)
        copy.auxiliary_units, copy.auxiliary = nn.ModuleList(), nn.ModuleList()
        return copy


AUXILIARY_W6 = (320, 640, 960, 1280)
AUXILIARY_D6 = (384, 768, 1152, 1536)
"""Of the released networks with auxiliary heads; E6 and E6E have those of W6."""
