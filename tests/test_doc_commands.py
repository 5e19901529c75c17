"""Commands that the documentation shows: each option exists, and those of README, tutorial and how-to pages are complete."""

import importlib
from functools import cache
from typing import Any

import pytest
import typer

from protfold.cli.main import app
from tests.support.pages import PAGES, README, ROOT, RUN, Command, commands

FLOWS = {
    "workflows.fold": "workflows.command_line",
    "workflows.redesign": "workflows.redesign_command",
    "workflows.train": "workflows.train_command",
    "workflows.self_distill": "workflows.self_distill_command",
    "workflows.pretrain_pair_encoder": "workflows.pretrain_pair_encoder_command",
}
ALL = [command for page in PAGES for command in commands(page)]
WHOLE_PAGES = {str(page.relative_to(ROOT)) for page in (README, *RUN)}
WHOLE = [command for command in ALL if command.place.rpartition(":")[0] in WHOLE_PAGES]


@cache
def root_of(program: str) -> Any:
    """The application behind a program's name; making one takes a moment."""
    return typer.main.get_command(importlib.import_module(FLOWS[program]).app if program in FLOWS else app)


def program(command: Command) -> tuple[Any, list[str]]:
    """The command that does it, and the words behind its name."""
    if command.program in FLOWS:
        pytest.importorskip("prefect")
    root, words = root_of(command.program), list(command.words)
    while hasattr(root, "commands"):
        if not words or words[0].startswith("-"):
            break
        assert words[0] in root.commands, f"{command.place}: no command {words[0]}"
        root = root.commands[words.pop(0)]
    return root, words


def test_there_are_commands() -> None:
    """Another way to write blocks would leave nothing to check."""
    assert len(ALL) > 80
    assert len(WHOLE) > 40
    assert {command.program for command in ALL} >= {"protfold", *FLOWS}


@pytest.mark.parametrize("command", ALL, ids=lambda command: command.place)
def test_options_exist(command: Command) -> None:
    """An option that was renamed or never existed is found."""
    root, words = program(command)
    known = {name for parameter in root.params for name in (*parameter.opts, *parameter.secondary_opts)} | {"--help", "-h"}
    shown = [word.strip("[]").partition("=")[0] for word in words]
    options = [word for word in shown if word.startswith("-") and len(word) > 1 and not word[1].isdigit()]
    assert set(options) <= known, f"{command.place}: {set(options) - known}"


@pytest.mark.parametrize("command", WHOLE, ids=lambda command: command.place)
def test_command_line_is_accepted(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands there can be typed: all that is required, values of the right kind."""
    monkeypatch.setattr("protfold.io.network.go_offline", lambda: None)
    root, words = program(command)
    if words or not hasattr(root, "commands"):
        root.make_context(command.program, words)
