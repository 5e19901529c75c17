"""The fold flow with a network that predicts what was observed; a file beside the output tells of each prediction and each relaxation.

A network that has learnt nothing predicts one point, whose relaxation no two runs repeat.
"""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from protfold.runs import stages
from tests.unit.relax.peptides import damaged, peptide

DIARY = "RELAXING_FLOW_DIARY"
OBSERVED = damaged(peptide(0, 12))

predict_msa, relax_model = stages.predict_msa, stages.relax_model


def predict(*arguments: Any) -> Any:
    note("predict")
    return replace(predict_msa(*arguments), protein=replace(OBSERVED, name=arguments[0].id))


def relax(*arguments: Any, **settings: Any) -> Any:
    note("relax")
    return relax_model(*arguments, **settings)


def note(what: str) -> None:
    with Path(os.environ[DIARY]).open("a") as diary:
        diary.write(f"{what}\n")


if DIARY in os.environ:  # in the flow, and in the process of a relaxation, which imports this module too; not in the test
    stages.predict_msa, stages.relax_model = predict, relax

if __name__ == "__main__":
    from workflows.command_line import main

    main()
