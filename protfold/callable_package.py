"""A package that is a function too, such as `protfold.relax(protein)` beside `protfold.relax.RelaxConfig`."""

import sys
from importlib import import_module
from inspect import Signature, signature
from types import ModuleType
from typing import Any

_homes: dict[str, str] = {}


class CallablePackage(ModuleType):
    """A package with a function of its own name, which is what a call of the package calls."""

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        """What the function returns."""
        return self._function(*arguments, **settings)

    @property
    def __signature__(self) -> Signature:
        """The function's, for notebooks."""
        return signature(self._function)

    @property
    def _function(self) -> Any:
        home = _homes.get(self.__name__)
        return getattr(self if home is None else import_module(home), self.__name__.rpartition(".")[2])


def make_callable(package: str, home: str | None = None) -> None:
    """Let a package be called; for its own `__init__.py`, with `__name__`.

    Args:
        package: its name.
        home: the module that holds the function, where that lies on a higher floor, which the package itself must not import; it is
            loaded when the package is called. The package by default.
    """
    sys.modules[package].__class__ = CallablePackage
    if home is not None:
        _homes[package] = home
