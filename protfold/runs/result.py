"""What folding one target gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from protfold import report
from protfold.entities import Msa, Protein
from protfold.errors import PredictionError
from protfold.inference.prediction import Prediction
from protfold.inference.ranking import ranked_order
from protfold.metrics.contacts import contact_probabilities
from protfold.report.viewing import StructureFrame, view
from protfold.runs.cards import fold_card, fold_line
from protfold.runs.options import FoldOptions
from protfold.runs.predictors import FoldingPredictor
from protfold.runs.relaxation import Relaxation
from protfold.runs.targets import Target
from protfold.runs.templates import FoundTemplates, TemplateSource


@dataclass(frozen=True, kw_only=True, eq=False)
class FoldResult:
    """Ranked predictions of one target, with what they were made from. The properties are those of the best one.

    The confidences are those of the prediction; relaxation moves atoms by tenths of an Å and changes none of them.

    Attributes:
        id: of the target.
        chains: its sequences.
        msa: alignment given to the network.
        predictions: best first.
        options: how it was folded.
        weights: name and SHA-256 of each parameter set used.
        notes: what was left out of alignment and templates, and why.
        templates: given to the network, best first.
        relaxations: of each prediction, None where the options did not ask for it.
    """

    id: str
    chains: tuple[str, ...]
    msa: Msa
    predictions: tuple[Prediction, ...]
    options: FoldOptions
    weights: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()
    templates: tuple[TemplateSource, ...] = ()
    relaxations: tuple[Relaxation | None, ...]

    @property
    def protein(self) -> Protein:
        """Atoms, with pLDDT as B-factors; relaxed if the options say so and it could be."""
        return self.proteins[0]

    @property
    def proteins(self) -> tuple[Protein, ...]:
        """Likewise of each prediction; `predictions[i].protein` is as the network gave it."""
        return tuple(
            prediction.protein if relaxation is None or relaxation.protein is None else relaxation.protein
            for prediction, relaxation in zip(self.predictions, self.relaxations, strict=True)
        )

    @property
    def plddt(self) -> np.ndarray:
        """[N_res] predicted lDDT-CA, 0-100."""
        return self.predictions[0].plddt

    @property
    def pae(self) -> np.ndarray | None:
        """[N_res, N_res] predicted aligned error in Å, row = aligned residue; None for weights without that head."""
        return self.predictions[0].pae

    @property
    def ptm(self) -> float | None:
        """Predicted TM-score; None for weights without the aligned-error head."""
        return self.predictions[0].ptm

    @property
    def iptm(self) -> float | None:
        """Predicted TM-score between chains; None for one chain."""
        return self.predictions[0].iptm

    @property
    def distogram_probabilities(self) -> np.ndarray:
        """[N_res, N_res, 64] distance bins between CB atoms."""
        return self.predictions[0].distogram_probabilities

    @property
    def chain_lengths(self) -> list[int]:
        """Residues of each chain."""
        return [len(chain) for chain in self.chains]

    def __repr__(self) -> str:
        return fold_line(self)

    def _repr_html_(self) -> str:
        return fold_card(self)

    def view(self, native: Protein | str | Path | None = None, *, height: int = 420) -> StructureFrame:
        """The ranked structures in 3-D, coloured by pLDDT, one of which is chosen; or the best one laid over a known structure.

        Args:
            native: the known structure, or its PDB or mmCIF file; the view is then coloured by structure.
            height: px.

        Raises:
            InputError: nothing matches between prediction and native structure, or it cannot be read.
        """
        if native is not None:
            return view(native, self.protein, labels=("native", "prediction"), height=height)
        labels = [f"rank {rank}" for rank in range(1, len(self.proteins) + 1)]
        return view(*self.proteins, labels=labels, coloring="plddt", together=False, height=height)

    def save(self, folder: str | Path) -> Path:
        """Write structures, scores, pictures, alignment and manifest into `folder`, `DONE` last; returns the folder."""
        from protfold.runs.result_files import save_result

        return save_result(self, Path(folder))

    def plot_plddt(self) -> Figure:
        """Confidence (pLDDT) along the sequence, one line a prediction."""
        return report.plot_plddt([prediction.plddt for prediction in self.predictions], chain_lengths=self.chain_lengths)

    def plot_pae(self) -> Figure:
        """Predicted aligned error, one panel a prediction.

        Raises:
            ProtfoldError: the weights predict none.
        """
        paes = {rank: p.pae for rank, p in enumerate(self.predictions, start=1) if p.pae is not None}
        if not paes:
            raise PredictionError(f"{self.protein.name}: weights {self.predictions[0].weights!r} predict no aligned error")
        return report.plot_pae(list(paes.values()), chain_lengths=self.chain_lengths, titles=[f"rank {rank}" for rank in paes])

    def plot_msa_coverage(self) -> Figure:
        """Alignment rows by identity to the query, and how many cover each residue."""
        return report.plot_msa_coverage(self.msa, chain_lengths=self.chain_lengths)

    def plot_contacts(self) -> Figure:
        """Probability of contact between each two residues."""
        return report.plot_contacts(contact_probabilities(self.distogram_probabilities), chain_lengths=self.chain_lengths)


def make_result(
    target: Target,
    msa: Msa,
    predictions: Sequence[Prediction],
    options: FoldOptions,
    predictors: Sequence[FoldingPredictor],
    notes: Sequence[str],
    templates: FoundTemplates,
    relaxations: Mapping[int, Relaxation],
) -> FoldResult:
    """Rank the predictions of one target; `relaxations` are by the prediction's place among those given."""
    order = ranked_order(predictions)
    return FoldResult(
        id=target.id,
        chains=target.chains,
        msa=msa,
        predictions=tuple(predictions[index] for index in order),
        options=options,
        weights=tuple((predictor.weights.name, predictor.weights.sha256) for predictor in predictors),
        notes=(*notes, *templates.notes),
        templates=templates.sources,
        relaxations=tuple(relaxations.get(index) for index in order),
    )


def chosen_to_relax(predictions: Sequence[Prediction], options: FoldOptions) -> list[int]:
    """Which predictions the options want relaxed, the best first."""
    return ranked_order(predictions)[: {"none": 0, "best": 1, "all": None}[options.relax]]
