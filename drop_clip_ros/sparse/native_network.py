"""A program run by the native operators, on the CPU."""

from __future__ import annotations

import ctypes

import numpy as np

from drop_clip_ros.errors import CloudError, ConfigError
from drop_clip_ros.sparse.native_library import PRECISIONS, BufferSpec, LayerSpec, native_library, native_precisions
from drop_clip_ros.sparse.program import Layer, Map, Program, check_program

# Narrower layers gain nothing by 8-bit integers: reading, not multiplying, is what takes their time.
INT8_CHANNELS = 96
MAX_LEVELS = 5  # as in pyramid.h


class NativeNetwork:
    """A program in native code; buffers are kept from one run to the next, and runs wait for each other.

    Args:
        program: what to run.
        precision: "float32", "bfloat16" or "int8" (wide 3x3x3 layers in 8 bits, the others in bfloat16).
        threads: that share the work, the caller's among them.

    Raises:
        ConfigError: the operators were not built, the processor lacks the precision, or the layers do not fit.
    """

    def __init__(self, program: Program, precision: str = "float32", threads: int = 1) -> None:
        library = native_library()
        if library is None or precision not in native_precisions():
            has = ", ".join(native_precisions()) or "none"
            raise ConfigError(f"precision is {precision}, but the native operators here have {has}; wanted one of them")
        check_program(program, MAX_LEVELS)
        self._library, self._program, self._threads = library, program.without_weights(), max(1, threads)
        storage = "float32" if precision == "float32" else "bfloat16"
        layers = (LayerSpec * len(program.layers))(*(_spec(layer, precision, storage) for layer in program.layers))
        buffers = (BufferSpec * len(program.buffers))(*(BufferSpec(b.level, b.channels) for b in program.buffers))
        kernels = [np.ascontiguousarray(layer.kernel, np.float32) for layer in program.layers]
        biases = [np.ascontiguousarray(layer.bias, np.float32) for layer in program.layers]
        self._network = library.sparse_network_new(
            ctypes.byref(layers),
            _pointers(kernels),
            _pointers(biases),
            len(layers),
            ctypes.byref(buffers),
            len(buffers),
            PRECISIONS[storage],
            self._threads,
        )
        if not self._network:
            raise ConfigError(f"the native operators have no room for {len(layers)} layers in {precision}")
        self.stage_seconds = np.zeros(2 + len(layers))

    @property
    def threads(self) -> int:
        """How many share the work, the caller's among them."""
        return self._threads

    @threads.setter
    def threads(self, count: int) -> None:
        count = max(1, count)
        if count != self._threads and not self._library.sparse_network_set_threads(self._network, count):
            self._threads = count

    def __del__(self) -> None:
        if getattr(self, "_network", None):
            self._library.sparse_network_delete(self._network)

    def __call__(self, coordinates: np.ndarray, features: np.ndarray) -> np.ndarray:
        """Run the program.

        Args:
            coordinates: (n, 3) int64 voxels, each once.
            features: (n, c) float32.

        Returns:
            (n, width) float32, in the order of the coordinates.

        Raises:
            CloudError: no voxel, a voxel that comes twice, more than 2^21 voxels along an axis, or channels that do
                not fit.
        """
        coordinates = np.ascontiguousarray(coordinates, np.int64)
        features = np.ascontiguousarray(features, np.float32)
        wanted = (len(coordinates), self._program.in_channels)
        if coordinates.ndim != 2 or coordinates.shape[1] != 3 or features.shape != wanted or not len(coordinates):
            raise CloudError(
                f"voxels are {coordinates.shape} with features {features.shape}, "
                f"wanted (n, 3) and (n, {self._program.in_channels}) with n of at least 1"
            )
        out = np.empty((len(coordinates), self._program.out_channels), np.float32)
        failed = self._library.sparse_network_run(
            self._network,
            coordinates.ctypes.data,
            len(coordinates),
            features.ctypes.data,
            features.shape[1],
            out.ctypes.data,
            self.stage_seconds.ctypes.data,
        )
        if failed == 1:
            extent = (coordinates.max(axis=0) - coordinates.min(axis=0) + 1).tolist()
            raise CloudError(
                f"{len(coordinates)} voxels span {extent}, "
                "wanted each voxel once and at most 2097152 voxels along an axis"
            )
        if failed:
            raise CloudError(f"no memory for {len(coordinates)} voxels, wanted a smaller cloud")
        return out

    def pairs(self) -> np.ndarray:
        """(layers,) int64 pairs of input and output rows that each layer multiplied in the last run."""
        totals = np.zeros(len(self._program.layers), np.int64)
        self._library.sparse_network_pairs(self._network, totals.ctypes.data)
        return totals


def _spec(layer: Layer, precision: str, storage: str) -> LayerSpec:
    volume, in_channels, out_channels = layer.kernel.shape
    wide = layer.map is Map.SAME3 and in_channels >= INT8_CHANNELS
    residual = layer.residual
    return LayerSpec(
        int(layer.map),
        layer.level,
        layer.source.buffer,
        layer.source.channel,
        layer.target.buffer,
        layer.target.channel,
        -1 if residual is None else residual.buffer,
        0 if residual is None else residual.channel,
        int(layer.relu),
        volume,
        in_channels,
        out_channels,
        PRECISIONS["int8" if precision == "int8" and wide else storage],
    )


def _pointers(arrays: list[np.ndarray]) -> ctypes.Array:
    return (ctypes.c_void_p * len(arrays))(*(array.ctypes.data for array in arrays))
