"""The comparison of engines: what it holds, not how fast this machine is."""

import json

import numpy as np
import pytest
import torch

from drop_clip_ros.benchmarking import engine_benchmark
from drop_clip_ros.benchmarking.contestants import PLAIN
from drop_clip_ros.benchmarking.engine_benchmark import EngineOptions, backbone_cost, compare_engines, cost_curve
from drop_clip_ros.benchmarking.engine_picture import draw_engines
from drop_clip_ros.sparse.modules import SparseConvolution
from drop_clip_ros.sparse.tensor import CoordinatePyramid, SparseTensor

OPTIONS = EngineOptions(
    threads=1,
    backends=("torch",),
    precisions=("float32", "bfloat16"),
    repeats=2,
    warm_up=1,
    gemm_shapes=((64, 64, 64),),
    copied_megabytes=1,
)


class Slow:
    """A peer that says it takes a second, and answers nothing."""

    name, version, precision = "slow", "1.0", "float32"

    def __init__(self):
        self.closed = False

    def __call__(self):
        return 1000.0

    def rows(self):
        return None

    def close(self):
        self.closed = True


@pytest.fixture(scope="module")
def compared(network, cloud_of):
    peer = Slow()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine_benchmark, "open_peer", lambda *_: peer)
        options = EngineOptions(**(vars(OPTIONS) | {"peers": ("slow",)}))
        return compare_engines(network, "random", cloud_of(150), options), peer


def test_engines_and_peers_are_timed_in_the_same_rounds(compared):
    found, peer = compared
    assert [row.name for row in found.rows] == [PLAIN, "torch float32", "torch bfloat16", "slow 1.0"]
    assert all(len(row.whole.samples_ms) == 2 for row in found.rows)
    assert peer.closed


def test_ratios_say_how_many_times_as_long_the_peer_took(compared):
    found, _ = compared
    plain = found.rows[0]
    expected = np.median([1000.0 / ms for ms in plain.whole.samples_ms])
    assert plain.ratios["slow 1.0"].median == pytest.approx(expected)
    assert found.rows[-1].ratios == {}


def test_rates_follow_from_work_and_time(compared):
    found, _ = compared
    slow = found.rows[-1]
    assert slow.gflops == pytest.approx(found.gflop / 1.0)
    assert slow.gemm_share == pytest.approx(found.gflop / found.gemm_gflops["float32"])
    assert slow.roofline_ms >= 1000 * found.gflop / found.gemm_gflops["float32"]


def test_answers_are_compared_with_the_plain_network(compared):
    rows = {row.name: row for row in compared[0].rows}
    assert rows[PLAIN].cosine == pytest.approx((1.0, 1.0))
    assert rows["torch float32"].cosine[1] > 0.9999
    assert 0.9 < rows["torch bfloat16"].cosine[0] < 1.0
    assert rows["slow 1.0"].cosine is None


def test_json_holds_every_sample(compared):
    told = json.loads(json.dumps(compared[0].to_json()))
    assert told["architecture"] == "MinkUNet14A"
    assert told["voxels"] == 150
    assert [len(row["whole"]["samples"]) for row in told["rows"]] == [2, 2, 2, 2]
    assert told["rows"][0]["ratios"]["slow 1.0"]["median"] > 0


def test_work_is_that_of_the_layers_that_run(network, cloud_of):
    cloud = cloud_of(120)
    batch = torch.cat([torch.zeros(120, 1, dtype=torch.int64), torch.as_tensor(cloud.coordinates)], dim=1)
    pyramid = CoordinatePyramid(batch)
    counted = []

    def count(layer, inputs, out):
        x = inputs[0]
        pairs = len(x.features)
        if layer.kernel_size > 1:
            pairs = len(pyramid.kernel_map(x.stride, out.stride, layer.kernel_size).in_index)
        counted.append(2 * pairs * x.features.shape[1] * out.features.shape[1])

    hooks = [m.register_forward_hook(count) for m in network.modules() if isinstance(m, SparseConvolution)]
    with torch.no_grad():
        network.net3d.backbone(SparseTensor(torch.as_tensor(cloud.features), pyramid))
    for hook in hooks:
        hook.remove()
    assert backbone_cost(network, pyramid).flop == sum(counted)


def test_the_curve_has_a_slope_for_each_engine_and_is_drawn(network, compared, tmp_path, cloud_of):
    curve = cost_curve(network, (200, 100), cloud_of, OPTIONS)
    assert curve.sizes == (100, 200)
    times = [timing.p50 for timing in curve.times[PLAIN]]
    assert curve.slopes[PLAIN] == pytest.approx(np.log(times[1] / times[0]) / np.log(2))
    draw_engines(tmp_path / "a" / "engines.png", [compared[0]], curve)
    assert (tmp_path / "a" / "engines.png").stat().st_size > 10_000
