"""Objects come to rest on a table: sampled placements, settled by MuJoCo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from drop_clip_ros.errors import MissingDependencyError
from drop_clip_ros.scenes.catalogue.model import CatalogueObject
from drop_clip_ros.scenes.placement import Placement, PlacementConfig, sample_placements

WALL_HEIGHT = 0.6
_STEP = 0.002  # seconds
_THINNEST = 0.003  # metres: thinner hulls are thickened, MuJoCo wants volume


@dataclass(frozen=True)
class SettleConfig:
    """When a scene counts as settled.

    Args:
        walled: seconds with temporary walls; longest: seconds altogether.
        linear, angular: speeds below which an object rests, m/s and rad/s.
        penetration: metres that two hulls may overlap; the upper one of a worse pair is taken away.
    """

    walled: float = 0.25
    longest: float = 3.0
    linear: float = 0.01
    angular: float = 0.15
    penetration: float = 0.006


@dataclass(frozen=True)
class SettledObject:
    """An object at rest.

    Args:
        index: its place in the list that was dropped.
        world_from_object: (4, 4) float64 pose; the table's top is z = 0.
        speed: m/s that was left when the simulation ended.
    """

    index: int
    world_from_object: np.ndarray
    speed: float


def drop_objects(
    objects: Sequence[CatalogueObject],
    table_half: tuple[float, float],
    rng: np.random.Generator,
    placement: PlacementConfig | None = None,
    settle: SettleConfig | None = None,
) -> list[SettledObject]:
    """Place objects on a table and let them come to rest.

    Args:
        objects: what is dropped.
        table_half: half sizes of the table along x and y, metres.
        rng: source of chance; the result depends on it alone.
        placement, settle: how they are placed, and when they rest.

    Returns:
        Those that stayed on the table and rest, in the order of `objects`; the others are left out.

    Raises:
        MissingDependencyError: MuJoCo is not installed.
    """
    placements = sample_placements(objects, table_half, rng, placement or PlacementConfig())
    return settle_placements(objects, placements, table_half, settle)


def settle_placements(
    objects: Sequence[CatalogueObject],
    placements: Sequence[Placement],
    table_half: tuple[float, float],
    settle: SettleConfig | None = None,
) -> list[SettledObject]:
    """Let placed objects come to rest; see `drop_objects`."""
    settle = settle or SettleConfig()
    kept = list(placements)
    for _ in range(4):
        if not kept:
            return []
        simulation = _Simulation(objects, kept, table_half, settle)
        simulation.run()
        bad = simulation.unfit()
        if not bad:
            return simulation.result()
        # Without the bad ones, what leant on them has to settle anew.
        settled = simulation.poses()
        kept = [Placement(item.index, settled[number]) for number, item in enumerate(kept) if number not in bad]
    return []


class _Simulation:
    """One MuJoCo world with a table, walls and free bodies."""

    def __init__(
        self,
        objects: Sequence[CatalogueObject],
        placements: Sequence[Placement],
        table_half: tuple[float, float],
        settle: SettleConfig,
    ) -> None:
        try:
            import mujoco
        except ImportError as error:
            raise MissingDependencyError("settling objects needs MuJoCo: pip install mujoco") from error
        self._mujoco, self._settle, self._half = mujoco, settle, np.asarray(table_half)
        self._placements = list(placements)
        spec = mujoco.MjSpec()
        spec.option.timestep = _STEP
        spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
        spec.option.impratio = 10
        self._add_table(spec)
        for number, item in enumerate(self._placements):
            self._add_object(spec, number, objects[item.index], item.world_from_object)
        self._model = spec.compile()
        self._data = mujoco.MjData(self._model)

    def _add_table(self, spec: Any) -> None:
        box = self._mujoco.mjtGeom.mjGEOM_BOX
        half_x, half_y = self._half
        spec.worldbody.add_geom(
            type=box, size=[half_x, half_y, 0.05], pos=[0, 0, -0.05], friction=[0.8, 0.01, 0.002], condim=6
        )
        slippery = [0.05, 0.001, 0.0001]
        for sign in (-1, 1):
            for axis, name, half in ((0, "x", half_x), (1, "y", half_y)):
                size, place = [half_x, half_y, WALL_HEIGHT], [0.0, 0.0, WALL_HEIGHT]
                size[axis], place[axis] = 0.02, sign * (half + 0.02)
                spec.worldbody.add_geom(name=f"wall_{name}{sign}", type=box, size=size, pos=place, friction=slippery)

    def _add_object(self, spec: Any, number: int, item: CatalogueObject, pose: np.ndarray) -> None:
        quaternion = np.zeros(4)
        self._mujoco.mju_mat2Quat(quaternion, pose[:3, :3].reshape(-1))
        body = spec.worldbody.add_body(name=f"object_{number}", pos=pose[:3, 3], quat=quaternion)
        joint = body.add_freejoint()
        joint.damping = np.array([2e-4, 0, 0]) if np.ndim(joint.damping) else 2e-4
        for piece, hull in enumerate(item.hulls):
            name = f"hull_{number}_{piece}"
            mesh = spec.add_mesh(name=name, uservert=_thick_enough(hull).astype(np.float32).reshape(-1))
            mesh.inertia = self._mujoco.mjtMeshInertia.mjMESH_INERTIA_CONVEX
            body.add_geom(
                type=self._mujoco.mjtGeom.mjGEOM_MESH,
                meshname=name,
                density=item.density,
                friction=[0.6, 0.01, 0.002],
                condim=6,
                solref=[0.006, 1.0],
            )

    def run(self) -> None:
        """Step until everything on the table rests or time is up; the walls go after a while."""
        mujoco, model, data, settle = self._mujoco, self._model, self._data, self._settle
        walls = [i for i in range(model.ngeom) if (model.geom(i).name or "").startswith("wall_")]
        mujoco.mj_step(model, data, nstep=int(settle.walled / _STEP))
        for wall in walls:
            model.geom_contype[wall] = 0
            model.geom_conaffinity[wall] = 0
        calm = 0
        while data.time < settle.longest and calm < 3:
            mujoco.mj_step(model, data, nstep=25)
            moving = [
                number
                for number in range(len(self._placements))
                if not self._fallen(number) and not self._rests(number)
            ]
            calm = 0 if moving else calm + 1
        mujoco.mj_forward(model, data)

    def _velocity(self, number: int) -> np.ndarray:
        return self._data.qvel[6 * number : 6 * number + 6]

    def _rests(self, number: int) -> bool:
        velocity = self._velocity(number)
        return bool(
            np.linalg.norm(velocity[:3]) < self._settle.linear and np.linalg.norm(velocity[3:]) < self._settle.angular
        )

    def _fallen(self, number: int) -> bool:
        # By the centre of mass: the object frame's origin may lie below the table for one that leans.
        x, y, z = self._data.xipos[number + 1]
        return bool(not z > 0 or abs(x) > self._half[0] + 0.02 or abs(y) > self._half[1] + 0.02)

    def unfit(self) -> set[int]:
        """Objects that fell, still move, or stick in another."""
        bad = {n for n in range(len(self._placements)) if self._fallen(n) or not self._rests(n)}
        for contact in self._data.contact:
            if contact.dist < -self._settle.penetration:
                bodies = [int(self._model.geom_bodyid[geom]) - 1 for geom in contact.geom]
                if not bad & set(bodies):
                    bad.add(max(bodies))
        return bad

    def poses(self) -> list[np.ndarray]:
        """(4, 4) world_from_object of every body."""
        result = []
        for number in range(len(self._placements)):
            state = self._data.qpos[7 * number : 7 * number + 7]
            rotation = np.zeros(9)
            self._mujoco.mju_quat2Mat(rotation, state[3:])
            pose = np.eye(4)
            pose[:3, :3] = rotation.reshape(3, 3)
            pose[:3, 3] = state[:3]
            result.append(pose)
        return result

    def result(self) -> list[SettledObject]:
        """The settled objects."""
        return [
            SettledObject(item.index, pose, float(np.linalg.norm(self._velocity(number)[:3])))
            for number, (item, pose) in enumerate(zip(self._placements, self.poses(), strict=True))
        ]


def _thick_enough(hull: np.ndarray) -> np.ndarray:
    """A hull's vertices, with a flat one thickened along its thinnest direction."""
    points = np.asarray(hull, dtype=np.float64)
    centred = points - points.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2]
    thickness = np.ptp(centred @ axes[-1])
    if thickness >= _THINNEST:
        return points
    shift = axes[-1] * 0.5 * (_THINNEST - thickness)
    return np.concatenate([points - shift, points + shift])
