"""The same bytes whatever makes the scenes, and after any death in the middle."""

import os
import signal
import subprocess
import sys
import time

import pytest

from drop_clip_ros.errors import ConfigError, SceneError
from drop_clip_ros.scenes.viewpoints import ViewpointConfig

pytest.importorskip("open3d")
pytest.importorskip("mujoco")
from drop_clip_ros.scenes.checksums import verify_checksums
from drop_clip_ros.scenes.engines import with_absolute_paths
from drop_clip_ros.scenes.generate import generate_scenes
from drop_clip_ros.scenes.generation_config import GenerationConfig
from drop_clip_ros.scenes.resuming import only_run

SCENES = 4
PROGRAM = """
from pathlib import Path
from drop_clip_ros.scenes.generate import generate_scenes
from drop_clip_ros.scenes.generation_config import GenerationConfig
from drop_clip_ros.scenes.viewpoints import ViewpointConfig
if __name__ == "__main__":
    small = ViewpointConfig(width=64, height=48)
    print(generate_scenes(GenerationConfig(Path({out!r}), {scenes}, 2, 5, 2, viewpoints=small)).made)
"""


def config(out, **more):
    return GenerationConfig(
        out, **{"scenes": SCENES, "views": 2, "seed": 5, **more}, viewpoints=ViewpointConfig(64, 48)
    )


def contents(folder):
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.fixture(scope="module")
def made_by_one_process(tmp_path_factory):
    out = tmp_path_factory.mktemp("scenes") / "data"
    generate_scenes(config(out))
    return contents(out)


@pytest.fixture
def running(tmp_path):
    """A run of two processes after its first scene: (folder, process, pids of its workers)."""
    out, program = tmp_path / "data", tmp_path / "run.py"
    program.write_text(PROGRAM.format(out=str(out), scenes=SCENES))
    process = subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: list(out.glob("scene_*")) or process.poll() is not None)
    children = subprocess.run(["pgrep", "-P", str(process.pid), "-f", "spawn_main"], capture_output=True, text=True)
    yield out, process, [int(pid) for pid in children.stdout.split()]
    process.kill()
    process.communicate()


def wait_for(condition):
    deadline = time.monotonic() + 240
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_alive(pid):
    try:
        return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_killed_worker_is_replaced_and_its_scene_made_again(running, made_by_one_process):
    out, process, workers = running
    os.kill(workers[0], signal.SIGKILL)
    assert process.wait(240) == 0, process.stderr.read()
    assert contents(out) == made_by_one_process


def test_workers_of_a_killed_run_end_and_the_next_run_goes_on(running, made_by_one_process):
    out, process, workers = running
    process.kill()
    wait_for(lambda: not any(map(is_alive, workers)))
    assert len(workers) == 2
    made = [folder.name for folder in out.glob("scene_*")]
    stamps = {name: (out / name).stat().st_mtime_ns for name in made}
    report = generate_scenes(config(out))
    assert (report.made, report.skipped) == (SCENES - len(made), len(made))
    assert {name: (out / name).stat().st_mtime_ns for name in made} == stamps
    assert contents(out) == made_by_one_process
    assert verify_checksums(out).whole


def test_an_interrupted_run_leaves_whole_scenes_alone_and_no_process(running, made_by_one_process):
    out, process, workers = running
    process.send_signal(signal.SIGINT)
    assert process.wait(240) != 0
    wait_for(lambda: not any(map(is_alive, workers)))
    assert not list(out.glob(".*"))
    left = {path: content for path, content in contents(out).items() if path.startswith("scene_")}
    assert left.items() <= made_by_one_process.items()
    generate_scenes(config(out))
    assert contents(out) == made_by_one_process


def test_ray_makes_the_same_bytes_and_goes_on_where_it_was(tmp_path, made_by_one_process, monkeypatch):
    pytest.importorskip("ray", reason="Ray is not installed: pip install ray")
    monkeypatch.chdir(tmp_path)
    generate_scenes(config(tmp_path / "data", scenes=2))
    relative = (tmp_path / "data").relative_to(tmp_path)
    report = generate_scenes(config(relative, engine="ray", workers=2))
    assert (report.made, report.skipped) == (2, 2)
    assert contents(tmp_path / "data") == made_by_one_process


def test_two_runs_on_one_folder_are_refused(tmp_path):
    with only_run(tmp_path), pytest.raises(SceneError, match="another run"):
        generate_scenes(config(tmp_path))


def test_paths_are_absolute_for_workers_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    moved = with_absolute_paths(config(tmp_path / "a" / ".." / "data", catalogue="generated:3+meshes"))
    assert moved.out == tmp_path / "data"
    assert moved.catalogue == f"generated:3+{tmp_path / 'meshes'}"


@pytest.mark.parametrize("bad", [{"engine": "slurm"}, {"ray_address": "auto"}])
def test_unknown_engines_and_addresses_without_ray_are_refused(tmp_path, bad):
    with pytest.raises(ConfigError, match="engine"):
        config(tmp_path, **bad)
