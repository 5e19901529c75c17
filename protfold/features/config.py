"""How an alignment and templates become features: sizes, rates, and the published presets."""

from dataclasses import dataclass

from protfold.errors import InputError
from protfold.features.coevolution import CoevolutionConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class FeatureConfig:
    """Settings of `build_features`. Defaults are those of AlphaFold 2's smallest preset (model_5).

    Attributes:
        max_msa_clusters: alignment rows that become cluster centres, template rows included where `reduce_clusters_by_templates`.
        max_extra_msa: rows kept outside the clusters.
        num_recycles: the alignment is sampled anew for each of `num_recycles + 1` passes.
        max_templates: templates kept.
        reduce_clusters_by_templates: leave room for `max_templates` rows among the clusters, whether or not templates are given.
        couplings: compute the co-evolution scores of `coupling_scores`, for networks that read them.
        coevolution: the channels of `coevolution`, for networks with an encoder of them; None computes none.
        masked_fraction: share of the positions of the clusters that are masked.
        uniform_probability, profile_probability, same_probability: at a masked position, chance of one of the twenty residues, of a
            draw from the column's profile, of the residue itself; what is left goes to the mask token.

    Raises:
        InputError: a value out of range.
    """

    max_msa_clusters: int = 512
    max_extra_msa: int = 1024
    num_recycles: int = 3
    max_templates: int = 4
    reduce_clusters_by_templates: bool = False
    couplings: bool = False
    coevolution: CoevolutionConfig | None = None
    masked_fraction: float = 0.15
    uniform_probability: float = 0.1
    profile_probability: float = 0.1
    same_probability: float = 0.1

    def __post_init__(self) -> None:
        if self.num_clusters < 1:
            raise InputError(
                f"max_msa_clusters = {self.max_msa_clusters} leaves no row for the query; give at least {self.max_templates + 1}"
            )
        for name in ("max_extra_msa", "num_recycles", "max_templates"):
            if getattr(self, name) < 0:
                raise InputError(f"{name} = {getattr(self, name)}; give 0 or more")
        shares = (self.uniform_probability, self.profile_probability, self.same_probability)
        if not 0.0 <= self.masked_fraction <= 1.0 or min(shares) < 0.0 or sum(shares) > 1.0 + 1e-9:
            raise InputError(
                f"masked_fraction = {self.masked_fraction}, replacement probabilities {shares}; each lies in 0-1, their sum too"
            )

    @property
    def num_clusters(self) -> int:
        """Alignment rows drawn as cluster centres, the query included."""
        return self.max_msa_clusters - (self.max_templates if self.reduce_clusters_by_templates else 0)


def model_1() -> FeatureConfig:
    """Jumper et al. (2021) Suppl. Table 5, model 1.1.1: templates, 5120 extra rows; also for model_1_ptm."""
    return FeatureConfig(reduce_clusters_by_templates=True, max_extra_msa=5120)


def model_2() -> FeatureConfig:
    """Jumper et al. (2021) Suppl. Table 5, model 1.1.2: templates, 1024 extra rows; also for model_2_ptm."""
    return FeatureConfig(reduce_clusters_by_templates=True)


def model_3() -> FeatureConfig:
    """Jumper et al. (2021) Suppl. Table 5, model 1.2.1: no templates, 5120 extra rows; also for model_3_ptm."""
    return FeatureConfig(max_templates=0, max_extra_msa=5120)


def model_4() -> FeatureConfig:
    """Jumper et al. (2021) Suppl. Table 5, model 1.2.2: no templates, 5120 extra rows; also for model_4_ptm."""
    return FeatureConfig(max_templates=0, max_extra_msa=5120)


def model_5() -> FeatureConfig:
    """Jumper et al. (2021) Suppl. Table 5, model 1.2.3: no templates, 1024 extra rows; also for model_5_ptm."""
    return FeatureConfig(max_templates=0)
