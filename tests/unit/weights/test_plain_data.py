"""Dataclasses survive JSON, and nothing else gets through."""

import dataclasses
import json
from pathlib import Path
from typing import Any, Literal

import pytest

from protfold.model import AlphaFoldConfig
from protfold.weights.plain_data import from_plain
from tests.support.networks import tiny_config
from tests.support.weight_files import CARD


@pytest.mark.parametrize("config", [AlphaFoldConfig(), tiny_config(), tiny_config(templates=False, ptm=False), CARD])
def test_json_restores(config: Any) -> None:
    assert from_plain(type(config), json.loads(json.dumps(dataclasses.asdict(config))), "config") == config


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"c_q": 3}, "unknown key c_q in config"),
        ({"c_m": "256"}, "config.c_m is '256', not of type int"),
        ({"c_m": True}, "config.c_m is True"),
        ({"c_m": 2.5}, "config.c_m is 2.5"),
        ({"evoformer": {"num_blocks": 1, "depth": 2}}, "unknown key depth in config.evoformer"),
        ({"evoformer": {}}, "no num_blocks in config.evoformer"),
        ({"structure": None}, "config.structure is None, not a table"),
    ],
    ids=lambda value: "" if isinstance(value, str) else next(iter(value)),
)
def test_anything_else_is_an_error(change: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        from_plain(AlphaFoldConfig, dataclasses.asdict(AlphaFoldConfig()) | change, "config")


def test_a_whole_number_is_a_float_where_one_is_due() -> None:
    config = from_plain(AlphaFoldConfig, {"structure": {"position_scale": 20}}, "config")
    assert type(config.structure.position_scale) is float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Places:
    """Kinds that a settings file needs and a checkpoint does not."""

    files: tuple[Path, ...]
    kind: Literal["near", "far"] = "near"


def test_lists_choices_and_paths() -> None:
    assert from_plain(Places, {"files": ["a", "b/c"], "kind": "far"}, "it") == Places(files=(Path("a"), Path("b/c")), kind="far")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"files": "a"}, "it.files is 'a', not a list"),
        ({"files": ["a", 3]}, r"it.files\[2\] is 3, not of type Path"),
        ({"files": [], "kind": "there"}, "it.kind is 'there', not one of 'near', 'far'"),
    ],
)
def test_other_lists_choices_and_paths_are_errors(data: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        from_plain(Places, data, "it")
