"""Structures given as templates: which files serve a record, and which of their chains fit it.

A structure file serves every record that it fits. In a folder, a file or sub-folder named after a record serves that record, which
then gets nothing else; the files directly in the folder serve every record that has nothing of its own. Each chain of a structure
(its first model) is tried by itself and laid over the chain of the query that it fits best, the first among copies: relative
places of chains in a complex are not handed to the network. What does not fit is left out with a note.
"""

import logging
from collections.abc import Sequence as Listing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from protfold.constants.residues import encode
from protfold.entities import Sequence, Template
from protfold.errors import InputError
from protfold.features.templates import template_from_structure
from protfold.io import read_structure
from protfold.io.file_names import STRUCTURE_SUFFIXES, stem, suffix
from protfold.runs.options import NO_TEMPLATES, FoldOptions
from protfold.runs.predictors import FoldingPredictor
from protfold.runs.store import content_key, file_digest
from protfold.runs.targets import RejectedTarget, Target

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateSource:
    """Where a template comes from.

    Attributes:
        name: of the template, `<structure>_<chain>`.
        file: name of its file; None for one handed over in memory, as is `sha256`.
        sha256: of the file.
    """

    name: str
    file: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FoundTemplates:
    """What is offered to the network for one target.

    Attributes:
        templates: best first.
        sources: of each template.
        notes: what was left out, and why.
    """

    templates: tuple[Template, ...] = ()
    sources: tuple[TemplateSource, ...] = ()
    notes: tuple[str, ...] = ()


def template_place(templates: str, record: str) -> Path:
    """The file or folder that serves a record: what is named after it in the folder `templates`, or else `templates` itself.

    Raises:
        InputError: several files or folders are named after the record.
    """
    path = Path(templates)
    if not path.is_dir():
        return path
    named = [inside for inside in sorted(path.iterdir()) if record == (inside.name if inside.is_dir() else _structure_name(inside))]
    if len(named) > 1:
        names = " and ".join(inside.name for inside in named)
        raise InputError(
            f"{names} are named after one record; put all its structures into one sub-folder", file=path, record=record
        )
    return named[0] if named else path


def template_files(templates: str, record: str) -> list[Path]:
    """The structure files offered to a record, by name.

    Raises:
        InputError: as `template_place`, or the record has a folder of its own without a structure.
    """
    place = template_place(templates, record)
    if not place.is_dir():
        return [place]
    files = [file for file in sorted(place.iterdir()) if file.is_file() and _structure_name(file) is not None]
    if not files and place != Path(templates):
        raise InputError(f"the folder holds no file ending in {', '.join(STRUCTURE_SUFFIXES)}", file=place)
    return files


def _structure_name(path: Path) -> str | None:
    return stem(path) if suffix(path) in STRUCTURE_SUFFIXES else None


def template_key(target: Target, options: FoldOptions) -> str | None:
    """Key of what is offered to a target: name and content of each file; None where no templates are asked for."""
    if options.templates == NO_TEMPLATES:
        return None
    files = template_files(options.templates, target.id)
    return content_key(target.chains, [[file.name, file_digest(file)] for file in files])


def check_templates(targets: Listing[Target | RejectedTarget], options: FoldOptions, predictors: Listing[FoldingPredictor]) -> None:
    """All that can be wrong with the templates of a run.

    Raises:
        InputError: no parameter set reads templates, a file cannot be read, or there is none.
    """
    if options.templates == NO_TEMPLATES:
        return
    check_reads_templates(predictors)
    ids = [target.id for target in targets if isinstance(target, Target)]
    files = dict.fromkeys(file for id in ids for file in template_files(options.templates, id))
    if not files:
        raise InputError(f"holds no file ending in {', '.join(STRUCTURE_SUFFIXES)} for any record", file=options.templates)
    for file in files:
        read_structure(file)


def check_reads_templates(predictors: Listing[FoldingPredictor]) -> None:
    """At least one parameter set has to read templates; one that does not folds without them, which `used_templates` notes.

    Raises:
        InputError: none does.
    """
    if not any(predictor.max_templates for predictor in predictors):
        names = ", ".join(predictor.weights.name for predictor in predictors)
        raise InputError(f"weights {names} read no templates; leave --templates out or use weights that do, such as model_1_ptm")


def find_templates(target: Target, options: FoldOptions) -> FoundTemplates:
    """The templates that the options offer a target, as far as they fit.

    Raises:
        InputError: a file cannot be read.
    """
    if options.templates == NO_TEMPLATES:
        return FoundTemplates()
    return lay_templates(target, template_files(options.templates, target.id))


def lay_templates(target: Target, structures: Listing[str | Path | Template]) -> FoundTemplates:
    """Templates as they are, by their search score, then the chains of structure files that fit the target.

    The best chain of each file comes first, then the second chains, and so on; each round by the number of residues that are the
    same in template and query.

    Raises:
        InputError: a file cannot be read.
    """
    query = Sequence(id=target.id, chains=target.chains)
    ready = [structure for structure in structures if isinstance(structure, Template)]
    ready.sort(key=lambda template: -template.sum_probs)
    found = [(template, TemplateSource(name=template.name)) for template in ready]
    ranked: list[tuple[int, int, Template, TemplateSource]] = []
    notes: list[str] = []
    for file in (Path(structure) for structure in structures if not isinstance(structure, Template)):
        fitting, left_out = _fitting_chains(file, query)
        digest = file_digest(file)
        for rank, (identical, template) in enumerate(fitting):
            ranked.append((rank, -identical, template, TemplateSource(name=template.name, file=file.name, sha256=digest)))
        notes += left_out
    found += [(template, source) for _, _, template, source in sorted(ranked, key=lambda entry: entry[:2])]
    if not found:
        notes.append("no template fits this target; it is folded without")
    for note in notes:
        logger.info("%s: %s", target.id, note)
    if found:
        logger.info("%s: templates %s", target.id, ", ".join(source.name for _, source in found))
    return FoundTemplates(
        templates=tuple(template for template, _ in found), sources=tuple(source for _, source in found), notes=tuple(notes)
    )


def _fitting_chains(file: Path, query: Sequence) -> tuple[list[tuple[int, Template]], list[str]]:
    """Identical residues and template of each chain that fits, best first, and a note on those that do not."""
    protein = read_structure(file)
    residues = encode("".join(query.chains))
    fitting: list[tuple[int, Template]] = []
    refused: dict[str, InputError] = {}
    for chain in protein.chain_ids:
        try:
            template = template_from_structure(protein, query, chain=chain)
            fitting.append((int(np.sum(template.aatype == residues)), template))
        except InputError as error:
            refused[chain] = error
    fitting.sort(key=lambda entry: -entry[0])
    if not refused:
        return fitting, []
    chains = ("chain " if len(refused) == 1 else "chains ") + ", ".join(refused)
    return fitting, [f"{file.name}, {chains}: not used as a template: {next(iter(refused.values())).problem}"]


def used_templates(found: FoundTemplates, predictors: Listing[FoldingPredictor]) -> FoundTemplates:
    """What the parameter sets read of it, with a note on each that does not read all."""
    total = len(found.templates)
    most = max(predictor.max_templates for predictor in predictors)
    notes = [
        f"weights {predictor.weights.name} read {predictor.max_templates or 'none'} of the {total} templates"
        for predictor in predictors
        if predictor.max_templates < total
    ]
    return FoundTemplates(templates=found.templates[:most], sources=found.sources[:most], notes=(*found.notes, *notes))
