"""The student's network: a MinkUNet whose last layer speaks the text space, and heads that tell objects apart."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from drop_clip_ros.sparse.modules import SparseConvolution
from drop_clip_ros.sparse.tensor import SparseTensor
from drop_clip_ros.student.minkunet import ARCHITECTURES, MinkUNet


class StudentOutput(NamedTuple):
    """What the network says of voxels.

    Args:
        features: (k, feature_dim) of the voxels asked for, not normalised.
        offsets: (k, 3) to the middle of each one's object, scaled units; None without the head.
        embedding: (n, d) of all voxels: two voxels of one object lie near each other, two of touching objects far
            apart; None without the head.
    """

    features: Tensor
    offsets: Tensor | None
    embedding: Tensor | None


class StudentNetwork(nn.Module):
    """Backbone, feature layer, offset head and embedding head.

    Args:
        architecture: a name of `ARCHITECTURES`.
        in_channels: channels per voxel.
        feature_dim: dimension of the text space.
        with_offsets: add the head that predicts, for each voxel, where the middle of its object lies.
        momentum: of batch normalisation.
        embedding_dim: of the head that tells touching objects apart; 0 for none.
    """

    def __init__(
        self,
        architecture: str,
        in_channels: int,
        feature_dim: int,
        with_offsets: bool = True,
        momentum: float = 0.1,
        embedding_dim: int = 0,
    ) -> None:
        super().__init__()
        self.net3d = MinkUNet(architecture, in_channels, feature_dim, momentum)
        width = ARCHITECTURES[architecture].planes[-1]
        self.offset_head = SparseConvolution(width, 3, kernel_size=1, bias=True) if with_offsets else None
        self.embedding_head = (
            SparseConvolution(width, embedding_dim, kernel_size=1, bias=True) if embedding_dim else None
        )

    def forward(self, x: SparseTensor, rows: Tensor | None = None) -> StudentOutput:
        """Run the network.

        Args:
            x: voxels at stride 1.
            rows: (k,) voxels whose features and offsets are wanted; all when absent.

        Returns:
            float32; the embedding is always that of all voxels, since neighbours are compared.
        """
        backbone = self.net3d.backbone(x)
        chosen = backbone.features if rows is None else backbone.features.index_select(0, rows)
        with torch.autocast(chosen.device.type, enabled=False):  # the heads are cheap and their answers compared
            picked = SparseTensor(chosen.float(), backbone.pyramid, 1)
            features = self.net3d.final(picked).features
            offsets = None if self.offset_head is None else self.offset_head(picked).features
        if self.embedding_head is None:
            return StudentOutput(features, offsets, None)
        whole = picked if rows is None else SparseTensor(backbone.features.float(), backbone.pyramid, 1)
        return StudentOutput(features, offsets, self.embedding_head(whole).features)
