"""Laws of the maps of structures."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from protfold.constants.atoms import ATOM37_INDEX
from protfold.constants.residues import RESIDUE_CODE
from protfold.features.pair_images import CHANNELS, TRANSPOSED, PairChannels, build_pair_image
from tests.support.examples import EXAMPLES, at, example, mirrored, moved

both = pytest.mark.parametrize("channels", CHANNELS)
NAME = EXAMPLES[0]


@both
def test_motions_change_nothing(channels: PairChannels) -> None:
    still, other = build_pair_image(example(NAME), channels), build_pair_image(moved(example(NAME)), channels)
    assert still.maps.shape == (len(CHANNELS[channels]), len(example(NAME)), len(example(NAME)))
    torch.testing.assert_close(still.maps, other.maps, rtol=0.0, atol=1e-4)
    assert torch.equal(still.mask, other.mask)


def test_only_directions_tell_a_mirror_image() -> None:
    structure, image = example(NAME), mirrored(example(NAME))
    same = [build_pair_image(one, "symmetric").maps for one in (structure, image)]
    torch.testing.assert_close(same[0], same[1], rtol=0.0, atol=1e-5)
    told = [build_pair_image(one, "directed").maps for one in (structure, image)]
    assert (told[0] - told[1]).abs().max() > 1.0


@both
def test_exchange_of_rows_and_columns(channels: PairChannels) -> None:
    """Symmetric channels stay, directed ones change places."""
    maps = build_pair_image(example(NAME), channels).maps
    torch.testing.assert_close(maps.transpose(-1, -2)[list(TRANSPOSED[channels])], maps, rtol=0.0, atol=1e-6)
    if channels == "directed":
        assert (maps - maps.transpose(-1, -2)).abs().max() > 0.1


def test_values_in_closed_form() -> None:
    """Pair by pair, in NumPy."""
    protein = example(NAME)
    image = build_pair_image(protein, "directed")
    rows = [index for index in range(len(protein)) if bool(image.mask[index])][::7]
    for i in rows:
        n, ca, c = (protein.atom37_positions[i, ATOM37_INDEX[name]].astype(np.float64) for name in ("N", "CA", "C"))
        x = (c - ca) / np.linalg.norm(c - ca)
        y = (n - ca) - x * (x @ (n - ca))
        y /= np.linalg.norm(y)
        axes = np.stack([x, y, np.cross(x, y)])
        for j in rows:
            beta = [
                protein.atom37_positions[k, ATOM37_INDEX["CA" if protein.aatype[k] == RESIDUE_CODE["G"] else "CB"]].astype(
                    np.float64
                )
                for k in (i, j)
            ]
            distance = np.linalg.norm(beta[0] - beta[1])
            found = image.maps[:, i, j].double().numpy()
            assert found[0] == pytest.approx(8.0 / (8.0 + distance), abs=1e-4)
            assert found[1] == float(distance < 8.0)
            seen = axes @ (beta[1] - ca)
            length = np.linalg.norm(seen)
            if length > 1e-3:
                np.testing.assert_allclose(found[2:5], seen / length, atol=1e-3)


@both
def test_unknown_residues_are_zero(channels: PairChannels) -> None:
    protein = at(example(NAME), example(NAME).atom37_positions)
    mask = protein.atom37_mask.copy()
    mask[4, ATOM37_INDEX["CA"]] = mask[5, ATOM37_INDEX["CB"]] = 0.0
    aatype = protein.aatype.copy()
    aatype[[4, 5]] = RESIDUE_CODE["A"]
    positions = protein.atom37_positions.copy()
    positions[5, ATOM37_INDEX["CB"]] = np.nan
    image = build_pair_image(replace(protein, atom37_mask=mask, aatype=aatype, atom37_positions=positions), channels)
    assert bool(image.mask[4]) is (channels == "symmetric")
    assert not image.mask[5]
    assert not image.maps[:, 5].any()
    assert not image.maps[:, :, 5].any()
    assert image.maps.isfinite().all()
