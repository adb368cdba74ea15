"""A Gazebo world (SDF) of a table with catalogue objects at rest on it and an RGB-D camera that looks down at them."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drop_clip_ros.errors import SceneError
from drop_clip_ros.scenes.catalogue import Catalogue
from drop_clip_ros.scenes.catalogue.model import CatalogueObject
from drop_clip_ros.scenes.mesh_export import (
    MassProperties,
    mass_properties,
    short_numbers,
    solid_hulls,
    write_collision,
    write_visual,
)
from drop_clip_ros.scenes.physics import SettledObject, drop_objects
from drop_clip_ros.scenes.placement import PlacementConfig

OPTICAL_FRAME = "camera_color_optical_frame"
# Systems of Gazebo Harmonic and newer: file name and class.
_SYSTEMS = (
    ("gz-sim-physics-system", "gz::sim::systems::Physics"),
    ("gz-sim-user-commands-system", "gz::sim::systems::UserCommands"),
    ("gz-sim-scene-broadcaster-system", "gz::sim::systems::SceneBroadcaster"),
    ("gz-sim-sensors-system", "gz::sim::systems::Sensors"),
)
_TABLE_COLOR = (0.62, 0.5, 0.38)
_FLOOR_COLOR = (0.45, 0.45, 0.47)


@dataclass(frozen=True)
class WorldConfig:
    """What a world holds.

    Args:
        objects: how many are dropped; include: ids of those that must be among them.
        split: whose objects chance takes, "" for all; seed: of the choice and of where they come to rest.
        table: sizes of the table's top along x and y and its height above the floor, metres.
        distance, elevation: of the camera from the middle of the objects, metres, degrees above the horizon.
        size: of the images, pixels; focal_length: pixels; rate: frames per second.
        texels: textures are made no larger.
    """

    objects: int = 7
    include: tuple[str, ...] = ()
    split: str = "train"
    seed: int = 0
    table: tuple[float, float, float] = (1.2, 0.8, 0.74)
    distance: float = 0.95
    elevation: float = 45.0
    size: tuple[int, int] = (640, 480)
    focal_length: float = 615.0
    rate: float = 15.0
    texels: int = 128


def export_world(catalogue: Catalogue, config: WorldConfig, path: Path, comment: str = "") -> list[CatalogueObject]:
    """Settle objects and write the world, with the meshes in a folder of its name beside it.

    Args:
        catalogue: where the objects come from; config: what the world holds.
        path: the SDF file; what the folder `path` without its suffix holds is replaced.
        comment: first line of the file, how it was made say; without "--", which XML does not allow there.

    Returns:
        The objects in the world.

    Raises:
        SceneError: fewer than half of the objects, or not all of those to include, came to rest on the table.
    """
    objects, settled = _settle(catalogue, config)
    meshes = path.with_suffix("")
    shutil.rmtree(meshes, ignore_errors=True)
    meshes.mkdir(parents=True)
    world = ElementTree.Element("sdf", version="1.9")
    if comment:
        world.append(ElementTree.Comment(f" {comment} "))
    scene = ElementTree.SubElement(world, "world", name="table")
    _add_surroundings(scene, config)
    for item in settled:
        _add_object(scene, objects[item.index], item, config, meshes)
    _add_camera(scene, settled, config)
    ElementTree.indent(world)
    path.write_text(ElementTree.tostring(world, encoding="unicode") + "\n", encoding="utf-8")
    return [objects[item.index] for item in settled]


def _settle(catalogue: Catalogue, config: WorldConfig) -> tuple[list[CatalogueObject], list[SettledObject]]:
    rng = np.random.default_rng(config.seed)
    ids = [name for name in catalogue.ids_of(split=config.split or None) if name not in config.include]
    weights = np.array([catalogue.weight(name) for name in ids])
    wanted = max(config.objects - len(config.include), 0)
    chosen = rng.choice(len(ids), size=min(wanted, len(ids)), replace=False, p=weights / weights.sum())
    objects = [catalogue.build(name) for name in (*config.include, *(ids[place] for place in chosen))]
    half = (config.table[0] / 2, config.table[1] / 2)
    # Standing apart: what leans on others in one simulator falls over in another.
    placement = PlacementConfig(spread=(0.2, 0.26), gap=0.04, on_top=0.0, tilted=0.0, heap=0.0)
    settled = drop_objects(objects, half, rng, placement)
    there = {objects[item.index].object_id for item in settled}
    missing = [name for name in config.include if name not in there]
    if missing or 2 * len(settled) < len(objects):
        lost = ", ".join(missing) or f"{len(objects) - len(settled)} of {len(objects)} objects"
        raise SceneError(f"world with seed {config.seed}: {lost} did not come to rest on the table; try another seed")
    return objects, settled


def _add(
    parent: ElementTree.Element, tag: str, content: str | Sequence[float] | None = None, **attributes: str
) -> ElementTree.Element:
    """Add an element with a text or numbers in it."""
    element = ElementTree.SubElement(parent, tag, attributes)
    if content is not None:
        element.text = content if isinstance(content, str) else short_numbers(content)
    return element


def _add_surroundings(scene: ElementTree.Element, config: WorldConfig) -> None:
    """Systems, light, floor and table."""
    physics = _add(scene, "physics", name="1ms", type="ignored")
    _add(physics, "max_step_size", "0.001")
    _add(physics, "real_time_factor", "1.0")
    for file, name in _SYSTEMS:
        plugin = _add(scene, "plugin", filename=file, name=name)
        if file == "gz-sim-sensors-system":
            _add(plugin, "render_engine", "ogre2")
    look = _add(scene, "scene")
    _add(look, "ambient", (0.55, 0.55, 0.55, 1))
    _add(look, "background", (0.75, 0.78, 0.8, 1))
    _add(look, "shadows", "true")
    light = _add(scene, "light", name="ceiling", type="directional")
    _add(light, "cast_shadows", "true")
    _add(light, "pose", (0, 0, 3, 0, 0, 0))
    _add(light, "diffuse", (0.8, 0.8, 0.78, 1))
    _add(light, "specular", (0.2, 0.2, 0.2, 1))
    _add(light, "direction", (-0.3, 0.2, -0.9))
    length, width, height = config.table
    top = 0.04
    _add_box(scene, "floor", (0, 0, -0.05), (8, 8, 0.1), _FLOOR_COLOR)
    _add_box(scene, "table", (0, 0, height - top / 2), (length, width, top), _TABLE_COLOR)
    for number, (x, y) in enumerate(((1, 1), (1, -1), (-1, 1), (-1, -1))):
        place = (x * (length / 2 - 0.05), y * (width / 2 - 0.05), (height - top) / 2)
        _add_box(scene, f"table_leg_{number}", place, (0.05, 0.05, height - top), _TABLE_COLOR)


def _add_box(
    scene: ElementTree.Element, name: str, centre: Sequence[float], size: Sequence[float], color: Sequence[float]
) -> None:
    model = _add(scene, "model", name=name)
    _add(model, "static", "true")
    _add(model, "pose", (*centre, 0, 0, 0))
    link = _add(model, "link", name="link")
    for tag in ("collision", "visual"):
        part = _add(link, tag, name=tag)
        _add(_add(_add(part, "geometry"), "box"), "size", size)
        if tag == "visual":
            material = _add(part, "material")
            for kind in ("ambient", "diffuse"):
                _add(material, kind, (*color, 1))


def _add_object(
    scene: ElementTree.Element, item: CatalogueObject, settled: SettledObject, config: WorldConfig, meshes: Path
) -> None:
    pose = np.array(settled.world_from_object, dtype=np.float64)
    model = _add(scene, "model", name=item.object_id)
    _add(model, "pose", (*(pose[:3, 3] + [0, 0, config.table[2]]), *_roll_pitch_yaw(pose[:3, :3])))
    link = _add(model, "link", name="link")
    _add_inertial(link, mass_properties(solid_hulls(item), item.density))
    for tag, file in (
        ("collision", write_collision(item, meshes)),
        ("visual", write_visual(item, meshes, config.texels)),
    ):
        part = _add(link, tag, name=tag)
        _add(_add(_add(part, "geometry"), "mesh"), "uri", f"{meshes.name}/{file.name}")
        if tag == "collision":
            friction = _add(_add(_add(part, "surface"), "friction"), "ode")
            _add(friction, "mu", "0.8")
            _add(friction, "mu2", "0.8")


def _add_inertial(link: ElementTree.Element, body: MassProperties) -> None:
    inertial = _add(link, "inertial")
    _add(inertial, "pose", (*body.centre, 0, 0, 0))
    _add(inertial, "mass", f"{body.mass:.5f}")
    inertia = _add(inertial, "inertia")
    for row, column in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)):
        _add(inertia, f"i{'xyz'[row]}{'xyz'[column]}", f"{body.inertia[row, column]:.4e}")


def _add_camera(scene: ElementTree.Element, settled: Sequence[SettledObject], config: WorldConfig) -> None:
    """A static RGB-D camera that looks at the middle of the objects along +x and down."""
    places = np.array([item.world_from_object[:2, 3] for item in settled])
    middle = np.array([*(places.min(axis=0) + places.max(axis=0)) / 2, config.table[2] + 0.04])
    angle = np.radians(config.elevation)
    position = middle + config.distance * np.array([-np.cos(angle), 0, np.sin(angle)])
    model = _add(scene, "model", name="camera")
    _add(model, "static", "true")
    _add(model, "pose", (*position, 0, angle, 0))
    sensor = _add(_add(model, "link", name="link"), "sensor", name="rgbd", type="rgbd_camera")
    _add(sensor, "topic", "camera")
    _add(sensor, "update_rate", [config.rate])
    _add(sensor, "always_on", "true")
    camera = _add(sensor, "camera", name="rgbd")
    _add(camera, "horizontal_fov", f"{2 * np.arctan(config.size[0] / 2 / config.focal_length):.6f}")
    image = _add(camera, "image")
    _add(image, "width", str(config.size[0]))
    _add(image, "height", str(config.size[1]))
    _add(image, "format", "R8G8B8")
    clip = _add(camera, "clip")
    _add(clip, "near", "0.1")
    _add(clip, "far", "6")
    _add(camera, "optical_frame_id", OPTICAL_FRAME)


def _roll_pitch_yaw(rotation: np.ndarray) -> tuple[float, float, float]:
    """Angles of a rotation about fixed x, y, z in this order, radians: what SDF's poses are written in."""
    pitch = float(np.arcsin(np.clip(-rotation[2, 0], -1, 1)))
    if abs(rotation[2, 0]) > 1 - 1e-9:  # x and z turn about the same axis: all in yaw
        return 0.0, pitch, float(np.arctan2(-rotation[0, 1], rotation[1, 1]))
    roll = float(np.arctan2(rotation[2, 1], rotation[2, 2]))
    return roll, pitch, float(np.arctan2(rotation[1, 0], rotation[0, 0]))
