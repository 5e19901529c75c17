"""From representations to frames, torsions and atoms."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from protfold.geometry.atom_frames import frames_to_atom14, ideal_pseudo_beta, torsions_to_frames
from protfold.geometry.chain import lay_out_chain
from protfold.geometry.embedding import embed_distances
from protfold.geometry.fragments import place_fragments
from protfold.geometry.precision import at_least_float32
from protfold.geometry.rigid import Rigid, rotation_from_quaternion
from protfold.model.config import StructureModuleConfig
from protfold.model.distances import distogram_distances
from protfold.model.initialize import final_linear, linear, relu_linear
from protfold.model.invariant_point_attention import InvariantPointAttention
from protfold.model.torsion_head import TorsionHead
from protfold.typing import Float, Int

DROPOUT = 0.1


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Structure:
    """What the structure module gives; every array but the last two keeps one entry a layer, for the losses. Å.

    Attributes:
        backbone: frames of each layer.
        torsion_sin_cos: unit pairs, pre-omega, phi, psi, chi1-chi4.
        unnormalized_torsions: the same before normalisation.
        group_frames: the eight rigid-group frames.
        atom14_positions: atoms of each layer.
        single: the single representation after the last layer.
    """

    backbone: Rigid
    torsion_sin_cos: Float[Tensor, "layers *batch N_res 7 2"]
    unnormalized_torsions: Float[Tensor, "layers *batch N_res 7 2"]
    group_frames: Rigid
    atom14_positions: Float[Tensor, "layers *batch N_res 14 3"]
    single: Float[Tensor, "*batch N_res C_s"]


class BackboneUpdate(nn.Module):
    """A small rotation and a translation of each residue's frame.

    Jumper et al. (2021) Suppl. Alg. 23 "BackboneUpdate"
    """

    def __init__(self, *, c_s: int) -> None:
        super().__init__()
        self.update = final_linear(c_s, 6)

    def forward(self, single: Float[Tensor, "*batch N_res C_s"]) -> Rigid:
        """The motion in the residue's own frame."""
        vector, translation = at_least_float32(self.update(single)).split(3, dim=-1)
        quaternion = torch.cat([torch.ones_like(vector[..., :1]), vector], dim=-1)
        return Rigid(rotation_from_quaternion(quaternion / quaternion.norm(dim=-1, keepdim=True)), translation)


class StructureTransition(nn.Module):
    """Three-layer perceptron of the single representation.

    Jumper et al. (2021) Suppl. Alg. 20 "StructureModule", line 8.
    """

    def __init__(self, *, c_s: int, num_layers: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList([*(relu_linear(c_s, c_s) for _ in range(num_layers - 1)), final_linear(c_s, c_s)])

    def forward(self, single: Float[Tensor, "*batch N_res C_s"]) -> Float[Tensor, "*batch N_res C_s"]:
        """The update of the single representation."""
        update = self.layers[0](single)
        for layer in list(self.layers)[1:]:
            update = layer(torch.relu(update))
        return update


class StructureModule(nn.Module):
    """Layers with shared weights that move residue frames from their start into place.

    Jumper et al. (2021) Suppl. Alg. 20 "StructureModule". Geometry is computed in float32 whatever the type of the representations. A chain
    laid out before the first layer (`config.start`) counts as a layer of its own in the result; it learns from its torsions alone.
    """

    def __init__(self, *, c_s: int, c_z: int, config: StructureModuleConfig) -> None:
        super().__init__()
        self.num_layers, self.position_scale = config.num_layers, config.position_scale
        self.single_norm = nn.LayerNorm(c_s)
        self.pair_norm = nn.LayerNorm(c_z)
        self.input = linear(c_s, c_s)
        self.attention = InvariantPointAttention(
            c_s=c_s,
            c_z=c_z,
            c_hidden=config.c_scalar,
            num_heads=config.num_heads,
            num_query_points=config.num_query_points,
            num_value_points=config.num_value_points,
        )
        self.attention_norm = nn.LayerNorm(c_s)
        self.transition = StructureTransition(c_s=c_s, num_layers=config.num_transition_layers)
        self.transition_norm = nn.LayerNorm(c_s)
        self.backbone_update = BackboneUpdate(c_s=c_s)
        self.torsions = TorsionHead(c_s=c_s, c_hidden=config.c_torsion, num_blocks=config.num_torsion_blocks)
        self.start_torsions = None
        if config.start != "origin":
            self.start_torsions = TorsionHead(c_s=c_s, c_hidden=config.c_torsion, num_blocks=config.num_torsion_blocks)
        self.dropout = nn.Dropout(DROPOUT)

    def forward(
        self,
        single: Float[Tensor, "*batch N_res C_s"],
        pair: Float[Tensor, "*batch N_res N_res C_z"],
        aatype: Int[Tensor, "*batch N_res"],
        mask: Float[Tensor, "*batch N_res"],
        distogram_logits: Float[Tensor, "*batch N_res N_res bins"] | None = None,
    ) -> Structure:
        """Frames, torsions and atoms after each layer; only a start from distances takes a distogram."""
        initial_single = self.single_norm(single)
        pair = self.pair_norm(pair)
        single = self.input(initial_single)
        frames = Rigid.identity(tuple(aatype.shape), like=at_least_float32(pair[..., 0, 0, 0]))
        backbones, torsions, raw_torsions = [], [], []
        if self.start_torsions is not None:
            raw, unit = self.start_torsions(single, initial_single)
            frames = self._begin(unit.detach(), aatype, mask, distogram_logits)
            backbones, torsions, raw_torsions = [frames], [unit], [raw]
        for layer in range(self.num_layers):
            single = self.attention_norm(self.dropout(single + self.attention(single, pair, frames, mask)))
            single = self.transition_norm(self.dropout(single + self.transition(single)))
            frames = frames.compose(self.backbone_update(single))
            raw, unit = self.torsions(single, initial_single)
            backbones.append(frames)
            torsions.append(unit)
            raw_torsions.append(raw)
            if layer < self.num_layers - 1:
                frames = frames.stop_rotation_gradient()
        backbone = Rigid(
            torch.stack([frame.rotation for frame in backbones]), torch.stack([frame.translation for frame in backbones])
        ).scale_translation(self.position_scale)
        torsion_sin_cos = torch.stack(torsions)
        layer_aatype = aatype.expand(len(backbones), *aatype.shape)
        group_frames = torsions_to_frames(layer_aatype, backbone, torsion_sin_cos)
        return Structure(
            backbone=backbone,
            torsion_sin_cos=torsion_sin_cos,
            unnormalized_torsions=torch.stack(raw_torsions),
            group_frames=group_frames,
            atom14_positions=frames_to_atom14(layer_aatype, group_frames),
            single=single,
        )

    def _begin(
        self,
        torsions: Float[Tensor, "*batch N_res 7 2"],
        aatype: Int[Tensor, "*batch N_res"],
        mask: Float[Tensor, "*batch N_res"],
        distogram_logits: Float[Tensor, "*batch N_res N_res bins"] | None,
    ) -> Rigid:
        """The chain of these torsions about its centre, its pieces placed by a distogram if there is one, in network units."""
        omega, phi, psi = torsions[..., :3, :].unbind(-2)
        chain = lay_out_chain(omega, phi, psi)
        if distogram_logits is not None:
            points = embed_distances(*distogram_distances(distogram_logits), mask)
            chain = place_fragments(chain, ideal_pseudo_beta(aatype, chain), points, mask)
        weight = mask[..., None] / mask.sum(-1)[..., None, None].clamp(min=1.0)
        centre = (chain.translation * weight).sum(-2, keepdim=True)
        return Rigid(chain.rotation, chain.translation - centre).scale_translation(1.0 / self.position_scale)
