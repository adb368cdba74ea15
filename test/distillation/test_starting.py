"""A new run that begins with the weights of a bundle."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from drop_clip_ros.distillation.recipe import Recipe
from drop_clip_ros.distillation.starting import check_fits, start_from
from drop_clip_ros.distillation.training import Distiller
from drop_clip_ros.errors import BundleError, SceneError
from drop_clip_ros.student.bundle import read_bundle, write_bundle
from drop_clip_ros.student.minkunet import ARCHITECTURES, Architecture

SMALL = Recipe(architecture="MinkUNetSmall")


@pytest.fixture(scope="module", autouse=True)
def small_architecture():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ARCHITECTURES, "MinkUNetSmall", Architecture((8,) * 8, (1,) * 8))
        yield


@pytest.fixture(scope="module")
def bundle(table, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle")
    distiller = Distiller(SMALL, table, seed=3)
    manifest = {
        "name": "earlier",
        "architecture": SMALL.architecture,
        "text_space": "words",
        "feature_dim": 24,
        "offsets": True,
        "coding": {"center": SMALL.center, "color": SMALL.color, "use_xyz": True},
        "phrase_scale": 20.0,
        "phrase_bias": -2.5,
    }
    tensors = dict(distiller.state.average.state_dict()) | {"language.mean": torch.tensor(table.mean)}
    write_bundle(folder, manifest, tensors)
    return folder, distiller.state.average.state_dict()


def test_a_run_from_a_bundle_has_its_weights_in_half_precision_and_is_new(bundle, table):
    folder, weights = bundle
    distiller = Distiller(SMALL, table, seed=7)
    start_from(distiller, folder, "words")
    for network in (distiller.state.network, distiller.state.average):
        for name, tensor in network.state_dict().items():
            assert torch.equal(tensor, weights[name].half().to(tensor.dtype)), name
    assert np.exp(float(distiller.state.phrase_scale.detach())) == pytest.approx(20.0)
    assert float(distiller.state.phrase_bias.detach()) == -2.5
    assert (distiller.state.step, distiller.state.seconds) == (0, 0.0)
    assert not distiller.state.optimizer.state


@pytest.mark.parametrize(
    ("recipe", "text_space", "message"),
    [
        (replace(SMALL, architecture="MinkUNet14A"), "words", "architecture 'MinkUNetSmall' where the run has 'MinkUN"),
        (replace(SMALL, center="centroid"), "words", "center 'footprint' where .* say --set center=footprint"),
        (replace(SMALL, offset_weight=0.0), "words", "offset head True where the run has False"),
        (SMALL, "clip", "text space 'words' where the run has 'clip'; wanted the same: say --text-space words"),
    ],
)
def test_a_bundle_of_another_kind_is_refused_with_what_differs(bundle, table, recipe, text_space, message):
    with pytest.raises(SceneError, match=message):
        start_from(Distiller(recipe, table), bundle[0], text_space)


def test_an_embedding_head_may_be_added_but_not_left_out(bundle):
    manifest = read_bundle(bundle[0]).manifest
    with_head = replace(SMALL, embedding_weight=0.5, embedding_dim=8)
    check_fits(manifest, with_head, "words", 24, "old")
    check_fits(manifest | {"embedding_dim": 8}, with_head, "words", 24, "new")
    with pytest.raises(SceneError, match="embedding dimension 8 where the run has 0"):
        check_fits(manifest | {"embedding_dim": 8}, SMALL, "words", 24, "new")


def test_a_bundle_that_is_not_there_is_told(table, tmp_path):
    with pytest.raises(BundleError, match=r"holds no model\.yaml"):
        start_from(Distiller(SMALL, table), tmp_path, "words")
