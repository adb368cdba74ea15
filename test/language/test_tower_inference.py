"""A tower's network for inference gives what the trained one gives."""

import numpy as np
import pytest
import torch

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.language import half_precision
from drop_clip_ros.language.tabletop_tower import TabletopTower, TowerConfig, build_network
from drop_clip_ros.language.tower_inference import folded, for_pictures

CONFIG = TowerConfig(dim=12, image_size=32, widths=(8, 16), blocks=(1, 2))


@pytest.fixture
def network():
    torch.manual_seed(0)
    built = build_network(CONFIG)
    with torch.no_grad():  # statistics as after some training
        built.train()(torch.randn(16, 3, 32, 32) + 1)
    return built.eval()


def test_folding_keeps_the_answers_and_leaves_no_batch_norm(network):
    pictures = torch.randn(4, 3, 32, 32)
    copy = folded(network)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in copy.modules())
    with torch.no_grad():
        torch.testing.assert_close(copy(pictures), network(pictures), rtol=1e-4, atol=1e-5)
    assert any(isinstance(module, torch.nn.BatchNorm2d) for module in network.modules())


def test_half_precision_turns_rows_by_less_than_a_degree(network, monkeypatch):
    monkeypatch.setattr(half_precision, "has_bfloat16", lambda: True)
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 255, (30, 40, 3), dtype=np.uint8) for _ in range(5)]
    half = TabletopTower(network, CONFIG, precision="auto")
    assert next(half._for_pictures.parameters()).dtype == torch.bfloat16
    cosines = (half.encode_images(pictures) * TabletopTower(network, CONFIG).encode_images(pictures)).sum(axis=1)
    assert cosines.min() > 0.9999


def test_a_processor_without_bfloat16_keeps_single_precision(network, monkeypatch):
    monkeypatch.setattr(half_precision, "has_bfloat16", lambda: False)
    assert for_pictures(network, "cpu", "auto") is network


def test_another_precision_is_refused(network):
    with pytest.raises(ConfigError, match="'int4', wanted auto or float32"):
        for_pictures(network, "cpu", "int4")
