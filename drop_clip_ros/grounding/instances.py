"""Instances: voxels gathered into objects by where they lie, what they look like and where they say their middle is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from drop_clip_ros.grounding.linking import close_pairs, linked_groups, products, squared_distances
from drop_clip_ros.grounding.merging import MergeModel, Pieces, merge_pieces
from drop_clip_ros.grounding.similarity import unit


@dataclass(frozen=True)
class InstanceConfig:
    """How voxels are gathered.

    Args:
        radius: metres between neighbours (5 mm voxels: face, edge and corner neighbours and one more step).
        center_distance: metres between the object middles that two neighbours predict, at most, to be one object.
        feature_cosine: cosine between two neighbours, at least, to be one object.
        embedding_distance: squared distance of two neighbours' embeddings, at most, to be one object (where there are
            embeddings).
        smallest: voxels; smaller groups join the nearest larger one within `join_distance` metres.
        join_distance: see there.
        merge: model that joins pieces of one object afterwards, or None.
    """

    radius: float = 0.0125
    center_distance: float = 0.012
    feature_cosine: float = 0.8
    embedding_distance: float = 1.0
    smallest: int = 25
    join_distance: float = 0.03
    merge: MergeModel | None = None


# With an embedding the two other links may be looser: it alone knows where touching objects end.
EMBEDDING_LINKS = InstanceConfig(center_distance=0.015, feature_cosine=0.6)


def find_instances(
    xyz: np.ndarray,
    features: np.ndarray,
    offsets: np.ndarray | None,
    config: InstanceConfig | None = None,
    embedding: np.ndarray | None = None,
) -> np.ndarray:
    """Gather voxels into instances.

    Args:
        xyz: (m, 3) metres.
        features: (m, c) unit rows, of the text space or of any space with the same cosines.
        offsets: (m, 3) metres to the predicted middle of each voxel's object, or None: positions and features alone.
        embedding: (m, d) near for voxels of one object and far for those of touching ones, or None.

    Returns:
        (m,) int64 instance of each voxel, 0, 1, ...; -1 for specks far from everything.
    """
    config = config or InstanceConfig()
    if len(xyz) == 0:
        return np.zeros(0, np.int64)
    middles = None if offsets is None else xyz + offsets

    def alike(pairs: np.ndarray) -> np.ndarray:
        # The embedding first: it has few columns and sorts out most; the features, which have many, come last.
        kept = np.arange(pairs.shape[1])
        if embedding is not None:
            kept = kept[squared_distances(embedding, pairs) < config.embedding_distance]
        if middles is not None:
            kept = kept[squared_distances(middles, pairs[:, kept]) < config.center_distance**2]
        kept = kept[products(features, pairs[:, kept]) > config.feature_cosine]
        out = np.zeros(pairs.shape[1], bool)
        out[kept] = True
        return out

    pairs = close_pairs(xyz, config.radius)
    groups = _without_specks(linked_groups(pairs, len(xyz), alike), xyz, config)
    if config.merge is None or offsets is None or embedding is None:
        return groups
    pieces = Pieces(xyz, features, offsets, embedding, groups, pairs, config.radius)
    return merge_pieces(pieces, groups, config.merge)


def _without_specks(groups: np.ndarray, xyz: np.ndarray, config: InstanceConfig) -> np.ndarray:
    sizes = np.bincount(groups)
    large = sizes[groups] >= config.smallest
    if not large.any():
        large = sizes[groups] == sizes.max()
    groups = groups.copy()
    if (~large).any():
        tree = cKDTree(xyz[large], balanced_tree=False)
        _, nearest = tree.query(xyz[~large], distance_upper_bound=config.join_distance)
        # Beyond the bound `nearest` is one too many.
        groups[~large] = np.append(groups[large], -1)[nearest]
    kept = groups >= 0
    groups[kept] = np.unique(groups[kept], return_inverse=True)[1]
    return groups


def pool(features: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """(k, c) unit mean feature of each instance; voxels with group -1 belong to none."""
    mine = np.flatnonzero(groups >= 0)
    count = int(groups[mine].max(initial=-1)) + 1
    # As a product: np.add.at takes 40 times as long.
    members = np.zeros((count, len(groups)), np.float32)
    members[groups[mine], mine] = 1.0
    return unit(members @ features)


def members_of(groups: np.ndarray, inverse: np.ndarray) -> list[np.ndarray]:
    """Indices, increasing, of the points of each instance.

    Args:
        groups: (m,) instance of each voxel, -1 for none.
        inverse: (n,) voxel of each point.
    """
    count = int(groups.max(initial=-1)) + 1
    # One sort for all instances, by counting where 16 bits hold their numbers; specks come first.
    of_points = (groups + 1).astype(np.uint16 if count < 1 << 16 else np.int64)[inverse]
    order = np.argsort(of_points, kind="stable")
    ends = np.cumsum(np.bincount(of_points, minlength=count + 1))
    return np.split(order, ends)[1 : count + 1]
