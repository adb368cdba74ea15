"""Answers as messages: services' responses, markers, and a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from geometry_msgs.msg import Point, Vector3
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from drop_clip_interfaces.msg import Candidate as CandidateMessage
from drop_clip_interfaces.srv import SegmentQuery
from drop_clip_ros.answer_picture import VERDICT_COLORS
from drop_clip_ros.geometry.cloud import PointCloud
from drop_clip_ros.geometry.rigid import moved_box, moved_points
from drop_clip_ros.geometry.surroundings import surroundings
from drop_clip_ros.grounding.scene import Candidate, Segmentation
from drop_clip_ros.grounding.verdict import AMBIGUOUS, FOUND, NOT_FOUND
from drop_clip_ros.nodes.messages import box_message, candidate_message, cloud_message, image_message, stage_times
from drop_clip_ros.nodes.scene_keeper import KeptScene

_Request, _Response = SegmentQuery.Request, SegmentQuery.Response
STATUS = {FOUND: _Response.FOUND, NOT_FOUND: _Response.NOT_FOUND, AMBIGUOUS: _Response.AMBIGUOUS}
USUAL_PARTS = _Request.CLOUD | _Request.MASK | _Request.CANDIDATES
ALL_PARTS = USUAL_PARTS | _Request.SURROUNDINGS


@dataclass(frozen=True)
class Answer:
    """An answered query, with all that its messages are made from.

    Args:
        segmentation: the answer.
        kept: the frame that it is about.
        pose: (4, 4) of the colour camera's optical frame in the answers' frame.
        frame_id: name of the answers' frame.
    """

    segmentation: Segmentation
    kept: KeptScene
    pose: np.ndarray
    frame_id: str

    @property
    def header(self) -> Header:
        """Stamp of the colour image, frame of the positions."""
        return Header(stamp=self.kept.source.header.stamp, frame_id=self.frame_id)

    @property
    def times(self) -> dict[str, float]:
        """Milliseconds by stage."""
        return {"decode": self.kept.decode_ms} | self.segmentation.timings_ms

    def cloud(self) -> Any:
        """The target's points with colours and scores."""
        found = self.segmentation
        return cloud_of(found.points, self.header, self.pose, score=found.point_scores)

    def mask(self) -> Any:
        """The target's mask, in the colour image."""
        pixels = self.segmentation.mask.astype(np.uint8) * 255
        return image_message(pixels, "mono8", self.kept.source.header)

    def sentence(self) -> str:
        """The answer for a person, in one sentence."""
        found = self.segmentation
        if found.status == NOT_FOUND:
            return f"No {found.query!r} on the table (best match {found.score:.2f})."
        x, y, z = moved_points(np.asarray(found.centroid)[None], self.pose)[0]
        where = f"at ({x:.3f}, {y:.3f}, {z:.3f}) m in {self.frame_id}"
        if found.status == FOUND:
            return f"Found {found.query!r} ({found.score:.2f}) {where}."
        return f"Several things match {found.query!r}; the best one ({found.score:.2f}) is {where}."


def fill_response(response: SegmentQuery.Response, answer: Answer, parts: int, reach: float) -> None:
    """Write an answer into a response.

    Args:
        response: to fill.
        answer: see there.
        parts: of SegmentQuery; what to return.
        reach: metres around the target, for its surroundings.
    """
    found = answer.segmentation
    response.header = answer.header
    response.status = STATUS[found.status]
    response.message = answer.sentence()
    response.phrase = found.query
    response.score = float(found.score)
    response.model = found.model
    response.times = stage_times(answer.times)
    response.up = _vector(answer.pose[:3, :3] @ answer.kept.scene.tabletop.plane.normal)
    response.viewpoint = _point(answer.pose[:3, 3])
    if found.box is not None:
        response.box = box_message(moved_box(found.box, answer.pose))
    if parts & _Request.CLOUD:
        response.cloud = answer.cloud()
    if parts & _Request.MASK:
        response.mask = answer.mask()
    if parts & _Request.CANDIDATES:
        response.candidates = [_candidate(candidate, answer.pose) for candidate in found.candidates]
    if parts & _Request.SURROUNDINGS:
        around = surroundings(answer.kept.frame, found.points, reach)
        response.surroundings = cloud_of(around, answer.header, answer.pose)


def cloud_of(cloud: PointCloud, header: Header, pose: np.ndarray, **columns: np.ndarray) -> Any:
    """A cloud of the optical frame as a message in the frame that `pose` leads to."""
    return cloud_message(moved_points(cloud.xyz, pose), header, cloud.rgb, **columns)


def answer_markers(answer: Answer) -> MarkerArray:
    """Box and label of the answer for rviz; what was shown before goes."""
    found = answer.segmentation
    markers = [Marker(header=answer.header, action=Marker.DELETEALL)]
    if found.box is not None:
        red, green, blue = (channel / 255.0 for channel in VERDICT_COLORS[found.status])
        box = box_message(moved_box(found.box, answer.pose))
        common = {"header": answer.header, "action": Marker.ADD}
        cube = Marker(ns="box", id=0, type=Marker.CUBE, color=ColorRGBA(r=red, g=green, b=blue, a=0.35), **common)
        cube.pose = box.center
        cube.scale = box.size
        text = f"{found.query} {found.score:.2f}"
        label = Marker(ns="label", id=0, type=Marker.TEXT_VIEW_FACING, text=text, **common)
        up = answer.pose[:3, :3] @ answer.kept.scene.tabletop.plane.normal
        above = moved_box(found.box, answer.pose).center + up * (found.box.size[2] / 2 + 0.04)
        label.pose.position = _point(above)
        label.scale.z = 0.03
        label.color = ColorRGBA(r=red, g=green, b=blue, a=1.0)
        markers += [cube, label]
    return MarkerArray(markers=markers)


def _candidate(candidate: Candidate, pose: np.ndarray) -> CandidateMessage:
    message = candidate_message(candidate)
    if not np.array_equal(pose, np.eye(4)):
        message.centroid = _point(pose[:3, :3] @ candidate.centroid + pose[:3, 3])
        message.box = box_message(moved_box(candidate.box, pose))
    return message


def _point(xyz: np.ndarray) -> Point:
    x, y, z = map(float, xyz)
    return Point(x=x, y=y, z=z)


def _vector(xyz: np.ndarray) -> Vector3:
    x, y, z = map(float, xyz)
    return Vector3(x=x, y=y, z=z)
