"""What the nodes reply, as plain values for programs that know no ROS messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from drop_clip_interfaces.action import PickObject
from drop_clip_interfaces.msg import Candidate, TriedGrasp
from drop_clip_interfaces.srv import SegmentQuery
from drop_clip_ros.geometry.box import OrientedBox
from drop_clip_ros.geometry.cloud import PointCloud
from drop_clip_ros.grasping.grasp import Grasp
from drop_clip_ros.nodes.grasp_service import grasp_of
from drop_clip_ros.nodes.messages import box_of, cloud_arrays, color_array, pose_matrix, seconds_of

ANSWERED = ("found", "not_found", "ambiguous")
# Statuses of the pick node that say that nothing could be looked for.
WITHOUT_ANSWER = ("no_scene", "bad_request", "failed")


def _names(message_type: Any, *names: str) -> dict[int, str]:
    return {getattr(message_type, name): name.lower() for name in names}


_SEGMENTED = _names(
    SegmentQuery.Response,
    *("FOUND", "NOT_FOUND", "AMBIGUOUS", "NO_FRAME", "STALE_FRAME", "NO_TABLE", "BAD_REQUEST", "FAILED"),
)
_PICKED = _names(
    PickObject.Result,
    *("PROPOSED", "PICKED", "NOT_FOUND", "AMBIGUOUS", "NO_GRASP", "EXECUTION_FAILED", "NO_SCENE", "BAD_REQUEST"),
    *("FAILED", "CANCELED"),
)
_OUTCOMES = _names(TriedGrasp, "PROPOSED", "SUCCEEDED", "FAILED", "NOT_TRIED")


@dataclass(frozen=True)
class Thing:
    """One thing on the table: label, match probability, number of points, (3,) centroid in metres, and box."""

    label: str
    score: float
    points: int
    centroid: np.ndarray
    box: OrientedBox

    def to_json(self) -> dict[str, Any]:
        """Plain values, as in result.json."""
        return {
            "label": self.label,
            "score": _rounded(self.score),
            "points": self.points,
            "centroid": _rounded(self.centroid),
            "box": _box(self.box),
        }


@dataclass(frozen=True)
class Reply:
    """What both kinds of reply have in common.

    Args:
        asked: the sentence.
        status: in lower case, as the interface names it.
        message: one sentence.
        phrase: what was understood.
        score: match probability of the best candidate.
        cloud: the target's points.
        box: around them; none when nothing was found.
        candidates: what is on the table, best first.
        times: milliseconds by stage.
        frame_id, stamp: of the positions, and of the frame in seconds.
    """

    asked: str
    status: str
    message: str
    phrase: str
    score: float
    cloud: PointCloud
    box: OrientedBox | None
    candidates: tuple[Thing, ...]
    times: dict[str, float]
    frame_id: str
    stamp: float

    def to_json(self) -> dict[str, Any]:
        """Plain values; the names that `drop-clip segment` uses mean what they mean there."""
        return {
            "query": self.asked,
            "phrase": self.phrase,
            "status": self.status,
            "message": self.message,
            "score": _rounded(self.score),
            "points": len(self.cloud),
            "box": None if self.box is None else _box(self.box),
            "candidates": [thing.to_json() for thing in self.candidates],
            "timings_ms": {stage: round(spent, 2) for stage, spent in self.times.items()},
            "frame_id": self.frame_id,
            "stamp": self.stamp,
        }


@dataclass(frozen=True)
class SegmentReply(Reply):
    """The perception node's reply.

    Args:
        mask: (height, width) uint8, 0 or 255.
        point_scores: (n,) of the cloud's points.
        model: name of the bundle.
    """

    mask: np.ndarray
    point_scores: np.ndarray
    model: str

    def to_json(self) -> dict[str, Any]:
        """With model and centroid, as result.json has them."""
        centroid = self.candidates[0].centroid if self.box is not None and self.candidates else None
        own = {"centroid": None if centroid is None else _rounded(centroid), "model": self.model}
        return super().to_json() | own


@dataclass(frozen=True)
class TriedPose:
    """A grasp of a pick, the (4, 4) pose before it, and what came of it."""

    grasp: Grasp
    pregrasp: np.ndarray
    outcome: str
    message: str

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "pose": _rounded(self.grasp.pose),
            "pregrasp": _rounded(self.pregrasp),
            "width": _rounded(self.grasp.width),
            "score": _rounded(self.grasp.score),
            "outcome": self.outcome,
            "message": self.message,
        }


@dataclass(frozen=True)
class PickReply(Reply):
    """The pick node's reply: the grasps, and the question where it asks back."""

    question: str
    grasps: tuple[TriedPose, ...]

    def to_json(self) -> dict[str, Any]:
        """With question and grasps."""
        return super().to_json() | {"question": self.question, "grasps": [each.to_json() for each in self.grasps]}


def segment_reply(asked: str, response: SegmentQuery.Response) -> SegmentReply:
    """A response of the service segment_query."""
    columns = _columns(response.cloud)
    status = _SEGMENTED.get(response.status, "failed")
    return SegmentReply(
        **_common(asked, status, response, columns),
        mask=color_array(response.mask)[..., 0] if response.mask.height else np.zeros((0, 0), np.uint8),
        point_scores=columns.get("score", np.zeros(len(columns["xyz"]), np.float32)),
        model=response.model,
    )


def pick_reply(asked: str, result: PickObject.Result) -> PickReply:
    """A result of the action pick_object."""
    return PickReply(
        **_common(asked, _PICKED.get(result.status, "failed"), result, _columns(result.target)),
        question=result.question,
        grasps=tuple(
            TriedPose(
                grasp_of(tried.grasp),
                pose_matrix(tried.pregrasp),
                _OUTCOMES.get(tried.outcome, "unknown"),
                tried.message,
            )
            for tried in result.grasps
        ),
    )


def _common(asked: str, status: str, message: Any, columns: dict[str, np.ndarray]) -> dict[str, Any]:
    found = message.box.size.x > 0
    n = len(columns["xyz"])
    rgb = columns.get("rgb", np.zeros((n, 3), np.uint8))
    return {
        "asked": asked,
        "status": status,
        "message": message.message,
        "phrase": message.phrase,
        "score": float(message.score),
        "cloud": PointCloud(columns["xyz"], rgb, np.arange(n)),
        "box": box_of(message.box) if found else None,
        "candidates": _things(message.candidates),
        "times": {time.stage: float(time.milliseconds) for time in message.times},
        "frame_id": message.header.frame_id,
        "stamp": seconds_of(message.header.stamp),
    }


def _columns(cloud: Any) -> dict[str, np.ndarray]:
    """The fields of a cloud; no points where the message was never filled."""
    return cloud_arrays(cloud) if cloud.fields else {"xyz": np.zeros((0, 3), np.float32)}


def _things(candidates: Sequence[Candidate]) -> tuple[Thing, ...]:
    return tuple(
        Thing(
            each.label,
            float(each.score),
            each.points,
            np.array([each.centroid.x, each.centroid.y, each.centroid.z]),
            box_of(each.box),
        )
        for each in candidates
    )


def _box(box: OrientedBox) -> dict[str, Any]:
    return {"center": _rounded(box.center), "size": _rounded(box.size), "rotation": _rounded(box.rotation)}


def _rounded(values: Any) -> Any:
    """Plain numbers with five decimals, as result.json has them."""
    return np.round(np.asarray(values, dtype=np.float64), 5).tolist()
