"""`FoldFeatures`: everything the folding network reads, under one roof.

Field names inside are protfold's; `from_alphafold` and `as_alphafold` are the doors to DeepMind's processed feature arrays, which
carry a leading axis of recycling passes on every array.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from protfold.constants import atoms
from protfold.errors import InputError
from protfold.typing import Float, Int

ALPHAFOLD_STATIC_NAMES = ("aatype", "residue_index", "seq_mask", "target_feat")
ALPHAFOLD_SAMPLED_NAMES = (
    "msa_feat", "msa_mask", "extra_msa", "extra_has_deletion", "extra_deletion_value", "extra_msa_mask", "bert_mask", "true_msa",
)  # fmt: skip
ALPHAFOLD_TEMPLATE_NAMES = {
    "template_aatype": "aatype",
    "template_all_atom_positions": "atom37_positions",
    "template_all_atom_masks": "atom37_mask",
    "template_pseudo_beta": "pseudo_beta",
    "template_pseudo_beta_mask": "pseudo_beta_mask",
    "template_mask": "mask",
}
"""DeepMind's names of template features -> ours; all other names are the same."""
ALPHAFOLD_INTEGER_NAMES = ("aatype", "residue_index", "extra_msa", "true_msa", "template_aatype")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TemplateFeatures:
    """Templates over the query's residues; the same in every pass.

    Attributes:
        aatype: residue codes 0-20, gap 21.
        atom37_positions: Å.
        atom37_mask: 1 where the atom is present.
        pseudo_beta: CB, or CA of glycine, Å.
        pseudo_beta_mask: 1 where that atom is present.
        mask: 1 for a real template, 0 for padding.
    """

    aatype: Int[Tensor, "*batch N_templ N_res"]
    atom37_positions: Float[Tensor, "*batch N_templ N_res 37 3"]
    atom37_mask: Float[Tensor, "*batch N_templ N_res 37"]
    pseudo_beta: Float[Tensor, "*batch N_templ N_res 3"]
    pseudo_beta_mask: Float[Tensor, "*batch N_templ N_res"]
    mask: Float[Tensor, "*batch N_templ"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FoldFeatures:
    """Input of `AlphaFold`. Sampled arrays lead with the axis `P` of recycling passes; pass p reads index min(p, P - 1).

    Attributes:
        aatype: query residue codes 0-20.
        residue_index: residue numbers; a jump marks a chain break to the relative-position embedding.
        seq_mask: 1 for a real residue, 0 for padding.
        target_feat: domain-break bit (0) + one-hot of 21 types.
        msa_feat: one-hot 23, has_deletion, deletion_value, cluster profile 23, deletion_mean_value.
        msa_mask: 1 for a real alignment position.
        extra_msa: residue codes 0-22 of rows outside the clusters.
        extra_has_deletion, extra_deletion_value, extra_msa_mask: their deletion features and mask.
        bert_mask: 1 where the alignment was masked and should be predicted.
        true_msa: residue codes before masking.
        templates: None for a network or a run without templates.
        couplings: co-evolution scores of `coupling_scores`; None for a network that does not read them.
        coevolution: channels of `Coevolution.as_map`; None for a network without an encoder of them.
    """

    aatype: Int[Tensor, "*batch N_res"]
    residue_index: Int[Tensor, "*batch N_res"]
    seq_mask: Float[Tensor, "*batch N_res"]
    target_feat: Float[Tensor, "*batch N_res C_target"]
    msa_feat: Float[Tensor, "P *batch N_seq N_res 49"]
    msa_mask: Float[Tensor, "P *batch N_seq N_res"]
    extra_msa: Int[Tensor, "P *batch N_extra N_res"]
    extra_has_deletion: Float[Tensor, "P *batch N_extra N_res"]
    extra_deletion_value: Float[Tensor, "P *batch N_extra N_res"]
    extra_msa_mask: Float[Tensor, "P *batch N_extra N_res"]
    bert_mask: Float[Tensor, "P *batch N_seq N_res"]
    true_msa: Int[Tensor, "P *batch N_seq N_res"]
    templates: TemplateFeatures | None = None
    couplings: Float[Tensor, "*batch N_res N_res"] | None = None
    coevolution: Float[Tensor, "*batch C_pair N_res N_res"] | None = None

    @property
    def num_passes(self) -> int:
        """Recycling passes for which a sample of the alignment is held (recycles + 1)."""
        return self.msa_feat.shape[0]

    def pass_index(self, recycle: int) -> int:
        """Index on the axis `P` that recycling pass `recycle` reads; passes beyond the last sample reuse it."""
        return min(recycle, self.num_passes - 1)

    @property
    def num_residues(self) -> int:
        """Residues, padding included."""
        return self.aatype.shape[-1]

    def map(self, function: Callable[[Tensor], Tensor]) -> "FoldFeatures":
        """A copy with `function` applied to every tensor."""
        tensors = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "templates"}
        changed: dict[str, Any] = {name: function(tensor) for name, tensor in tensors.items() if tensor is not None}
        if self.templates is not None:
            changed["templates"] = TemplateFeatures(
                **{field.name: function(getattr(self.templates, field.name)) for field in fields(self.templates)}
            )
        return replace(self, **changed)

    def to(self, device: torch.device | str) -> "FoldFeatures":
        """A copy on another device."""
        return self.map(lambda tensor: tensor.to(device))

    @classmethod
    def from_alphafold(cls, arrays: Mapping[str, Any]) -> "FoldFeatures":
        """From DeepMind's processed monomer features (NumPy or torch), by their names.

        Every array leads with the axis of recycling passes; one ensemble member a pass. Padding under masks is taken as it is. What
        the others determine (`atom14_atom_exists`, `msa_row_mask`, ...) and labels are not read.

        Raises:
            InputError: names are missing, arrays hold different numbers of passes, or one that passes share differs among them.
        """
        has_templates = any(name in arrays for name in ALPHAFOLD_TEMPLATE_NAMES)
        expected = (*ALPHAFOLD_STATIC_NAMES, *ALPHAFOLD_SAMPLED_NAMES, *(ALPHAFOLD_TEMPLATE_NAMES if has_templates else ()))
        missing = [name for name in expected if name not in arrays]
        if missing:
            raise InputError(f"features lack {', '.join(missing)}; give DeepMind's processed monomer features")
        tensors = {
            name: _tensor(arrays[name], torch.int64 if name in ALPHAFOLD_INTEGER_NAMES else torch.float32) for name in expected
        }
        num_passes = len(tensors["msa_feat"])
        for name, tensor in tensors.items():
            if len(tensor) != num_passes:
                raise InputError(
                    f"feature {name} holds {len(tensor)} recycling passes, msa_feat {num_passes}; every array leads with them"
                )
            if name not in ALPHAFOLD_SAMPLED_NAMES and not (tensor == tensor[:1]).all():
                raise InputError(
                    f"feature {name} differs between recycling passes; it belongs to the target and must be the same in each"
                )
        templates = {field: tensors[name][0] for name, field in ALPHAFOLD_TEMPLATE_NAMES.items() if has_templates}
        return cls(
            **{name: tensors[name][0] for name in ALPHAFOLD_STATIC_NAMES},
            **{name: tensors[name] for name in ALPHAFOLD_SAMPLED_NAMES},
            templates=TemplateFeatures(**templates) if templates else None,
        )

    def as_alphafold(self) -> dict[str, np.ndarray]:
        """DeepMind's processed features by their names, int32 and float32, each led by the axis of recycling passes.

        Row masks and atom layouts are made again; `template_sum_probs`, which no network reads, is left out.
        """
        static = {name: getattr(self, name) for name in ALPHAFOLD_STATIC_NAMES}
        static |= {
            "seq_length": self.seq_mask.sum().int(),
            "is_distillation": torch.zeros(()),
            "atom14_atom_exists": self._by_residue(atoms.ATOM14_MASK),
            "atom37_atom_exists": self._by_residue(atoms.ATOM37_MASK),
            "residx_atom14_to_atom37": self._by_residue(atoms.ATOM14_TO_ATOM37),
            "residx_atom37_to_atom14": self._by_residue(atoms.ATOM37_TO_ATOM14),
        }
        if self.templates is not None:
            static |= {name: getattr(self.templates, field) for name, field in ALPHAFOLD_TEMPLATE_NAMES.items()}
        sampled = {name: getattr(self, name) for name in ALPHAFOLD_SAMPLED_NAMES}
        sampled |= {"msa_row_mask": self.msa_mask.amax(-1), "extra_msa_row_mask": self.extra_msa_mask.amax(-1)}
        repeated = {name: tensor.expand(self.num_passes, *tensor.shape) for name, tensor in static.items()}
        return {name: _array(tensor) for name, tensor in (repeated | sampled).items()}

    def _by_residue(self, table: np.ndarray) -> Tensor:
        """Rows of a table by residue code, zeros for padded residues."""
        rows = torch.from_numpy(table[self.aatype.cpu().numpy()])
        return rows * self.seq_mask.cpu()[..., None].to(rows.dtype)


def _tensor(array: Any, dtype: torch.dtype) -> Tensor:
    """A copy of a NumPy or torch array on the CPU."""
    tensor = array.detach().clone() if isinstance(array, Tensor) else torch.from_numpy(np.array(array))
    return tensor.to("cpu", dtype)


def _array(tensor: Tensor) -> np.ndarray:
    array = tensor.detach().cpu().numpy()
    return array.astype(np.float32 if tensor.is_floating_point() else np.int32)
