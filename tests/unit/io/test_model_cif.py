"""ModelCIF: complete, consistent, the same bytes each time, and read by others."""

import io
from dataclasses import replace
from pathlib import Path

import gemmi
import modelcif.qa_metric
import modelcif.reader
import numpy as np
import pytest

from protfold.entities import Protein
from protfold.errors import InputError
from protfold.io import format_modelcif, read_structure
from tests.unit.io.proteins import make_protein

PROTEIN = replace(make_protein("ARNDX:GA:ARNDX", insertion_code="A", first_number=-1), name="my target")
PLDDT = np.linspace(10.126, 98.765, len(PROTEIN)).astype(np.float32)

MANDATORY = {
    "_entry": ("id",),
    "_struct": ("entry_id", "title"),
    "_audit_conform": ("dict_name", "dict_version", "dict_location"),
    "_chem_comp": ("id", "type"),
    "_entity": ("id", "type"),
    "_entity_poly": ("entity_id", "type", "pdbx_seq_one_letter_code"),
    "_entity_poly_seq": ("entity_id", "num", "mon_id"),
    "_struct_asym": ("id", "entity_id"),
    "_pdbx_poly_seq_scheme": ("asym_id", "entity_id", "seq_id", "mon_id", "pdb_strand_id"),
    "_software": ("pdbx_ordinal", "name", "version", "classification"),
    "_ma_software_group": ("ordinal_id", "group_id", "software_id"),
    "_ma_data": ("id", "content_type"),
    "_ma_data_group": ("ordinal_id", "group_id", "data_id"),
    "_ma_target_entity": ("entity_id", "data_id", "origin"),
    "_ma_target_entity_instance": ("asym_id", "entity_id"),
    "_ma_protocol_step": ("ordinal_id", "protocol_id", "step_id", "method_type", "input_data_group_id", "output_data_group_id"),
    "_ma_model_list": ("ordinal_id", "data_id", "model_type"),
    "_ma_model_group": ("id",),
    "_ma_model_group_link": ("group_id", "model_id"),
    "_ma_qa_metric": ("id", "name", "type", "mode"),
    "_ma_qa_metric_global": ("ordinal_id", "model_id", "metric_id", "metric_value"),
    "_ma_qa_metric_local": (
        "ordinal_id",
        "model_id",
        "label_asym_id",
        "label_seq_id",
        "label_comp_id",
        "metric_id",
        "metric_value",
    ),
    "_atom_site": (
        *("group_PDB", "id", "type_symbol", "label_atom_id", "label_comp_id", "label_asym_id", "label_seq_id", "label_entity_id"),
        *("Cartn_x", "Cartn_y", "Cartn_z", "auth_asym_id", "auth_seq_id", "pdbx_PDB_ins_code", "B_iso_or_equiv", "occupancy"),
        "pdbx_PDB_model_num",
    ),
}
REFERENCES = {
    "_ma_data_group.data_id": "_ma_data.id",
    "_ma_target_entity.data_id": "_ma_data.id",
    "_ma_target_entity.entity_id": "_entity.id",
    "_ma_target_entity_instance.asym_id": "_struct_asym.id",
    "_ma_model_list.data_id": "_ma_data.id",
    "_ma_model_group_link.model_id": "_ma_model_list.ordinal_id",
    "_ma_model_group_link.group_id": "_ma_model_group.id",
    "_ma_protocol_step.input_data_group_id": "_ma_data_group.group_id",
    "_ma_protocol_step.output_data_group_id": "_ma_data_group.group_id",
    "_ma_protocol_step.software_group_id": "_ma_software_group.group_id",
    "_ma_software_group.software_id": "_software.pdbx_ordinal",
    "_ma_qa_metric.software_group_id": "_ma_software_group.group_id",
    "_ma_qa_metric_global.metric_id": "_ma_qa_metric.id",
    "_ma_qa_metric_local.metric_id": "_ma_qa_metric.id",
    "_ma_qa_metric_local.label_asym_id": "_struct_asym.id",
    "_atom_site.label_asym_id": "_struct_asym.id",
    "_atom_site.label_entity_id": "_entity.id",
    "_atom_site.label_comp_id": "_chem_comp.id",
    "_atom_site.type_symbol": "_atom_type.symbol",
}


def write(protein: Protein = PROTEIN, ptm: float | None = 0.7654, iptm: float | None = None, relaxed_by: str | None = None) -> str:
    return format_modelcif(
        protein, plddt=PLDDT[: len(protein)], weights="model_1_ptm", version="1.2.3", ptm=ptm, iptm=iptm, relaxed_by=relaxed_by
    )


@pytest.fixture(scope="module", params=[None, "8.6.1"], ids=["predicted", "relaxed"])
def block(request: pytest.FixtureRequest) -> gemmi.cif.Block:
    return gemmi.cif.read_string(write(relaxed_by=request.param))[0]


def test_the_same_input_gives_the_same_bytes() -> None:
    assert write() == write(ptm=0.7654)
    assert write() != write(ptm=0.1)


@pytest.mark.parametrize("category", MANDATORY)
def test_mandatory_items_are_there_and_filled(block: gemmi.cif.Block, category: str) -> None:
    for item in MANDATORY[category]:
        values = list(block.find_values(f"{category}.{item}"))
        assert values, item
        assert "?" not in values, item
        assert "." not in values, item


@pytest.mark.parametrize("child", REFERENCES)
def test_every_reference_leads_somewhere(block: gemmi.cif.Block, child: str) -> None:
    children, parents = block.find_values(child), block.find_values(REFERENCES[child])
    assert len(children) > 0
    assert set(children) <= set(parents)


def test_confidence_is_local_and_the_mean_over_residues(block: gemmi.cif.Block) -> None:
    metrics = {
        row[0]: tuple(gemmi.cif.as_string(value) for value in row)
        for row in block.find("_ma_qa_metric.", ["id", "name", "type", "mode"])
    }
    local = block.find("_ma_qa_metric_local.", ["label_asym_id", "label_seq_id", "label_comp_id", "metric_id", "metric_value"])
    assert {metrics[row[3]][2:] for row in local} == {("pLDDT", "local")}
    assert [(row[0], row[1], row[2]) for row in local][4:8] == [
        ("A", "5", "UNK"),
        ("B", "1", "GLY"),
        ("B", "2", "ALA"),
        ("C", "1", "ALA"),
    ]
    assert np.allclose([float(row[4]) for row in local], PLDDT, atol=0.0051)
    whole = {metrics[row[0]][2]: float(row[1]) for row in block.find("_ma_qa_metric_global.", ["metric_id", "metric_value"])}
    assert whole == {"pLDDT": pytest.approx(PLDDT.mean(), abs=0.0051), "pTM": pytest.approx(0.7654, abs=6e-4)}


@pytest.mark.parametrize("relaxed_by", [None, "8.6.1"])
def test_how_it_was_made_is_told(relaxed_by: str | None) -> None:
    """A relaxed model names OpenMM, in a step that begins with what the first step left and ends with the model."""
    block = gemmi.cif.read_string(write(relaxed_by=relaxed_by))[0]
    software = {row[1]: (row.str(0), row[2]) for row in block.find("_software.", ["name", "pdbx_ordinal", "version"])}
    assert set(software.values()) == {("protfold", "1.2.3")} | ({("OpenMM", relaxed_by)} if relaxed_by else set())
    used = dict(block.find("_ma_software_group.", ["group_id", "software_id"]))
    steps = block.find("_ma_protocol_step.", ["method_type", "software_group_id", "input_data_group_id", "output_data_group_id"])
    names = [(step.str(0), software[used[step[1]]][0]) for step in steps]
    assert names == [("modeling", "protfold"), ("model refinement", "OpenMM")][: len(software)]
    assert [step[2] for step in steps][1:] == [step[3] for step in steps][:-1]
    contents = dict(block.find("_ma_data_group.", ["group_id", "data_id"]))
    assert contents[steps[len(steps) - 1][3]] == block.find_values("_ma_model_list.data_id")[0]
    assert block.find_values("_ma_protocol_step.details").str(0) == "weights model_1_ptm"
    assert not list(block.find_values("_pdbx_audit_revision_history.revision_date"))


def test_modelcif_s_reader_finds_the_same() -> None:
    (system,) = modelcif.reader.read(io.StringIO(write(iptm=0.5)))
    assert [len(entity.sequence) for entity in system.entities] == [5, 2]
    assert [(asym.id, asym.entity is system.entities[0]) for asym in system.asym_units] == [("A", True), ("B", False), ("C", True)]
    model = system.model_groups[0][0]
    assert len(list(model.get_atoms())) == int(PROTEIN.atom37_mask.sum())
    local = [metric for metric in model.qa_metrics if isinstance(metric, modelcif.qa_metric.Local)]
    assert np.allclose([metric.value for metric in local], PLDDT, atol=0.0051)
    assert len(model.qa_metrics) == len(local) + 3


def test_reading_restores_the_structure(tmp_path: Path) -> None:
    (tmp_path / "x.cif").write_text(write())
    again = read_structure(tmp_path / "x.cif")
    assert again.chain_ids == PROTEIN.chain_ids
    for field in ("atom37_positions", "atom37_mask", "aatype", "residue_index", "insertion_codes", "chain_index", "b_factors"):
        assert np.array_equal(getattr(again, field), getattr(PROTEIN, field)), field


def test_residues_without_atoms_stay_in_the_sequence_only() -> None:
    mask = PROTEIN.atom37_mask.copy()
    mask[1] = 0
    block = gemmi.cif.read_string(write(replace(PROTEIN, atom37_mask=mask)))[0]
    assert len(block.find_values("_ma_qa_metric_local.label_seq_id")) == len(PROTEIN) - 1
    assert len(block.find_values("_entity_poly_seq.num")) == 7
    mean = float(block.find_values("_ma_qa_metric_global.metric_value")[0])
    assert mean == pytest.approx(np.delete(PLDDT, 1).mean(), abs=0.0051)


def test_a_structure_without_atoms_is_told() -> None:
    with pytest.raises(InputError, match="no atom to write"):
        write(replace(PROTEIN, atom37_mask=np.zeros_like(PROTEIN.atom37_mask)))
