"""Overlays show the verdict."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from drop_clip_ros.answer_picture import VERDICT_COLORS, answer_picture
from drop_clip_ros.geometry.cloud import PointCloud
from drop_clip_ros.geometry.frame import RGBDFrame
from drop_clip_ros.grounding.segmentation import Candidate, Segmentation


@dataclass(frozen=True)
class _Shown:
    frame: RGBDFrame
    masks: list
    instance_of: Callable

    def answer(self, status, scores=(0.9, 0.85)):
        """An answer whose candidates are the two boxes."""
        depth = self.frame.camera.back_project(self.frame.depth).reshape(-1, 3)
        colors = self.frame.color.reshape(-1, 3)
        candidates = []
        for score, mask in zip(scores, self.masks, strict=True):
            index = np.flatnonzero(mask)
            points = PointCloud(depth[index], colors[index], index)
            candidates.append(Candidate(0, score, "box", self.instance_of(points, mask.shape, (0.0, -0.7, -0.7))))
        return Segmentation("red box", status, tuple(candidates), {}, "m", self.masks[0].shape)


@pytest.fixture
def shown(boxes, instance_of):
    return _Shown(boxes.frame, [boxes.labels == 1, boxes.labels == 2], instance_of)


def brightened(shown, picture):
    """(height, width) bool: pixels that are brighter than they were."""
    return picture.astype(int).sum(axis=2) > shown.frame.color.astype(int).sum(axis=2)


@pytest.mark.parametrize(("status", "seen"), [("found", [True, False]), ("ambiguous", [True, True])])
def test_what_is_answered_stands_out(shown, status, seen):
    bright = brightened(shown, answer_picture(shown.answer(status), shown.frame))
    assert [bright[mask].mean() > 0.6 for mask in shown.masks] == seen


def test_nothing_stands_out_when_nothing_was_found(shown):
    picture = answer_picture(shown.answer("not_found"), shown.frame)
    assert not brightened(shown, picture)[30:].any()
    assert tuple(picture[0, -1]) == VERDICT_COLORS["not_found"]


def test_a_candidate_far_behind_is_not_shown_as_a_rival(shown, boxes):
    answer = shown.answer("ambiguous", (0.9, 0.1))
    close = replace(answer.candidates[0], score=0.88)
    far = answer.candidates[1]
    bright = brightened(
        shown, answer_picture(replace(answer, candidates=(*answer.candidates[:1], close, far)), boxes.frame)
    )
    assert bright[shown.masks[1]].mean() < 0.3
