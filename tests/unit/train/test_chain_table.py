"""Chains from a data folder: what is kept, numbered, completed and aligned."""

from pathlib import Path

import numpy as np
import pytest

from protfold.constants.atoms import ATOM37_INDEX
from protfold.constants.residues import GAP, RESIDUE_CODE, decode, encode
from protfold.entities import Protein
from protfold.train.chain_table import add_ideal_cb, bonded_residue_index, read_chain_table
from tests.unit.io.samples import needs_samples
from tests.unit.metrics.chains import CHAINS, chain

BACKBONE_SLOTS = [ATOM37_INDEX[name] for name in ("N", "CA", "C", "O")]


def without_side_chains(protein: Protein) -> Protein:
    """N, CA, C and O alone."""
    positions, mask = np.zeros_like(protein.atom37_positions), np.zeros_like(protein.atom37_mask)
    positions[:, BACKBONE_SLOTS] = protein.atom37_positions[:, BACKBONE_SLOTS]
    mask[:, BACKBONE_SLOTS] = protein.atom37_mask[:, BACKBONE_SLOTS]
    return Protein(
        atom37_positions=positions,
        atom37_mask=mask,
        aatype=protein.aatype,
        residue_index=protein.residue_index,
        insertion_codes=protein.insertion_codes,
        chain_index=protein.chain_index,
        chain_ids=protein.chain_ids,
        b_factors=protein.b_factors,
    )


@needs_samples
@pytest.mark.parametrize("index", [1, 2])
def test_ideal_cb_is_where_the_real_one_was(index: int) -> None:
    """Within 0.35 Å everywhere and 0.1 Å in the mean; glycine gets none."""
    protein = chain(index)
    positions, mask = add_ideal_cb(without_side_chains(protein))
    beta = ATOM37_INDEX["CB"]
    both = (mask[:, beta] > 0) & (protein.atom37_mask[:, beta] > 0)
    error = np.linalg.norm(positions[both, beta] - protein.atom37_positions[both, beta], axis=-1)
    assert error.max() < 0.35
    assert error.mean() < 0.1
    assert not mask[protein.aatype == RESIDUE_CODE["G"], beta].any()


@needs_samples
def test_observed_side_chains_are_not_touched() -> None:
    protein = chain(1)
    positions, mask = add_ideal_cb(protein)
    observed = protein.atom37_mask > 0
    np.testing.assert_allclose(positions[observed], protein.atom37_positions[observed], atol=1e-4)
    assert (mask[observed] == 1).all()


@needs_samples
def test_numbers_grow_by_one_but_over_breaks() -> None:
    """Ten residues taken out of the middle leave a step of eleven."""
    protein = chain(1).select(np.arange(80))
    np.testing.assert_array_equal(bonded_residue_index(protein), np.arange(80))
    kept = np.r_[0:40, 50:80]
    broken = bonded_residue_index(protein.select(kept))
    np.testing.assert_array_equal(broken, kept)


@needs_samples
def test_a_folder_gives_its_chains_with_their_deepest_alignment(tmp_path: Path) -> None:
    """Long and repacked chains stay out; the alignment is laid over the chain's own residues."""
    protein = chain(1)
    sequence = decode(protein.aatype)
    extra = "MM" + sequence[:20] + sequence[25:]
    (tmp_path / "chain.pdb.gz").write_bytes(CHAINS[1].read_bytes())
    (tmp_path / "deep.a3m").write_text(f">query\n{extra}\n>hit\n--{'-' * 20}{sequence[25:]}\n>other\n{'-' * len(extra)}\n")
    (tmp_path / "shallow.a3m").write_text(f">query\n{sequence}\n")
    (tmp_path / "chains.csv").write_text(
        "id,file,split,length,nature,resolution,cluster30\n"
        f"good,chain.pdb.gz,train,{len(sequence)},exp,1.9,c1\n"
        f"long,absent.pdb,train,{len(sequence) + 1},exp,1.9,c2\n"
        f"repacked,absent.pdb,train,{len(sequence)},exp-repack,1.9,c3\n"
    )
    (tmp_path / "msas.csv").write_text("id,file,depth,native_chain\na,deep.a3m,3,good\nb,shallow.a3m,1,good\nc,none.a3m,9,\n")
    (tmp_path / "chain.pdb").write_bytes(_unzipped(tmp_path / "chain.pdb.gz"))
    chains = list(read_chain_table(tmp_path, max_length=len(sequence)))
    assert [(one.id, one.cluster, one.resolution) for one in chains] == [("good", "c1", 1.9)]
    msa = chains[0].msa
    assert msa is not None
    assert decode(msa.residues[0]) == sequence
    np.testing.assert_array_equal(msa.residues[1, 25:], encode(sequence[25:]))
    assert (msa.residues[1, :25] == GAP).all()


def _unzipped(path: Path) -> bytes:
    import gzip

    return gzip.decompress(path.read_bytes())
