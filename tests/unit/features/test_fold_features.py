import numpy as np
import pytest
import torch
from torch.nn import functional

from protfold.constants.atoms import ATOM14_MASK
from protfold.errors import InputError
from protfold.features import FeatureConfig, FoldFeatures, build_features
from protfold.features.fold_features import ALPHAFOLD_TEMPLATE_NAMES
from tests.unit.features.made_inputs import made_template, random_msa

CONFIG = FeatureConfig(max_msa_clusters=8, max_extra_msa=9, num_recycles=2)


@pytest.fixture
def arrays() -> dict[str, np.ndarray]:
    """Processed features of three passes with a template."""
    return build_features(random_msa(30, 33), [made_template(33)], config=CONFIG).as_alphafold()


def _assert_equal(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> None:
    assert first.keys() == second.keys()
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name], err_msg=name)
        assert array.dtype == second[name].dtype, name


def test_every_array_leads_with_the_passes(arrays):
    assert {array.shape[0] for array in arrays.values()} == {3}
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.float32), np.dtype(np.int32)}
    assert arrays["seq_length"].tolist() == [33, 33, 33]


def test_both_doors_restore(arrays):
    _assert_equal(FoldFeatures.from_alphafold(arrays).as_alphafold(), arrays)


def test_without_templates_no_template_names():
    features = build_features(random_msa(30, 33), config=CONFIG)
    arrays = features.as_alphafold()
    assert not [name for name in arrays if name.startswith("template_")]
    assert FoldFeatures.from_alphafold(arrays).templates is None


@pytest.mark.parametrize(
    "convert", [torch.from_numpy, np.asfortranarray, lambda array: array.astype(np.result_type(array, np.int64))]
)
def test_torch_arrays_and_other_widths_are_read(arrays, convert):
    _assert_equal(FoldFeatures.from_alphafold({name: convert(array) for name, array in arrays.items()}).as_alphafold(), arrays)


def test_boolean_masks_are_read_as_numbers(arrays):
    features = FoldFeatures.from_alphafold(arrays | {"seq_mask": arrays["seq_mask"].astype(bool)})
    assert features.seq_mask.dtype == torch.float32


@pytest.mark.parametrize("shared", [np.asarray, torch.from_numpy])
def test_read_arrays_are_copies(arrays, shared):
    features = FoldFeatures.from_alphafold({name: shared(array) for name, array in arrays.items()})
    arrays["msa_feat"][:] = 0
    assert features.msa_feat.any()


def test_all_missing_names_are_told_at_once(arrays):
    del arrays["aatype"], arrays["extra_msa"], arrays["template_mask"]
    with pytest.raises(InputError, match="lack aatype, extra_msa, template_mask;"):
        FoldFeatures.from_alphafold(arrays)


@pytest.mark.parametrize("name", ["aatype", "residue_index", "seq_mask", "target_feat", *ALPHAFOLD_TEMPLATE_NAMES])
def test_what_belongs_to_the_target_must_not_change_between_passes(arrays, name):
    arrays[name][2].flat[-1] += 1
    with pytest.raises(InputError, match=f"{name} differs between"):
        FoldFeatures.from_alphafold(arrays)


def test_arrays_must_agree_on_the_passes(arrays):
    arrays["bert_mask"] = arrays["bert_mask"][:2]
    with pytest.raises(InputError, match="bert_mask holds 2 recycling passes, msa_feat 3"):
        FoldFeatures.from_alphafold(arrays)


def test_padding_passes_through(arrays):
    """Zeros at the end of residues and rows, as DeepMind pads; derived arrays are zero there as well."""
    features = FoldFeatures.from_alphafold(arrays)
    residues, rows = (0, 4), (0, 4, 0, 3)
    padded = FoldFeatures(
        aatype=functional.pad(features.aatype, residues),
        residue_index=functional.pad(features.residue_index, residues),
        seq_mask=functional.pad(features.seq_mask, residues),
        target_feat=functional.pad(features.target_feat, (0, 0, *residues)),
        msa_feat=functional.pad(features.msa_feat, (0, 0, *rows)),
        **{
            name: functional.pad(getattr(features, name), rows)
            for name in (
                "msa_mask",
                "extra_msa",
                "extra_has_deletion",
                "extra_deletion_value",
                "extra_msa_mask",
                "bert_mask",
                "true_msa",
            )
        },
    ).as_alphafold()
    _assert_equal(FoldFeatures.from_alphafold(padded).as_alphafold(), padded)
    assert padded["seq_length"].tolist() == [33] * 3
    assert padded["msa_row_mask"][0].tolist() == [1.0] * 8 + [0.0] * 3
    assert padded["extra_msa_row_mask"][0].tolist() == [1.0] * 9 + [0.0] * 3
    np.testing.assert_array_equal(padded["atom14_atom_exists"][0, :33], ATOM14_MASK[arrays["aatype"][0]])
    for name in ("atom14_atom_exists", "atom37_atom_exists", "residx_atom14_to_atom37", "residx_atom37_to_atom14"):
        assert not padded[name][:, 33:].any(), name


def test_map_reaches_every_tensor(arrays):
    features = FoldFeatures.from_alphafold(arrays)
    doubled = features.map(lambda tensor: 2 * tensor)
    assert torch.equal(doubled.msa_feat, 2 * features.msa_feat)
    assert doubled.templates is not None
    assert features.templates is not None
    assert torch.equal(doubled.templates.pseudo_beta, 2 * features.templates.pseudo_beta)
    assert features.to("meta").templates.mask.is_meta


def test_passes_beyond_the_last_sample_reuse_it(arrays):
    features = FoldFeatures.from_alphafold(arrays)
    assert [features.pass_index(recycle) for recycle in range(5)] == [0, 1, 2, 2, 2]
