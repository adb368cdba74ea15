"""The native operators against the same program in torch."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from drop_clip_ros.errors import CloudError, ConfigError
from drop_clip_ros.sparse.native_library import native_precisions
from drop_clip_ros.sparse.native_network import NativeNetwork
from drop_clip_ros.sparse.program import Buffer, Layer, Map, Place, Program
from drop_clip_ros.sparse.tensor import CoordinatePyramid
from drop_clip_ros.sparse.torch_program import TorchNetwork

needs = {
    name: pytest.mark.skipif(name not in native_precisions(), reason=f"no native operators here for {name}")
    for name in ("float32", "bfloat16", "int8")
}
every_precision = pytest.mark.parametrize("precision", [pytest.param(name, marks=mark) for name, mark in needs.items()])
TOLERANCE = {"float32": 1e-6, "bfloat16": 0.02, "int8": 0.05}  # of the largest value


def small_unet(width: int = 104) -> Program:
    """Down and up again with a skip, a residual and a width that is no multiple of a vector's."""
    rng = np.random.default_rng(0)

    def weights(volume, c_in, c_out):
        kernel = rng.normal(size=(volume, c_in, c_out)) / np.sqrt(c_in * max(1, volume / 3))
        return kernel.astype(np.float32), rng.normal(size=c_out).astype(np.float32)

    buffers = (Buffer(0, 5), Buffer(0, width + 32), Buffer(1, 32), Buffer(1, 48), Buffer(0, width), Buffer(0, width))
    skip = Place(1, width)
    layers = (
        Layer(*weights(125, 5, 32), Map.SAME5, 0, Place(0), skip),
        Layer(*weights(8, 32, 32), Map.DOWN, 0, skip, Place(2)),
        Layer(*weights(27, 32, 48), Map.SAME3, 1, Place(2), Place(3)),
        Layer(*weights(8, 48, width), Map.UP, 0, Place(3), Place(1)),
        Layer(*weights(1, width + 32, width), Map.SELF, 0, Place(1), Place(4), relu=False),
        Layer(*weights(27, width + 32, width), Map.SAME3, 0, Place(1), Place(5), residual=Place(4)),
    )
    return Program(layers, buffers)


def cloud(count: int = 700, seed: int = 0, low: int = -12) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    cells = rng.permutation(20 * 20 * 6)[:count]
    coordinates = np.stack([cells % 20, cells // 20 % 20, cells // 400], axis=1) + low
    return coordinates.astype(np.int64), rng.normal(size=(count, 5)).astype(np.float32)


def worst(found: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.abs(found - wanted).max() / np.abs(wanted).max())


@every_precision
@pytest.mark.parametrize("count", [1, 7, 700])
def test_answers_are_those_of_torch(precision, count):
    program = small_unet()
    wanted = TorchNetwork(program)(*cloud(count))
    assert worst(NativeNetwork(program, precision)(*cloud(count)), wanted) < TOLERANCE[precision]


@every_precision
@pytest.mark.parametrize("width", [1, 33])
def test_channels_may_be_odd(precision, width):
    program = small_unet(width)
    wanted = TorchNetwork(program)(*cloud(300))
    assert worst(NativeNetwork(program, precision)(*cloud(300)), wanted) < TOLERANCE[precision]


@every_precision
def test_threads_do_not_change_a_bit(precision):
    program = small_unet()
    alone, many = (NativeNetwork(program, precision, threads)(*cloud()) for threads in (1, 4))
    assert (alone == many).all()


@needs["float32"]
def test_rows_come_in_the_order_of_the_voxels():
    network, (coordinates, features) = NativeNetwork(small_unet()), cloud()
    order = np.random.default_rng(1).permutation(len(coordinates))
    shuffled = network(coordinates[order], features[order])
    assert worst(shuffled, network(coordinates, features)[order]) < 1e-6


@needs["float32"]
def test_a_frame_leaves_nothing_behind_for_the_next():
    network = NativeNetwork(small_unet())
    first = network(*cloud(300))
    network(*cloud(900, seed=1))
    assert (network(*cloud(300)) == first).all()


@needs["float32"]
def test_pairs_are_those_of_the_kernel_maps():
    program, (coordinates, features) = small_unet(), cloud()
    network = NativeNetwork(program)
    network(coordinates, features)
    pyramid = CoordinatePyramid.of_cloud(coordinates, backend="torch")
    wanted = [pyramid.kernel_map(*key) for key in ((1, 1, 5), (1, 2, 2), (2, 2, 3), (2, 1, 2), (1, 1, 1), (1, 1, 3))]
    assert network.pairs().tolist() == [sum(pairs.counts) for pairs in wanted]


@needs["float32"]
def test_voxels_far_from_each_other_need_no_grid():
    coordinates, features = cloud(50)
    coordinates[25:] += 1_000_000
    assert (
        worst(NativeNetwork(small_unet())(coordinates, features), TorchNetwork(small_unet())(coordinates, features))
        < 1e-6
    )


@needs["float32"]
def test_bad_voxels_are_named_and_the_next_call_works():
    network, (coordinates, features) = NativeNetwork(small_unet()), cloud(40)
    twice = np.concatenate([coordinates, coordinates[:1]]), np.concatenate([features, features[:1]])
    far = coordinates + [[0, 0, 1 << 40]] * (np.arange(40) == 0)[:, None]
    for bad, wanted in ((twice, "each voxel once"), ((far, features), "2097152 voxels along an axis")):
        with pytest.raises(CloudError, match=wanted):
            network(*bad)
    with pytest.raises(CloudError, match=r"wanted \(n, 3\) and \(n, 5\)"):
        network(coordinates, features[:, :4])
    assert np.isfinite(network(coordinates, features)).all()


@needs["float32"]
def test_nothing_is_paired_before_a_run_and_after_a_refused_one():
    network, (coordinates, features) = NativeNetwork(small_unet()), cloud(900)
    assert not network.pairs().any()
    network(*cloud(3))
    coordinates[-1] = coordinates[0]
    with pytest.raises(CloudError, match="each voxel once"):
        network(coordinates, features)
    assert not network.pairs().any()


@needs["float32"]
def test_coordinates_at_the_ends_of_64_bits_are_refused():
    ends = np.array([[np.iinfo(np.int64).min, 0, 0], [np.iinfo(np.int64).max, 1, 1]])
    with pytest.raises(CloudError, match="2097152 voxels along an axis"):
        NativeNetwork(small_unet())(ends, np.ones((2, 5), np.float32))


@needs["float32"]
def test_runs_from_several_threads_wait_for_each_other():
    network, wrong = NativeNetwork(small_unet(32), threads=2), []
    wanted = {count: network(*cloud(count)) for count in (300, 900)}

    def run(count):
        wrong.extend(count for _ in range(20) if not np.array_equal(network(*cloud(count)), wanted[count]))

    callers = [threading.Thread(target=run, args=(count,)) for count in wanted]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert wrong == []


def run_apart(code: str, **environment: str) -> str:
    """What a process prints that runs this code after `from test_native_network import *`."""
    head = "import sys; sys.path.insert(0, sys.argv[1]); from test_native_network import *\n"
    command = [sys.executable, "-c", head + code, os.path.dirname(__file__)]
    done = subprocess.run(command, env=dict(os.environ) | environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs["float32"]
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_has_threads_of_its_own():
    code = """
network = NativeNetwork(small_unet(32), threads=3)
wanted = network(*cloud())
if not (child := os.fork()):
    same = (network(*cloud()) == wanted).all()
    network.threads = 2
    sys.exit(0 if same and (network(*cloud()) == wanted).all() else 1)
print(os.waitpid(child, 0)[1])
"""
    assert run_apart(code) == "0\n"


@needs["float32"]
@pytest.mark.skipif(sys.platform != "linux", reason="limits and counts memory as Linux does")
def test_a_cloud_without_room_is_refused_and_the_next_call_works():
    code = """
import resource
network = NativeNetwork(small_unet(32), threads=2)
wanted = network(*cloud())
cells = np.arange(600_000)
big = np.stack([cells % 500, cells // 500 % 500, cells // 250_000 * 7], axis=1), np.ones((len(cells), 5), np.float32)
used, refused = 4096 * int(open("/proc/self/statm").read().split()[0]), 0
for megabytes in range(100, 640, 60):
    resource.setrlimit(resource.RLIMIT_AS, (used + (megabytes << 20), -1))
    try:
        network(*big)
    except CloudError:
        refused += 1
    except MemoryError:  # of numpy's, for the answer
        pass
    resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
    assert (network(*cloud()) == wanted).all()
print(refused)
"""
    assert int(run_apart(code)) > 0


def test_without_operators_the_precision_is_refused(monkeypatch):
    monkeypatch.setattr("drop_clip_ros.sparse.native_network.native_library", lambda: None)
    monkeypatch.setattr("drop_clip_ros.sparse.native_network.native_precisions", lambda: ())
    with pytest.raises(ConfigError, match="operators here have none"):
        NativeNetwork(small_unet())


@needs["float32"]
def test_processors_with_avx2_alone_compute_the_same():
    code = """
assert native_precisions() == ("float32",)
print(worst(NativeNetwork(small_unet())(*cloud()), TorchNetwork(small_unet())(*cloud())))
"""
    assert float(run_apart(code, DROP_CLIP_INSTRUCTIONS="avx2")) < 1e-6
