"""A tower's network for inference gives what the trained one gives."""

import numpy as np
import pytest
import torch

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.language import tower_inference
from drop_clip_ros.language.tabletop_tower import TabletopTower
from drop_clip_ros.language.tower_inference import PackedTower, folded, for_pictures, packs
from drop_clip_ros.language.tower_network import TowerConfig, build_network

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


def rows_of(network, precision):
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 255, (30, 40, 3), dtype=np.uint8) for _ in range(5)]
    return TabletopTower(network, CONFIG, precision=precision).encode_images(pictures)


@pytest.mark.parametrize(
    ("precision", "supported", "half", "least"),
    [("auto", True, False, 1 - 1e-6), ("bfloat16", False, False, 1 - 1e-6), ("bfloat16", True, True, 0.9997)],
)
def test_packed_kernels_give_the_same_rows(network, monkeypatch, precision, supported, half, least):
    if not packs():
        pytest.skip("this torch has no packed convolutions")
    monkeypatch.setattr(tower_inference, "has_bfloat16", lambda: supported)
    packed = for_pictures(folded(network), "cpu", precision, CONFIG.image_size)
    assert (type(packed), packed.kind) == (PackedTower, torch.bfloat16 if half else torch.float32)
    assert (rows_of(network, precision) * rows_of(network, "float32")).sum(axis=1).min() > least


def test_a_torch_that_packs_nothing_runs_the_network_itself(network, monkeypatch):
    monkeypatch.setattr(tower_inference, "packs", lambda: False)
    assert for_pictures(network, "cpu", "auto", 32) is network
    np.testing.assert_allclose(rows_of(network, "auto"), rows_of(network, "float32"), atol=1e-6)


def test_single_precision_is_the_network_itself_on_every_machine(network):
    assert for_pictures(network, "cpu", "float32", 32) is network


def test_another_precision_is_refused(network):
    with pytest.raises(ConfigError, match="'int4', wanted one of auto, float32, bfloat16"):
        for_pictures(network, "cpu", "int4", 32)
