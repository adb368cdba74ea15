"""What exists while the perception node is active: the model, the camera's subscriptions and the kept scene."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.lifecycle import LifecycleNode
from sensor_msgs.msg import Image, PointCloud2
from visualization_msgs.msg import MarkerArray

import drop_clip_ros
from drop_clip_interfaces.srv import SegmentScene
from drop_clip_ros.answer_picture import answer_picture
from drop_clip_ros.errors import ConfigError
from drop_clip_ros.frame_files import read_frame_folder
from drop_clip_ros.language.commands import parse_command
from drop_clip_ros.language.registry import load_text_space
from drop_clip_ros.nodes.answers import Answer, answer_markers, cloud_of
from drop_clip_ros.nodes.frame_decoding import decode_frame
from drop_clip_ros.nodes.frame_source import CameraFrame, FrameSource
from drop_clip_ros.nodes.messages import distortion_of, image_message, stage_times
from drop_clip_ros.nodes.perception_settings import check_settings
from drop_clip_ros.nodes.scene_keeper import KeptScene, SceneKeeper, Wanted
from drop_clip_ros.nodes.transforms import Transforms
from drop_clip_ros.nodes.worker import Worker, cores
from drop_clip_ros.pipeline import Segmenter
from drop_clip_ros.student.student import EngineConfig

_NOTICEABLE_DISTORTION = 2.0  # pixels
# Pictures that may wait to be drawn; more queries than that are answered without.
_PICTURES = 3
Live = Callable[[], SimpleNamespace]


class PerceptionSession:
    """Loads the model, warms it up, subscribes to the camera, and answers.

    Args:
        node: that publishes and subscribes.
        settings: its parameters when it was configured.
        live: those that take effect at once, as they are now.

    Raises:
        DropClipError: the bundle or its text space cannot be loaded.
    """

    def __init__(self, node: LifecycleNode, settings: SimpleNamespace, live: Live) -> None:
        self._node, self._settings, self._live = node, settings, live
        self._told_distortion = False
        self._waiting_pictures = 0
        self._counting = threading.Lock()
        self._pictures = ThreadPoolExecutor(1, "pictures")
        self._answering, self._encoding = Worker("answering"), Worker("encoding", settings.compute_threads or cores())
        self._publishers = {
            "target_cloud": node.create_lifecycle_publisher(PointCloud2, "target_cloud", 1),
            "objects_cloud": node.create_lifecycle_publisher(PointCloud2, "objects_cloud", 1),
            "mask": node.create_lifecycle_publisher(Image, "mask", 1),
            "overlay": node.create_lifecycle_publisher(Image, "overlay", 1),
            "markers": node.create_lifecycle_publisher(MarkerArray, "markers", 1),
        }
        self._transforms = Transforms(node, use_tf=not (settings.camera_pose and settings.depth_pose))
        # Before the model is loaded: camera and node find each other meanwhile.
        self._source = FrameSource(node, settings)
        self._ahead: Any = None
        try:
            self._load()
        except BaseException:
            self.close()
            raise
        if settings.encode_rate > 0:
            own = MutuallyExclusiveCallbackGroup()
            self._ahead = node.create_timer(1.0 / settings.encode_rate, self._encode_ahead, callback_group=own)

    def _load(self) -> None:
        """Load the model, and run the whole way once, on the frame that comes with the package."""
        settings, clock = self._settings, self._node.get_clock()
        tabletop = check_settings(settings)
        engine = EngineConfig(settings.precision)
        self.segmenter = self._encoding.run(Segmenter.load, settings.model, settings.device, tabletop, True, engine)
        self._keeper = SceneKeeper(
            self._source, self.segmenter, self._encoding, self._decode, lambda: clock.now().nanoseconds, self._encoded
        )
        frame = read_frame_folder(Path(drop_clip_ros.__file__).parent / "demo_frame")
        # The native engine's threads wait for nobody who wakes up late: more of them are never slower.
        slowed_by_threads = self.segmenter.student.engine.backend == "torch"
        self._keeper.warm_up(frame, choose_threads=settings.compute_threads == 0 and slowed_by_threads)
        self._answering.run(self.segmenter.grounding.texts, ["warm up"])

    def describe(self) -> str:
        """Model, device and topics in words."""
        student, topics, threads = self.segmenter.student, self._source.topics, self._encoding.threads
        where = f"{student.device} with {threads} thread{'' if threads == 1 else 's'}"
        return f"{student.bundle.name} on {where}, camera {topics['color']} and {topics['depth']}"

    def answer(self, query: str, negatives: Sequence[str], threshold: float, max_age: float) -> Answer:
        """Answer a query about a frame that is fresh enough.

        Args:
            query: phrase or spoken command.
            negatives: beside the command's own and the node's.
            threshold: 0 = the node's.
            max_age: seconds; 0 = the node's.

        Raises:
            DropClipError: see perception.py for the statuses they become.
        """
        live = self._live()
        frame = self._wanted(live, max_age)  # its age counts from here
        command = parse_command(query)
        unwanted = [*live.negatives, *command.negatives, *negatives]
        # Whole decimals: the service has single precision, and .7 should mean the same as on the command line.
        wanted = round(_in_range("threshold", threshold, 1.0), 6) or live.threshold or None
        # A phrase that cannot be read is refused before anything is computed.
        started = time.perf_counter()
        self._answering.run(self.segmenter.grounding.texts, [command.phrase, *unwanted])
        text_ms = 1000 * (time.perf_counter() - started)
        kept, waited = self._scene(live, frame)
        pose, frame_id = self._target_pose(kept, live)
        segmentation = self._answering.run(kept.scene.segment, command.phrase, unwanted, wanted)
        segmentation.timings_ms.update(text=text_ms, wait=waited)
        return Answer(segmentation, kept, pose, frame_id)

    def label(self, names: Sequence[str], max_age: float, response: SegmentScene.Response) -> None:
        """Label what stands on the table with the likeliest of some names.

        Raises:
            DropClipError: see perception.py for the statuses they become.
        """
        live = self._live()
        frame = self._wanted(live, max_age)
        if not names:
            raise ConfigError("names is empty, wanted at least one")
        self._answering.run(self.segmenter.grounding.texts, names)
        kept, waited = self._scene(live, frame)
        pose, frame_id = self._target_pose(kept, live)
        started = time.perf_counter()
        labels = self._answering.run(kept.scene.semantic, names).astype(np.uint32)
        spent = {"decode": kept.decode_ms} | kept.scene.timings_ms
        response.header.stamp, response.header.frame_id = kept.source.header.stamp, frame_id
        response.cloud = cloud_of(kept.scene.tabletop.points, response.header, pose, label=labels)
        response.counts = np.bincount(labels, minlength=len(names)).tolist()
        response.times = stage_times(spent | {"labels": 1000 * (time.perf_counter() - started), "wait": waited})
        response.model = self.segmenter.grounding.model
        response.status = response.DONE
        shares = ", ".join(f"{name}: {count}" for name, count in zip(names, response.counts, strict=True))
        response.message = f"Points by name: {shares}."

    def publish_later(self, answer: Answer) -> None:
        """Publish an answer's clouds and pictures after the response is on its way, for those who listen."""
        with self._counting:
            if self._waiting_pictures >= _PICTURES:
                return
            self._waiting_pictures += 1
        with contextlib.suppress(RuntimeError):  # closed meanwhile
            self._pictures.submit(self._publish, answer)

    def forget(self) -> None:
        """Drop frames and scene, as after a jump of the clock."""
        self._transforms.forget()
        self._source.forget()
        self._keeper.forget()

    def silence(self) -> float:
        """Seconds since the camera's last whole frame."""
        newest = self._source.newest()
        return float("inf") if newest is None else time.monotonic() - newest.arrived

    def measured(self) -> dict[str, str]:
        """Figures for diagnostics."""
        rates = {f"{name} (1/s)": f"{self._source.rate(name):.1f}" for name in ("color", "depth", "pair")}
        model = {"model": self.segmenter.grounding.model, "device": str(self.segmenter.student.device)}
        return rates | {"silence of the camera (s)": f"{self.silence():.2f}"} | model

    def close(self) -> None:
        """Stop everything. Queries that are under way are answered, or told in a ClosedError that the node stopped."""
        if self._ahead is not None:
            self._node.destroy_timer(self._ahead)
        self._source.close()
        # Publishers go last: what is still being encoded or drawn looks at them.
        self._encoding.close()
        self._answering.close()
        self._pictures.shutdown(wait=True, cancel_futures=True)
        for publisher in self._publishers.values():
            self._node.destroy_lifecycle_publisher(publisher)
        self._transforms.close()
        load_text_space.cache_clear()  # 100 MB of it

    def _wanted(self, live: SimpleNamespace, max_age: float) -> Wanted:
        return self._keeper.wanted(_in_range("max_age", max_age) or live.max_age, live.frame_age)

    def _scene(self, live: SimpleNamespace, frame: Wanted) -> tuple[KeptScene, float]:
        """A scene that is fresh enough, and the milliseconds until it was there."""
        started = time.perf_counter()
        kept = self._keeper.scene(frame, live.frame_timeout)
        return kept, 1000 * (time.perf_counter() - started)

    def _target_pose(self, kept: KeptScene, live: SimpleNamespace) -> tuple[np.ndarray, str]:
        header, settings = kept.source.header, self._settings
        pose = self._transforms.pose(
            settings.target_frame, header, settings.camera_pose, "camera_pose", live.tf_timeout
        )
        return pose, settings.target_frame or header.frame_id

    def _decode(self, frame: CameraFrame) -> Any:
        if frame.color_info is not None and not self._told_distortion:
            self._told_distortion = True
            pixels = distortion_of(frame.color_info)
            if pixels > _NOTICEABLE_DISTORTION:
                self._node.get_logger().warning(
                    f"the camera info says that the image is distorted by up to {pixels:.1f} pixels, wanted a "
                    "rectified image: subscribe to image_rect"
                )
        return decode_frame(frame, self._settings, self._transforms)

    def _encoded(self, kept: KeptScene) -> None:
        """Called with each new scene."""
        if self._heard("objects_cloud"):
            pose, frame_id = self._target_pose(kept, self._live())
            header = type(kept.source.header)(stamp=kept.source.header.stamp, frame_id=frame_id)
            self._publishers["objects_cloud"].publish(cloud_of(kept.scene.tabletop.points, header, pose))

    def _encode_ahead(self) -> None:
        try:
            self._keeper.encode_ahead()
        except Exception as error:
            self._node.get_logger().warning(f"encoding ahead: {error}", throttle_duration_sec=1.0)

    def _publish(self, answer: Answer) -> None:
        try:
            makers: dict[str, Callable[[], Any]] = {
                "target_cloud": answer.cloud,
                "mask": answer.mask,
                "markers": lambda: answer_markers(answer),
                "overlay": lambda: _overlay(answer),
            }
            for topic, make in makers.items():
                if self._heard(topic):
                    self._publishers[topic].publish(make())
        except Exception as error:
            self._node.get_logger().error(f"publishing an answer: {error}")
        finally:
            with self._counting:
                self._waiting_pictures -= 1

    def _heard(self, topic: str) -> bool:
        return self._publishers[topic].get_subscription_count() > 0


def _overlay(answer: Answer) -> Image:
    return image_message(answer_picture(answer.segmentation, answer.kept.frame), "rgb8", answer.kept.source.header)


def _in_range(name: str, value: float, highest: float = float("inf")) -> float:
    if not (np.isfinite(value) and 0.0 <= value <= highest):
        bounds = f"from 0 to {highest:g}" if np.isfinite(highest) else "of at least 0"
        raise ConfigError(f"{name} is {value:g}, wanted a finite number {bounds}; 0 means the node's own")
    return float(value)
