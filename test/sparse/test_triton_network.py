"""A program in Triton answers as in plain torch, whatever the size of the cloud and of its levels."""

import numpy as np
import pytest
import torch

from drop_clip_ros.errors import CloudError, ConfigError
from drop_clip_ros.sparse.program import Buffer, Layer, Map, Place, Program
from drop_clip_ros.sparse.torch_program import TorchNetwork


@pytest.fixture
def program():
    """Down and up again, with every kind of layer but the first one's; columns side by side; a residual."""
    rng = np.random.default_rng(0)

    def layer(kind, volume, c_in, c_out, *places, **options):
        kernel = rng.normal(size=(volume, c_in, c_out)) / np.sqrt(volume * c_in)
        return Layer(kernel.astype(np.float32), rng.normal(size=c_out).astype(np.float32), kind, 0, *places, **options)

    return Program(
        (
            layer(Map.SAME5, 125, 3, 8, Place(0), Place(1, 16)),
            layer(Map.DOWN, 8, 8, 16, Place(1, 16), Place(2)),
            layer(Map.UP, 8, 16, 16, Place(2), Place(1)),
            layer(Map.SELF, 1, 24, 20, Place(1), Place(3), relu=False),
            layer(Map.SAME3, 27, 24, 20, Place(1), Place(4), residual=Place(3)),
        ),
        (Buffer(0, 3), Buffer(0, 24), Buffer(1, 16), Buffer(0, 20), Buffer(0, 20)),
    )


@pytest.fixture
def make_network(triton_device, program):
    from drop_clip_ros.sparse.triton_network import TritonNetwork

    def make(**options):
        return TritonNetwork(program, device=str(triton_device), block=16, smallest_bucket=64, **options)

    return make


def cloud(n, reach, seed=0):
    rng = np.random.default_rng(seed)
    coordinates = rng.permutation(np.unique(rng.integers(-reach, reach, (n, 3)), axis=0))
    return coordinates, rng.normal(size=(len(coordinates), 3)).astype(np.float32)


@pytest.mark.parametrize("reach", [3, 40], ids=["dense", "scattered"])
def test_a_cloud_is_answered_as_by_plain_torch(make_network, program, reach):
    """Scattered voxels leave the halved room of the coarse level, and run again with more."""
    coordinates, features = cloud(70, reach)
    wanted = TorchNetwork(program)(coordinates, features)
    np.testing.assert_allclose(make_network(precision="float32")(coordinates, features), wanted, atol=2e-6)


def test_a_voxel_that_comes_twice_is_refused(make_network):
    coordinates, features = cloud(70, 4)
    coordinates[3] = coordinates[11]
    with pytest.raises(CloudError, match="hold a voxel twice"):
        make_network()(coordinates, features)


def test_voxels_too_far_apart_are_refused(make_network):
    with pytest.raises(CloudError, match="span 4000000 voxels, wanted less than 2097"):
        make_network()(np.array([[0, 0, 0], [0, 4_000_000, 0]]), np.zeros((2, 3), np.float32))


def test_int8_is_refused(make_network):
    with pytest.raises(ConfigError, match="precision is int8, wanted one of float32, bfloat16"):
        make_network(precision="int8")


def test_tuned_tiles_answer_the_same(make_network, program):
    from dataclasses import replace

    coordinates, features = cloud(70, 3)
    network, asked = make_network(precision="float32"), []

    def split(candidates, run):
        asked.append(candidates[0])
        run(candidates[0])
        return replace(candidates[0], splits=2)

    before = network(coordinates, features)
    assert len(network.tune(coordinates, features, split)) == len(asked) == 3  # down, up and 3x3x3
    np.testing.assert_allclose(network(coordinates, features), before, atol=2e-6)


def test_nothing_waits_for_the_device_or_depends_on_the_data(triton_device, program, monkeypatch):
    """Tensors without data: what asked for a value, or made a tensor of a size that data decide, would fail on them."""
    from drop_clip_ros.sparse import triton_network

    def no_table(level, shifts):
        return torch.empty(len(shifts), len(level.keys), dtype=torch.int32, device="meta")

    monkeypatch.setattr(triton_network, "neighbour_table", no_table)
    for kernel in ("planned_product", "narrow_product"):
        monkeypatch.setattr(triton_network, kernel, lambda *_: None)
    network = triton_network.TritonNetwork(program, device="meta", block=16, smallest_bucket=64)
    cloud = network.empty_cloud(70)
    rows = network.forward(cloud, network.maps(cloud))
    assert rows.shape == (80, 20)
    assert rows.is_meta
    with pytest.raises(RuntimeError, match="meta tensor"):
        cloud.count.item()
