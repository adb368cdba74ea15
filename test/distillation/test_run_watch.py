"""What is kept of a run: the best checkpoint by validation, and what TensorBoard is shown."""

import numpy as np
import pytest
import torch

from drop_clip_ros.distillation.batches import voxel_batch
from drop_clip_ros.distillation.clouds import load_clouds
from drop_clip_ros.distillation.recipe import Recipe
from drop_clip_ros.distillation.run_watch import BEST, CHOICE, RunWatch
from drop_clip_ros.distillation.training import Distiller
from drop_clip_ros.student.minkunet import ARCHITECTURES, Architecture
from drop_clip_ros.student.voxels import InputCoding

IDS = ("mug-red", "mug-blue", "banana")
SMALL = Recipe(architecture="MinkUNetSmall")


@pytest.fixture
def run(packed, table, annotations, monkeypatch, tmp_path):
    """A watched run whose averaged weights can be set, and whose validation answers with them."""
    monkeypatch.setitem(ARCHITECTURES, "MinkUNetSmall", Architecture((8,) * 8, (1,) * 8))
    distiller, notes, exports = Distiller(SMALL, table), [], []
    cloud = voxel_batch(*load_clouds(packed / "scene_000000.npz").view(0), IDS, InputCoding())

    def watch(tensorboard=False):
        report = lambda stage, progress, note: notes.append(note)  # noqa: E731
        export = lambda: exports.append(1)  # noqa: E731
        return RunWatch(tmp_path, [cloud], distiller, annotations, export, report, 10, tensorboard)

    def reach(step, quality, watching):
        distiller.state.step = step
        with torch.no_grad():
            distiller.state.average.net3d.final.bias.fill_(quality)
        watching.saved(distiller)

    return distiller, watch, reach, notes, exports, tmp_path


@pytest.fixture
def answered_by_bias(monkeypatch):
    answer = lambda self, network: {CHOICE: float(network.net3d.final.bias.detach().mean())}  # noqa: E731
    monkeypatch.setattr("drop_clip_ros.distillation.voxel_validation.VoxelValidation.figures", answer)


def test_the_best_weights_are_kept_and_go_into_the_bundle_only_if_asked_for(run, answered_by_bias):
    distiller, watch, reach, notes, exports, out = run
    watching = watch()
    reach(10, 0.25, watching)
    reach(15, 0.9, watching)  # not yet time to validate
    reach(20, 0.5, watching)
    reach(30, 0.25, watching)
    assert (distiller.state.best, len(exports)) == ({"step": 20, CHOICE: 0.5}, 3)
    assert float(torch.load(out / BEST, weights_only=True)["average"]["net3d.final.bias"].mean()) == 0.5
    distiller.state.step = 40
    assert watching.finish("last")[CHOICE] == 0.25
    assert "was 0.500 at step 20, at the last, 40, 0.250; --keep best" in notes[-1]
    assert float(distiller.state.average.net3d.final.bias.mean().detach()) == 0.25
    assert (watching.finish("best")[CHOICE], watching.kept_step) == (0.5, 20)
    assert float(distiller.state.average.net3d.final.bias.mean().detach()) == 0.5


def test_the_last_weights_stay_where_they_are_the_best(run, answered_by_bias):
    distiller, watch, reach, _, _, _ = run
    watching = watch()
    reach(10, 0.25, watching)
    with torch.no_grad():
        distiller.state.average.net3d.final.bias.fill_(0.75)
    distiller.state.step = 15
    assert watching.finish("best")[CHOICE] == 0.75
    assert distiller.state.best == {"step": 15, CHOICE: 0.75}


def test_tensorboard_gets_losses_figures_and_a_picture(run):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    _, watch, reach, _, _, out = run
    watching = watch(tensorboard=True)
    watching.log(4, 0.1, {"cosine": 0.5, "waiting": 0.01})
    reach(10, 0.0, watching)
    events = accumulator.EventAccumulator(str(out / "tensorboard")).Reload()
    assert events.Scalars("train/cosine")[0].value == 0.5
    assert f"validation/{CHOICE}" in events.Tags()["scalars"]
    picture = events.Images("validation/colour, truth, prediction")[0]
    assert picture.width > picture.height > 50
    assert np.isfinite(events.Scalars("validation/semantic_miou")[0].value)
