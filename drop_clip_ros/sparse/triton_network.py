"""A program on CUDA: kernel maps and layers without a wait for the device, recorded in CUDA graphs by size.

A graph replays the same launches on the same memory, so sizes must not depend on the cloud: clouds are padded to
buckets (at most an eighth more rows), and each coarser level has room for half as many voxels as the finer one. Clouds
of a camera need far less (a quarter or so); one that needs more is found out at the end and run again with full room.
Without a GPU the same steps run one by one, in Triton's interpreter.
"""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from drop_clip_ros.errors import CloudError, ConfigError
from drop_clip_ros.sparse import morton
from drop_clip_ros.sparse.program import Layer, Map, Place, Program
from drop_clip_ros.sparse.triton_backend import narrow_product, neighbour_table, planned_product, tiles_for
from drop_clip_ros.sparse.triton_clouds import (
    SMALLEST_BUCKET,
    Cloud,
    bucket_of,
    check_cloud,
    fill,
    level_capacities,
)
from drop_clip_ros.sparse.triton_plan import TilePlan, make_plan
from drop_clip_ros.sparse.triton_tiles import Tiles, alternatives, fastest, rows_of_tiles

if TYPE_CHECKING:
    from drop_clip_ros.sparse.triton_graphs import Graphs

TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
NARROW_CHANNELS = 16  # up to which the first layer's offsets and channels make one dimension
MOST_GRAPHS = 8  # kept, the least used given up first
SHRINKING = 3.8  # voxels of a level over those of the next, on a camera's view of a table


@dataclass
class Maps:
    """What a cloud's layers run along.

    Args:
        plans: by map and finer level.
        first: (125, capacity) int32 table of the first layer, or None.
        order: (capacity,) int64 row of the cloud at each place.
        levels: voxels at each tensor stride.
        faults: (2,) bool: voxels that found no room, voxels that come twice.
    """

    plans: dict[tuple[Map, int], TilePlan]
    first: Tensor | None
    order: Tensor
    levels: list[morton.Level]
    faults: Tensor


class TritonNetwork:
    """A program in Triton.

    Args:
        program: what to run.
        precision: "float32" or "bfloat16"; sums are float32, and so is the first layer's input.
        device: torch's name of it.
        block: rows of a tile; by the size of the level when absent.
        smallest_bucket: rows that the smallest clouds are padded to.

    Raises:
        ConfigError: another precision.
    """

    def __init__(
        self,
        program: Program,
        precision: str = "bfloat16",
        device: str = "cuda",
        block: int | None = None,
        smallest_bucket: int = SMALLEST_BUCKET,
    ) -> None:
        if precision not in TYPES:
            raise ConfigError(f"precision is {precision}, wanted one of {', '.join(TYPES)} with the triton backend")
        self.program, self.device, self._type = program.without_weights(), torch.device(device), TYPES[precision]
        self._block, self._smallest = block, smallest_bucket
        self._kernels = [self._tensor(layer.kernel, self._type_of(layer)) for layer in program.layers]
        self._biases = [self._tensor(layer.bias, torch.float32) for layer in program.layers]
        self._shifts = {size: morton.offset_shifts(size).to(self.device) for size in (3, 5)}
        steps = range(1, 4)  # of the 3x3x3 kernel within the 5x5x5 one
        self._inner = torch.tensor([x + 5 * (y + 5 * z) for z in steps for y in steps for x in steps]).to(self.device)
        self._graphs: OrderedDict[int, Graphs] = OrderedDict()
        # Of (bucket, layer), where `tune` has found better than the usual.
        self.tiles: dict[tuple[int, int], Tiles] = {}

    def _type_of(self, layer: Layer) -> torch.dtype:
        return torch.float32 if self._is_narrow(layer) else self._type

    def _is_narrow(self, layer: Layer) -> bool:
        return layer.map is Map.SAME5 and layer.kernel.shape[1] <= NARROW_CHANNELS and layer.residual is None

    def _tensor(self, array: np.ndarray, dtype: torch.dtype) -> Tensor:
        return torch.as_tensor(array).to(self.device, dtype)

    @torch.no_grad()
    def __call__(self, coordinates: np.ndarray, features: np.ndarray) -> np.ndarray:
        """Run the program.

        Args:
            coordinates: (n, 3) int64 voxels, each once.
            features: (n, c) float32.

        Returns:
            (n, width) float32.

        Raises:
            CloudError: no voxel, one that comes twice, or voxels too far from each other.
        """
        check_cloud(coordinates)
        n = len(coordinates)
        # Triton launches on the current device, whatever the tensors'.
        with torch.cuda.device(self.device) if self.device.type == "cuda" else nullcontext():
            if self.device.type == "cuda":
                graphs = self.graphs_for(n)
                graphs.load(coordinates, features)
                graphs.replay()
                out, faults = graphs.result(n)
            else:
                out, faults = self._run(coordinates, features, full=False)
            if faults[0]:
                out, faults = self._run(coordinates, features, full=True)
        if faults[1]:
            raise CloudError("voxel coordinates hold a voxel twice, wanted each once")
        return out[:n].numpy()

    def _run(self, coordinates: np.ndarray, features: np.ndarray, full: bool) -> tuple[Tensor, list[bool]]:
        cloud = self.empty_cloud(len(coordinates), full)
        fill(cloud, coordinates, features)
        maps = self.maps(cloud)
        return self.forward(cloud, maps).cpu(), maps.faults.tolist()

    def empty_cloud(self, n: int, full: bool = False) -> Cloud:
        """Room for n voxels: a bucket's. `full`: whatever the cloud, every level fits."""
        bucket = bucket_of(n, self._smallest)
        block = self._block or rows_of_tiles(bucket)
        capacities = level_capacities(bucket, self.program.levels, block, full)
        return Cloud(
            torch.zeros(capacities[0], 3, dtype=torch.int64, device=self.device),
            torch.zeros(capacities[0], self.program.in_channels, device=self.device),
            torch.full((1,), n, dtype=torch.int64, device=self.device),
            capacities,
        )

    def graphs_for(self, n: int) -> Graphs:
        """The recorded graphs of the bucket of n voxels; recorded now if they are not there."""
        bucket = bucket_of(n, self._smallest)
        if bucket not in self._graphs:
            from drop_clip_ros.sparse.triton_graphs import Graphs

            self._graphs[bucket] = Graphs(self, bucket)
            while len(self._graphs) > MOST_GRAPHS:
                self._graphs.popitem(last=False)
        self._graphs.move_to_end(bucket)
        return self._graphs[bucket]

    def maps(self, cloud: Cloud) -> Maps:
        """Sort the voxels, make the levels and plan every map that the program runs along."""
        level, order = morton.first_level(cloud.coordinates, cloud.count)
        places = torch.arange(1, len(order), device=order.device)
        twice = ((level.keys[1:] == level.keys[:-1]) & (places < cloud.count)).any()
        levels, parents = [level], []
        for capacity in cloud.capacities[1:]:
            level, rows = morton.coarser_level(levels[-1], capacity)
            levels.append(level)
            parents.append(rows)
        missing = torch.stack([level.count[0] > len(level.keys) for level in levels]).any()
        wanted = {(layer.map, layer.level) for layer in self.program.layers if layer.map is not Map.SELF}
        first = neighbour_table(levels[0], self._shifts[5]) if (Map.SAME5, 0) in wanted else None
        plans: dict[tuple[Map, int], TilePlan] = {}
        for kind, fine in sorted(wanted):
            if kind is Map.SAME5 and all(self._is_narrow(layer) for layer in self._along(kind, fine)):
                continue
            table = self._table(kind, fine, levels, parents, first)
            at = fine + 1 if kind is Map.DOWN else fine
            block = self._block or min(rows_of_tiles(len(levels[at].keys)), len(levels[at].keys))
            plans[kind, fine] = make_plan(table, block, levels[at].count)
        return Maps(plans, first, order, levels, torch.stack([missing, twice]))

    def _along(self, kind: Map, level: int) -> list[Layer]:
        return [layer for layer in self.program.layers if (layer.map, layer.level) == (kind, level)]

    def _table(
        self, kind: Map, fine: int, levels: list[morton.Level], parents: list[Tensor], first: Tensor | None
    ) -> Tensor:
        if kind is Map.DOWN:
            return morton.way_down(levels[fine], parents[fine], len(levels[fine + 1].keys))
        if kind is Map.UP:
            return morton.way_up(levels[fine], parents[fine])
        if fine == 0 and first is not None:
            return first if kind is Map.SAME5 else first.index_select(0, self._inner)
        return neighbour_table(levels[fine], self._shifts[3 if kind is Map.SAME3 else 5])

    def forward(self, cloud: Cloud, maps: Maps) -> Tensor:
        """(capacity, width) float32 rows in the cloud's order; what lies beyond its voxels means nothing."""
        buffers = self._buffers(cloud, maps)
        for index in range(len(self.program.layers)):
            self._run_layer(index, maps, buffers, self._tiles_of(index, maps, buffers))
        rows = _columns(buffers, self.program.layers[-1].target, self.program.out_channels).float()
        return torch.empty_like(rows).index_copy_(0, maps.order, rows)

    def _buffers(self, cloud: Cloud, maps: Maps) -> list[Tensor]:
        empty = [
            torch.empty(cloud.capacities[buffer.level], buffer.channels, dtype=self._type, device=self.device)
            for buffer in self.program.buffers[1:]
        ]
        return [cloud.features.index_select(0, maps.order), *empty]

    def _tiles_of(self, index: int, maps: Maps, buffers: list[Tensor]) -> Tiles | None:
        layer, bucket = self.program.layers[index], len(maps.order)
        if (bucket, index) in self.tiles:
            return self.tiles[bucket, index]
        if layer.map is Map.SELF or self._is_narrow(layer):
            return None
        level = layer.level + 1 if layer.map is Map.DOWN else layer.level
        expected = max(1, round(bucket / SHRINKING**level))
        volume, c_in, c_out = layer.kernel.shape
        plan, x = maps.plans[layer.map, layer.level], buffers[layer.target.buffer]
        return tiles_for(expected, 1 if layer.map is Map.UP else volume, c_in, c_out, x, plan)

    def _run_layer(self, index: int, maps: Maps, buffers: list[Tensor], tiles: Tiles | None) -> None:
        layer, kernel, bias = self.program.layers[index], self._kernels[index], self._biases[index]
        _, c_in, c_out = kernel.shape
        x, out = _columns(buffers, layer.source, c_in), _columns(buffers, layer.target, c_out)
        residual = None if layer.residual is None else _columns(buffers, layer.residual, c_out)
        x = x.to(kernel.dtype)
        if layer.map is Map.SELF:
            _dense(x, kernel[0], bias, residual, layer.relu, out)
        elif self._is_narrow(layer):
            assert maps.first is not None
            tf32 = self._type != torch.float32
            narrow_product(x, kernel, maps.first, maps.levels[0].count, bias, layer.relu, out, tf32)
        else:
            plan = maps.plans[layer.map, layer.level]
            planned_product(x, kernel, plan, len(out), bias, residual, layer.relu, out, tiles)

    @torch.no_grad()
    def tune(
        self,
        coordinates: np.ndarray,
        features: np.ndarray,
        choose: Callable[[list[Tiles], Callable[[Tiles], object]], Tiles] = fastest,
    ) -> dict[tuple[int, int], Tiles]:
        """Time other tiles for each layer on a cloud, and take the fastest for its bucket from now on.

        Args:
            coordinates, features: as in a call.
            choose: from candidates and what runs one; the fastest on the GPU.
        """
        cloud = self.empty_cloud(len(coordinates))
        fill(cloud, coordinates, features)
        maps = self.maps(cloud)
        buffers, bucket = self._buffers(cloud, maps), len(maps.order)
        for index, layer in enumerate(self.program.layers):
            usual = self._tiles_of(index, maps, buffers)
            if usual is not None:
                run = functools.partial(self._run_layer, index, maps, buffers)
                self.tiles[bucket, index] = choose(alternatives(usual, *layer.kernel.shape[1:]), run)
            self._run_layer(index, maps, buffers, self.tiles.get((bucket, index)))
        self._graphs.pop(bucket_of(len(coordinates), self._smallest), None)
        return self.tiles


def _columns(buffers: list[Tensor], place: Place, channels: int) -> Tensor:
    return buffers[place.buffer][:, place.channel : place.channel + channels]


def _dense(x: Tensor, kernel: Tensor, bias: Tensor, residual: Tensor | None, relu: bool, out: Tensor) -> None:
    """A plain matrix product, for which nothing beats the vendor's library."""
    torch.addmm(bias.to(x.dtype), x, kernel, out=out)
    if residual is not None:
        out += residual
    if relu:
        out.relu_()
