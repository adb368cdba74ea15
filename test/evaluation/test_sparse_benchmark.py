"""The benchmark measures what it names, on clouds like real ones."""

import json

import pytest
import torch

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.evaluation.sparse_benchmark import run_sparse_benchmark, surface_cloud
from drop_clip_ros.sparse.tensor import CoordinatePyramid

torch.set_num_threads(1)


@pytest.mark.parametrize("size", [2000, 6000])
def test_clouds_have_the_asked_size_and_the_neighbours_of_real_surfaces(size):
    voxels = surface_cloud(size)
    assert voxels.shape == (size, 4)
    pairs = CoordinatePyramid(voxels).kernel_map(1, 1, 3)
    assert 10 < sum(pairs.counts) / size < 14  # real RGB-D frames: 11 to 13 of 27


def test_clouds_are_the_same_for_the_same_seed():
    assert torch.equal(surface_cloud(800, seed=3), surface_cloud(800, seed=3))
    assert not torch.equal(surface_cloud(800, seed=3), surface_cloud(800, seed=4))


def test_every_variant_is_timed_and_told_as_json():
    seen = []
    result = run_sparse_benchmark(
        (100, 200), ("MinkUNet14A",), 1, threads=1, progress=lambda done, parts: seen.append((done, parts))
    )
    assert [(row.voxels, row.dtype) for row in result.networks] == [
        (size, dtype) for size in (100, 200) for dtype in ("float32", "bfloat16")
    ]
    assert [row.voxels for row in result.maps] == [100, 200]
    assert len({(row.voxels, row.channels, row.dtype) for row in result.sums}) == len(result.sums) == 8
    assert seen == [(done, 8) for done in range(1, 9)]
    told = json.loads(json.dumps(result.to_json()))
    assert all(value > 0 for row in told["networks"] for key, value in row.items() if key.endswith("_ms"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"repeats": 0}, "0 repeats"),
        ({"voxels": ()}, "wanted at least one"),
        ({"voxels": (50,), "architectures": ("MinkUNet1",)}, "wanted one of MinkUNet14A"),
    ],
)
def test_nothing_to_measure_is_refused_and_threads_are_put_back(options, message):
    with pytest.raises(ConfigError, match=message):
        run_sparse_benchmark(**{"repeats": 1, "threads": 2, **options})
    assert torch.get_num_threads() == 1
