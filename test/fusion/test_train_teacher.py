"""Training the tower, on a handful of crops."""

import numpy as np
import pytest
import torch

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.fusion.crops import load_crops
from drop_clip_ros.fusion.phrase_table import build_phrase_table
from drop_clip_ros.fusion.train_teacher import TeacherConfig, TeacherTraining, one_cycle
from drop_clip_ros.language.tower_network import TowerConfig

TOWER = TowerConfig(text_space="colors", dim=3, image_size=32, widths=(8, 16), blocks=(1, 1))


@pytest.fixture(scope="module")
def crops(dataset, tmp_path_factory):
    return load_crops(dataset, tmp_path_factory.mktemp("crops"))


def training(crops, texts, checkpoint=None, steps=30, **settings):
    config = TeacherConfig(steps=steps, batch=15, precision="float32", **settings)
    return TeacherTraining(crops, build_phrase_table(crops.annotations, texts), TOWER, config, checkpoint)


def test_loss_falls_and_crops_find_their_colours(crops, color_texts):
    run = training(crops, color_texts, learning_rate=1e-2, average=0.8)
    losses = []
    run.run(lambda share, now: losses.append(now["loss"]))
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:3])
    texts = color_texts.encode(["red", "blue", "green"])  # of ball, box and stick
    assert ((run.encode(crops) @ texts.T).argmax(axis=1) == crops.objects).mean() > 0.9


def test_a_resumed_run_ends_as_one_that_never_stopped(crops, color_texts, tmp_path):
    torch.set_num_threads(1)
    whole = training(crops, color_texts, steps=6)
    whole.run()
    first = training(crops, color_texts, tmp_path / "run.pt", steps=6)
    for _ in range(3):
        first.train_step()
    first.save_checkpoint()
    second = training(crops, color_texts, tmp_path / "run.pt", steps=6)
    assert second.step == 3
    second.run()
    for a, b in zip(whole.network.state_dict().values(), second.network.state_dict().values(), strict=True):
        assert torch.allclose(a.float(), b.float(), atol=1e-6)


def test_the_seed_decides(crops, color_texts):
    losses = []
    for seed in (1, 1, 2):
        run = training(crops, color_texts, seed=seed)
        losses.append(run.train_step())
    assert losses[0] == losses[1] != losses[2]


def test_a_checkpoint_of_another_tower_is_refused(crops, color_texts, tmp_path):
    training(crops, color_texts, tmp_path / "run.pt").save_checkpoint()
    table = build_phrase_table(crops.annotations, color_texts)
    other = TowerConfig(text_space="colors", dim=3, image_size=32, widths=(8, 24), blocks=(1, 1))
    with pytest.raises(ConfigError, match="is of the tower"):
        TeacherTraining(crops, table, other, TeacherConfig(steps=1, batch=15), tmp_path / "run.pt")


def test_a_broken_checkpoint_is_named(crops, color_texts, tmp_path):
    (tmp_path / "run.pt").write_bytes(b"nothing")
    with pytest.raises(ConfigError, match="cannot be read"):
        training(crops, color_texts, tmp_path / "run.pt")


def test_fewer_crops_than_a_batch_are_refused(crops, color_texts):
    table = build_phrase_table(crops.annotations, color_texts)
    with pytest.raises(ConfigError, match="15 crops for a batch of 16"):
        TeacherTraining(crops, table, TOWER, TeacherConfig(steps=1, batch=16))


def test_learning_rate_goes_up_and_down_once():
    rates = [one_cycle(share, 1.0) for share in np.linspace(0, 1, 101)]
    assert rates[0] == pytest.approx(1 / 25)
    assert max(rates) == pytest.approx(1.0)
    assert rates[-1] == pytest.approx(1 / 1000)
    assert (np.diff(np.sign(np.diff(rates))) != 0).sum() == 1


def test_output_has_the_share_of_the_mean_that_was_asked_for(crops, color_texts):
    run = training(crops, color_texts, steps=1, mean_share=0.9)
    plain = training(crops, color_texts, steps=1, mean_share=0.0).encode(crops)
    expected = 0.9 * run.mean + np.sqrt(1 - 0.81) * plain
    np.testing.assert_allclose(run.encode(crops), expected / np.linalg.norm(expected, axis=1, keepdims=True), atol=1e-5)


@pytest.mark.parametrize(
    "settings", [{"minutes": 0.0}, {"steps": -1}, {"batch": 1}, {"precision": "int8"}, {"mean_share": 1.0}]
)
def test_settings_outside_their_range_are_refused(settings):
    with pytest.raises(ConfigError):
        TeacherConfig(**settings)
