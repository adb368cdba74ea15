#!/usr/bin/env python3
"""Time of a search for grasps on this machine: `python benchmarks/antipodal_grasps.py`.

Targets are shapes on a table beside two others, as a camera at 0.7 m sees them, with 1 mm of noise.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from typing import Any

import numpy as np
import open3d
import scipy
from rich.console import Console
from rich.table import Column, Table

from drop_clip_ros.grasping.antipodal import AntipodalConfig, detect_grasps
from drop_clip_ros.scenes.viewpoints import look_at


def meshes() -> dict[str, Any]:
    """The targets, at rest on z = 0."""
    make = open3d.geometry.TriangleMesh
    bowl = make.create_sphere(0.07).crop(open3d.geometry.AxisAlignedBoundingBox([-1, -1, -1], [1, 1, 0]))
    return {
        "box 6x9x10 cm": make.create_box(0.06, 0.09, 0.10).translate([-0.03, -0.045, 0]),
        "can 7x11 cm": make.create_cylinder(0.034, 0.11).translate([0, 0, 0.055]),
        "ball 7 cm": make.create_sphere(0.035).translate([0, 0, 0.035]),
        "bowl 14 cm": bowl.translate([0, 0, 0.07]),
        "pen 14x1.2 cm": make.create_box(0.14, 0.012, 0.012).translate([-0.07, 0, 0]),
    }


def clouds(mesh: Any, target_points: int, scene_points: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Target, scene and viewpoint; resampled to as many points as asked for."""
    tensor: Any = open3d.core.Tensor
    caster = open3d.t.geometry.RaycastingScene(nthreads=1)
    make = open3d.geometry.TriangleMesh
    caster.add_triangles(open3d.t.geometry.TriangleMesh.from_legacy(mesh))
    for thing in (
        make.create_box(0.08, 0.05, 0.15).translate([0.1, 0.04, 0]),
        make.create_cylinder(0.04, 0.1).translate([-0.13, 0.03, 0.05]),
        make.create_box(2, 2, 0.02).translate([-1, -1, -0.02]),
    ):
        caster.add_triangles(open3d.t.geometry.TriangleMesh.from_legacy(thing))
    eye = np.array([0.1, -0.5, 0.48])
    pose = look_at(eye, np.array([0, 0, 0.04]))
    width, height, focal = 1280, 960, 1200.0
    matrix = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
    hit = caster.cast_rays(caster.create_rays_pinhole(tensor(matrix), tensor(np.linalg.inv(pose)), width, height))
    rays = caster.create_rays_pinhole(tensor(matrix), tensor(np.linalg.inv(pose)), width, height).numpy()
    depth, owner = hit["t_hit"].numpy(), hit["geometry_ids"].numpy()
    rng = np.random.default_rng(0)
    depth = depth + rng.normal(scale=0.001, size=depth.shape)
    xyz = rays[..., :3] + depth[..., None] * rays[..., 3:]
    target, scene = xyz[owner == 0], xyz[np.isfinite(depth) & (owner != 0)]
    scene = scene[(np.abs(scene - target.mean(axis=0)) < 0.3).all(axis=1)]
    kept = [rng.choice(len(c), n, replace=len(c) < n) for c, n in ((target, target_points), (scene, scene_points))]
    return target[kept[0]], scene[kept[1]], eye


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target-points", type=int, default=5000)
    parser.add_argument("--scene-points", type=int, default=20000)
    parser.add_argument("--hypotheses", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=21)
    args = parser.parse_args()
    config = AntipodalConfig(hypotheses=args.hypotheses)
    console = Console(width=110)
    title = f"{args.target_points:,} target and {args.scene_points:,} scene points, {args.hypotheses:,} hypotheses: ms"
    table = Table(Column("target", no_wrap=True), "grasps", title=title, title_justify="left")
    rows, stages = [], []
    for name, mesh in meshes().items():
        target, scene, eye = clouds(mesh, args.target_points, args.scene_points)
        answer = detect_grasps(target, scene, eye, config)
        spent, cpu, parts = [], [], []
        for _ in range(args.repeats):
            started, busy = time.perf_counter(), time.process_time()
            answer = detect_grasps(target, scene, eye, config)
            spent.append(1000 * (time.perf_counter() - started))
            cpu.append(1000 * (time.process_time() - busy))
            parts.append(list(answer.timings_ms.values()))
        stages = list(answer.timings_ms)
        figures = [*np.median(parts, axis=0), np.median(spent), np.min(spent), np.median(cpu)]
        rows.append((name, str(len(answer.grasps)), *(f"{figure:.0f}" for figure in figures)))
    for column in (*stages, "median", "least", "cpu"):
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(*row)
    console.print(table)
    versions = f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}"
    load = os.getloadavg()[0]
    console.print(f"{_processor()}, {os.cpu_count()} cores, load {load:.1f}; {versions}, open3d {open3d.__version__}")


def _processor() -> str:
    """The processor's name, where Linux tells it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


if __name__ == "__main__":
    main()
