"""A page of the reference with every command and option, made from the commands themselves."""

from collections.abc import Iterator
from typing import Any, get_args

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from protfold.cli.main import app


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add `reference/commands.md`."""
    files.append(File.generated(config, "reference/commands.md", content="\n".join(page())))
    return files


def page() -> Iterator[str]:
    """The page, line by line."""
    yield "# Commands\n"
    yield "What each command says with `--help`.\n"
    for name, command in commands("protfold", typer.main.get_command(app)):
        yield f"## {name}\n"
        yield f"{command.help}\n"
        yield "| option | what | default |\n| --- | --- | --- |"
        for parameter in command.params:
            yield row(parameter)
        yield ""


def commands(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Every command below this one that does something, by its full name."""
    for word, child in getattr(command, "commands", {}).items():
        yield from commands(f"{name} {word}", child)
    if not hasattr(command, "commands"):
        yield name, command


def row(parameter: Any) -> str:
    """One line of a table: names and values, what it does, and what counts without it."""
    names = [f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts) if name.startswith("-")]
    values = parameter.metavar or "|".join(choices(parameter))
    option = f"{', '.join(names)} {values}" if names else f"`{values}`"
    return f"| {cell(option)} | {cell(parameter.help or '')} | {cell(default(parameter))} |"


def choices(parameter: Any) -> list[str]:
    """Values that may be given, where they are words."""
    return [one for one in get_args(parameter.type_descriptor.annotation) if isinstance(one, str)]


def default(parameter: Any) -> str:
    """What counts when the option is left out."""
    if parameter.required:
        return "required"
    told = getattr(parameter, "show_default", None)
    if isinstance(told, str):
        return told
    value = parameter.default
    if value is None or value is False or callable(value):
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def cell(text: str) -> str:
    """Text that stays within its cell."""
    return " ".join(text.split()).replace("|", "\\|")
