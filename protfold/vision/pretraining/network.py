"""`PairPretraining`: a network that fills in pair maps, with everything that decides what it is."""

from dataclasses import asdict, dataclass
from typing import Any

from torch import Tensor, nn

from protfold.errors import InputError
from protfold.features.pair_images import CHANNELS, PairChannels
from protfold.typing import Bool, Float, Shaped
from protfold.vision.backbone import Backbone
from protfold.vision.pretraining.convmae import MaskedConvAutoencoder
from protfold.vision.pretraining.lomar import LocalMaskedReconstruction
from protfold.vision.pretraining.mae import MaskedAutoencoder
from protfold.vision.pretraining.reconstruction import Reconstruction
from protfold.vision.pretraining.windows import Windows
from protfold.vision.registry import create_backbone
from protfold.vision.symmetry import Symmetry


@dataclass(frozen=True, kw_only=True, slots=True)
class MaeSizes:
    """Settings of `MaskedAutoencoder`."""

    hidden: int = 96
    depth: int = 6
    num_heads: int = 4
    patch_size: int = 4
    decoder_hidden: int = 64
    decoder_depth: int = 2
    decoder_heads: int = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class LomarSizes:
    """Settings of `LocalMaskedReconstruction`."""

    hidden: int = 96
    depth: int = 6
    num_heads: int = 4
    patch_size: int = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class ConvMaeSizes:
    """Settings of `MaskedConvAutoencoder`."""

    hidden: tuple[int, int, int] = (32, 64, 96)
    depths: tuple[int, int, int] = (2, 2, 4)
    num_heads: int = 4
    kernel_size: int = 5
    stem_stride: int = 1
    decoder_hidden: int = 64
    decoder_depth: int = 2
    decoder_heads: int = 4


Sizes = MaeSizes | LomarSizes | ConvMaeSizes

BACKBONE_NAMES: dict[type[Sizes], str] = {MaeSizes: "vit", LomarSizes: "relative_vit", ConvMaeSizes: "convmae"}
"""The backbone that each kind leaves, by its registered name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PairPretrainingConfig:
    """What is pretrained, in exactly one of three ways.

    Attributes:
        channels: of the maps.
        mae, lomar, convmae: sizes.

    Raises:
        InputError: none of the three is given, or more than one.
    """

    channels: PairChannels = "symmetric"
    mae: MaeSizes | None = None
    lomar: LomarSizes | None = None
    convmae: ConvMaeSizes | None = None

    def __post_init__(self) -> None:
        given = [name for name in ("mae", "lomar", "convmae") if getattr(self, name) is not None]
        if len(given) != 1:
            raise InputError(f"architecture has {' and '.join(given) or 'no network'}; give one of mae, lomar, convmae")

    @property
    def sizes(self) -> Sizes:
        """Those that are given."""
        (sizes,) = (one for one in (self.mae, self.lomar, self.convmae) if one is not None)
        return sizes


class PairPretraining(nn.Module):
    """One of the three networks on the maps of structures.

    Args:
        config: all of it.
    """

    def __init__(self, config: PairPretrainingConfig) -> None:
        super().__init__()
        self.config = config
        num_channels, settings = len(CHANNELS[config.channels]), asdict(config.sizes)
        if not isinstance(config.sizes, LomarSizes):
            settings["positions"] = "offset"
        kinds: dict[type[Sizes], Any] = {
            MaeSizes: MaskedAutoencoder,
            LomarSizes: LocalMaskedReconstruction,
            ConvMaeSizes: MaskedConvAutoencoder,
        }
        self.network: MaskedAutoencoder | LocalMaskedReconstruction | MaskedConvAutoencoder = kinds[type(config.sizes)](
            num_channels, **settings
        )

    @property
    def patch_size(self) -> int:
        """Pixels on the side of a patch."""
        return self.network.patch_size

    def forward(
        self, x: Float[Tensor, "B C N N"], mask: Shaped[Tensor, "B N"] | None, removed: Bool[Tensor, "B h w"] | Windows
    ) -> Reconstruction:
        """What is filled in; the local kind takes windows, the others patches."""
        return self.network(x, mask, removed)

    def backbone(self, *, symmetry: Symmetry = "average") -> Backbone:
        """The encoder with its values, as a backbone of its own."""
        encoder = create_backbone(
            BACKBONE_NAMES[type(self.config.sizes)],
            len(CHANNELS[self.config.channels]),
            symmetry=symmetry,
            **{name: value for name, value in asdict(self.config.sizes).items() if not name.startswith("decoder_")},
        )
        encoder.load_state_dict(self.network.encoder.state_dict())
        return encoder
