"""Templates: pair features, their stack, pointwise attention over templates, and torsion rows for the alignment."""

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from protfold.features.fold_features import TemplateFeatures
from protfold.geometry.torsions import measure_torsions
from protfold.model.config import TemplateConfig
from protfold.model.dropout import SharedDropout
from protfold.model.embedders import distance_one_hot
from protfold.model.evoformer import PAIR_DROPOUT
from protfold.model.execution import MASKED, add_update, attend, by_rows
from protfold.model.initialize import final_linear, linear, relu_linear
from protfold.model.transition import Transition
from protfold.model.triangle_attention import TriangleAttention
from protfold.model.triangle_multiplication import TriangleMultiplication
from protfold.typing import Float

PAIR_FEATURES = 88
ANGLE_FEATURES = 57
NUM_TYPES = 22
PSI = 2


class TemplatePairBlock(nn.Module):
    """One block of the template pair stack; attention comes before multiplication, unlike in the Evoformer.

    Jumper et al. (2021) Suppl. Alg. 16 "TemplatePairStack"
    """

    def __init__(self, config: TemplateConfig) -> None:
        super().__init__()
        heads = {"c_head": config.c_pair_head, "num_heads": config.num_pair_heads}
        self.attend_starting = TriangleAttention(c_z=config.c_t, **heads, node="starting")
        self.attend_ending = TriangleAttention(c_z=config.c_t, **heads, node="ending")
        self.multiply_outgoing = TriangleMultiplication(c_z=config.c_t, c_hidden=config.c_triangle, direction="outgoing")
        self.multiply_incoming = TriangleMultiplication(c_z=config.c_t, c_hidden=config.c_triangle, direction="incoming")
        self.transition = Transition(channels=config.c_t, factor=config.transition_factor)
        self.row_dropout = SharedDropout(PAIR_DROPOUT, shared_dim=-3)
        self.column_dropout = SharedDropout(PAIR_DROPOUT, shared_dim=-2)

    def forward(
        self, pair: Float[Tensor, "*batch N_res N_res C_t"], pair_mask: Float[Tensor, "*batch N_res N_res"] | None
    ) -> Float[Tensor, "*batch N_res N_res C_t"]:
        """The updated template pair representation."""
        pair = add_update(pair, self.row_dropout(self.attend_starting(pair, pair_mask)))
        pair = add_update(pair, self.column_dropout(self.attend_ending(pair, pair_mask)))
        pair = add_update(pair, self.row_dropout(self.multiply_outgoing(pair, pair_mask)))
        pair = add_update(pair, self.row_dropout(self.multiply_incoming(pair, pair_mask)))
        return add_update(pair, self.transition(pair))


class TemplatePointwiseAttention(nn.Module):
    """Each residue pair attends over the templates.

    Jumper et al. (2021) Suppl. Alg. 17 "TemplatePointwiseAttention"
    """

    def __init__(self, *, c_z: int, c_t: int, c_head: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.query = linear(c_z, num_heads * c_head, bias=False)
        self.key = linear(c_t, num_heads * c_head, bias=False)
        self.value = linear(c_t, num_heads * c_head, bias=False)
        self.output = final_linear(num_heads * c_head, c_z)

    def forward(
        self,
        pair: Float[Tensor, "*batch N_res N_res C_z"],
        templates: Float[Tensor, "*batch N_templ N_res N_res C_t"],
        template_mask: Float[Tensor, "*batch N_templ"],
    ) -> Float[Tensor, "*batch N_res N_res C_z"]:
        """The update of the pair representation."""
        bias = torch.where(template_mask > 0, 0.0, MASKED).to(pair.dtype)[..., None, None, None, None, :]
        by_pair = templates.movedim(-4, -2)  # [*batch, N_res, N_res, N_templ, C_t]

        def rows(part: slice) -> Tensor:
            query = rearrange(self.query(pair[..., part, :, :]), "... (h c) -> ... h 1 c", h=self.num_heads)
            key, value = (
                rearrange(project(by_pair[..., part, :, :, :]), "... t (h c) -> ... h t c", h=self.num_heads)
                for project in (self.key, self.value)
            )
            return self.output(rearrange(attend(query, key, value, bias), "... h 1 c -> ... (h c)"))

        num_residues, row_channels = pair.shape[-2], 4 * templates.shape[-4] * templates.shape[-1]
        return by_rows(rows, num_rows=num_residues, row_elements=num_residues * row_channels)


class TemplateEmbedder(nn.Module):
    """All templates to one update of the pair representation and to extra alignment rows.

    Jumper et al. (2021) Suppl. Alg. 2 "Inference", lines 7-13.
    """

    bins: Tensor

    def __init__(self, *, c_m: int, c_z: int, config: TemplateConfig) -> None:
        super().__init__()
        self.pair = relu_linear(PAIR_FEATURES, config.c_t)
        self.blocks = nn.ModuleList(TemplatePairBlock(config) for _ in range(config.num_blocks))
        self.pair_norm = nn.LayerNorm(config.c_t)
        self.pointwise_attention = TemplatePointwiseAttention(
            c_z=c_z, c_t=config.c_t, c_head=config.c_pointwise_head, num_heads=config.num_pointwise_heads
        )
        self.angles = relu_linear(ANGLE_FEATURES, c_m)
        self.angles_output = linear(c_m, c_m)
        self.register_buffer("bins", torch.linspace(3.25, 50.75, 39), persistent=False)

    def forward(
        self,
        templates: TemplateFeatures,
        pair: Float[Tensor, "*batch N_res N_res C_z"],
        pair_mask: Float[Tensor, "*batch N_res N_res"] | None,
    ) -> Float[Tensor, "*batch N_res N_res C_z"]:
        """The update of the pair representation; zero where there is no real template."""
        embedded = torch.stack(
            [self._embed_pairs(templates, index, pair_mask, pair.dtype) for index in range(templates.mask.shape[-1])], dim=-4
        )
        update = self.pointwise_attention(pair, embedded, templates.mask)
        return update * (templates.mask.sum(-1) > 0)[..., None, None, None]

    def torsion_rows(
        self, templates: TemplateFeatures, dtype: torch.dtype
    ) -> tuple[Float[Tensor, "*batch N_templ N_res C_m"], Float[Tensor, "*batch N_templ N_res"]]:
        """Alignment rows made from each template's torsions, and their mask (psi is measurable)."""
        torsions = measure_torsions(templates.aatype, templates.atom37_positions, templates.atom37_mask)
        features = torch.cat(
            [
                F.one_hot(templates.aatype.long(), NUM_TYPES),
                torsions.sin_cos.flatten(-2),
                torsions.alternative_sin_cos.flatten(-2),
                torsions.mask,
            ],
            dim=-1,
        )
        rows = self.angles_output(torch.relu(self.angles(features.to(dtype))))
        return rows, torsions.mask[..., PSI] * templates.mask[..., None]

    def _embed_pairs(self, templates: TemplateFeatures, index: int, pair_mask: Tensor | None, dtype: torch.dtype) -> Tensor:
        pair = self.pair(self._pair_features(templates, index).to(dtype))
        for block in self.blocks:
            pair = block(pair, pair_mask)
        return self.pair_norm(pair)

    def _pair_features(self, templates: TemplateFeatures, index: int) -> Float[Tensor, "*batch N_res N_res 88"]:
        """Distogram 39, pseudo-beta pair mask, types of j and of i, unit vector (zero, as published), backbone pair mask."""
        beta_mask = templates.pseudo_beta_mask[..., index, :]
        beta_pair = (beta_mask[..., :, None] * beta_mask[..., None, :])[..., None]
        distogram = distance_one_hot(templates.pseudo_beta[..., index, :, :], self.bins)
        types = F.one_hot(templates.aatype[..., index, :].long(), NUM_TYPES).to(distogram.dtype)
        num_residues = types.shape[-2]
        shape = (*types.shape[:-2], num_residues, num_residues, NUM_TYPES)
        backbone = templates.atom37_mask[..., index, :, :3].prod(-1)
        backbone_pair = (backbone[..., :, None] * backbone[..., None, :])[..., None]
        unit_vector = distogram.new_zeros(*shape[:-1], 3)
        features = [
            distogram,
            beta_pair,
            types[..., None, :, :].expand(shape),
            types[..., :, None, :].expand(shape),
            unit_vector,
            backbone_pair,
        ]
        return torch.cat(features, dim=-1) * backbone_pair
