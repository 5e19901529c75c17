"""Designs of one backbone and its native score, in memory and as NumPy's `.npz` without pickles. Nats."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from protfold.design.designer import Design, Designer, EncodedBackbone
from protfold.design.diversity import find_temperature
from protfold.design.scored_sequence import ScoredSequence
from protfold.inference.progress import Progress
from protfold.io import write_atomically
from protfold.model.runtime import RuntimeOptions
from protfold.runs.design.backbones import Backbone
from protfold.runs.design.options import DesignOptions
from protfold.runs.options import Device
from protfold.typing import Float

LoadDesigner = Callable[[DesignOptions], Designer]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DesignSearch:
    """What the sampler found.

    Attributes:
        designs: best score first.
        native: -log p of every type at every residue, in environments of the native sequence.
        temperature: that was used.
        notes: on how it was found.
    """

    designs: tuple[Design, ...]
    native: Float[np.ndarray, "N_res 20"]
    temperature: float
    notes: tuple[str, ...] = ()

    def native_sequence(self, backbone: Backbone) -> ScoredSequence:
        """The native sequence, of which the designed residues count that have a type and a backbone."""
        counted = backbone.constraints.designed & backbone.scorable
        return ScoredSequence(types=backbone.native, log_probabilities=self.native, counted=counted)

    def native_overall(self, backbone: Backbone) -> ScoredSequence:
        """The native sequence, of which all residues count that have a type and a backbone."""
        return ScoredSequence(types=backbone.native, log_probabilities=self.native, counted=backbone.scorable)


def load_designer_once(options: DesignOptions) -> Designer:
    """The designer, loaded once in a process for the same device and threads.

    Raises:
        WeightsError: its parameters are missing or damaged.
    """
    return _load(options.weights, options.device, options.threads)


@lru_cache(maxsize=4)
def _load(weights: str, device: Device, threads: int | None) -> Designer:
    return Designer(weights, RuntimeOptions(device=device, threads=threads))


def search_designs(
    encoded: EncodedBackbone, backbone: Backbone, options: DesignOptions, progress: Progress | None = None
) -> DesignSearch:
    """Sample designs; with a diversity asked for, find the temperature first.

    Args:
        encoded: the backbone as the designer has read it.
        backbone: the same with its constraints.
        options: how.
        progress: called with (step, done, total).
    """

    def step(name: str) -> Callable[[int, int], None] | None:
        return None if progress is None else lambda done, total: progress(name, done, total)

    sampler, notes = options.sampler(), []
    if options.diversity is not None:
        found = find_temperature(
            encoded,
            backbone.constraints,
            diversity=options.diversity,
            options=sampler,
            seed=options.seed,
            progress=step("temperature"),
        )
        sampler = options.sampler(found.temperature)
        if found.is_bound:
            notes.append(
                f"a diversity of {options.diversity:g} is out of reach; at temperature {found.temperature:g} it is {found.diversity:.2f}"
            )
    designs = encoded.design(
        backbone.constraints,
        num_sequences=options.num_sequences,
        options=sampler,
        seed=options.seed,
        progress=step("sequences"),
    )
    native = encoded.score(backbone.native, constraints=backbone.constraints)
    return DesignSearch(
        designs=tuple(designs), native=native.log_probabilities, temperature=sampler.temperature, notes=tuple(notes)
    )


def write_search(path: Path, search: DesignSearch) -> None:
    """Write every number exactly."""
    plain = {"temperature": search.temperature, "notes": search.notes}
    plain["designs"] = [{name: getattr(one, name) for name in ("sample", "converged", "iterations")} for one in search.designs]
    arrays = {f"{name}_{place}": getattr(one, name) for place, one in enumerate(search.designs) for name in _ARRAYS}
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, plain=np.asarray(json.dumps(plain)), native=search.native, **arrays)
    write_atomically(path, buffer.getvalue())


def read_search(path: Path) -> DesignSearch:
    """What `write_search` left."""
    with np.load(path, allow_pickle=False) as arrays:
        plain = json.loads(str(arrays["plain"]))
        designs = tuple(
            Design(**{name: arrays[f"{name}_{place}"] for name in _ARRAYS}, **one) for place, one in enumerate(plain["designs"])
        )
        return DesignSearch(designs=designs, native=arrays["native"], temperature=plain["temperature"], notes=tuple(plain["notes"]))


_ARRAYS = ("types", "log_probabilities", "counted")
