"""The resolution that a structure file states. Å."""

from pathlib import Path

import gemmi

from protfold.errors import InputError
from protfold.io.text import read_text

_MMCIF_ITEMS = ("_refine.ls_d_res_high", "_em_3d_reconstruction.resolution", "_reflns.d_resolution_high")


def read_resolution(path: str | Path) -> float:
    """Resolution of a PDB or mmCIF file (.gz too) from its header; 0 where it states none, as for NMR and most predictions.

    Raises:
        InputError: the file cannot be read.
    """
    text = read_text(path)
    try:
        if text.lstrip().startswith(b"data_") or b"\ndata_" in text[:10_000]:
            return max((_stated(block) for block in gemmi.cif.read_string(text.decode())), default=0.0)
        header = b"\n".join(
            line for line in text.split(b"\nATOM", 1)[0].split(b"\n") if line.startswith((b"REMARK   2", b"REMARK   3"))
        )
        return float(gemmi.read_pdb_string(header.decode()).resolution)
    except (RuntimeError, ValueError) as error:
        raise InputError(f"is damaged: {error}", file=path) from error


def _stated(block: gemmi.cif.Block) -> float:
    for item in _MMCIF_ITEMS:
        for text in block.find_values(item):
            value = gemmi.cif.as_number(text)
            if value > 0.0:
                return float(value)
    return 0.0
