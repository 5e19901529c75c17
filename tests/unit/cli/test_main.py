"""The command line as a contract: its commands and options, its manners with a wrong line, its start-up."""

import subprocess
import sys

import pytest
import typer

from protfold.cli.main import app
from tests.unit.cli.conftest import Run

EVERY_COMMAND = {"--seed", "--device", "--threads", "--quiet", "--verbose", "--debug"}
OPTIONS = {
    "fold": EVERY_COMMAND
    | {
        "--output", "-o", "--weights", "--msa", "--search", "--database", "--recycles", "--recycle-tolerance", "--num-seeds",
        "--max-msa", "--dtype", "--overwrite", "--templates", "--offline", "--relax",
    },
    "relax": EVERY_COMMAND
    | {
        "--output", "-o", "--force-field", "--max-iterations", "--max-rounds", "--stiffness", "--tolerance", "--platform",
        "--overwrite",
    },
    "design": EVERY_COMMAND
    | {
        "--output", "-o", "--chains", "--design", "--fix", "--exclude", "--exclude-at", "--bias", "--bias-at", "--tie",
        "--homo-oligomer", "--constraints", "--states", "--state-weights", "--num-sequences", "--temperature", "--diversity",
        "--weights", "--start", "--restarts", "--refold", "--refold-weights", "--side-chains", "--relax", "--overwrite",
    },
    "report": EVERY_COMMAND | {"--reference"},
    "score": EVERY_COMMAND | {"--fasta", "--output", "-o", "--chains", "--weights", "--json"},
    "compare": EVERY_COMMAND | {"--match", "--model-chains", "--reference-chains", "--json"},
    "validate": EVERY_COMMAND | {"--msa"},
    "doctor": EVERY_COMMAND | {"--weights", "--length", "--dtype"},
}  # fmt: skip


def commands() -> dict[str, object]:
    return dict(typer.main.get_command(app).commands)


@pytest.mark.parametrize("name", OPTIONS)
def test_options_are_these_and_no_others(name: str) -> None:
    """An option is a promise: adding or dropping one changes docs/, CHANGELOG.md and this list."""
    given = {option for parameter in commands()[name].params for option in parameter.opts if option.startswith("-")}
    assert given - {"--help", "-h"} == OPTIONS[name]


def test_commands_are_these() -> None:
    assert set(commands()) == {*OPTIONS, "train", "weights"}


@pytest.mark.parametrize("name", OPTIONS)
def test_every_option_is_explained(name: str) -> None:
    assert [parameter.name for parameter in commands()[name].params if not (parameter.help or "").strip()] == []


def test_version(protfold: Run) -> None:
    outcome = protfold("--version")
    assert (outcome.status, outcome.out) == (0, "protfold 0.1.0\n")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (["fold", "x.fasta"], "Missing option '--output' / '-o'."),
        (["fold", "x.fasta", "-o", "out", "--relax", "worst"], "'worst'"),
        (["fold", "x.fasta", "-o", "out", "--search", "server"], "'server'"),
        (["fold", "x.fasta", "-o", "out", "--seed", "-1"], "'--seed'"),
        (["dream"], "No such command 'dream'"),
    ],
)
def test_wrong_lines_take_two_lines_and_status_2(protfold: Run, line: list[str], problem: str) -> None:
    outcome = protfold(*line)
    assert outcome.status == 2
    assert problem in outcome.err
    assert len(outcome.err.splitlines()) <= 2
    assert outcome.out == ""


def test_bare_command_shows_help(protfold: Run) -> None:
    outcome = protfold()
    assert outcome.status == 2
    assert "fold" in outcome.out + outcome.err


def test_start_up_loads_nothing_heavy() -> None:
    """What makes `protfold --help` quick: no torch, NumPy, matplotlib or pyhmmer before a command needs them."""
    code = (
        "import sys, protfold, protfold.cli.main;"
        "print([name for name in ('torch', 'numpy', 'matplotlib', 'pyhmmer', 'gemmi', 'Bio', 'modelcif', 'openmm') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
