"""What a command says and how it ends: messages on stderr, exit status 0 done, 1 a target failed, 2 nothing could be started."""

import functools
import logging
from collections.abc import Callable
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.logging import RichHandler

from protfold.errors import ProtfoldError

FAILED, UNUSABLE, INTERRUPTED = 1, 2, 130

out = Console(soft_wrap=True)
messages = Console(stderr=True, soft_wrap=True)
logger = logging.getLogger("protfold")


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command its log level, and turn its errors into one or two lines and an exit status.

    The command's parameters include `quiet`, `verbose` and `debug`.
    """

    @functools.wraps(function)
    def run(**arguments: Any) -> None:
        _set_up_log(quiet=arguments["quiet"], verbose=arguments["verbose"])
        try:
            function(**arguments)
        except KeyboardInterrupt:
            show_error("stopped. Finished targets are kept; the same command again goes on from there.")
            raise typer.Exit(INTERRUPTED) from None
        except ProtfoldError as error:
            stop(str(error), UNUSABLE, error if arguments["debug"] else None)
        except typer.Exit:
            raise
        except Exception as error:
            text = f"unexpected {type(error).__name__}: {error}\nThis is a fault of protfold; --debug shows where."
            stop(text, FAILED, error if arguments["debug"] else None)

    return run


def stop(text: str, status: int, error: BaseException | None = None) -> NoReturn:
    """Say what is wrong and leave with an exit status; with `error`, show its traceback too."""
    show_error(text)
    if error is not None:
        raise error
    raise typer.Exit(status)


def show_error(text: str) -> None:
    """One message for a person."""
    style = "bold red" if messages.is_terminal else None
    messages.print(f"error: {printable(text)}", style=style, markup=False, highlight=False)


def printable(text: str) -> str:
    """Text whose control characters are spelled out, so that hostile names cannot steer a terminal."""
    return "".join(character if character.isprintable() or character == "\n" else repr(character)[1:-1] for character in text)


def shortened(name: str) -> str:
    """A target's id in a message: its beginning, where it is long."""
    return name if len(name) <= 60 else f"{name[:57]}..."


class _PrintableFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))


def _set_up_log(*, quiet: bool, verbose: bool) -> None:
    if messages.is_terminal:
        handler: logging.Handler = RichHandler(console=messages, show_path=False, show_level=False, show_time=False, markup=False)
    else:
        handler = logging.StreamHandler()
    handler.setFormatter(
        _PrintableFormatter("%(message)s" if messages.is_terminal else "%(asctime)s %(message)s", datefmt="%H:%M:%S")
    )
    logger.handlers[:] = [handler]
    logger.propagate = False
    logger.setLevel(logging.ERROR if quiet else logging.DEBUG if verbose else logging.INFO)
