"""`YoloV7`: stages of layer aggregation below a pyramid that runs down and up again, as in the detector of that name.

Wang et al. (2022) "YOLOv7: Trainable Bag-of-Freebies Sets New State-of-the-Art for Real-Time Object Detectors", arXiv 2207.02696.
"""

from functools import partial
from typing import Any

from torch import Tensor, nn

from protfold.errors import InputError
from protfold.typing import Float
from protfold.vision.backbone import Backbone
from protfold.vision.elan import MakeUnit, Mask, Unit, concatenated_width, elans, halving
from protfold.vision.pair_mask import coarser
from protfold.vision.path_aggregation import Maps, PathAggregation
from protfold.vision.symmetry import Symmetry

REPARAMETERIZED = ("none", "outputs", "everywhere")


class YoloV7(Backbone):
    """One map for each of the coarsest stages.

    Args:
        in_channels: of the pair maps.
        stem: channels and stride of the convolutions at the start.
        space_to_depth: the first of them takes four pixels as one of four times the channels, which is the same as a convolution of
            twice the kernel and stride; and the first stage is one step coarser than the stem.
        hidden, out: channels of each stage: of the paths of its elans, and of its map.
        depth, tap_every: of the chains of elans; see `Elan`.
        transition: between stages; see `halving`. `split` and `largest` keep the channels, the others give those of the stage
            that follows.
        light_pooling: see `SpatialPyramidPooling`.
        pyramid: channels of the maps of the pyramid; as many of the last stages have one.
        pyramid_hidden: channels of the paths of its elans.
        pyramid_ratio: of channels of the chain to those.
        pyramid_tap_every: see `Elan`.
        pyramid_transition: on its way up; see `halving`.
        paths: elans side by side.
        reparameterized: which convolutions are trained as sums: `none`, `outputs` (as released) or `everywhere`, with those of the
            chains.
        activation: see `Unit`.
        symmetry: see `Backbone`.

    Raises:
        InputError: there is no such transition or choice, or the numbers of stages and maps disagree.
    """

    def __init__(
        self,
        in_channels: int,
        *,
        stem: tuple[tuple[int, int], ...] = ((24, 1),),
        space_to_depth: bool = False,
        hidden: tuple[int, ...] = (16, 24, 32),
        out: tuple[int, ...] = (48, 64, 96),
        depth: int = 4,
        tap_every: int = 2,
        transition: str = "split",
        light_pooling: bool = False,
        pyramid: tuple[int, ...] = (24, 32, 48),
        pyramid_hidden: tuple[int, ...] = (24, 32, 48),
        pyramid_ratio: float = 0.5,
        pyramid_tap_every: int = 1,
        pyramid_transition: str = "split",
        paths: int = 1,
        reparameterized: str = "outputs",
        activation: str = "silu",
        symmetry: Symmetry = "kernel",
    ) -> None:
        super().__init__(symmetry=symmetry)
        if reparameterized not in REPARAMETERIZED:
            raise InputError(f"reparameterized = {reparameterized!r}; give one of {', '.join(REPARAMETERIZED)}")
        if len(hidden) != len(out) or len(pyramid) != len(pyramid_hidden) or len(pyramid) > len(out):
            raise InputError(
                f"{len(hidden)} and {len(out)} stages, {len(pyramid)} and {len(pyramid_hidden)} maps; give as many of both,"
                " and no more maps than stages"
            )
        unit: MakeUnit = partial(Unit, activation=activation, symmetric=self.symmetry == "kernel")
        planned: MakeUnit = partial(unit, reparameterized=True)
        chain_unit = planned if reparameterized == "everywhere" else unit
        elan = partial(elans, depth=depth, paths=paths, unit=unit, chain_unit=chain_unit)

        self.stem, self.halve, self.stages = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        width, stride = in_channels, 1
        for index, (wider, own_stride) in enumerate(stem):
            pixels = 2 if space_to_depth and index == 0 else 1
            self.stem.append(unit(width, wider, 3 * pixels, stride=pixels * own_stride))
            width, stride = wider, stride * pixels * own_stride
        self.stage_strides: list[int] = []
        for index, (within, wide) in enumerate(zip(hidden, out, strict=True)):
            if index or space_to_depth:
                halved = wide if transition in ("split_wide", "strided") else width
                self.halve.append(halving(transition, width, halved, unit))
                width, stride = halved, 2 * stride
            self.stages.append(elan(width, wide, within, ratio=1.0, tap_every=tap_every))
            self.stage_strides.append(stride)
            width = wide

        self.strides, self.channels = tuple(self.stage_strides[-len(pyramid) :]), tuple(2 * one for one in pyramid)
        self.neck = PathAggregation(
            out[-len(pyramid) :],
            pyramid,
            self.strides,
            hidden=pyramid_hidden,
            unit=unit,
            elan=partial(elan, ratio=pyramid_ratio, tap_every=pyramid_tap_every),
            step=pyramid_transition,
            light_pooling=light_pooling,
        )
        output = unit if reparameterized == "none" else planned
        self.outputs = nn.ModuleList(output(one, 2 * one, 3) for one in pyramid)

    def feature_maps(self, x: Float[Tensor, "B C H W"], mask: Mask) -> Maps:
        """Maps of the pyramid on its way up, from fine to coarse."""
        return self.finished(self.pyramid_maps(x, mask)[1], mask)

    def pyramid_maps(self, x: Float[Tensor, "B C H W"], mask: Mask) -> tuple[Maps, Maps]:
        """Maps on the way down and on the way up, each from fine to coarse; arguments as of `feature_maps`."""
        return self.neck(self._stage_maps(x, mask), mask)

    def finished(self, maps: Maps, mask: Mask) -> Maps:
        """Maps of the way up after the convolutions that end it."""
        levels = zip(self.outputs, maps, self.strides, strict=True)
        return [output(one, coarser(mask, stride)) for output, one, stride in levels]

    def _stage_maps(self, x: Float[Tensor, "B C H W"], mask: Mask) -> Maps:
        """Of as many of the last stages as the pyramid has maps."""
        height = x.shape[-2]
        for unit in self.stem:
            x = unit(x, coarser(mask, height // x.shape[-2]))
        maps: Maps = []
        skipped = len(self.stages) - len(self.halve)
        for index, (stage, stride) in enumerate(zip(self.stages, self.stage_strides, strict=True)):
            if index >= skipped:
                x = self.halve[index - skipped](x, coarser(mask, stride // 2))
            x = stage(x, coarser(mask, stride))
            maps.append(x)
        return maps[-len(self.strides) :]


def compound_scaled(settings: dict[str, Any], *, depth: float) -> dict[str, Any]:
    """Settings of a deeper network: chains are `depth` times as long, and what follows a concatenation is as much wider as that is.

    Section 4.2: in a network of concatenations depth cannot be scaled alone, because the ratio of the channels that go into a
    transition to those that come out would change.

    Args:
        settings: of `YoloV7`, with `depth` and `tap_every`.
        depth: the factor.
    """
    longer = round(depth * settings["depth"])
    width = concatenated_width(hidden=1, inner=1, depth=longer, tap_every=settings["tap_every"]) / concatenated_width(
        hidden=1, inner=1, depth=settings["depth"], tap_every=settings["tap_every"]
    )
    wider = {name: tuple(round(width * channels) for channels in settings[name]) for name in ("out", "pyramid")}
    stem = tuple((round(width * channels), stride) for channels, stride in settings["stem"])
    return settings | wider | {"depth": longer, "stem": stem}


YOLOV7: dict[str, Any] = {
    "stem": ((32, 1), (64, 2), (64, 1), (128, 2)),
    "hidden": (64, 128, 256, 256),
    "out": (256, 512, 1024, 1024),
    "depth": 4,
    "tap_every": 2,
    "pyramid": (128, 256, 512),
    "pyramid_hidden": (128, 256, 512),
}
YOLOV7_TINY: dict[str, Any] = {
    "stem": ((32, 2), (64, 2)),
    "hidden": (32, 64, 128, 256),
    "out": (64, 128, 256, 512),
    "depth": 2,
    "tap_every": 1,
    "transition": "largest",
    "light_pooling": True,
    "pyramid": (64, 128, 256),
    "pyramid_hidden": (32, 64, 128),
    "pyramid_ratio": 1.0,
    "pyramid_transition": "strided",
    "reparameterized": "none",
    "activation": "leaky_relu",
}
YOLOV7_X: dict[str, Any] = compound_scaled(YOLOV7, depth=1.5) | {
    "pyramid_hidden": (128, 256, 512),
    "pyramid_ratio": 1.0,
    "pyramid_tap_every": 2,
    "reparameterized": "none",
}
YOLOV7_W6: dict[str, Any] = {
    "stem": ((64, 1),),
    "space_to_depth": True,
    "hidden": (64, 128, 256, 384, 512),
    "out": (128, 256, 512, 768, 1024),
    "depth": 4,
    "tap_every": 2,
    "transition": "strided",
    "pyramid": (128, 256, 384, 512),
    "pyramid_hidden": (128, 256, 384, 512),
    "pyramid_transition": "strided",
    "reparameterized": "none",
}
YOLOV7_E6: dict[str, Any] = compound_scaled(YOLOV7_W6, depth=1.5) | {"transition": "split_wide", "pyramid_transition": "split_wide"}
YOLOV7_D6: dict[str, Any] = compound_scaled(YOLOV7_E6, depth=4 / 3)
YOLOV7_E6E: dict[str, Any] = YOLOV7_E6 | {"paths": 2}
"""The released networks for pictures, without the heads of the detector; settings of `YoloV7`."""
