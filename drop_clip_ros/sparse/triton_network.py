"""A program on CUDA: kernel maps and layers without a wait for the device, recorded in CUDA graphs by size.

A graph replays the same launches on the same memory, so sizes must not depend on the cloud: clouds are padded to
buckets (at most an eighth more rows), and each coarser level has room for half as many voxels as the finer one. Clouds
of a camera need far less (a quarter or so); one that needs more is found out at the end and run again with full room.
Without a GPU the same steps run one by one, in Triton's interpreter.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from drop_clip_ros.errors import CloudError, ConfigError
from drop_clip_ros.sparse import morton
from drop_clip_ros.sparse.program import Layer, Map, Place, Program
from drop_clip_ros.sparse.triton_backend import narrow_product, neighbour_table, planned_product, tiles_for
from drop_clip_ros.sparse.triton_plan import TilePlan, make_plan
from drop_clip_ros.sparse.triton_tiles import rows_of_tiles

TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
NARROW_CHANNELS = 16  # up to which the first layer's offsets and channels make one dimension
SMALLEST_BUCKET = 1024
MOST_GRAPHS = 8  # kept, the least used given up first
SHRINKING = 3.8  # voxels of a level over those of the next, on a camera's view of a table


def bucket_of(n: int, smallest: int = SMALLEST_BUCKET) -> int:
    """Rows that a cloud of n voxels is padded to: the next of 8, 9, ..., 15 times a power of two."""
    if n <= smallest:
        return smallest
    step = 1 << max((n - 1).bit_length() - 4, 0)
    return -(-n // step) * step


def level_capacities(bucket: int, levels: int, block: int, full: bool = False) -> list[int]:
    """Rows of each level's buffers, multiples of `block`; `full` has room for any cloud of the bucket."""
    halved = [bucket if full else bucket >> level for level in range(levels)]
    return [max(1, -(-rows // block)) * block for rows in halved]


@dataclass
class Cloud:
    """A padded cloud on the device.

    Args:
        coordinates: (capacity, 3) int64.
        features: (capacity, c) float32.
        count: (1,) int64 true rows.
        capacities: rows of each level's buffers.
    """

    coordinates: Tensor
    features: Tensor
    count: Tensor
    capacities: list[int]


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
        self.program, self.device, self._type = program, torch.device(device), TYPES[precision]
        self._block, self._smallest = block, smallest_bucket
        self._kernels = [self._tensor(layer.kernel, self._type_of(layer)) for layer in program.layers]
        self._biases = [self._tensor(layer.bias, torch.float32) for layer in program.layers]
        self._shifts = {size: morton.offset_shifts(size).to(self.device) for size in (3, 5)}
        steps = range(1, 4)  # of the 3x3x3 kernel within the 5x5x5 one
        self._inner = torch.tensor([x + 5 * (y + 5 * z) for z in steps for y in steps for x in steps]).to(self.device)
        self._graphs: OrderedDict[int, _Graphs] = OrderedDict()

    def _type_of(self, layer: Layer) -> torch.dtype:
        return torch.float32 if self._is_narrow(layer) else self._type

    def _is_narrow(self, layer: Layer) -> bool:
        return layer.map is Map.SAME5 and layer.kernel.shape[1] <= NARROW_CHANNELS and layer.residual is None

    def _tensor(self, array: np.ndarray, dtype: torch.dtype) -> Tensor:
        return torch.as_tensor(array).to(self.device, dtype)

    @torch.inference_mode()
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
        _check_cloud(coordinates)
        n = len(coordinates)
        if self.device.type == "cuda":
            graphs = self.graphs_for(n)
            graphs.load(coordinates, features)
            graphs.maps_graph.replay()
            graphs.forward_graph.replay()
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

    def graphs_for(self, n: int) -> _Graphs:
        """The recorded graphs of the bucket of n voxels; recorded now if they are not there."""
        bucket = bucket_of(n, self._smallest)
        if bucket not in self._graphs:
            self._graphs[bucket] = _Graphs(self, bucket)
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
        buffers = [
            torch.empty(cloud.capacities[buffer.level], buffer.channels, dtype=self._type, device=self.device)
            for buffer in self.program.buffers[1:]
        ]
        buffers.insert(0, cloud.features.index_select(0, maps.order))
        for layer, kernel, bias in zip(self.program.layers, self._kernels, self._biases, strict=True):
            self._run_layer(layer, kernel, bias, maps, buffers)
        last = self.program.layers[-1]
        rows = _columns(buffers, last.target, self.program.out_channels).float()
        return torch.empty_like(rows).index_copy_(0, maps.order, rows)

    def _run_layer(self, layer: Layer, kernel: Tensor, bias: Tensor, maps: Maps, buffers: list[Tensor]) -> None:
        volume, c_in, c_out = kernel.shape
        x, out = _columns(buffers, layer.source, c_in), _columns(buffers, layer.target, c_out)
        residual = None if layer.residual is None else _columns(buffers, layer.residual, c_out)
        x = x.to(kernel.dtype)
        if layer.map is Map.SELF:
            _dense(x, kernel[0], bias, residual, layer.relu, out)
        elif self._is_narrow(layer):
            assert maps.first is not None
            narrow_product(x, kernel, maps.first, maps.levels[0].count, bias, layer.relu, out)
        else:
            plan = maps.plans[layer.map, layer.level]
            level = layer.level + 1 if layer.map is Map.DOWN else layer.level
            expected = max(1, round(len(maps.order) / SHRINKING**level))
            met = 1 if layer.map is Map.UP else volume
            tiles = tiles_for(expected, met, c_in, c_out, x, plan)
            planned_product(x, kernel, plan, len(out), bias, residual, layer.relu, out, tiles)


def _columns(buffers: list[Tensor], place: Place, channels: int) -> Tensor:
    return buffers[place.buffer][:, place.channel : place.channel + channels]


def _dense(x: Tensor, kernel: Tensor, bias: Tensor, residual: Tensor | None, relu: bool, out: Tensor) -> None:
    """A plain matrix product, for which nothing beats the vendor's library."""
    torch.addmm(bias.to(x.dtype), x, kernel, out=out)
    if residual is not None:
        out += residual
    if relu:
        out.relu_()


def _check_cloud(coordinates: np.ndarray) -> None:
    if len(coordinates) == 0:
        raise CloudError("voxel coordinates are empty, wanted at least one voxel")
    span = int((coordinates.max(axis=0) - coordinates.min(axis=0)).max())
    if span >= morton.MAX_SPAN:
        raise CloudError(f"voxel coordinates span {span} voxels, wanted less than {morton.MAX_SPAN} on each axis")


def fill(cloud: Cloud, coordinates: np.ndarray, features: np.ndarray) -> None:
    """Put n voxels into a cloud with room for them."""
    n = len(coordinates)
    cloud.coordinates[:n].copy_(torch.as_tensor(coordinates))
    cloud.features[:n].copy_(torch.as_tensor(features))
    cloud.count.fill_(n)


class _Graphs:
    """A bucket's graphs, one of the maps and one of the layers, on memory of their own.

    Args:
        network: whose steps are recorded.
        bucket: rows of the cloud.
    """

    def __init__(self, network: TritonNetwork, bucket: int) -> None:
        self.cloud = network.empty_cloud(bucket)
        fill(self.cloud, *_example(bucket, network.program.in_channels))
        stream = torch.cuda.Stream(network.device)
        stream.wait_stream(torch.cuda.current_stream(network.device))
        with torch.cuda.stream(stream):  # compiles the kernels, which a recording cannot
            network.forward(self.cloud, network.maps(self.cloud))
        torch.cuda.current_stream(network.device).wait_stream(stream)
        self.maps_graph, self.forward_graph = torch.cuda.CUDAGraph(), torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.maps_graph):
            self._maps = network.maps(self.cloud)
        with torch.cuda.graph(self.forward_graph, pool=self.maps_graph.pool()):
            self._out = network.forward(self.cloud, self._maps)
        like = (self.cloud.coordinates, self.cloud.features, self._out, self._maps.faults)
        # Page-locked, so that copies neither wait nor go through another buffer.
        self._host = [torch.empty(t.shape, dtype=t.dtype, pin_memory=True) for t in like]

    def load(self, coordinates: np.ndarray, features: np.ndarray) -> None:
        """Send a cloud to the device."""
        n = len(coordinates)
        for host, given, there in zip(
            self._host, (coordinates, features), (self.cloud.coordinates, self.cloud.features), strict=False
        ):
            host[:n].copy_(torch.as_tensor(given))
            there[:n].copy_(host[:n], non_blocking=True)
        self.cloud.count.fill_(n)

    def result(self, n: int) -> tuple[Tensor, list[bool]]:
        """Wait, and fetch (n, width) float32 and the faults of the maps."""
        out, faults = self._host[2], self._host[3]
        out[:n].copy_(self._out[:n], non_blocking=True)
        faults.copy_(self._maps.faults, non_blocking=True)
        torch.cuda.current_stream(self._out.device).synchronize()
        return out[:n].clone(), faults.tolist()


def _example(n: int, channels: int) -> tuple[np.ndarray, np.ndarray]:
    """A cloud to record with: a sheet of n voxels."""
    edge = int(np.ceil(np.sqrt(n)))
    places = np.arange(n)
    coordinates = np.stack([places % edge, places // edge, np.zeros(n, np.int64)], axis=1)
    return coordinates, np.zeros((n, channels), np.float32)
