"""A distillation step by stage, on clouds made up for it."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from drop_clip_ros.benchmarking.packed_clouds import object_ids, random_targets, write_packed_clouds
from drop_clip_ros.benchmarking.training_benchmark import STEP, time_training
from drop_clip_ros.distillation import training
from drop_clip_ros.distillation.clouds import load_clouds
from drop_clip_ros.distillation.recipe import Recipe
from drop_clip_ros.errors import ConfigError

RECIPE = replace(
    Recipe(), batch_size=1, max_points=900, max_voxels=300, loss_voxels=100, contrastive_voxels=50, bfloat16=False
)


@pytest.fixture(scope="module")
def clouds(tmp_path_factory):
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("clouds")
    write_packed_clouds(folder, scenes=1, views=2, points=3_000)
    return folder


def test_made_up_clouds_are_read_like_packed_ones(clouds):
    scene = load_clouds(clouds / "scene_000000.npz")
    assert len(scene) == 2
    xyz, rgb, labels = scene.view(0)
    assert len(xyz) == len(rgb) == len(labels) == 3_000
    assert np.ptp(xyz[:, 2]) < 0.5  # metres: things on a table
    assert set(labels.tolist()) == set(range(1, 9))
    assert scene.object_ids == object_ids()


def test_stages_sum_to_the_step_and_backends_take_turns(clouds):
    before = training.CoordinatePyramid
    table = random_targets(object_ids(), dim=16)
    times = time_training(RECIPE, [clouds], table, backends=("torch", "auto"), repeats=2, warm_up=1)
    assert list(times.backends) == ["torch", "auto"]
    for found in times.backends.values():
        stages = found.stages
        assert {"forward", "losses", "backward", "optimizer", "average"} <= set(stages)
        inner = [timing.samples_ms for stage, timing in stages.items() if stage not in (STEP, "making a batch")]
        assert np.sum(inner, axis=0) == pytest.approx(stages[STEP].samples_ms)
        assert all(timing.p50 > 0 for timing in stages.values())
    assert set(times.ratios) == {"auto"}
    assert training.CoordinatePyramid is before
    assert json.loads(json.dumps(times.to_json()))["backends_ms"]["torch"]["forward"]["samples"]


@pytest.mark.parametrize(("repeats", "backends"), [(0, ("auto",)), (1, ())])
def test_nothing_to_time_is_refused(clouds, repeats, backends):
    with pytest.raises(ConfigError, match="wanted at least 1 of each"):
        time_training(RECIPE, [clouds], random_targets(object_ids(), 16), backends=backends, repeats=repeats)
