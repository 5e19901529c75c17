"""Everything that is measured of a model beside a reference structure. Å; scores 0-1."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from protfold.constants.atoms import ATOM37_INDEX, BACKBONE, NUM_ATOM37
from protfold.entities.card import card, shown
from protfold.entities.protein import Protein
from protfold.errors import InputError
from protfold.metrics.all_atom_lddt import LddtScores, structure_lddt
from protfold.metrics.contacts import ContactAgreement, contact_agreement, pseudo_beta
from protfold.metrics.correspondence import Correspondence, match_residues
from protfold.metrics.distances import distance_map_error, drmsd
from protfold.metrics.gdt import gdt_counts, gdt_of_counts
from protfold.metrics.rmsd import rmsd, rmsd_95
from protfold.metrics.stereochemistry import Stereochemistry, check_stereochemistry
from protfold.metrics.superposition_search import best_over_superpositions
from protfold.metrics.tm_score import search_cutoff, tm_sums
from protfold.metrics.violations import Violations, find_violations
from protfold.typing import Bool, Float, Int

MIN_RESIDUES = 3
MAX_RESIDUES = 10_000
EVERY_ATOM = list(range(NUM_ATOM37))
CA, CB, OXT = (ATOM37_INDEX[name] for name in ("CA", "CB", "OXT"))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Comparison:
    """A model beside a reference.

    Attributes:
        model, reference: what was compared.
        tm_score, gdt_ts, gdt_ha: over CA atoms, by the reference's residues with a CA.
        lddt_ca, lddt: over CA and over all atoms of the reference; distances to what the model lacks are lost.
        lddt_ca_per_residue, lddt_per_residue: of each residue of the reference; NaN where it has no distance to be kept.
        rmsd_ca, rmsd_backbone, rmsd_all: over the atoms of equal name that both have, CA, N CA C O, and all, each after a superposition of
            its own.
        rmsd_95, drmsd, distance_map_error: over the CA atoms that both have.
        contacts: by range in the sequence, CB atoms (CA of glycine) nearer than 8 Å.
        violations, stereochemistry: of the whole model.
        num_matched: pairs of residues whose CA atoms both have.
        correspondence: which residues were paired, how, and why.
        warnings: what a reader should know.
    """

    model: Protein
    reference: Protein
    tm_score: float
    gdt_ts: float
    gdt_ha: float
    lddt_ca: float
    lddt: float
    lddt_ca_per_residue: Float[np.ndarray, " N_reference"]
    lddt_per_residue: Float[np.ndarray, " N_reference"]
    rmsd_ca: float
    rmsd_backbone: float
    rmsd_all: float
    rmsd_95: float
    drmsd: float
    distance_map_error: float
    contacts: dict[str, ContactAgreement]
    violations: Violations
    stereochemistry: Stereochemistry
    num_matched: int
    correspondence: Correspondence
    warnings: tuple[str, ...]

    def __repr__(self) -> str:
        return (
            f"Comparison({shown(self.model.name)!r} beside {shown(self.reference.name)!r}: TM-score {self.tm_score:.3f},"
            f" lDDT-CA {self.lddt_ca:.3f}, CA RMSD {self.rmsd_ca:.2f} Å, {self.num_matched} residues)"
        )

    def _repr_html_(self) -> str:
        contacts = ", ".join(
            f"{name} {one.precision:.2f} / {one.recall:.2f} ({one.num_reference} native)"
            for name, one in self.contacts.items()
            if one.num_reference
        )
        facts = {
            "residues compared": f"{self.num_matched} of the reference's {len(self.reference)}, by {self.correspondence.matched_by}",
            "TM-score, GDT-TS, GDT-HA": f"{self.tm_score:.3f}, {self.gdt_ts:.3f}, {self.gdt_ha:.3f} (0-1, higher is better)",
            "lDDT-CA, lDDT of all atoms": f"{self.lddt_ca:.3f}, {self.lddt:.3f} (0-1, higher is better)",
            "RMSD of CA, of all atoms": f"{self.rmsd_ca:.2f} Å, {self.rmsd_all:.2f} Å (lower is better)",
            "contacts, precision / recall": contacts or "none",
        }
        if self.warnings:
            facts["to know"] = "; ".join(self.warnings)
        return card(f"{self.model.name or 'model'} beside {self.reference.name or 'reference'}", facts)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Laid:
    """A model laid over the residues of the reference, and which atoms can be compared."""

    positions: Float[np.ndarray, "N_reference 37 3"]
    mask: Bool[np.ndarray, "N_reference 37"]
    reference: Float[np.ndarray, "N_reference 37 3"]
    reference_mask: Bool[np.ndarray, "N_reference 37"]

    def both(self, slots: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
        """[N, 3] positions in model and reference of the atoms of these slots that both have."""
        known = (self.mask & self.reference_mask)[:, slots]
        return torch.from_numpy(self.positions[:, slots][known]), torch.from_numpy(self.reference[:, slots][known])


def compare_structures(model: Protein, reference: Protein, *, match: str = "auto") -> Comparison:
    """All measures of a model beside a reference; chains, numbering and atoms may differ.

    Residues are paired as `match_residues` does. Pairs of different type are compared by N, CA, C, O and CB. OXT, which models
    often lack, counts where both have it.

    Args:
        model, reference: up to 10,000 residues each, three of which must have a CA atom and a partner that has one.
        match: by `"number"` (chain, number, insertion code), by `"sequence"`, or by what fits, `"auto"`.

    Raises:
        InputError: a structure cannot be measured, or nothing matches.
    """
    for protein, role in ((model, "model"), (reference, "reference")):
        _check(protein, role)
    pairs = match_residues(model, reference, match=match)
    laid = _lay(model, reference, pairs)
    points, target = laid.both([CA])
    if len(points) < MIN_RESIDUES:
        raise InputError(
            f"only {len(points)} residues with a CA atom in both match; {MIN_RESIDUES} are needed", record=model.name or None
        )
    num_reference = int(laid.reference_mask[:, CA].sum())
    best = best_over_superpositions(
        points,
        target,
        lambda distances: torch.cat([tm_sums(distances, num_reference), gdt_counts(distances)], dim=-1),
        cutoff=search_cutoff(num_reference),
    )
    gdt = gdt_of_counts(best[1:], num_reference)
    lddt_ca, lddt = (_lddt(laid, reference, slots) for slots in ([CA], EVERY_ATOM))
    return Comparison(
        model=model,
        reference=reference,
        tm_score=float(best[0] / num_reference),
        gdt_ts=gdt.total,
        gdt_ha=gdt.high_accuracy,
        lddt_ca=lddt_ca.whole,
        lddt=lddt.whole,
        lddt_ca_per_residue=lddt_ca.per_residue,
        lddt_per_residue=lddt.per_residue,
        rmsd_ca=float(rmsd(points, target)),
        rmsd_backbone=float(rmsd(*laid.both(BACKBONE))),
        rmsd_all=float(rmsd(*laid.both(EVERY_ATOM))),
        rmsd_95=float(rmsd_95(points, target)),
        drmsd=drmsd(points, target),
        distance_map_error=distance_map_error(points, target),
        contacts=_contacts(model, reference, pairs),
        violations=find_violations(model),
        stereochemistry=check_stereochemistry(model),
        num_matched=len(points),
        correspondence=pairs,
        warnings=pairs.warnings + _missing_atoms(laid, pairs),
    )


def _check(protein: Protein, role: str) -> None:
    """Raise where nothing sensible can be measured."""
    record = protein.name or None
    if not len(protein):
        raise InputError(f"the {role} has no protein residue", record=record)
    if len(protein) > MAX_RESIDUES:
        raise InputError(
            f"the {role} has {len(protein)} residues, of which {MAX_RESIDUES} can be compared; give a part", record=record
        )
    known = protein.atom37_mask > 0
    wrong = np.flatnonzero((known & ~np.isfinite(protein.atom37_positions).all(-1)).any(-1))
    if len(wrong):
        row = wrong[0]
        place = f"{protein.chain_ids[protein.chain_index[row]]} {protein.residue_index[row]}{protein.insertion_codes[row].strip()}"
        raise InputError(f"residue {place} of the {role} has coordinates that are not finite numbers", record=record)
    if known[:, CA].sum() < MIN_RESIDUES:
        raise InputError(
            f"the {role} has {int(known[:, CA].sum())} residues with a CA atom; {MIN_RESIDUES} are needed", record=record
        )
    if np.ptp(protein.atom37_positions[known], axis=0).max() < 1e-3:
        raise InputError(f"all atoms of the {role} lie at one point; its coordinates are lost", record=record)


def _lay(model: Protein, reference: Protein, pairs: Correspondence) -> _Laid:
    own, true = pairs.model_rows, pairs.reference_rows
    comparable = np.ones(reference.atom37_mask.shape, dtype=bool)
    differing = true[model.aatype[own] != reference.aatype[true]]
    comparable[differing] = np.isin(EVERY_ATOM, [*BACKBONE, CB])
    positions, mask = np.zeros(reference.atom37_positions.shape), np.zeros(comparable.shape, dtype=bool)
    positions[true], mask[true] = model.atom37_positions[own], model.atom37_mask[own] > 0
    comparable[:, OXT] &= mask[:, OXT]
    return _Laid(
        positions=positions,
        mask=mask & comparable,
        reference=reference.atom37_positions.astype(np.float64),
        reference_mask=(reference.atom37_mask > 0) & comparable,
    )


def _lddt(laid: _Laid, reference: Protein, slots: list[int]) -> LddtScores:
    counts = np.isin(EVERY_ATOM, slots)
    return structure_lddt(reference.aatype, laid.positions, laid.mask, laid.reference, laid.reference_mask & counts)


def _contacts(model: Protein, reference: Protein, pairs: Correspondence) -> dict[str, ContactAgreement]:
    (own, known), (true, also_known) = (
        pseudo_beta(protein.aatype[rows], protein.atom37_positions[rows], protein.atom37_mask[rows])
        for protein, rows in ((model, pairs.model_rows), (reference, pairs.reference_rows))
    )
    both = known & also_known
    rows = pairs.reference_rows[both]
    return contact_agreement(
        own[both].astype(np.float64), true[both].astype(np.float64), _places(reference)[rows], reference.chain_index[rows]
    )


def _places(protein: Protein) -> Int[np.ndarray, " N_res"]:
    """Places along the chain: the author's numbers, but that residues told apart by insertion codes have a place each."""
    return np.cumsum(np.diff(protein.residue_index, prepend=protein.residue_index[:1]).clip(min=1))


def _missing_atoms(laid: _Laid, pairs: Correspondence) -> tuple[str, ...]:
    wanted, found = laid.reference_mask[pairs.reference_rows], laid.mask[pairs.reference_rows]
    num_missing = int((wanted & ~found).sum())
    if not num_missing:
        return ()
    return (f"the model lacks {num_missing} of {int(wanted.sum())} atoms of the reference in residues that match",)
