"""What designing on one backbone gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from protfold.design.designer import Designer, EncodedBackbone
from protfold.design.diversity import diversity_of
from protfold.errors import InputError
from protfold.inference.prediction import Prediction
from protfold.report import design_figures
from protfold.report.design_report import DesignReport
from protfold.report.logo import Unit
from protfold.report.viewing import StructureFrame, view
from protfold.runs.cards import design_card, design_line
from protfold.runs.design.backbones import Backbone
from protfold.runs.design.models import build_models
from protfold.runs.design.options import DesignOptions
from protfold.runs.design.ranking import RankedDesign, rank_designs, refold_ranks
from protfold.runs.design.refolding import compare_refolded
from protfold.runs.design.search import DesignSearch
from protfold.runs.predictors import FoldingPredictor
from protfold.runs.relaxation import Relaxation

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, kw_only=True, eq=False)
class DesignResult:
    """Ranked designs on one backbone, with what they were made from.

    Attributes:
        backbone: with the constraints.
        designs: each sequence once, best score first.
        search: every sample, the temperature, and what is said of the native sequence.
        options: how it was designed.
        weights: name and SHA-256 of the designer's parameters.
        refold_weights: the same of the parameters that folded; None where nothing was folded.
        sources: path and SHA-256 of each backbone's file; empty for structures in memory.
    """

    backbone: Backbone
    designs: tuple[RankedDesign, ...]
    search: DesignSearch
    options: DesignOptions
    weights: tuple[str, str]
    refold_weights: tuple[str, str] | None = None
    sources: tuple[tuple[str, str], ...] = ()

    @property
    def temperature(self) -> float:
        """That of the draws, given or found."""
        return self.search.temperature

    @property
    def diversity(self) -> float:
        """1 - the mean identity between samples over designed residues, 0-1; NaN for a single sample."""
        return diversity_of([one.types for one in self.search.designs], self.backbone.constraints.designed)

    @property
    def native_score(self) -> float:
        """The score of the native sequence over the same residues, nats; lower is better. NaN where they are of unknown type."""
        return self.search.native_sequence(self.backbone).score

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know about constraints, search and designs."""
        return (*self.backbone.constraints.notes, *self.found_notes)

    @property
    def found_notes(self) -> tuple[str, ...]:
        """Those about search and designs, which are known at the end only."""
        notes = list(self.search.notes)
        total, distinct = len(self.search.designs), len(self.designs)
        if distinct < total:
            notes.append(f"{distinct} different designs among {total}; a higher temperature, or a diversity, gives more")
        if undecided := sum(not one.converged for one in self.search.designs):
            notes.append(f"{undecided} of {total} searches ended without a sequence that agrees with itself")
        return tuple(notes)

    @property
    def problems(self) -> tuple[str, ...]:
        """What was asked for and failed: folding of a design, or relaxation of a model."""
        refolded = [
            f"design {one.rank} is not folded: {one.refolding.reason}"
            for one in self.designs
            if one.refolding is not None and one.refolding.reason
        ]
        relaxed = [
            f"the model of design {one.rank} is not relaxed: {relaxation.reason}"
            for one in self.designs
            for relaxation in one.relaxed
            if relaxation.status == "failed"
        ]
        return (*refolded, *relaxed)

    def __repr__(self) -> str:
        return design_line(self)

    def _repr_html_(self) -> str:
        return design_card(self)

    def view(self, rank: int = 1, *, height: int = 420) -> StructureFrame:
        """A design in 3-D beside the native structure: as it folds by itself where it was folded, else as it was built on the backbone.

        Args:
            rank: of the design, from 1.
            height: px.

        Raises:
            InputError: there is no design of that rank.
        """
        if not 1 <= rank <= len(self.designs):
            raise InputError(f"there is no design of rank {rank}; the ranks are 1 to {len(self.designs)}")
        design = self.designs[rank - 1]
        folded = None if design.refolding is None else design.refolding.protein
        label, model = (f"design {rank} on the backbone", design.protein) if folded is None else (f"design {rank} folded", folded)
        return view(self.backbone.states[0], model, labels=("native", label), superposed=False, height=height)

    def plot_logo(self, *, unit: Unit = "bits") -> Figure:
        """Sequence logo of the designed chains: probabilities of types, mean over samples.

        Args:
            unit: of the letters' heights, information in `"bits"` or `"probability"`.
        """
        return design_figures.logo_of(self.report(), unit=unit)

    def plot_scores(self) -> Figure:
        """Score of each design by rank, beside that of the native sequence."""
        return design_figures.scores_of(self.report())

    def plot_composition(self) -> Figure:
        """Types in designs beside those in the native sequence."""
        return design_figures.composition_of(self.report())

    def plot_identity(self) -> Figure:
        """Identity of each two designs, and with the native sequence."""
        return design_figures.identity_of(self.report())

    def plot_substitutions(self) -> Figure:
        """What native types become: a confusion matrix."""
        return design_figures.substitutions_of(self.report())

    def plot_recovery_by_burial(self) -> Figure:
        """Recovery of native types from surface to core."""
        return design_figures.burial_of(self.report())

    def plot_refolding(self) -> Figure:
        """TM-score and RMSD of each design folded again to the backbone, against the confidence of the prediction.

        Raises:
            InputError: no design was folded.
        """
        figure = design_figures.refolding_of(self.report())
        if figure is None:
            raise InputError("no design was folded again; design with refold=True")
        return figure

    def report(self) -> DesignReport:
        """What the result's page shows, as plain values: identities, composition, substitutions, recovery by residue."""
        from protfold.runs.design.files import design_files
        from protfold.runs.design.report import read_design_report

        return read_design_report(dict(design_files(self)))

    def to_dataframe(self) -> "pandas.DataFrame":
        """The table of `designs.csv` for pandas.

        Raises:
            InputError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise InputError("a data frame needs pandas; install it with: pip install pandas") from None
        from protfold.runs.design.tables import design_columns, design_rows

        return pandas.DataFrame(list(design_rows(self)), columns=design_columns(self))

    def save(self, folder: str | Path) -> Path:
        """Write sequences, tables, models and manifest into `folder`, `DONE` last; returns the folder."""
        from protfold.runs.design.files import save_design

        return save_design(self, Path(folder))


def designs_to_relax(designs: Sequence[RankedDesign], options: DesignOptions) -> Sequence[RankedDesign]:
    """Those whose models the options want relaxed."""
    return designs[: {"none": 0, "best": 1, "all": None}[options.relax]]


def make_design_result(
    designer: Designer,
    backbone: Backbone,
    search: DesignSearch,
    options: DesignOptions,
    *,
    encoded: EncodedBackbone | None = None,
    folded: Mapping[int, Prediction | str] | None = None,
    relaxed: Mapping[int, Sequence[Relaxation]] | None = None,
    predictor: FoldingPredictor | None = None,
    sources: Sequence[tuple[str, str]] = (),
) -> DesignResult:
    """Put everything about one backbone together.

    Args:
        designer: that searched.
        backbone, search, options: what it found, where and how.
        encoded: the backbone as the designer has read it, for side chains; None to place none.
        folded: predictions by rank, or why there is none.
        relaxed: relaxations of the states' models by rank.
        predictor: that folded.
        sources: path and SHA-256 of each backbone's file.
    """
    ranked = rank_designs(search, backbone)
    refoldings = [
        compare_refolded(folded[one.rank], backbone.states[0], f"{backbone.name}_{one.rank}")
        if folded is not None and one.rank in folded
        else None
        for one in ranked
    ]
    designs = tuple(
        replace(
            one,
            models=build_models(backbone, one, encoded),
            relaxed=tuple((relaxed or {}).get(one.rank, ())),
            refolding=refolding,
            refold_rank=refold_rank,
        )
        for one, refolding, refold_rank in zip(ranked, refoldings, refold_ranks(refoldings), strict=True)
    )
    return DesignResult(
        backbone=backbone,
        designs=designs,
        search=search,
        options=options,
        weights=(designer.weights.name, designer.weights.sha256),
        refold_weights=None if predictor is None else (predictor.weights.name, predictor.weights.sha256),
        sources=tuple(sources),
    )
