"""What a user reads and writes: frozen containers of NumPy arrays. Lengths in Å."""

from protfold.entities.msa import Msa
from protfold.entities.protein import Protein
from protfold.entities.sequence import Sequence
from protfold.entities.template import Template

__all__ = ["Msa", "Protein", "Sequence", "Template"]
