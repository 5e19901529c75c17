"""Structure files whose chains have given sequences."""

from pathlib import Path

from protfold.io import write_pdb
from tests.unit.runs.fake_predictor import helix

QUERY = "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQ"
COUSIN = "MKTAYIAKQRQISFVKSHFSRQLEEGGGGGGGG"
STRANGER = "GPGNPDGSTPPGGSNDPGTGSPNGDPGSNGPTG"
LONER = "HCFWYHCMFWHCYFWCHMFYWHCFWYCHMFHWC"


def write_structure(path: Path, *chains: str) -> Path:
    """A PDB file of helices, one a chain, named A, B, ..."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_pdb(helix("".join(chains), chains, weights="", seed=0).protein, path)
    return path
