#!/usr/bin/env python3
"""Do the grasps hold? A free-floating gripper in MuJoCo closes on generated objects and lifts them.

Each trial settles an object on a table, takes one view of it with a depth camera's errors, searches grasps in the
target's points, and lifts by the best one and by the one nearest to the target's centre (DROP-CLIP A.7).

  python benchmarks/grasp_lift.py --trials 40 --neighbours 3
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import open3d
from rich.console import Console
from rich.progress import track
from rich.table import Table

from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.grasping.antipodal import AntipodalConfig, detect_grasps
from drop_clip_ros.grasping.grasp import Grasp
from drop_clip_ros.grasping.gripper import Gripper
from drop_clip_ros.grasping.selection import nearest_grasps, target_centre
from drop_clip_ros.scenes.catalogue.catalogue import load_catalogue
from drop_clip_ros.scenes.catalogue.model import CatalogueObject
from drop_clip_ros.scenes.depth_sensor import DepthSensor, sense_depth
from drop_clip_ros.scenes.physics import drop_objects
from drop_clip_ros.scenes.placement import PlacementConfig
from drop_clip_ros.scenes.viewpoints import look_at

TABLE_HALF = 0.4
LIFT, HELD = 0.15, 0.08  # metres that the gripper rises, and that the object has to rise with it
APPROACH = 0.10
FORCE = 15.0  # newtons of each finger
STEP = 0.001


@dataclass(frozen=True)
class Standing:
    """An object at rest on the table."""

    item: CatalogueObject
    pose: np.ndarray


def settle(catalogue: Any, object_id: str, neighbours: int, rng: np.random.Generator) -> list[Standing]:
    """The object, first, and others around it; nothing when it did not come to rest."""
    others = rng.choice(catalogue.object_ids, size=neighbours, replace=False) if neighbours else []
    items = [catalogue.build(name) for name in (object_id, *others)]
    placement = PlacementConfig(spread=(0.16, 0.2), on_top=0.0, heap=0.0, tilted=0.0)
    settled = drop_objects(items, (TABLE_HALF, TABLE_HALF), rng, placement)
    if not settled or settled[0].index != 0:
        return []
    return [Standing(items[entry.index], entry.world_from_object) for entry in settled]


def view(standing: list[Standing], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points of the first object, all other points and the camera's place, world frame."""
    tensor: Any = open3d.core.Tensor
    caster = open3d.t.geometry.RaycastingScene(nthreads=1)
    half = 0.8
    corners = np.array([[-half, -half, 0], [half, -half, 0], [half, half, 0], [-half, half, 0]], np.float32)
    caster.add_triangles(tensor(corners), tensor(np.array([[0, 1, 2], [0, 2, 3]], np.uint32)))
    owner = [-1]
    for number, thing in enumerate(standing):
        for part in thing.item.parts:
            vertices = part.vertices @ thing.pose[:3, :3].T + thing.pose[:3, 3]
            caster.add_triangles(tensor(vertices.astype(np.float32)), tensor(part.faces.astype(np.uint32)))
            owner.append(number)
    camera = PinholeCamera(600.0, 600.0, 319.5, 239.5, 640, 480)
    elevation, azimuth, distance = np.radians(rng.uniform(30, 65)), rng.uniform(0, 2 * np.pi), rng.uniform(0.55, 0.85)
    middle = standing[0].pose[:3, 3] * [1, 1, 0] + [0, 0, 0.04]
    across = [np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)]
    world_from_camera = look_at(middle + distance * np.array(across), middle)
    rays = caster.create_rays_pinhole(
        tensor(camera.matrix), tensor(np.linalg.inv(world_from_camera)), camera.width, camera.height
    )
    hit = caster.cast_rays(rays)
    depth = hit["t_hit"].numpy()
    ids = hit["geometry_ids"].numpy()
    clean = np.where(np.isfinite(depth), depth, np.nan).astype(np.float32)
    sensed = sense_depth(DepthSensor(), clean, np.full(clean.shape, 128, np.uint8), rng)
    label = np.array([*owner, -2])[np.where(ids < len(owner), ids, len(owner))]
    xyz = camera.back_project(sensed).reshape(-1, 3)
    world = xyz @ world_from_camera[:3, :3].T + world_from_camera[:3, 3]
    usable = np.isfinite(xyz[:, 2])
    target = usable & (label.ravel() == 0)
    return world[target], world[usable & ~target], world_from_camera[:3, 3]


def lift(standing: list[Standing], grasp: Grasp, gripper: Gripper, gap: float) -> bool:
    """Whether a grasp brings the first object up."""
    model, data = world_with_gripper(standing, grasp, gripper, gap)
    start = grasp.shifted(-APPROACH)[:3, 3]
    above = grasp.tip + np.array([0, 0, LIFT])
    before = data.body("object_0").xpos[2]
    for begin, end, seconds, closed in (
        (start, grasp.tip, 0.6, False),
        (grasp.tip, grasp.tip, 0.5, True),
        (grasp.tip, above, 0.8, True),
        (above, above, 0.5, True),
    ):
        for share in np.linspace(0, 1, int(seconds / STEP)):
            data.mocap_pos[0] = begin + share * (end - begin)
            data.ctrl[:] = FORCE if closed else -2.0
            mujoco.mj_step(model, data)
    rise = data.body("object_0").xpos[2] - before
    return bool(np.isfinite(rise) and rise > HELD)


def world_with_gripper(standing: list[Standing], grasp: Grasp, gripper: Gripper, gap: float) -> tuple[Any, Any]:
    """The table, the objects, and the gripper before its approach, its jaws opened to `gap` metres."""
    spec = mujoco.MjSpec()
    spec.option.timestep = STEP
    spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    spec.option.impratio = 10
    box = mujoco.mjtGeom.mjGEOM_BOX
    spec.worldbody.add_geom(type=box, size=[1, 1, 0.05], pos=[0, 0, -0.05], friction=[0.8, 0.01, 0.002], condim=6)
    for number, thing in enumerate(standing):
        _add_object(spec, number, thing)
    quaternion = np.zeros(4)
    mujoco.mju_mat2Quat(quaternion, grasp.pose[:3, :3].reshape(-1))
    place = {"pos": grasp.shifted(-APPROACH)[:3, 3], "quat": quaternion}
    spec.worldbody.add_body(name="guide", mocap=True, **place)
    hand = spec.worldbody.add_body(name="hand", gravcomp=1, **place)
    hand.add_freejoint()
    _, _, palm = gripper.boxes(gap)
    hand.add_geom(type=box, size=(palm[1] - palm[0]) / 2, pos=palm.mean(axis=0), mass=1.0)
    size = [gripper.finger_thickness / 2, gripper.finger_width / 2, gripper.finger_length / 2]
    for name, sign in (("left", -1.0), ("right", 1.0)):
        x = sign * (gap + gripper.finger_thickness) / 2
        finger = hand.add_body(name=name, pos=[x, 0, -gripper.finger_length / 2], gravcomp=1)
        limit = [-max(gripper.opening - gap, 0.0) / 2 - 1e-4, gap / 2]
        finger.add_joint(
            name=name, type=mujoco.mjtJoint.mjJNT_SLIDE, axis=[-sign, 0, 0], range=limit, limited=1, damping=[20, 0, 0]
        )
        finger.add_geom(type=box, size=size, mass=0.1, friction=[0.6, 0.01, 0.002], condim=6, solref=[0.006, 1])
        motor = spec.add_actuator(name=name, target=name, trntype=mujoco.mjtTrn.mjTRN_JOINT)
        motor.gainprm[0] = 1
    coupled = spec.add_equality(name1="left", name2="right", type=mujoco.mjtEq.mjEQ_JOINT)
    coupled.data[:5] = [0, 1, 0, 0, 0]
    weld = spec.add_equality(
        name1="guide", name2="hand", type=mujoco.mjtEq.mjEQ_WELD, objtype=mujoco.mjtObj.mjOBJ_BODY, solref=[0.005, 1]
    )
    weld.data[:11] = [0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1]
    spec.add_exclude(bodyname1="hand", bodyname2="left")
    spec.add_exclude(bodyname1="hand", bodyname2="right")
    model = spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    return model, data


def _add_object(spec: Any, number: int, thing: Standing) -> None:
    quaternion = np.zeros(4)
    mujoco.mju_mat2Quat(quaternion, thing.pose[:3, :3].reshape(-1))
    body = spec.worldbody.add_body(name=f"object_{number}", pos=thing.pose[:3, 3], quat=quaternion)
    body.add_freejoint()
    for piece, hull in enumerate(thing.item.hulls):
        name = f"hull_{number}_{piece}"
        mesh = spec.add_mesh(name=name, uservert=np.asarray(hull, np.float32).reshape(-1))
        mesh.inertia = mujoco.mjtMeshInertia.mjMESH_INERTIA_CONVEX
        body.add_geom(
            type=mujoco.mjtGeom.mjGEOM_MESH,
            meshname=name,
            density=thing.item.density,
            friction=[0.6, 0.01, 0.002],
            condim=6,
            solref=[0.006, 1.0],
        )


def trial(catalogue: Any, object_id: str, neighbours: int, seed: int, config: AntipodalConfig) -> dict | None:
    """One object, one view, two lifts; None when there was nothing to grasp."""
    rng = np.random.default_rng(seed)
    try:
        standing = settle(catalogue, object_id, neighbours, rng)
    except ValueError:  # a hull that MuJoCo cannot use
        return None
    if not standing:
        return None
    target, scene, eye = view(standing, rng)
    if len(target) < 150:
        return None
    started = time.perf_counter()
    answer = detect_grasps(target, scene, eye, config)
    result: dict = {"object": object_id, "points": len(target), "ms": 1000 * (time.perf_counter() - started)}
    result |= {"counts": answer.counts, "grasps": len(answer.grasps), "best": None, "nearest": None}
    if answer.grasps:
        chosen = {"best": answer.grasps[0], "nearest": nearest_grasps(answer.grasps, target)[0]}
        for name, grasp in chosen.items():
            gap = min(grasp.width + 2 * config.clearance, config.gripper.opening)
            result[name] = lift(standing, grasp, config.gripper, gap)
    result["random"] = lift(standing, from_above(target, rng), config.gripper, config.gripper.opening)
    return result


def from_above(target: np.ndarray, rng: np.random.Generator) -> Grasp:
    """What a sampler has to beat: straight down over the target's centre, turned anyhow, just above the table."""
    turn = rng.uniform(0, np.pi)
    closing = np.array([np.cos(turn), np.sin(turn), 0.0])
    pose = np.eye(4)
    pose[:3, :3] = np.stack([closing, np.cross([0, 0, -1.0], closing), [0, 0, -1.0]], axis=1)
    pose[:3, 3] = [*target_centre(target)[:2], max(0.005, np.quantile(target[:, 2], 0.98) - 0.03)]
    return Grasp(pose, 0.0, 0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--neighbours", type=int, default=0, help="other objects on the table")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--catalogue", default="generated")
    parser.add_argument("--split", default="test", choices=["train", "val", "test"])
    parser.add_argument("--friction", type=float, default=0.5)
    parser.add_argument("--hypotheses", type=int, default=2000)
    parser.add_argument("--json", type=Path, help="write the trials here too")
    args = parser.parse_args()
    config = AntipodalConfig(friction=args.friction, hypotheses=args.hypotheses)
    catalogue = load_catalogue(args.catalogue)
    ids = np.random.default_rng(args.seed).permutation(catalogue.ids_of(args.split))
    results = []
    for number, object_id in enumerate(track(ids, "lifting", total=args.trials, transient=True)):
        result = trial(catalogue, str(object_id), args.neighbours, args.seed + number, config)
        if result is not None:
            results.append(result)
        if len(results) == args.trials:
            break
    report(results, args)


def report(results: list[dict], args: argparse.Namespace) -> None:
    """Print the trials and what came of them."""
    console = Console(width=160)
    table = Table("object", "points", "grasps", "best", "nearest", "random", "ms", "ruled out")
    words = {True: "lifted", False: "lost", None: "-"}
    for r in results:
        ruled = ", ".join(f"{name} {count}" for name, count in r["counts"].items() if name != "hypotheses")
        outcomes = (words[r["best"]], words[r["nearest"]], words[r["random"]])
        table.add_row(r["object"], str(r["points"]), str(r["grasps"]), *outcomes, f"{r['ms']:.0f}", ruled)
    console.print(table)
    found = [r for r in results if r["grasps"]]
    times = np.median([r["ms"] for r in results])
    for name in ("best", "nearest"):
        lifted = sum(r[name] for r in found)
        console.print(f"{name}: {lifted} of {len(found)} with grasps lifted, of {len(results)} objects")
    lifted = sum(r["random"] for r in results)
    console.print(f"random, from above over the target's centre: {lifted} of {len(results)} objects")
    console.print(f"median {times:.0f} ms; {platform.processor() or platform.machine()}, MuJoCo {mujoco.__version__}")
    if args.json:
        args.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
