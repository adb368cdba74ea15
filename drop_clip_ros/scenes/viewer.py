"""Shows stored scenes in the browser: cloud, instances, cameras, poses and boxes, and whom a phrase means."""

from __future__ import annotations

import threading
from contextlib import redirect_stdout
from functools import partial
from io import StringIO
from typing import Any

import numpy as np

from drop_clip_ros.errors import SceneError
from drop_clip_ros.scenes.expressions import instances_meant
from drop_clip_ros.scenes.scene_cloud import SceneCloud, scene_cloud
from drop_clip_ros.scenes.scene_picture import scene_picture
from drop_clip_ros.scenes.storage import Instance, Scene, SceneDataset, View

FOUND, AMBIGUOUS, QUIET = (60, 220, 90), (255, 170, 30), (150, 150, 150)
LAYERS = ("boxes", "frames", "names", "cameras")
_THUMBNAIL = 96  # pixels wide


class SceneViewer:
    """A server of a dataset's scenes.

    Args:
        dataset: what to show; number: of the first scene shown.
        host, port: where to serve; the next free port is taken where that one is in use.
        voxel: of the cloud, metres.

    Raises:
        SceneError: viser is not installed, the dataset is empty, or has no scene of that number.
    """

    def __init__(
        self, dataset: SceneDataset, number: int = 0, host: str = "127.0.0.1", port: int = 8080, voxel: float = 0.004
    ) -> None:
        try:
            import viser
        except ModuleNotFoundError:
            raise SceneError("showing scenes needs the package viser: pip install viser") from None
        if not 0 <= number < len(dataset):
            raise SceneError(f"{dataset.path} has {len(dataset)} scenes, wanted one numbered {number} (from 0)")
        self.dataset, self._voxel = dataset, voxel
        self._lock = threading.Lock()
        with redirect_stdout(StringIO()):  # its banner would stand before what a command prints
            self.server = viser.ViserServer(host=host, port=port, label=f"scenes of {dataset.path.name}", verbose=False)
        self.server.scene.set_up_direction("+z")
        self._nodes: list[Any] = []
        self._boxes: dict[int, Any] = {}
        self._build_controls(number)
        self.show(number)

    @property
    def address(self) -> str:
        """What to open in a browser."""
        return f"http://{self.server.get_host()}:{self.server.get_port()}"

    def stop(self) -> None:
        """End the server."""
        with redirect_stdout(StringIO()):
            self.server.stop()

    def show(self, number: int) -> None:
        """Build a scene in place of the one shown.

        Args:
            number: its place in the dataset.
        """
        scene = self.dataset[number]
        cloud = scene_cloud(scene, self._voxel)
        with self._lock, self.server.atomic():
            for node in self._nodes:
                node.remove()
            self.scene, self.cloud = scene, cloud
            self._palette = instance_palette(scene)
            self._points = self.server.scene.add_point_cloud(
                "/cloud", cloud.xyz, cloud.rgb, point_size=self._voxel, precision="float32"
            )
            self._nodes = [self._points]
            self._layers: dict[str, list[Any]] = {name: [] for name in LAYERS}
            self._boxes = {instance.id: self._add_instance(instance) for instance in scene.instances}
            self._layers["cameras"] = [self._add_camera(view) for view in scene.views]
            self._nodes += [node for nodes in self._layers.values() for node in nodes]
            self._title.content = describe(scene)
            for name in LAYERS:
                self._set_layer(name)
        self._find_again()

    def find(self, text: str) -> tuple[int, ...]:
        """Light up whom a phrase means and say how many they are; an empty phrase lights up everything.

        Returns:
            Instance ids.
        """
        ids = instances_meant(text, {i.id: i.annotation for i in self.scene.instances})
        with self.server.atomic():
            self.answer.content = answer_text(self.scene, text, ids)
            self._points.colors = cloud_colors(
                self.cloud,
                self._palette if self._coloring.value == "instances" else None,
                ids if text.strip() else None,
            )
            lit = AMBIGUOUS if len(ids) > 1 else FOUND
            for number, box in self._boxes.items():
                box.color = (lit if number in ids else QUIET) if text.strip() else tuple(self._palette[number].tolist())
        return ids

    def picture(self) -> np.ndarray:
        """What is shown, from above the table's edge: (h, w, 3) uint8."""
        boxes = {number: box.color for number, box in self._boxes.items()}
        return scene_picture(self.scene, self.cloud, self._points.colors, boxes, self._voxel)

    def _build_controls(self, number: int) -> None:
        gui = self.server.gui
        self._title = gui.add_markdown("")
        # A slider needs two ends.
        self._slider = gui.add_slider(
            "scene", 0, max(len(self.dataset) - 1, 1), 1, number, disabled=len(self.dataset) < 2
        )
        self._coloring = gui.add_dropdown("points", ("colours", "instances"), initial_value="colours")
        self.phrase: Any = gui.add_text(
            "phrase", "", hint="a referring expression: 'mug', 'the red mug', 'something to cut with'"
        )
        self.answer = gui.add_markdown("")
        self._boxes_shown = {name: gui.add_checkbox(name, name != "names") for name in LAYERS}
        self._slider.on_update(lambda _: self.show(min(int(self._slider.value), len(self.dataset) - 1)))
        self.phrase.on_update(self._find_again)
        self._coloring.on_update(self._find_again)
        for name, box in self._boxes_shown.items():
            box.on_update(partial(self._set_layer, name))

    def _find_again(self, event: Any = None) -> None:
        self.find(self.phrase.value)

    def _set_layer(self, name: str, event: Any = None) -> None:
        for node in self._layers[name]:
            node.visible = self._boxes_shown[name].value

    def _add_instance(self, instance: Instance) -> Any:
        """Frame, box and name of an instance; gives the box."""
        scene, path = self.server.scene, f"/instances/{instance.id:03d}"
        wxyz, position = pose_parts(instance.world_from_object)
        frame = scene.add_frame(path, wxyz=wxyz, position=position, axes_length=0.05, axes_radius=0.0015)
        size = np.maximum(instance.extent, 1e-3)
        centre = instance.world_from_object @ [0, 0, size[2] / 2, 1]
        color = tuple(self._palette[instance.id].tolist())
        box = scene.add_box(f"{path}_box", color, size, wireframe=True, wxyz=wxyz, position=centre[:3])
        name = scene.add_label(f"{path}_name", f"{instance.id} {instance.annotation.names[0]}", position=centre[:3])
        for layer, node in zip(LAYERS, (box, frame, name), strict=False):
            self._layers[layer].append(node)
        return box

    def _add_camera(self, view: View) -> Any:
        """A view's frustum with its picture; a click on it moves there."""
        camera = view.camera
        color = view.load_color()
        step = max(camera.width // _THUMBNAIL, 1)
        wxyz, position = pose_parts(view.world_from_camera)
        node = self.server.scene.add_camera_frustum(
            f"/cameras/{view.name}",
            fov=2 * np.arctan2(camera.height / 2, camera.fy),
            aspect=camera.width / camera.height,
            scale=0.06,
            image=color[::step, ::step],
            wxyz=wxyz,
            position=position,
        )

        @node.on_click
        def _(event: Any) -> None:
            event.client.camera.position, event.client.camera.wxyz = position, wxyz

        return node


def pose_parts(world_from: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotation as a quaternion (w, x, y, z), and position, of a (4, 4) pose."""
    from scipy.spatial.transform import Rotation

    x, y, z, w = Rotation.from_matrix(world_from[:3, :3]).as_quat()
    return np.array([w, x, y, z]), np.asarray(world_from[:3, 3], dtype=np.float64)


def instance_palette(scene: Scene) -> np.ndarray:
    """(256, 3) uint8 colours by instance id, far apart for neighbours; what is no instance is grey."""
    from colorsys import hsv_to_rgb

    palette = np.full((256, 3), 120, dtype=np.uint8)
    for instance in scene.instances:
        hue = instance.id * 0.6180339887 % 1
        palette[instance.id] = np.multiply(hsv_to_rgb(hue, 0.75, 0.95), 255).astype(np.uint8)
    return palette


def cloud_colors(cloud: SceneCloud, palette: np.ndarray | None, ids: tuple[int, ...] | None) -> np.ndarray:
    """(n, 3) uint8 colours of a cloud's points.

    Args:
        cloud: the points; palette: (256, 3) colours by label, None for the pictures' own.
        ids: instances that stay lit while all else is dimmed; None dims nothing.
    """
    colors = cloud.rgb if palette is None else palette[cloud.label]
    if ids is None:
        return colors
    lit = np.isin(cloud.label, ids)
    return np.where(lit[:, None], colors, (colors * 0.25).astype(np.uint8))


def answer_text(scene: Scene, text: str, ids: tuple[int, ...]) -> str:
    """What the panel says of a phrase."""
    if not text.strip():
        return "type a phrase, such as " + ", ".join(f"*{e.text}*" for e in scene.expressions if e.unique)[:200]
    if not ids:
        return f"**none**: *{text}* is true of no object here"
    names = ", ".join(f"{number} {scene.instance(number).annotation.names[0]}" for number in ids)
    return f"**found**: {names}" if len(ids) == 1 else f"**ambiguous**: {len(ids)} objects: {names}"


def describe(scene: Scene) -> str:
    """A scene in one line."""
    split = f", split {scene.split}" if scene.split else ""
    return f"**{scene.name}**: {len(scene.instances)} objects, {len(scene.views)} views, seed {scene.seed}{split}"
