"""CUDA graphs of a Triton network: what a bucket's clouds replay."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from drop_clip_ros.sparse.triton_clouds import fill
from drop_clip_ros.sparse.triton_network import TritonNetwork


class Graphs:
    """A bucket's graphs, one of the maps and one of the layers, on memory of their own.

    Args:
        network: whose steps are recorded.
        bucket: rows of the cloud.
    """

    @torch.no_grad()
    def __init__(self, network: TritonNetwork, bucket: int) -> None:
        self.cloud = network.empty_cloud(bucket)
        fill(self.cloud, *_example(bucket, network.program.in_channels))
        stream = torch.cuda.Stream(network.device)
        stream.wait_stream(torch.cuda.current_stream(network.device))
        with torch.cuda.stream(stream):  # compiles the kernels, which a recording cannot
            network.forward(self.cloud, network.maps(self.cloud))
        torch.cuda.current_stream(network.device).wait_stream(stream)
        self.maps_graph, self.forward_graph = torch.cuda.CUDAGraph(), torch.cuda.CUDAGraph()
        # Other threads (a ROS node has many) may use the GPU meanwhile: only this one's calls are recorded and judged.
        with torch.cuda.graph(self.maps_graph, capture_error_mode="thread_local"):
            self._maps = network.maps(self.cloud)
        with torch.cuda.graph(self.forward_graph, pool=self.maps_graph.pool(), capture_error_mode="thread_local"):
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

    def replay(self) -> None:
        """Make the maps and run the layers; nothing waits."""
        self.maps_graph.replay()
        self.forward_graph.replay()

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
