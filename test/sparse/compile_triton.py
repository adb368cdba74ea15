"""Compile the Triton kernels for a Hopper GPU that need not be there, by the very calls that would launch them.

Prints, as JSON, what the compiler made of each: instructions of interest and bytes of shared memory. With the name of
an architecture it compiles all kernels of that network's engine, for 10,000 voxels.
"""

import functools
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
import triton
from triton.backends.compiler import GPUTarget
from triton.runtime import JITFunction, driver

from drop_clip_ros.sparse import morton, triton_backend
from drop_clip_ros.sparse.tensor import CoordinatePyramid
from drop_clip_ros.sparse.triton_plan import plan_of
from drop_clip_ros.sparse.triton_tiles import choose_tiles

HOPPER = 132  # multiprocessors


class HopperDriver:
    """As much of a driver as compiling asks for."""

    def get_current_target(self):
        return GPUTarget("cuda", 90, 32)

    def get_current_device(self):
        return 0

    def get_current_stream(self, device):
        return 0


def collect(run, found):
    """Let launches compile only, and keep what comes of them."""

    def compile_only(self, *args, grid, warmup, **options):
        kernel = run(self, *args, grid=grid, warmup=True, **options)
        found[self.__name__, kernel.hash] = kernel

    return compile_only


def report(binary):
    tools = Path(triton.__file__).parent / "backends" / "nvidia" / "bin"
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(binary.asm["cubin"])
        file.flush()
        code = subprocess.run([tools / "nvdisasm", "-c", file.name], capture_output=True, text=True, check=True).stdout
    words = ("HGMMA", "LDL", "STL", "LDGSTS")
    return {word: sum(word in line for line in code.splitlines()) for word in words} | {
        "shared": binary.metadata.shared
    }


def launch_each():
    """Each kernel once, in bfloat16; the product with and without splits."""
    pyramid = CoordinatePyramid(torch.cartesian_prod(torch.zeros(1).long(), *[torch.arange(6)] * 3))
    pairs = pyramid.kernel_map(1, 1, 3)
    x, kernel, grad = (torch.zeros(size).bfloat16() for size in ((216, 64), (27, 64, 128), (216, 128)))
    for n in (50, 20_000):
        tiles = choose_tiles(n, 27, 64, 128, x.dtype, HOPPER, 64)
        triton_backend.planned_product(x, kernel, plan_of(pairs, 64), 216, torch.zeros(128), grad, True, tiles=tiles)
    triton_backend.TritonBackend().kernel_gradient(x, grad, pairs)
    level, _ = morton.first_level(pyramid.coordinates(1)[:, 1:], torch.tensor([216]))
    table = triton_backend.neighbour_table(level, morton.offset_shifts(5))
    kernel, bias, out = torch.zeros(125, 6, 32), torch.zeros(32), torch.zeros(216, 32).bfloat16()
    triton_backend.narrow_product(torch.zeros(216, 6), kernel, table, level.count, bias, True, out)


def launch_network(architecture):
    from drop_clip_ros.benchmarking.clouds import surface_voxels
    from drop_clip_ros.sparse.triton_network import TritonNetwork
    from drop_clip_ros.student.folding import fold_backbone
    from drop_clip_ros.student.network import StudentNetwork

    network = TritonNetwork(fold_backbone(StudentNetwork(architecture, 6, 8).net3d), device="cpu")
    voxels = surface_voxels(10_000)
    network(voxels, torch.zeros(len(voxels), 6).numpy())


if __name__ == "__main__":
    found = {}
    driver.set_active(HopperDriver())
    JITFunction.run = collect(JITFunction.run, found)
    triton_backend._check_device = lambda tensor: None
    triton_backend.processors = lambda device: HOPPER
    launch_network(sys.argv[1]) if sys.argv[1:] else launch_each()
    names = functools.reduce(lambda seen, key: seen | {key: f"{key[0]} {len(seen)}"}, found, {})
    print(json.dumps({names[key]: report(kernel) for key, kernel in found.items()}, indent=1))
