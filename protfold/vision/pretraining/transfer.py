"""What is done with a pretrained backbone: a linear probe on its frozen features, or fine-tuning at rates that fall towards its input.

Recipes: He et al. (2022) "Masked Autoencoders Are Scalable Vision Learners", arXiv 2111.06377, Tables 9 and 10.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from protfold.errors import InputError
from protfold.typing import Float, Shaped
from protfold.vision.backbone import Backbone
from protfold.vision.normalization import PairBatchNorm2d
from protfold.vision.pair_mask import coarser, masked, pair_mask
from protfold.vision.sub_pixel import SubPixelUpsample
from protfold.vision.symmetry import symmetric


class PairProbe(nn.Module):
    """Logits of pairs from the features of a backbone by one matrix a level; symmetric.

    The features are normalised over the batch, without learned scales, and each coarse pixel has a row of the matrix for each of its
    finer ones, so that nothing but the features decides.

    Args:
        backbone: whose features are read.
        out_channels: logits of a pair.
        frozen: the backbone neither learns nor counts the statistics of what it sees, in training as in evaluation.
    """

    def __init__(self, backbone: Backbone, out_channels: int, *, frozen: bool = True) -> None:
        super().__init__()
        self.backbone, self.frozen = backbone, frozen
        self.norms = nn.ModuleList(PairBatchNorm2d(channels, eps=1e-6, affine=False) for channels in backbone.channels)
        self.heads = nn.ModuleList(
            SubPixelUpsample(channels, out_channels, stride)
            for channels, stride in zip(backbone.channels, backbone.strides, strict=True)
        )
        backbone.requires_grad_(not frozen)
        self.train()

    def train(self, mode: bool = True) -> "PairProbe":
        """The mode of the head, and of a backbone that is not frozen."""
        super().train(mode)
        if self.frozen:
            self.backbone.eval()
        return self

    def forward(self, x: Float[Tensor, "B C N N"], mask: Shaped[Tensor, "B N"] | None = None) -> Float[Tensor, "B out N N"]:
        """Logits; zero where there is no pair.

        Args:
            x: pair maps.
            mask: 1 for residues that are there; None for all.
        """
        length, pairs = x.shape[-1], None if mask is None else pair_mask(mask).to(x.dtype)
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
            maps = self.backbone(x, mask)
        logits = torch.zeros((), dtype=x.dtype, device=x.device)
        for (features, stride), norm, head in zip(maps, self.norms, self.heads, strict=True):
            logits = logits + head(norm(features, coarser(pairs, stride)))[..., :length, :length]
        return masked(symmetric(logits), pairs)


def layer_numbers(backbone: nn.Module, example: Float[Tensor, "B C N N"]) -> dict[str, int]:
    """By name of parameter its layer, counted from the input: those of 0 come first.

    Layers are the members of lists of modules in the order in which they are run, not those within others; what is run between two of
    them belongs to the one before, and what is run before all of them is layer 0.

    Args:
        backbone: is run once, and stays as it is.
        example: a map to run it on.
    """
    members = {
        id(member)
        for one in backbone.modules()
        if isinstance(one, nn.ModuleList)
        for member in one
        if any(True for _ in member.parameters())
    }
    numbers: dict[int, int] = {}
    reached, running = 0, 0

    def begins(module: nn.Module, inputs: object) -> None:
        nonlocal reached, running
        reached += id(module) in members and not running and id(module) not in numbers
        running += id(module) in members
        numbers.setdefault(id(module), reached)

    def ends(module: nn.Module, inputs: object, output: object) -> None:
        nonlocal running
        running -= id(module) in members

    parts = dict(backbone.named_modules())
    inner = [part for name, part in parts.items() if name]
    hooks = [hook for part in inner for hook in (part.register_forward_pre_hook(begins), part.register_forward_hook(ends))]
    modes = {part: part.training for part in parts.values()}
    try:
        with torch.no_grad():
            backbone.eval()(example)
    finally:
        for hook in hooks:
            hook.remove()
        for part, mode in modes.items():
            part.training = mode

    def number(name: str) -> int:
        while name:
            name = name.rpartition(".")[0]
            if id(parts[name]) in numbers:
                return numbers[id(parts[name])]
        return min(numbers.values(), default=0)

    found = {name: number(name) for name, _ in backbone.named_parameters()}
    rank = {one: place for place, one in enumerate(sorted(set(found.values())))}
    return {name: rank[one] for name, one in found.items()}


def rate_factors(
    probe: PairProbe, example: Float[Tensor, "B C N N"], *, layer_decay: float = 1.0, head_factor: float = 10.0
) -> dict[str, float]:
    """By name of each parameter that learns, its rate in units of the common rate.

    With n layers after the embedding, layer l of the backbone has layer_decay^(n + 1 - l), and the head, which starts from nothing,
    `head_factor`.

    Raises:
        InputError: a factor out of range.
    """
    if not 0.0 < layer_decay <= 1.0 or not head_factor > 0.0:
        raise InputError(
            f"layer_decay = {layer_decay}, head_factor = {head_factor}; give a decay above 0 and up to 1, and a positive factor"
        )
    numbers = layer_numbers(probe.backbone, example)
    last = max(numbers.values(), default=0) + 1
    factors = {f"backbone.{name}": layer_decay ** (last - number) for name, number in numbers.items()}
    return {name: factors.get(name, head_factor) for name, parameter in probe.named_parameters() if parameter.requires_grad}


def parameter_groups(
    probe: PairProbe,
    example: Float[Tensor, "B C N N"],
    *,
    weight_decay: float = 0.05,
    layer_decay: float = 1.0,
    head_factor: float = 10.0,
) -> list[dict[str, Any]]:
    """Groups for an optimiser, one for each rate and kind, each parameter that learns in exactly one.

    Args:
        probe: what learns.
        example: a map; see `layer_numbers`.
        weight_decay: of matrices; biases and norms have none.
        layer_decay, head_factor: see `rate_factors`; each group's is its `rate_factor`.
    """
    factors = rate_factors(probe, example, layer_decay=layer_decay, head_factor=head_factor)
    groups: dict[tuple[float, float], dict[str, Any]] = {}
    for name, parameter in probe.named_parameters():
        if name in factors:
            key = factors[name], weight_decay if parameter.ndim > 1 else 0.0
            group = groups.setdefault(key, {"params": [], "rate_factor": key[0], "weight_decay": key[1]})
            group["params"].append(parameter)
    return list(groups.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadReport:
    """What did not fit.

    Attributes:
        missing: parameters of the module that the values lack, or have in another shape; they keep their values.
        unused: values that the module has no place for, or a place of another shape.
    """

    missing: tuple[str, ...]
    unused: tuple[str, ...]


def load_matching(module: nn.Module, values: Mapping[str, Tensor]) -> LoadReport:
    """Takes over all values that fit by name and shape, and tells the others."""
    own = module.state_dict()
    fitting = {name: value for name, value in values.items() if name in own and own[name].shape == value.shape}
    module.load_state_dict(fitting, strict=False)
    return LoadReport(
        missing=tuple(name for name in own if name not in fitting), unused=tuple(name for name in values if name not in fitting)
    )


def below(values: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The values of one part, by their names within it."""
    return dict(_below(values, f"{prefix}."))


def _below(values: Mapping[str, Tensor], prefix: str) -> Iterator[tuple[str, Tensor]]:
    for name, value in values.items():
        if name.startswith(prefix):
            yield name.removeprefix(prefix), value
