"""Writing an answer to disk: mask.png, target.ply and result.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from drop_clip_ros.errors import CloudError
from drop_clip_ros.geometry.box import OrientedBox
from drop_clip_ros.geometry.cloud import PointCloud
from drop_clip_ros.grounding.segmentation import Candidate, Segmentation

_VERTEX = np.dtype(
    [(name, "<f4") for name in "xyz"] + [(name, "u1") for name in ("red", "green", "blue")] + [("score", "<f4")]
)
_PLY_TYPES = {"<f4": "float", "|u1": "uchar"}


def write_answer(answer: Segmentation, folder: Path, asked: str | None = None) -> None:
    """Write an answer's mask.png (0 or 255), target.ply and result.json into a folder, which is made if need be.

    Args:
        answer: see there.
        folder: to write to.
        asked: the sentence that the answer's query was understood from; the query itself when absent.
    """
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(answer.mask.astype(np.uint8) * 255).save(folder / "mask.png")
    write_ply(folder / "target.ply", answer.points, answer.point_scores)
    text = json.dumps(result_of(answer, asked), indent=2, ensure_ascii=False)
    (folder / "result.json").write_text(text + "\n", encoding="utf-8")


def result_of(answer: Segmentation, asked: str | None = None) -> dict[str, Any]:
    """An answer as plain values: what result.json holds. Lengths in metres, positions in the optical frame."""
    return {
        "query": answer.query if asked is None else asked,
        "phrase": answer.query,
        "status": answer.status,
        "score": _rounded(answer.score),
        "points": len(answer.points),
        "centroid": None if answer.centroid is None else _rounded(answer.centroid),
        "box": None if answer.box is None else _box(answer.box),
        "candidates": [_candidate(candidate) for candidate in answer.candidates],
        "timings_ms": {stage: round(float(spent), 2) for stage, spent in answer.timings_ms.items()},
        "model": answer.model,
    }


def write_ply(path: Path, cloud: PointCloud, scores: np.ndarray) -> None:
    """Write a cloud as binary PLY with x, y, z, red, green, blue and score at each point.

    Args:
        path: file to write.
        cloud: n points.
        scores: (n,).

    Raises:
        CloudError: another number of scores than of points.
    """
    if len(scores) != len(cloud):
        raise CloudError(f"{len(scores)} scores for {len(cloud)} points, wanted one for each")
    vertices = np.empty(len(cloud), _VERTEX)
    for column, name in enumerate("xyz"):
        vertices[name] = cloud.xyz[:, column]
    for column, name in enumerate(("red", "green", "blue")):
        vertices[name] = cloud.rgb[:, column]
    vertices["score"] = scores
    properties = [f"property {_PLY_TYPES[_VERTEX[name].str]} {name}" for name in _VERTEX.names or ()]
    header = ["ply", "format binary_little_endian 1.0", f"element vertex {len(cloud)}", *properties, "end_header", ""]
    path.write_bytes("\n".join(header).encode("ascii") + vertices.tobytes())


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        "label": candidate.label,
        "score": _rounded(candidate.score),
        "points": len(candidate.points),
        "centroid": _rounded(candidate.centroid),
        "box": _box(candidate.box),
    }


def _box(box: OrientedBox) -> dict[str, Any]:
    return {"center": _rounded(box.center), "size": _rounded(box.size), "rotation": _rounded(box.rotation)}


def _rounded(values: Any) -> Any:
    """Plain numbers with five decimals: hundredths of a millimetre, far below what a depth camera sees."""
    return np.round(np.asarray(values, dtype=np.float64), 5).tolist()
