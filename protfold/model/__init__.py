"""The networks: one block a file, named as Jumper et al. (2021), and the assembled `AlphaFold`; the designer's `EnvironmentTransformer`.

Blocks take plain sizes and return the *update* of a representation; stacks add it. Batch axes lead, channels come last. Masks are 1 for
real positions; `None` means that all are real. Positions leave the network in Å.
"""

from protfold.model.alphafold import AlphaFold
from protfold.model.config import AlphaFoldConfig, AttentionStackConfig, StructureModuleConfig, TemplateConfig
from protfold.model.environment_config import EnvironmentTransformerConfig
from protfold.model.environment_output import EnvironmentOutput
from protfold.model.environment_transformer import EnvironmentTransformer
from protfold.model.output import FoldOutput

__all__ = [
    "AlphaFold",
    "AlphaFoldConfig",
    "AttentionStackConfig",
    "EnvironmentOutput",
    "EnvironmentTransformer",
    "EnvironmentTransformerConfig",
    "FoldOutput",
    "StructureModuleConfig",
    "TemplateConfig",
]
