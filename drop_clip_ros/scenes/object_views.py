"""Pictures of single objects from all around, on a plain ground in even light."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.scenes.catalogue.model import CatalogueObject
from drop_clip_ros.scenes.exposure import CameraResponse
from drop_clip_ros.scenes.lighting import AreaLight, Lighting
from drop_clip_ros.scenes.rendering import SceneRenderer
from drop_clip_ros.scenes.scene_maker import placed_surfaces
from drop_clip_ros.scenes.surroundings import quad
from drop_clip_ros.scenes.viewpoints import look_at

VIEWS = 10
_FIELD_OF_VIEW = 30.0
_GROUND = np.array([[[205, 205, 205]]], dtype=np.uint8)


def object_views(item: CatalogueObject, count: int = VIEWS, size: int = 512) -> list[np.ndarray]:
    """Pictures of an object: one from above, the others around it, alternately from low and high.

    Args:
        item: what is looked at; count: how many pictures, at least 1; size: their width and height in pixels.

    Returns:
        (size, size, 3) uint8 RGB each.
    """
    extent = item.extent
    middle = np.array([0.0, 0.0, extent[2] / 2])
    radius = float(np.linalg.norm(extent) / 2)
    focal = size / (2 * np.tan(np.radians(_FIELD_OF_VIEW / 2)))
    camera = PinholeCamera(focal, focal, (size - 1) / 2, (size - 1) / 2, size, size)
    away = 1.1 * radius / np.sin(np.radians(_FIELD_OF_VIEW / 2))
    surfaces = [*placed_surfaces(item, np.eye(4), 1), _ground(radius)]
    renderer = SceneRenderer(surfaces, _even_light(radius), cell=2 * away / focal)
    response = CameraResponse(target=0.42, saturation=1.0)
    poses = [look_at(middle + away * direction, middle) for direction in _directions(count)]
    return [renderer.render(camera, pose, response).color for pose in poses]


def _directions(count: int) -> np.ndarray:
    """(count, 3) unit vectors from the object to the cameras."""
    around = max(count - 1, 1)
    turn = 2 * np.pi * (np.arange(around) + 0.5) / around
    elevation = np.radians(np.where(np.arange(around) % 2 == 0, 20.0, 45.0))
    ring = np.stack([np.cos(turn) * np.cos(elevation), np.sin(turn) * np.cos(elevation), np.sin(elevation)], axis=1)
    return ring if count == 1 else np.concatenate([ring, [[0.0, 0.0, 1.0]]])


def _ground(radius: float):
    side = 30 * radius
    corner = np.array([-side / 2, -side / 2, -1e-4])
    return quad(corner, np.array([side, 0.0, 0.0]), np.array([0.0, side, 0.0]), _GROUND)


def _even_light(radius: float) -> Lighting:
    """Two large lamps above, in proportion to the object, and much light from everywhere."""
    scale = 6 * radius

    def lamp(x: float, y: float, power: float) -> AreaLight:
        centre = scale * np.array([x, y, 1.2])
        return AreaLight(centre, np.array([scale / 2, 0, 0]), np.array([0, scale / 2, 0]), np.full(3, power))

    return Lighting((lamp(0.7, -0.7, 0.35), lamp(-0.8, 0.5, 0.2)), np.full(3, 0.5), np.full(3, 0.3))
