"""Structures in a notebook: a frame that turns in 3-D, also in a saved notebook and without network. Å."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from protfold.constants.atoms import ATOM37_INDEX
from protfold.entities import Protein
from protfold.entities.card import shown
from protfold.errors import InputError
from protfold.geometry.superposition import superpose
from protfold.io import format_mmcif, format_pdb, read_structure, read_text, write_atomically
from protfold.metrics.correspondence import match_residues
from protfold.report.fold_page import FOLD_STYLES
from protfold.report.markup import Html, escape
from protfold.report.page import Section, page
from protfold.report.ramachandran_view import ramachandran_view
from protfold.report.structure_view import COLORINGS, ViewedModel, structure_frame, structure_page

CA = ATOM37_INDEX["CA"]
MIN_RESIDUES = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class StructureFrame:
    """A view that a notebook shows as the last line of a cell.

    Attributes:
        models: what is shown.
        coloring, together, height: see `protfold.report.structure_view`.
    """

    models: tuple[ViewedModel, ...]
    coloring: str
    together: bool
    height: int

    def _repr_html_(self) -> Html:
        return structure_frame(self.models, **self._settings())  # type: ignore[arg-type]

    def __repr__(self) -> str:
        names = ", ".join(repr(model.label) for model in self.models)
        return f"StructureFrame({names}): shown by a notebook; elsewhere `.save('view.html')` writes a page that stands alone"

    def save(self, path: str | Path) -> Path:
        """Write the view as an HTML page that stands alone; returns the path."""
        write_atomically(Path(path), structure_page(self.models, **self._settings()))  # type: ignore[arg-type]
        return Path(path)

    def _settings(self) -> dict[str, object]:
        values = "plddt" if self.coloring == "plddt" else "b_factor"
        return {"coloring": self.coloring, "together": self.together, "height": self.height, "values": values}


def view(
    *structures: Protein | str | Path,
    labels: Sequence[str] = (),
    coloring: str | None = None,
    superposed: bool = True,
    together: bool = True,
    height: int = 420,
) -> StructureFrame:
    """One structure, or several on top of each other, in 3-D.

    Args:
        structures: proteins, or PDB or mmCIF files. Those after the first are laid over it by the CA atoms of the residues that match.
        labels: a name for each; those of the proteins when left out.
        coloring: `"plddt"` where B-factors are pLDDT, `"chain"`, `"secondary"`, `"model"`, or one colour `"#rrggbb"`; by model where there
            are several structures and by secondary structure where there is one, when left out.
        superposed: False leaves coordinates as they are.
        together: show all at once; False shows one and lets the reader choose.
        height: px.

    Raises:
        InputError: there is nothing to show, a file cannot be read, an option is unknown, or no residues match.
    """
    if not structures:
        raise InputError("give a structure to view")
    if labels and len(labels) != len(structures):
        raise InputError(f"{len(labels)} labels for {len(structures)} structures; give one for each")
    proteins = [one if isinstance(one, Protein) else read_structure(one) for one in structures]
    if superposed:
        proteins = [proteins[0], *(laid_over(one, proteins[0]) for one in proteins[1:])]
    names = labels or [one.name or f"structure {place}" for place, one in enumerate(proteins, start=1)]
    chosen = coloring or ("model" if len(proteins) > 1 else "secondary")
    if chosen not in COLORINGS and not chosen.startswith("#"):
        raise InputError(f"coloring is {chosen!r}; give one of {', '.join(COLORINGS)} or #rrggbb")
    models = tuple(ViewedModel(text=_text(one), label=name) for one, name in zip(proteins, names, strict=True))
    return StructureFrame(models=models, coloring=chosen, together=together and len(models) > 1, height=height)


@dataclass(frozen=True, kw_only=True, slots=True)
class PageFrame:
    """A report page inside a notebook.

    Attributes:
        text: the whole page.
        title: what it is called.
        height: px.
    """

    text: str
    title: str
    height: int

    def _repr_html_(self) -> Html:
        quoted = self.text.replace("&", "&amp;").replace('"', "&quot;")
        style = f"width:100%;height:{self.height:d}px;border:1px solid #8886"
        return Html(f'<iframe title="{escape(self.title)}" sandbox="allow-scripts" srcdoc="{quoted}" style="{style}"></iframe>')

    def __repr__(self) -> str:
        return f"PageFrame({shown(self.title)!r}): shown by a notebook"


def show_page(path: str | Path, *, height: int = 700) -> PageFrame:
    """A report page of a run, shown in a notebook and kept in it; it works without network.

    Args:
        path: of `report.html`, or its folder.
        height: px.

    Raises:
        InputError: it cannot be read.
    """
    file = Path(path) / "report.html" if Path(path).is_dir() else Path(path)
    return PageFrame(text=read_text(file).decode(), title=str(file), height=height)


def show_ramachandran(protein: Protein, *, height: int = 920) -> PageFrame:
    """Phi and psi of each residue over the regions of its class, in a notebook.

    Args:
        protein: one structure.
        height: px.
    """
    section = Section(title="Ramachandran", body=ramachandran_view(protein))
    text = page(protein.name or "a structure", [section], kind="Backbone torsions", styles=FOLD_STYLES)
    return PageFrame(text=text, title=f"Ramachandran of {protein.name}", height=height)


def laid_over(model: Protein, reference: Protein) -> Protein:
    """A structure moved onto another by least squares of the CA atoms of residues that match.

    Raises:
        InputError: fewer than three residues match.
    """
    pairs = match_residues(model, reference)
    known = (model.atom37_mask[pairs.model_rows, CA] > 0) & (reference.atom37_mask[pairs.reference_rows, CA] > 0)
    if known.sum() < MIN_RESIDUES:
        raise InputError(
            f"{known.sum()} residues match, of which {MIN_RESIDUES} are needed to superpose", record=model.name or None
        )
    moving, fixed = (
        torch.from_numpy(one.atom37_positions[rows[known], CA].astype(np.float64))
        for one, rows in ((model, pairs.model_rows), (reference, pairs.reference_rows))
    )
    motion = superpose(moving, fixed, torch.ones_like(moving[:, 0]))
    moved = motion[..., None].apply(torch.from_numpy(model.atom37_positions.astype(np.float64)).reshape(-1, 3)).numpy()
    positions = moved.reshape(model.atom37_positions.shape) * (model.atom37_mask[..., None] > 0)
    return replace(model, atom37_positions=positions.astype(model.atom37_positions.dtype))


def _text(protein: Protein) -> str:
    try:
        return format_pdb(protein)
    except InputError:  # more chains or atoms than the format holds
        return format_mmcif(protein)
