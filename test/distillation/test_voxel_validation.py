"""Segmentation of held-out views by students that see perfectly, or take one object for another, and its picture."""

import numpy as np
import pytest
import torch

from drop_clip_ros.distillation.batches import voxel_batch
from drop_clip_ros.distillation.clouds import load_clouds
from drop_clip_ros.distillation.validation_picture import GAP, PIXELS, palette, validation_picture
from drop_clip_ros.distillation.voxel_validation import PhraseMap, VoxelValidation
from drop_clip_ros.student.voxels import InputCoding

IDS = ("mug-red", "mug-blue", "banana")


@pytest.fixture
def cloud(packed):
    return voxel_batch(*load_clouds(packed / "scene_000000.npz").view(0), IDS, InputCoding())


class Oracle(torch.nn.Module):
    """Answers with given features, whatever it is shown."""

    def __init__(self, features):
        super().__init__()
        self.features = torch.tensor(features)

    def forward(self, x):
        return self.features, None, None


def phrase_of(object_id, table, annotations):
    return table.embeddings[
        table.phrases.index(f"{annotations[object_id].colors[0]} {annotations[object_id].names[0]}")
    ]


def figures(cloud, table, annotations, seen_as):
    """Figures of a student whose voxels answer with the phrase of what their object is seen as."""
    rows = [phrase_of(name, table, annotations) for name in seen_as] + [table.targets[-1]]
    features = table.centered(np.stack(rows))[cloud.labels]
    validation = VoxelValidation([cloud, cloud], table, annotations, True, torch.device("cpu"))
    return validation.figures(Oracle(features.astype(np.float32)))


def test_a_perfect_student_finds_every_voxel_of_every_phrase(cloud, table, annotations):
    assert figures(cloud, table, annotations, IDS)["referring_miou"] == 1.0


def test_a_mug_taken_for_the_other_costs_both_and_no_class(cloud, table, annotations):
    found = figures(cloud, table, annotations, ("mug-red", "mug-red", "banana"))
    sizes = [int((cloud.labels == k).sum()) for k in range(3)]
    red = sizes[0] / (sizes[0] + sizes[1])
    assert found["referring_miou"] == pytest.approx((red + 0.0 + 1.0) / 3)
    assert found["semantic_miou"] == 1.0


def test_classes_are_counted_over_all_views(cloud, table, annotations):
    found = figures(cloud, table, annotations, ("mug-red", "banana", "banana"))
    sizes = [int((cloud.labels == k).sum()) for k in range(3)]
    mug, banana = sizes[0] / (sizes[0] + sizes[1]), sizes[2] / (sizes[1] + sizes[2])
    assert found["semantic_miou"] == pytest.approx((mug + banana) / 2, abs=0.02)


def test_without_views_there_are_no_figures(table, annotations):
    found = VoxelValidation([], table, annotations, True, torch.device("cpu")).figures(Oracle([[0.0]]))
    assert np.isnan(list(found.values())).all()


def test_ious_are_those_of_sets():
    answer = PhraseMap(("", "mug", "cup"), np.array([1, 1, 2, 0, 1]), np.array([1, 0, 1, 0, 1]))
    assert answer.ious() == {"mug": 2 / 4}  # the cup is nowhere


def test_the_picture_shows_colours_truth_and_prediction_from_above(cloud):
    # Two columns; in the left one a blue voxel lies over a red one.
    coordinates = np.array([[0, 0, 0, 0], [0, 0, 0, 5], [0, 1, 0, 0]])
    tiny = type(cloud)(**{**vars(cloud), "coordinates": coordinates})
    rgb = np.array([[1.0, 0, 0], [0, 0, 1.0], [0, 1.0, 0]])
    picture = validation_picture(tiny, rgb, PhraseMap(("", "mug"), np.array([1, 1, 0]), np.array([1, 1, -1])))
    width = 2 * PIXELS
    assert picture.shape == (PIXELS, 3 * width + 2 * GAP, 3)
    table, mug, nobody = palette(1)
    panels = [picture[:, start : start + width] for start in (0, width + GAP, 2 * (width + GAP))]
    left, right = ([panel[0, place].tolist() for panel in panels] for place in (0, width - 1))
    assert left == [[0, 0, 255], mug.tolist(), mug.tolist()]
    assert right == [[0, 255, 0], nobody.tolist(), table.tolist()]
