"""Text to entities and back: sequences, alignments, structures, predicted errors; files that appear whole. Å. No torch.

`protfold.io.biopython` holds converters to and from Biopython's records.
"""

from protfold.io.a3m import A3mBlock, format_a3m, parse_a3m, parse_a3m_blocks, read_a3m_blocks, write_a3m
from protfold.io.aligned_fasta import parse_aligned_fasta, parse_aln
from protfold.io.atomic import sweep_stale_temporaries, write_atomically
from protfold.io.fasta_records import FastaRecords, split_records
from protfold.io.mmcif import format_mmcif, write_mmcif
from protfold.io.model_cif import format_modelcif
from protfold.io.msa import read_msa
from protfold.io.pae import format_pae_json, read_pae_json
from protfold.io.pdb import format_pdb, write_pdb
from protfold.io.sequences import parse_csv, parse_fasta, read_sequences
from protfold.io.stockholm import parse_stockholm
from protfold.io.structure import parse_structure, read_structure
from protfold.io.text import normalize_text, read_text

__all__ = [
    "A3mBlock",
    "FastaRecords",
    "format_a3m",
    "format_mmcif",
    "format_modelcif",
    "format_pae_json",
    "format_pdb",
    "normalize_text",
    "parse_a3m",
    "parse_a3m_blocks",
    "parse_aligned_fasta",
    "parse_aln",
    "parse_csv",
    "parse_fasta",
    "parse_stockholm",
    "parse_structure",
    "read_a3m_blocks",
    "read_msa",
    "read_pae_json",
    "read_sequences",
    "read_structure",
    "read_text",
    "split_records",
    "sweep_stale_temporaries",
    "write_a3m",
    "write_atomically",
    "write_mmcif",
    "write_pdb",
]
