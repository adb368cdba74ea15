"""The student's network: a MinkUNet whose last layer speaks the text space, and a head that points at centres."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from drop_clip_ros.sparse.modules import SparseConvolution
from drop_clip_ros.sparse.tensor import SparseTensor
from drop_clip_ros.student.minkunet import ARCHITECTURES, MinkUNet


class StudentNetwork(nn.Module):
    """Backbone, feature layer and offset head.

    Args:
        architecture: a name of `ARCHITECTURES`.
        in_channels: channels per voxel.
        feature_dim: dimension of the text space.
        with_offsets: add the head that predicts, for each voxel, where the middle of its object lies.
        momentum: of batch normalisation.
    """

    def __init__(
        self, architecture: str, in_channels: int, feature_dim: int, with_offsets: bool = True, momentum: float = 0.1
    ) -> None:
        super().__init__()
        self.net3d = MinkUNet(architecture, in_channels, feature_dim, momentum)
        width = ARCHITECTURES[architecture].planes[-1]
        self.offset_head = SparseConvolution(width, 3, kernel_size=1, bias=True) if with_offsets else None

    def forward(self, x: SparseTensor, rows: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """Run the network.

        Args:
            x: voxels at stride 1.
            rows: (k,) voxels to answer for; all when absent.

        Returns:
            (k, feature_dim) features, not normalised, and (k, 3) offsets in scaled units (None without the head);
            float32.
        """
        backbone = self.net3d.backbone(x)
        chosen = backbone.features if rows is None else backbone.features.index_select(0, rows)
        with torch.autocast(chosen.device.type, enabled=False):  # the heads are cheap and their answers compared
            picked = SparseTensor(chosen.float(), backbone.pyramid, 1)
            features = self.net3d.final(picked).features
            return features, None if self.offset_head is None else self.offset_head(picked).features
