"""What tells a stored scene from another that later takes its name."""

from __future__ import annotations

import hashlib

import numpy as np

from drop_clip_ros.scenes.storage import Scene


def scene_fingerprint(scene: Scene) -> str:
    """Sixteen hexadecimal digits of the scene's objects, poses and cameras.

    What is computed from a scene and kept beside it carries this: a dataset generated anew under the same names
    is noticed.
    """
    digest = hashlib.sha256(str(scene.seed).encode())
    for item in scene.instances:
        digest.update(f"{item.id} {item.object_id} {item.annotation}".encode())
        digest.update(np.round(np.asarray(item.world_from_object, np.float64), 6).tobytes())
    for view in scene.views:
        digest.update(f"{view.name} {view.camera}".encode())
        digest.update(np.round(np.asarray(view.world_from_camera, np.float64), 6).tobytes())
    return digest.hexdigest()[:16]
