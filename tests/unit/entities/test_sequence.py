"""A sequence has at least one chain, and no empty one."""

import pytest

from protfold.entities import Sequence


def test_length_is_that_of_all_chains() -> None:
    assert len(Sequence(id="a", chains=("ACD", "EF"))) == 5


@pytest.mark.parametrize("chains", [(), ("",), ("AC", "")])
def test_an_empty_chain_is_refused(chains: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="sequence 'a' has an empty chain"):
        Sequence(id="a", chains=chains)
