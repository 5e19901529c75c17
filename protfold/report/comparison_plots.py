"""Pictures of a model beside a known structure: contacts, lDDT along the sequence, errors of distances. Å; lDDT 0-1."""

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from protfold.constants.atoms import ATOM37_INDEX
from protfold.entities import Protein
from protfold.metrics.comparison import Comparison
from protfold.metrics.contacts import CONTACT_DISTANCE, SHORT_RANGE, contacts, pseudo_beta
from protfold.report.plots import house_style
from protfold.report.residue_axes import residue_map_axes
from protfold.typing import Bool, Float

MAX_ERROR = 15.0
_CA = ATOM37_INDEX["CA"]
_KINDS = (
    ("#F2F2F2", "no contact"),
    ("#8C8C8C", "native"),
    ("#0072B2", "predicted, and native"),
    ("#D55E00", "predicted, not native"),
)


def plot_contacts_beside(comparison: Comparison) -> Figure:
    """Contacts of the native structure above the diagonal, of the model below: CB atoms (CA of glycine) nearer than 8 Å.

    Residues are those of the reference, numbered from 1; contacts of residues less than six apart are not shown.
    """
    native, known = _contact_map(comparison.reference)
    own, own_known = _contact_map(comparison.model)
    pairs = comparison.correspondence
    predicted = np.zeros_like(native)
    predicted[np.ix_(pairs.reference_rows, pairs.reference_rows)] = own[np.ix_(pairs.model_rows, pairs.model_rows)]
    matched = np.zeros_like(known)
    matched[pairs.reference_rows] = own_known[pairs.model_rows]
    return plot_contact_pair(native, predicted, known & matched)


def plot_contact_pair(
    native: Bool[np.ndarray, "N_res N_res"], predicted: Bool[np.ndarray, "N_res N_res"], known: Bool[np.ndarray, " N_res"]
) -> Figure:
    """Native contacts above the diagonal, predicted ones below, right ones apart from wrong ones.

    Args:
        native, predicted: which two residues are in contact.
        known: residues that can be compared.
    """
    far = np.abs(np.subtract.outer(np.arange(len(known)), np.arange(len(known)))) >= SHORT_RANGE
    counted = far & known[:, None] & known
    kinds = np.where(np.triu(native & counted), 1, 0) + np.where(np.tril(predicted & counted), np.where(native, 2, 3), 0)
    numbers = [np.triu(one & counted).sum() for one in (native, predicted & native, predicted & ~native)]
    with house_style():
        figure = Figure(figsize=(5.0, 4.6), layout="constrained")
        axes = figure.add_subplot()
        residue_map_axes(axes, kinds, color_map=ListedColormap([color for color, _ in _KINDS]), minimum=-0.5, maximum=3.5)
        axes.axline((1, 1), slope=1, color="#555555", linewidth=0.8)
        axes.set(
            xlabel="Residue",
            ylabel="Residue",
            title=f"Contacts (CB-CB below {CONTACT_DISTANCE:g} Å): native above, predicted below",
        )
        handles = [
            Patch(facecolor=color, label=f"{name}: {number}") for (color, name), number in zip(_KINDS[1:], numbers, strict=True)
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=8, frameon=False)
        return figure


def plot_lddt(comparison: Comparison, *, plddt: Float[np.ndarray, " N_res"] | None = None) -> Figure:
    """lDDT-CA of each residue of the reference, with the confidence that was predicted for it where given; both 0-100.

    Args:
        comparison: of a model with a known structure.
        plddt: of each residue of the model.
    """
    with house_style():
        figure = Figure(figsize=(7.0, 3.0), layout="constrained")
        axes = figure.add_subplot()
        places = np.arange(1, len(comparison.reference) + 1)
        measured = 100.0 * comparison.lddt_ca_per_residue
        axes.fill_between(places, measured, color="#BBBBBB", alpha=0.6, linewidth=0, step="mid")
        axes.plot(
            places,
            measured,
            color="black",
            linewidth=1.2,
            drawstyle="steps-mid",
            label=f"measured, whole {100 * comparison.lddt_ca:.0f}",
        )
        if plddt is not None:
            told = np.full(len(places), np.nan)
            told[comparison.correspondence.reference_rows] = plddt[comparison.correspondence.model_rows]
            axes.plot(places, told, color="#D55E00", linewidth=1.4, label=f"predicted (pLDDT), mean {np.nanmean(told):.0f}")
        axes.set(xlim=(0.5, len(places) + 0.5), ylim=(0, 100), xlabel="Residue of the reference", ylabel="lDDT-CA (0-100)")
        figure.legend(loc="outside lower center", ncols=2, fontsize=8, frameon=False)
        return figure


def plot_distance_error(comparison: Comparison) -> Figure:
    """By how much the distance of each two CA atoms is too long (orange) or too short (purple) in the model, Å."""
    pairs = comparison.correspondence
    maps = []
    for protein, rows in ((comparison.model, pairs.model_rows), (comparison.reference, pairs.reference_rows)):
        points = np.where(protein.atom37_mask[rows, _CA, None] > 0, protein.atom37_positions[rows, _CA].astype(np.float64), np.nan)
        maps.append(np.linalg.norm(points[:, None] - points[None], axis=-1))
    error = np.full((len(comparison.reference),) * 2, np.nan)
    error[np.ix_(pairs.reference_rows, pairs.reference_rows)] = maps[0] - maps[1]
    with house_style():
        figure = Figure(figsize=(5.2, 4.0), layout="constrained")
        axes = figure.add_subplot()
        image = residue_map_axes(axes, error, color_map="PuOr_r", minimum=-MAX_ERROR, maximum=MAX_ERROR)
        axes.set(xlabel="Residue of the reference", ylabel="Residue of the reference")
        figure.colorbar(image, ax=axes, label="CA-CA distance, model - native (Å)", shrink=0.9, extend="both")
        return figure


def _contact_map(protein: Protein) -> tuple[Bool[np.ndarray, "N_res N_res"], Bool[np.ndarray, " N_res"]]:
    points, known = pseudo_beta(protein.aatype, protein.atom37_positions, protein.atom37_mask)
    return contacts(points.astype(np.float64)) & known[:, None] & known, known
