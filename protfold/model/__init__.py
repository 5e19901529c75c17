"""The folding network: one block a file, named as Jumper et al. (2021), and the assembled `AlphaFold`.

Blocks take plain sizes and return the *update* of a representation; stacks add it. Batch axes lead, channels come last. Masks are 1 for
real positions; `None` means that all are real. Positions leave the network in Å.
"""

from protfold.model.alphafold import AlphaFold
from protfold.model.config import AlphaFoldConfig, AttentionStackConfig, StructureModuleConfig, TemplateConfig
from protfold.model.output import FoldOutput

__all__ = ["AlphaFold", "AlphaFoldConfig", "AttentionStackConfig", "FoldOutput", "StructureModuleConfig", "TemplateConfig"]
