"""Whom the engines' benchmark compares, and how near answers are called."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from drop_clip_ros.benchmarking import contestants
from drop_clip_ros.benchmarking.contestants import (
    PLAIN,
    backbone_state,
    centred_cosines,
    engine_stopwatch,
    kernel_map_ms,
    open_engines,
)
from drop_clip_ros.errors import ConfigError


@dataclass
class Imagined:
    backend: str
    precision: str


def test_a_settled_network_answers_neither_hugely_nor_with_nothing(network, cloud):
    rows = open_engines(network, backends=("torch",), precisions=("float32",)).plain.backbone(
        cloud.coordinates, cloud.features
    )
    assert 0.05 < rows.std() < 20
    assert not network.training


def test_engines_that_are_not_here_are_told_and_left_out(network, monkeypatch):
    def load(_network, _device, precision, _threads, backend):
        if backend == "native":
            raise ConfigError("not built")
        return Imagined(backend, "float32")

    monkeypatch.setattr(contestants, "load_engine", load)
    found = open_engines(network, precisions=("float32", "int8"))
    assert list(found.engines) == [PLAIN, "torch float32"]
    assert found.absent == [
        "native float32: not built",
        "native int8: not built",
        "torch int8: who asks for it gets torch float32",
    ]


def test_cosines_are_centred(network):
    kernel = network.net3d.final.kernel
    with torch.no_grad():
        kernel.zero_()
        kernel[0, 0] = kernel[1, 1] = 1.0  # the feature is the row's first two numbers ...
        network.net3d.final.bias.zero_()
        network.net3d.final.bias[0, 2] = 10.0  # ... beside a large constant part
    rows = np.zeros((2, 96), np.float32)
    rows[0, 0], rows[1, 1] = 1.0, 1.0
    turned = rows[::-1].copy()
    assert centred_cosines(network, rows, rows) == pytest.approx([1.0, 1.0])
    # Uncentred, these two would have cosines of 100 / 101.
    assert centred_cosines(network, turned, rows) == pytest.approx([-1.0, -1.0], abs=1e-6)


def test_the_state_for_peers_is_the_backbones(network):
    names = backbone_state(network)
    assert "conv0p1s1.kernel" in names
    assert not any(name.startswith("final") for name in names)


def test_an_engine_that_tells_of_its_maps_is_listened_to(cloud):
    engine = SimpleNamespace(network=SimpleNamespace(stage_seconds=np.zeros(3)))

    def backbone(*_):
        engine.network.stage_seconds[0] += 0.002

    engine.backbone = backbone
    told = []
    run = engine_stopwatch(engine, cloud, maps_ms=told)
    run()
    run()
    assert told == pytest.approx([2.0, 4.0])
    assert kernel_map_ms(SimpleNamespace()) is None
