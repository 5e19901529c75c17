"""One Prefect server for all tests of this folder, in a home of its own, and a small parameter set."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

import workflows  # noqa: F401 - before Prefect, as it asks for
from protfold.features import FeatureConfig
from protfold.weights import ModelCard, save_checkpoint
from tests.support.networks import tiny_network

collect_ignore_glob = [] if importlib.util.find_spec("prefect") else ["test_*.py"]

PREFECT_WARNINGS = (
    # Prefect leaves sockets and event loops of its client threads to the garbage collector.
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test here needs Prefect; warnings that are Prefect's own are no failures of ours."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.flows)
            for warning in PREFECT_WARNINGS:
                item.add_marker(pytest.mark.filterwarnings(warning))


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """A server on loopback with an empty database."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=300):
        yield


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Path of a tiny network's checkpoint."""
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    features = FeatureConfig(max_msa_clusters=4, max_extra_msa=4, num_recycles=1, max_templates=0)
    card = ModelCard(
        name="tiny", description="not trained", licence="none", training_data="none", training_steps=0, feature_config=features
    )
    save_checkpoint(tiny_network(templates=False), path, card)
    return str(path)


@pytest.fixture
def three_targets(tmp_path: Path) -> str:
    """Two proteins and, between them, a record that is none."""
    path = tmp_path / "targets.fasta"
    path.write_text(">first\nMKTAYIAKQR\n>broken\nMK4TAY\n>pair\nMKTAY:QRQISF\n")
    return str(path)
