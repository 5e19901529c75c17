"""Predictions as ModelCIF: mmCIF with the confidence of each residue and how the model was made. Å; pLDDT 0-100."""

import io
from collections.abc import Iterator

import ihm
import modelcif
import modelcif.dumper
import modelcif.model
import modelcif.protocol
import modelcif.qa_metric
import numpy as np

from protfold.constants.atoms import ATOM37_NAMES
from protfold.constants.residues import MSA_ALPHABET, UNKNOWN
from protfold.entities import Protein
from protfold.io.gemmi_structure import entry_name, rows_with_atoms
from protfold.typing import Float


class _LocalPlddt(modelcif.qa_metric.Local, modelcif.qa_metric.PLDDT):
    """Predicted lDDT-CA of a residue, 0-100."""

    name = "pLDDT"


class _MeanPlddt(modelcif.qa_metric.Global, modelcif.qa_metric.PLDDT):
    """Mean over residues of the predicted lDDT-CA, 0-100."""

    name = "mean pLDDT"


class _Ptm(modelcif.qa_metric.Global, modelcif.qa_metric.PTM):
    """Predicted TM-score, 0-1."""

    name = "pTM"


class _Iptm(modelcif.qa_metric.Global, modelcif.qa_metric.IpTM):
    """Predicted TM-score of the interfaces between chains, 0-1."""

    name = "ipTM"


class _Coordinates(modelcif.model.AbInitioModel):
    """The atoms of a `Protein`, given out one by one."""

    def __init__(self, protein: Protein, places: list[tuple[modelcif.AsymUnit, int]]) -> None:
        super().__init__(
            modelcif.Assembly(dict.fromkeys(asym for asym, _ in places), name="complete model"), name="predicted structure"
        )
        self._protein, self._places = protein, places

    def get_atoms(self) -> Iterator[modelcif.model.Atom]:
        for row, slot in np.argwhere(self._protein.atom37_mask > 0).tolist():
            asym, position = self._places[row]
            x, y, z = self._protein.atom37_positions[row, slot].tolist()
            name = ATOM37_NAMES[slot]
            b_factor = round(float(self._protein.b_factors[row, slot]), 2)
            yield modelcif.model.Atom(asym, position, name, name[0], x, y, z, biso=b_factor, occupancy=1.0)


def format_modelcif(
    protein: Protein,
    *,
    plddt: Float[np.ndarray, " N_res"],
    weights: str,
    version: str,
    ptm: float | None = None,
    iptm: float | None = None,
    relaxed_by: str | None = None,
) -> str:
    """ModelCIF text of a predicted structure; the same input gives the same bytes.

    pLDDT stands in `_ma_qa_metric_local`, and in `_ma_qa_metric_global` as the mean over residues (not over atoms, where large
    residues would count more); residues without atoms are left out of both.

    Args:
        protein: the prediction; its chains in order, equal chains are one entity.
        plddt: [N_res] 0-100.
        weights: name of the parameters that made it.
        version: protfold's.
        ptm: predicted TM-score, if the network gives one.
        iptm: predicted TM-score of interfaces, for a complex.
        relaxed_by: version of the OpenMM that relaxed the prediction; None for one that was not relaxed.

    Raises:
        InputError: there is no atom, or a number is not finite.
    """
    modelled = rows_with_atoms(protein)
    system = modelcif.System(title=f"{protein.name or 'protein'} predicted by protfold", id=entry_name(protein))
    software = modelcif.Software(
        name="protfold",
        classification="model building",
        description="Structure prediction",
        location=None,
        type="package",
        version=version,
    )
    places = _places(protein)
    asyms = list(dict.fromkeys(asym for asym, _ in places))
    system.target_entities = list(dict.fromkeys(asym.entity for asym in asyms))
    system.asym_units = asyms
    model = _Coordinates(protein, places)
    model.qa_metrics = [
        _LocalPlddt(places[row][0].residue(places[row][1]), round(float(plddt[row]), 2)) for row in modelled.tolist()
    ]
    model.qa_metrics.append(_MeanPlddt(round(float(np.mean(plddt[modelled], dtype=np.float64)), 2)))
    model.qa_metrics += [metric(round(float(value), 4)) for metric, value in ((_Ptm, ptm), (_Iptm, iptm)) if value is not None]
    for metric in model.qa_metrics:
        metric.software = software
    system.model_groups.append(modelcif.model.ModelGroup([model], name="prediction"))
    finished = modelcif.data.DataGroup([model])
    predicted = (
        finished if relaxed_by is None else modelcif.data.DataGroup([modelcif.data.Data(name="prediction before relaxation")])
    )
    protocol = modelcif.protocol.Protocol()
    protocol.steps.append(
        modelcif.protocol.ModelingStep(
            input_data=modelcif.data.DataGroup(system.target_entities),
            output_data=predicted,
            name="structure prediction",
            details=f"weights {weights}",
            software=software,
        )
    )
    if relaxed_by is not None:
        protocol.steps.append(
            modelcif.protocol.ModelRefinementStep(
                input_data=predicted, output_data=finished, name="relaxation", software=_openmm(relaxed_by)
            )
        )
    system.protocols.append(protocol)
    text = io.StringIO()
    modelcif.dumper.write(text, [system])
    return text.getvalue()


def _openmm(version: str) -> modelcif.Software:
    return modelcif.Software(
        name="OpenMM",
        classification="refinement",
        description="Restrained energy minimisation",
        location="https://openmm.org",
        type="library",
        version=version,
    )


def _places(protein: Protein) -> list[tuple[modelcif.AsymUnit, int]]:
    """The chain of each residue, as ModelCIF sees it, and the residue's position there, from 1."""
    alphabet = ihm.LPeptideAlphabet()
    entities: dict[tuple[int, ...], modelcif.Entity] = {}
    places: dict[int, tuple[modelcif.AsymUnit, int]] = {}
    for chain_index in dict.fromkeys(protein.chain_index.tolist()):
        rows = np.flatnonzero(protein.chain_index == chain_index)
        aatype = tuple(protein.aatype[rows].tolist())
        if aatype not in entities:
            sequence = [alphabet["UNK" if code == UNKNOWN else MSA_ALPHABET[code]] for code in aatype]
            entities[aatype] = modelcif.Entity(sequence, description=f"target sequence {len(entities) + 1}")
        chain_id = protein.chain_ids[chain_index]
        author_numbers = {
            position: (int(protein.residue_index[row]), str(protein.insertion_codes[row]).strip() or None)
            for position, row in enumerate(rows, start=1)
        }
        asym = modelcif.AsymUnit(entities[aatype], details=f"chain {chain_id}", auth_seq_id_map=author_numbers, id=chain_id)
        places.update({row: (asym, position) for position, row in enumerate(rows.tolist(), start=1)})
    return [places[row] for row in range(len(protein))]
