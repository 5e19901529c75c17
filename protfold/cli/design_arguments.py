"""The options of `protfold design` that say what may change and how sequences are looked for, and what they make together."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from protfold.errors import InputError

if TYPE_CHECKING:
    from protfold.runs.design.options import DesignOptions

WHAT = "What may change (author numbers; repeat an option or join by commas)"
FURTHER = "What follows"
CONSTRAINTS = ("chains", "design", "fix", "exclude", "exclude_at", "bias", "bias_at", "tie", "homo_oligomer")

StartName = Literal["random", "native", "guess"]
Texts = list[str] | None


def _constraint(example: str, what: str, name: str | None = None) -> Any:
    flags = () if name is None else (f"--{name}",)
    return typer.Option(*flags, metavar=example, help=what, rich_help_panel=WHAT, show_default=False)


Chains = Annotated[Texts, _constraint("A,B", "Chains to design; all if left out. Others keep their types and are context.")]
DesignOnly = Annotated[Texts, _constraint("A10-20,B5", "Design only these residues.", "design")]
Fix = Annotated[Texts, _constraint("A1-9", "Residues that keep their types.")]
Exclude = Annotated[Texts, _constraint("CP", "Residue types that no designed residue gets.")]
ExcludeAt = Annotated[Texts, _constraint("A10:CP", "Types that some residues do not get.")]
Bias = Annotated[Texts, _constraint("W:0.5", "Nats added for a type to log p / T everywhere; exp of it multiplies the odds.")]
BiasAt = Annotated[Texts, _constraint("A10:W:0.5", "Likewise for some residues, on top of --bias.")]
Tie = Annotated[Texts, _constraint("A1-100=B1-100", "Residues of one type, with weights as in A1-10*2=B1-10.")]
HomoOligomer = Annotated[Texts, _constraint("A,B,C", "Chains of one sequence; repeat for several groups.")]
ConstraintFile = Annotated[
    Path | None,
    typer.Option(
        "--constraints",
        metavar="FILE|FOLDER",
        help="Further constraints: TOML, JSON or CSV, or the .trb or JSON that a backbone generator left; or a folder of such files named"
        " as the backbones are.",
        rich_help_panel=WHAT,
    ),
]
States = Annotated[
    bool,
    typer.Option(
        "--states", help="All backbones are states of one sequence; residues of equal number get one type.", rich_help_panel=WHAT
    ),
]
StateWeights = Annotated[
    str | None,
    typer.Option(metavar="1,0.5", help="Weight of each state, 1 by default; negative against a state.", rich_help_panel=WHAT),
]
NumSequences = Annotated[int, typer.Option(min=1, help="Sequences for each backbone.")]
Temperature = Annotated[
    float | None,
    typer.Option(
        min=0.0, help="Of the draws; larger is more diverse, 0 the most probable types.", show_default="the sampler's, 0.1"
    ),
]
Diversity = Annotated[
    float | None,
    typer.Option(metavar="0-1", help="1 - mean identity between designs, instead of a temperature, which is then looked for."),
]
Weights = Annotated[str, typer.Option(metavar="NAME|FILE", help="Parameters of a designer.")]
StartFrom = Annotated[
    StartName, typer.Option(help="Types that searches start from; guess is what the network says of the bare backbone.")
]
Restarts = Annotated[int, typer.Option(min=1, help="Searches for each sequence; the one of the best score is kept.")]
Refold = Annotated[
    bool, typer.Option("--refold", help="Fold each design, alone, and compare it with the backbone.", rich_help_panel=FURTHER)
]
RefoldWeights = Annotated[str, typer.Option(metavar="NAME|FILE", help="Parameters that fold.", rich_help_panel=FURTHER)]
SideChains = Annotated[
    bool,
    typer.Option(
        "--side-chains/--no-side-chains", help="Models with side chains, or N, CA, C and O alone.", rich_help_panel=FURTHER
    ),
]
RelaxModels = Annotated[
    Literal["best", "all", "none"],
    typer.Option("--relax", help="Models to relax with a force field; seconds to minutes each.", rich_help_panel=FURTHER),
]


def design_options(given: dict[str, Any]) -> "DesignOptions":
    """The options of the command line, by parameter name, as `DesignOptions`.

    Raises:
        InputError: one is out of range.
    """
    from protfold.design.constraint_options import ConstraintOptions
    from protfold.runs.design.options import DesignOptions

    names = "num_sequences temperature diversity weights start restarts refold refold_weights side_chains relax seed device threads"
    file, weights = given["constraints"], given["state_weights"]
    return DesignOptions(
        constraints=ConstraintOptions(**{name: ";".join(given[name] or ()) for name in CONSTRAINTS}),
        constraint_file=None if file is None else str(file),
        state_weights=None if weights is None else _numbers(weights),
        **{name: given[name] for name in names.split()},
    )


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(one) for one in text.split(","))
    except ValueError:
        raise InputError(f"--state-weights is {text!r}; give numbers joined by commas, as in 1,0.5") from None
