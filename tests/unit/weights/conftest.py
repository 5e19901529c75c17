"""Folders of the tests' own instead of the user's."""

from pathlib import Path

import pytest

from protfold.weights import registry


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """`chosen` (PROTFOLD_WEIGHTS_DIR), `cache`, `shipped`: empty, and the only ones searched."""
    paths = {name: tmp_path / name for name in ("chosen", "cache", "shipped")}
    for path in paths.values():
        path.mkdir()
    monkeypatch.setenv(registry.ENVIRONMENT_VARIABLE, str(paths["chosen"]))
    monkeypatch.setattr(registry, "cache_folder", lambda: paths["cache"])
    monkeypatch.setattr(registry, "SHIPPED_FOLDER", paths["shipped"])
    return paths
