"""One goal of the pick node, stage by stage: from the spoken command to grasp goals, and to a held object."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from sensor_msgs.msg import PointCloud2
from std_msgs.msg import Header

from drop_clip_interfaces.action import PickObject
from drop_clip_interfaces.msg import Grasp as GraspMessage
from drop_clip_interfaces.msg import TriedGrasp
from drop_clip_interfaces.srv import DetectGrasps, ExecuteGrasp, SegmentQuery
from drop_clip_ros.errors import CloudError, ServiceError
from drop_clip_ros.geometry.outliers import statistical_inliers
from drop_clip_ros.grasping.grasp import Grasp
from drop_clip_ros.grasping.selection import nearest_grasps
from drop_clip_ros.grounding.descriptions import absence_question, choice_question, rivals
from drop_clip_ros.language.commands import parse_command
from drop_clip_ros.nodes.grasp_service import grasp_of
from drop_clip_ros.nodes.messages import cloud_arrays, cloud_message, pose_message, stage_times

Result = PickObject.Result
# How far through a goal each stage begins.
STAGES = {
    "understanding": 0.0,
    "segmenting": 0.05,
    "cleaning": 0.6,
    "grasping": 0.65,
    "selecting": 0.85,
    "executing": 0.9,
}
_PARTS = SegmentQuery.Request.CLOUD | SegmentQuery.Request.CANDIDATES | SegmentQuery.Request.SURROUNDINGS
_NO_ANSWER = {
    SegmentQuery.Response.NO_FRAME: Result.NO_SCENE,
    SegmentQuery.Response.STALE_FRAME: Result.NO_SCENE,
    SegmentQuery.Response.NO_TABLE: Result.NO_SCENE,
    SegmentQuery.Response.BAD_REQUEST: Result.BAD_REQUEST,
    SegmentQuery.Response.FAILED: Result.FAILED,
}


class Ended(Exception):
    """The goal has come to an end before its last stage: status and message are its result's."""

    def __init__(self, status: int, message: str, question: str = "") -> None:
        super().__init__(message)
        self.status, self.message, self.question = status, message, question


@dataclass(frozen=True)
class Surroundings:
    """What a run needs of its node.

    Args:
        segment, detect, execute: call a service and give its response; `execute` is absent where nobody executes.
        tell: takes stage, message and progress, for feedback.
        propose: takes the chosen grasps and their header, for topics.
        settings: the node's parameters.
    """

    segment: Callable[[SegmentQuery.Request], SegmentQuery.Response]
    detect: Callable[[DetectGrasps.Request], DetectGrasps.Response]
    execute: Callable[[ExecuteGrasp.Request], ExecuteGrasp.Response] | None
    tell: Callable[[str, str, float], None]
    propose: Callable[[tuple[Grasp, ...], Header], None]
    settings: SimpleNamespace


class PickRun:
    """Follows one command; `result` says at any moment how far it came.

    Args:
        goal: the command.
    """

    _around: Surroundings

    def __init__(self, goal: PickObject.Goal) -> None:
        self._goal = goal
        self._spent: dict[str, float] = {}
        self.stage = "understanding"
        self.result = Result()

    def follow(self, around: Surroundings) -> None:
        """Go through the stages.

        Raises:
            Ended: no grasp was proposed or executed, for a reason.
            DropClipError: a command, service or answer that cannot be used.
        """
        self._around = around
        try:
            self._understand()
            response = self._segment()
            xyz = self._clean(response)
            chosen = self._select(self._grasp(response, xyz), xyz, response)
            if self._around.execute is None:
                self.result.status = Result.PROPOSED
                self.result.message = f"{_count(len(chosen), 'grasp')} of {self.result.phrase!r} proposed."
            else:
                self._execute(chosen, response)
        finally:
            self.result.times = stage_times(self._spent)

    def _understand(self) -> None:
        with self._in("understanding", f"reading {self._goal.command!r}"):
            # The perception node reads the command again; here it is refused before anything is computed.
            self.result.phrase = parse_command(self._goal.command).phrase

    def _segment(self) -> SegmentQuery.Response:
        goal = self._goal
        with self._in("segmenting", f"looking for {self.result.phrase!r}"):
            request = SegmentQuery.Request(
                query=goal.command, negatives=goal.negatives, max_age=goal.max_age, parts=_PARTS
            )
            response = self._around.segment(request)
        self._spent |= {f"segmenting/{time.stage}": time.milliseconds for time in response.times}
        if response.status in _NO_ANSWER:
            raise Ended(_NO_ANSWER[response.status], response.message)
        self.result.header, self.result.score = response.header, response.score
        self.result.phrase = response.phrase
        if response.status == SegmentQuery.Response.NOT_FOUND:
            self.result.candidates = response.candidates
            labels = [candidate.label for candidate in response.candidates]
            raise Ended(Result.NOT_FOUND, response.message, absence_question(response.phrase, labels))
        self.result.box = response.box
        if response.status == SegmentQuery.Response.AMBIGUOUS:
            self.result.candidates = response.candidates[: rivals([each.score for each in response.candidates])]
            raise Ended(Result.AMBIGUOUS, response.message, _choice(response, self.result.candidates))
        return response

    def _clean(self, response: SegmentQuery.Response) -> np.ndarray:
        """(n, 3) the target's points without outliers."""
        settings = self._around.settings
        with self._in("cleaning", f"found ({response.score:.2f}): {_count(response.cloud.width, 'point')}"):
            columns = cloud_arrays(response.cloud)
            keep = statistical_inliers(columns["xyz"], settings.outlier_neighbours, settings.outlier_ratio)
            if not keep.any():
                raise CloudError(f"the target has {len(keep)} points and none is left, wanted at least 1")
            xyz = columns.pop("xyz")[keep]
            kept = {name: values[keep] for name, values in columns.items() if values.ndim == 1 or name == "rgb"}
            self.result.target = cloud_message(xyz, response.header, **kept)
        return xyz

    def _grasp(self, response: SegmentQuery.Response, xyz: np.ndarray) -> dict[Grasp, GraspMessage]:
        """The detector's grasps with their messages, best first."""
        with self._in("grasping", f"searching grasps of {_count(len(xyz), 'point')}"):
            request = DetectGrasps.Request(
                target=self.result.target,
                scene=_in_frame(response.surroundings, response.header),
                viewpoint=response.viewpoint,
                max_grasps=self._around.settings.considered_grasps,
            )
            answer = self._around.detect(request)
        self._spent |= {f"grasping/{time.stage}": time.milliseconds for time in answer.times}
        if answer.status == DetectGrasps.Response.NONE:
            raise Ended(Result.NO_GRASP, f"No grasp of {self.result.phrase!r} fits: {answer.message}")
        if answer.status != DetectGrasps.Response.FOUND:
            raise Ended(Result.FAILED, f"the grasp detector refused: {answer.message}")
        return {grasp_of(message): message for message in answer.grasps}

    def _select(
        self, grasps: dict[Grasp, GraspMessage], xyz: np.ndarray, response: SegmentQuery.Response
    ) -> tuple[Grasp, ...]:
        settings = self._around.settings
        with self._in("selecting", f"choosing among {_count(len(grasps), 'grasp')}"):
            chosen = nearest_grasps(tuple(grasps), xyz, settings.goals)
            if not chosen:
                raise Ended(Result.NO_GRASP, "the grasp detector answered FOUND without a grasp")
            self.result.grasps = [_tried(grasp, grasps[grasp], settings.pregrasp_distance) for grasp in chosen]
            self._around.propose(chosen, response.header)
        return chosen

    def _execute(self, chosen: tuple[Grasp, ...], response: SegmentQuery.Response) -> None:
        """Try the grasps in turn until the executor holds the object."""
        assert self._around.execute is not None
        up = np.array([response.up.x, response.up.y, response.up.z])
        for tried in self.result.grasps:
            tried.outcome = TriedGrasp.NOT_TRIED
        started = time.perf_counter()
        reasons = []
        try:
            for number, (grasp, tried) in enumerate(zip(chosen, self.result.grasps, strict=True), start=1):
                done = (number - 1) / len(chosen)
                self._tell("executing", f"grasp {number} of {len(chosen)}", 0.9 + 0.1 * done)
                tried.outcome, tried.message = TriedGrasp.FAILED, "no answer"
                retreat = pose_message(grasp.lifted(self._around.settings.retreat_distance, up))
                request = ExecuteGrasp.Request(
                    header=response.header, grasp=tried.grasp, pregrasp=tried.pregrasp, retreat=retreat
                )
                try:
                    answer = self._around.execute(request)
                except ServiceError as error:
                    # The robot may still be moving: the next grasp must not be sent on top of it.
                    tried.message = str(error)
                    raise Ended(Result.EXECUTION_FAILED, f"grasp {number}: {error}") from error
                tried.message = answer.message
                if answer.success:
                    tried.outcome = TriedGrasp.SUCCEEDED
                    self.result.status = Result.PICKED
                    self.result.message = f"Holding {self.result.phrase!r} by grasp {number} of {len(chosen)}."
                    return
                reasons.append(f"{number}: {answer.message or 'no reason given'}")
        finally:
            self._spent["executing"] = 1000 * (time.perf_counter() - started)
        raise Ended(Result.EXECUTION_FAILED, f"no grasp succeeded ({'; '.join(reasons)})")

    def _tell(self, stage: str, message: str, progress: float) -> None:
        self.stage = stage
        self._around.tell(stage, message, progress)

    @contextmanager
    def _in(self, stage: str, message: str) -> Iterator[None]:
        """Time a stage, after telling that it begins."""
        self._tell(stage, message, STAGES[stage])
        started = time.perf_counter()
        try:
            yield
        finally:
            self._spent[stage] = 1000 * (time.perf_counter() - started)


def _choice(response: SegmentQuery.Response, choices: list[Any]) -> str:
    place, up = response.viewpoint, response.up
    centroids = np.array([[each.centroid.x, each.centroid.y, each.centroid.z] for each in choices]).reshape(-1, 3)
    viewpoint, normal = np.array([place.x, place.y, place.z]), np.array([up.x, up.y, up.z])
    return choice_question(response.phrase, [each.label for each in choices], centroids, viewpoint, normal)


def _tried(grasp: Grasp, message: GraspMessage, distance: float) -> TriedGrasp:
    return TriedGrasp(grasp=message, pregrasp=pose_message(grasp.shifted(-distance)), outcome=TriedGrasp.PROPOSED)


def _in_frame(cloud: PointCloud2, header: Header) -> PointCloud2:
    """The surroundings; an empty cloud gets the target's header, so that nobody wonders about its frame."""
    if not cloud.header.frame_id:
        cloud.header = header
    return cloud


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
