"""Validation of students that see perfectly, and of one that mistakes every object for another."""

import numpy as np
import pytest
import torch

from drop_clip_ros.distillation.batches import voxel_batch
from drop_clip_ros.distillation.clouds import load_clouds
from drop_clip_ros.distillation.validation import validate
from drop_clip_ros.student.voxels import InputCoding

IDS = ("mug-red", "mug-blue", "banana")


@pytest.fixture
def cloud(packed):
    return voxel_batch(*load_clouds(packed / "scene_000000.npz").view(0), IDS, InputCoding())


class Oracle(torch.nn.Module):
    """Answers with given features and offsets, whatever it is shown."""

    def __init__(self, features, offsets):
        super().__init__()
        self.answer = torch.tensor(features), None if offsets is None else torch.tensor(offsets), None

    def forward(self, x):
        return self.answer


def run(table, annotations, cloud, seen_as, offset_error=0.0):
    """Figures of a student that sees each object as the named one, and all middles 1 cm off in x if so told."""
    targets = table.centered(table.targets)
    features = targets[[table.row(seen_as[IDS[label]]) if label >= 0 else -1 for label in cloud.labels]]
    offsets = (cloud.offsets + np.float32([offset_error, 0, 0])) * 10
    oracle = Oracle(features, offsets)
    return validate(oracle, [cloud, cloud], table, annotations, True, torch.device("cpu"))


def test_a_perfect_student_names_every_class_and_colour(table, annotations, cloud):
    figures = run(table, annotations, cloud, {name: name for name in IDS}, 0.01)
    assert (figures["class_of_all"], figures["class_in_scene"], figures["objects"]) == (1.0, 1.0, 6.0)
    assert figures["color_of_all"] == 1.0  # of the mugs, which come in two colours
    assert figures["offset_error_m"] == pytest.approx(0.01, abs=1e-5)


def test_mistaken_objects_are_counted(table, annotations, cloud):
    # The banana is seen as a mug, one mug as a banana: one class of three is right.
    figures = run(table, annotations, cloud, {"mug-red": "mug-red", "mug-blue": "banana", "banana": "mug-red"})
    assert figures["class_of_all"] == pytest.approx(1 / 3)


def test_without_an_offset_head_there_is_no_offset_error(table, annotations, cloud):
    oracle = Oracle(np.ones((len(cloud.labels), 24), np.float32), None)
    figures = validate(oracle, [cloud], table, annotations, True, torch.device("cpu"))
    assert np.isnan(figures["offset_error_m"])
