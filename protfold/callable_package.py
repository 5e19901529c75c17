"""A package that is a function too, such as `protfold.relax(protein)` beside `protfold.relax.RelaxConfig`."""

import sys
from inspect import Signature, signature
from types import ModuleType
from typing import Any


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
        return getattr(self, self.__name__.rpartition(".")[2])


def make_callable(package: str) -> None:
    """Let a package be called; for its own `__init__.py`, with `__name__`."""
    sys.modules[package].__class__ = CallablePackage
