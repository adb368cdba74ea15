"""How well a student recognises held-out objects when their outlines are given: quick figures while it trains."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch

from drop_clip_ros.distillation.batches import Batch
from drop_clip_ros.distillation.losses import pool_objects
from drop_clip_ros.distillation.targets import TargetTable
from drop_clip_ros.grounding.similarity import unit
from drop_clip_ros.scenes.annotation import ObjectAnnotation
from drop_clip_ros.sparse.tensor import CoordinatePyramid, SparseTensor
from drop_clip_ros.student.network import StudentNetwork
from drop_clip_ros.student.voxels import SCALE

MIN_VISIBLE_VOXELS = 25


@torch.inference_mode()
def object_features(
    network: StudentNetwork, cloud: Batch, device: torch.device
) -> tuple[np.ndarray, np.ndarray, float]:
    """Pooled features of a cloud's objects.

    Returns:
        (k, c) unit rows, (k,) visible voxels, and the mean offset error in metres (NaN without an offset head).
    """
    network.eval()
    pyramid = CoordinatePyramid(torch.as_tensor(cloud.coordinates, device=device))
    found, offsets, _ = network(SparseTensor(torch.as_tensor(cloud.features, device=device), pyramid))
    labels = torch.as_tensor(cloud.labels, device=device)
    pooled, _ = pool_objects(torch.nn.functional.normalize(found, dim=1), labels, len(cloud.object_ids))
    visible = torch.bincount(labels[labels >= 0], minlength=len(cloud.object_ids))
    error = float("nan")
    if offsets is not None and (cloud.labels >= 0).any():
        mine = cloud.labels >= 0
        error = float(np.linalg.norm(offsets.cpu().numpy()[mine] / SCALE - cloud.offsets[mine], axis=1).mean())
    return unit(pooled.cpu().numpy()), visible.cpu().numpy(), error


def validate(
    network: StudentNetwork,
    clouds: Iterable[Batch],
    table: TargetTable,
    annotations: dict[str, ObjectAnnotation],
    center: bool,
    device: torch.device,
) -> dict[str, float]:
    """Recognition of held-out objects with true outlines.

    Returns:
        "class_of_all": share whose class is the best of all classes; "class_in_scene": best of those in the scene;
        "color_of_all": share whose colour is the best of all colours, given the class; "offset_error_m"; "objects".
    """
    prepare = table.centered if center else unit
    index = {phrase: row for row, phrase in enumerate(table.phrases)}
    names = sorted({annotations[i].names[0] for i in table.object_ids})
    classes = prepare(table.embeddings[[index[name] for name in names]])
    colors = sorted({a.colors[0] for a in annotations.values() if a.colors})
    hits: dict[str, list[float]] = {"class_of_all": [], "class_in_scene": [], "color_of_all": [], "offset_error_m": []}
    for cloud in clouds:
        features, visible, error = object_features(network, cloud, device)
        hits["offset_error_m"].append(error)
        present = [
            annotations[i].names[0] for i, v in zip(cloud.object_ids, visible, strict=True) if v >= MIN_VISIBLE_VOXELS
        ]
        in_scene = [row for row, name in enumerate(names) if name in present]
        for feature, object_id, voxels in zip(features, cloud.object_ids, visible, strict=True):
            annotation = annotations[object_id]
            if voxels < MIN_VISIBLE_VOXELS or annotation.names[0] not in names:
                continue
            scores = classes @ feature
            hits["class_of_all"].append(names[int(scores.argmax())] == annotation.names[0])
            hits["class_in_scene"].append(names[in_scene[int(scores[in_scene].argmax())]] == annotation.names[0])
            known = [c for c in colors if f"{c} {annotation.names[0]}" in index]
            if annotation.colors and len(known) > 1:
                rows = prepare(table.embeddings[[index[f"{c} {annotation.names[0]}"] for c in known]])
                hits["color_of_all"].append(known[int((rows @ feature).argmax())] == annotation.colors[0])
    finite = {name: [value for value in values if not np.isnan(value)] for name, values in hits.items()}
    means = {name: float(np.mean(values)) if values else float("nan") for name, values in finite.items()}
    return means | {"objects": float(len(hits["class_of_all"]))}
