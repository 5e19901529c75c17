"""The templates of a target between two stages, as NumPy's `.npz` without pickles."""

import io
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from protfold.entities import Template
from protfold.io import write_atomically
from protfold.runs.templates import FoundTemplates, TemplateSource

_ARRAYS = ("aatype", "atom37_positions", "atom37_mask")


def write_templates(path: Path, found: FoundTemplates) -> None:
    """Write templates, sources and notes, exactly."""
    arrays = {f"{name}_{i}": getattr(template, name) for i, template in enumerate(found.templates) for name in _ARRAYS}
    plain = {
        "sources": [asdict(source) for source in found.sources],
        "sum_probs": [template.sum_probs for template in found.templates],
        "notes": found.notes,
    }
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, plain=np.asarray(json.dumps(plain)), **arrays)
    write_atomically(path, buffer.getvalue())


def read_templates(path: Path) -> FoundTemplates:
    """What `write_templates` left."""
    with np.load(path, allow_pickle=False) as arrays:
        plain = json.loads(str(arrays["plain"]))
        sources = tuple(TemplateSource(**source) for source in plain["sources"])
        templates = tuple(
            Template(name=source.name, sum_probs=sum_probs, **{name: arrays[f"{name}_{i}"] for name in _ARRAYS})
            for i, (source, sum_probs) in enumerate(zip(sources, plain["sum_probs"], strict=True))
        )
    return FoundTemplates(templates=templates, sources=sources, notes=tuple(plain["notes"]))
