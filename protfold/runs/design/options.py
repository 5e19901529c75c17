"""The choices of a design run, as plain values that a task queue can carry and a manifest can print."""

import math
from dataclasses import dataclass, field, replace
from typing import get_args

from protfold.design.constraint_options import ConstraintOptions
from protfold.design.designer import SamplerOptions
from protfold.design.self_consistency import Start
from protfold.errors import InputError
from protfold.runs.options import Device, FoldOptions, RelaxModels


@dataclass(frozen=True, kw_only=True, slots=True)
class DesignOptions:
    """How to design; the same for every backbone of a run.

    Attributes:
        weights: name or path of a designer's parameters.
        constraints: what may change, and to what.
        constraint_file: file of further constraints, or a folder of them named as the backbones are.
        state_weights: of each state, where several backbones are states of one sequence; None for equal ones.
        num_sequences: for each backbone.
        temperature: of the draws; None for the sampler's default, or for what `diversity` needs.
        diversity: 1 - mean identity between designs, 0-1; None to go by the temperature.
        seed: of every random draw.
        start: what searches start from.
        restarts: searches for each sequence, the best of which is kept.
        refold: fold each design, alone, and compare with the backbone.
        refold_weights: parameter set that folds.
        side_chains: place side chains on the models; else they are N, CA, C and O.
        relax: models to relax: of the `best` design, of `all`, or `none`.
        device, threads: where and how to compute; `threads` None for PyTorch's choice.

    Raises:
        InputError: a value out of range, or a combination that cannot run.
    """

    weights: str = "designer"
    constraints: ConstraintOptions = field(default_factory=ConstraintOptions)
    constraint_file: str | None = None
    state_weights: tuple[float, ...] | None = None
    num_sequences: int = 8
    temperature: float | None = None
    diversity: float | None = None
    seed: int = 0
    start: Start = "random"
    restarts: int = 1
    refold: bool = False
    refold_weights: str = "mini"
    side_chains: bool = True
    relax: RelaxModels = "none"
    device: Device = "auto"
    threads: int | None = None

    def __post_init__(self) -> None:
        if not self.weights:
            raise InputError("no weights given; name the parameters of a designer")
        for name, known in (("start", get_args(Start)), ("relax", get_args(RelaxModels))):
            if getattr(self, name) not in known:
                raise InputError(f"--{name} is {getattr(self, name)!r}; give one of {', '.join(known)}")
        for name, least in (("num_sequences", 1), ("seed", 0), ("restarts", 1), ("temperature", 0.0), ("threads", 1)):
            value = getattr(self, name)
            if value is not None and not least <= value < math.inf:
                raise InputError(f"--{name.replace('_', '-')} is {value}; give {least:g} or more")
        if self.diversity is not None and not 0.0 < self.diversity < 1.0:
            raise InputError(f"--diversity is {self.diversity}; give a number between 0 and 1, such as 0.4")
        if self.diversity is not None and self.temperature is not None:
            raise InputError("--temperature and --diversity are both given; the one decides the other, so give one")
        if self.relax != "none" and not self.side_chains:
            raise InputError("--relax needs side chains; leave --no-side-chains out")

    def sampler(self, temperature: float | None = None) -> SamplerOptions:
        """The sampler's settings, at a temperature or else at the one given or its default."""
        chosen = self.temperature if temperature is None else temperature
        sampler = SamplerOptions(start=self.start, num_restarts=self.restarts)
        return sampler if chosen is None else replace(sampler, temperature=chosen)

    @property
    def folding(self) -> FoldOptions:
        """How designs are folded."""
        return FoldOptions(weights=(self.refold_weights,), seed=self.seed, relax="none", device=self.device, threads=self.threads)
