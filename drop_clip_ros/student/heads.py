"""The student's last layers, in as few dimensions as they have.

The feature of a voxel is f = F^T h, with h the backbone's row and a 1, F the feature layer's kernel over its bias: a
vector of c dimensions (384, 768) that never leaves the w + 1 dimensional space which F spans. With the QR
decomposition F^T = Q R, the w + 1 numbers R h have the same cosines among each other as the features, and with a text t
the cosine of Q^T t. Only whoever asks for features multiplies by Q. (R is the Cholesky factor of the layer's Gram
matrix F F^T, had without squaring its condition number.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drop_clip_ros.student.network import StudentNetwork


@dataclass(frozen=True)
class VoxelAnswers:
    """What the heads say of voxels.

    Args:
        compact: (m, r) float32 unit rows; features are compact @ basis.T.
        offsets: (m, 3) float32 to the middle of each voxel's object, scaled units; None without the head.
        embedding: (m, d) float32, or None without the head.
    """

    compact: np.ndarray
    offsets: np.ndarray | None
    embedding: np.ndarray | None


class Heads:
    """The feature layer and the offset and embedding heads of a network, as one matrix product.

    Args:
        network: trained; read once.

    Attributes:
        basis: (c, r) float32 with orthonormal columns.
    """

    def __init__(self, network: StudentNetwork) -> None:
        layers = [network.net3d.final, network.offset_head, network.embedding_head]
        stacked = [None if layer is None else _with_bias(layer) for layer in layers]
        feature = stacked[0]
        assert feature is not None
        basis, triangle = np.linalg.qr(feature.T)
        self.basis = np.ascontiguousarray(basis, dtype=np.float32)
        self._has_offsets, self._has_embedding = stacked[1] is not None, stacked[2] is not None
        columns = [triangle.T, *(head for head in stacked[1:] if head is not None)]
        self._matrix = np.concatenate(columns, axis=1).astype(np.float32)

    def __call__(self, rows: np.ndarray) -> VoxelAnswers:
        """Answers of (m, w) float32 backbone rows."""
        found = rows @ self._matrix[:-1] + self._matrix[-1]
        rank = self.basis.shape[1]
        compact = found[:, :rank]
        length = np.sqrt(np.einsum("ij,ij->i", compact, compact))
        compact = compact / np.maximum(length, 1e-12)[:, None]
        offsets = found[:, rank : rank + 3] if self._has_offsets else None
        embedding = found[:, rank + 3 * self._has_offsets :] if self._has_embedding else None
        return VoxelAnswers(compact, offsets, embedding)


def _with_bias(layer) -> np.ndarray:
    """(w + 1, c) float64 kernel of a 1x1x1 convolution, its bias as the last row."""
    kernel, bias = layer.kernel.detach().double().cpu(), layer.bias.detach().double().cpu()
    return np.concatenate([kernel.numpy(), bias.numpy().reshape(1, -1)])
