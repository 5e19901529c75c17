"""How much designs differ, and the temperature that makes them differ as much as asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from protfold.design.constraints import Constraints
from protfold.design.designer import EncodedBackbone, SamplerOptions
from protfold.errors import InputError
from protfold.typing import Bool, Int

NUM_PROBES = 4
NUM_BISECTIONS = 5
PROBE_ITERATIONS = 10
LOWEST, HIGHEST = 0.01, 8.0


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundTemperature:
    """The end of `find_temperature`.

    Attributes:
        temperature: to be used.
        diversity: of the short searches at it.
        is_bound: whether the temperature is the end of the range, which cannot give the diversity asked for.
    """

    temperature: float
    diversity: float
    is_bound: bool = False


def diversity_of(sequences: Sequence[Int[np.ndarray, " N_res"]], designed: Bool[np.ndarray, " N_res"]) -> float:
    """1 - the mean identity over designed residues of each two sequences, 0-1; NaN for fewer than two.

    Equal sequences count as often as they are given.
    """
    pairs = [float((one[designed] == other[designed]).mean()) for one, other in combinations(sequences, 2)]
    return 1.0 - float(np.mean(pairs)) if pairs else float("nan")


def find_temperature(
    backbone: EncodedBackbone,
    constraints: Constraints,
    *,
    diversity: float,
    options: SamplerOptions = SamplerOptions(),  # noqa: B008 - immutable
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> FoundTemperature:
    """The temperature at which a backbone's designs have a diversity, by bisection over short searches of four sequences each.

    The random draws are the same at every temperature, so that diversity changes with it alone, and the answer is always the same.

    Args:
        backbone: to design on.
        constraints, seed: as of `EncodedBackbone.design`.
        diversity: 1 - mean identity between designs, between 0 and 1.
        options: of the search; their temperature is not looked at.
        progress: called with the number of searches done and to do, which may end early.

    Raises:
        InputError: the diversity is out of range.
    """
    if not 0.0 < diversity < 1.0:
        raise InputError(f"a diversity of {diversity}; give a number between 0 and 1, such as 0.4")
    short = replace(options, num_restarts=1, annealing=replace(options.annealing, iterations=PROBE_ITERATIONS))
    done = 0

    def probe(temperature: float) -> FoundTemperature:
        nonlocal done
        probed = replace(short, temperature=temperature)
        found = backbone.design(constraints, num_sequences=NUM_PROBES, options=probed, seed=seed)
        done += 1
        if progress is not None:
            progress(min(done, NUM_BISECTIONS + 2), NUM_BISECTIONS + 2)
        return FoundTemperature(temperature=temperature, diversity=diversity_of([one.types for one in found], constraints.designed))

    low, high = probe(LOWEST), probe(0.5)
    if low.diversity >= diversity:
        return replace(low, is_bound=True)
    while high.diversity < diversity:
        if high.temperature >= HIGHEST:
            return replace(high, is_bound=True)
        low, high = high, probe(2.0 * high.temperature)
    for _ in range(NUM_BISECTIONS):
        middle = probe((low.temperature + high.temperature) / 2.0)
        low, high = (middle, high) if middle.diversity < diversity else (low, middle)
    return min(low, high, key=lambda one: abs(one.diversity - diversity))
