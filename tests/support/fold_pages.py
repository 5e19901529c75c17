"""A folded target made of experimental chains, for tests of pages: real structures, numbers that are easy to foresee."""

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np

from protfold.entities import Protein
from protfold.io import format_pdb, read_structure
from protfold.metrics.contacts import pseudo_beta
from protfold.report.fold_page import FoldedTarget
from protfold.report.structure_view import ViewedModel

CHAINS = Path(__file__).parents[2] / "data" / "examples" / "training"


def two_chains() -> Protein:
    """1ORC and 4CUP side by side; pLDDT falls from 96 to 40 along the rows."""
    first, second = (read_structure(CHAINS / f"{name}.pdb") for name in ("1orc_A", "4cup_A"))
    moved = np.where(second.atom37_mask[..., None] > 0, second.atom37_positions + np.float32([45.0, 0.0, 0.0]), 0.0).astype(
        np.float32
    )
    second = replace(second, atom37_positions=moved)
    joined = {
        field: np.concatenate([getattr(first, field), getattr(second, field)])
        for field in ("atom37_positions", "atom37_mask", "aatype", "residue_index", "insertion_codes")
    }
    plddt = np.linspace(96.0, 40.0, len(first) + len(second)).round(2).astype(np.float32)
    return Protein(
        **joined,
        chain_index=np.repeat([0, 1], [len(first), len(second)]),
        chain_ids=("A", "B"),
        b_factors=np.repeat(plddt[:, None], 37, axis=1),
        name="pair",
    )


def folded_target(name: str = "pair", **further: Any) -> FoldedTarget:
    """Two ranked models of two chains; PAE is half the distance of CA atoms plus a step that makes it unsymmetric."""
    protein = two_chains()
    ca = protein.atom37_positions[:, 1].astype(np.float64)
    distances = np.linalg.norm(ca[:, None] - ca[None], axis=-1)
    beta, _ = pseudo_beta(protein.aatype, protein.atom37_positions, protein.atom37_mask)
    near = np.linalg.norm(beta[:, None] - beta[None], axis=-1) < 8.0
    plddt = protein.b_factors[:, 1].astype(np.float64)
    relaxation = {
        "status": "relaxed",
        "energy_before": 1.6e15,
        "energy_after": -341.4,
        "violations_before": {"residues": 7},
        "violations_after": {"residues": 0},
        "ca_rmsd": 0.31,
        "warnings": ["a warning"],
    }
    ranking = [
        {
            "rank": rank,
            "weights": "mini",
            "seed": rank,
            "recycles": 1,
            "mean_plddt": 68.0,
            "ptm": 0.5,
            "iptm": 0.25,
            "relaxation": done,
        }
        for rank, done in ((1, relaxation), (2, None))
    ]
    manifest = {
        "id": name,
        "protfold": "0",
        "python": "3",
        "libraries": {"numpy": "2"},
        "weights": [{"name": "mini", "sha256": "0123"}],
        "msa": {"source": "a.a3m", "depth": 3, "sha256": "4567"},
        "templates": [],
        "notes": ["a note"],
        "seeds": [1, 2],
        "command": "protfold fold msa.a3m -o again",
    }
    fields: dict[str, Any] = {
        "protein": protein,
        "models": tuple(ViewedModel(text=format_pdb(protein), label=f"Rank {rank}") for rank in (1, 2)),
        "plddts": (plddt, plddt - 5.0),
        "pae": np.minimum(distances / 2.0 + np.tri(len(ca), k=-1), 30.0),
        "contacts": near * 0.9,
        "scores": {"mean_plddt": 68.0, "ptm": 0.5, "iptm": 0.25, "ranking": ranking},
        "manifest": manifest,
        "coverage_png": b"picture",
        "pae_png": None,
    }
    return FoldedTarget(name=name, **fields | further)


class Parsed(HTMLParser):
    """What a page consists of.

    Attributes:
        tags: name and attributes of each element, in order.
        scripts: content of each script by its id, `#0`, `#1`, ... for those without.
        styles: content of all styles.
        text: everything else.
    """

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: dict[str, str] = {}
        self.styles, self.text = "", ""
        self._inside = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes an element."""
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self._inside = tag
            if tag == "script":
                self._id = dict(attrs).get("id") or f"#{sum(key.startswith('#') for key in self.scripts)}"
                self.scripts[self._id] = ""

    def handle_endtag(self, tag: str) -> None:
        """Leaves a script or style."""
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        """Notes text."""
        if self._inside == "script":
            self.scripts[self._id] += data
        elif self._inside == "style":
            self.styles += data
        else:
            self.text += data

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        """Of each element of a name."""
        return [attributes for found, attributes in self.tags if found == tag]
