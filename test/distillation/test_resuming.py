"""A run that is killed or stopped anywhere, and goes on, ends with the weights of one that was not."""

import signal
import subprocess
import sys

import numpy as np
import pytest
import torch

from drop_clip_ros.distillation.recipe import Recipe
from drop_clip_ros.distillation.run import DistillationRun
from drop_clip_ros.distillation.stopping import StopSignals
from drop_clip_ros.distillation.targets import BACKGROUND_PHRASES, weighted_phrases
from drop_clip_ros.student.minkunet import ARCHITECTURES, Architecture

STEPS = 9
SMALL = Recipe(architecture="MinkUNetSmall", batch_size=1, max_voxels=300, loss_voxels=200, warmup_steps=4)

RUN = """
import sys
from pathlib import Path
import torch
from drop_clip_ros.distillation.recipe import Recipe
from drop_clip_ros.distillation.run import DistillationRun
from drop_clip_ros.student.minkunet import ARCHITECTURES, Architecture
def report(stage, progress, note):
    print(stage, note, flush=True)
if __name__ == "__main__":
    ARCHITECTURES["MinkUNetSmall"] = Architecture((8,) * 8, (1,) * 8)
    recipe = Recipe(architecture="MinkUNetSmall", batch_size=1, max_voxels=300, loss_voxels=200, warmup_steps=4)
    dataset, out, space, steps = sys.argv[1:]
    run = DistillationRun((Path(dataset),), Path(out), recipe, text_space=space, threads=1, save_every=2, log_every=1)
    run.report = report
    run.execute(steps=int(steps))
"""


@pytest.fixture
def text_space(tmp_path, annotations, space):
    phrases = sorted({text for a in annotations.values() for text in weighted_phrases(a)} | set(BACKGROUND_PHRASES))
    np.savez(tmp_path / "phrases.npz", names=np.array(phrases), vectors=space.encode(phrases))
    return f"table:{tmp_path / 'phrases.npz'}"


@pytest.fixture
def small_architecture(monkeypatch):
    monkeypatch.setitem(ARCHITECTURES, "MinkUNetSmall", Architecture((8,) * 8, (1,) * 8))


def end_at(step, number, script, *arguments):
    """Run until a step is logged, send a signal, and return the step of the last line and the exit status."""
    process = subprocess.Popen([sys.executable, script, *arguments], stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if f"training step {step}:" in line:
            process.send_signal(number)
            break
    rest = process.communicate(timeout=60)[0].splitlines()
    return [line for line in rest if line.startswith("stopped")], process.returncode


def test_a_killed_and_a_stopped_run_go_on_bit_for_bit(dataset, text_space, small_architecture, tmp_path):
    script, out = tmp_path / "run.py", tmp_path / "interrupted"
    script.write_text(RUN)
    arguments = (str(script), str(dataset), str(out), text_space, str(STEPS))
    assert end_at(3, signal.SIGKILL, *arguments)[1] == -signal.SIGKILL
    killed_at = torch.load(out / "checkpoint.pt", weights_only=True)["step"]
    stopped, status = end_at(killed_at + 1, signal.SIGTERM, *arguments)
    assert (len(stopped), status) == (1, 128 + signal.SIGTERM)
    stopped_at = torch.load(out / "checkpoint.pt", weights_only=True)["step"]
    assert 2 <= killed_at < stopped_at < STEPS
    ends = []
    for folder in (out, tmp_path / "whole"):
        run = DistillationRun((dataset,), folder, SMALL, text_space=text_space, threads=1, save_every=2)
        run.execute(steps=STEPS)
        ends.append(torch.load(folder / "checkpoint.pt", weights_only=True))
    assert [end["step"] for end in ends] == [STEPS] * 2
    for part in ("network", "average"):
        for name, tensor in ends[1][part].items():
            assert torch.equal(ends[0][part][name], tensor), name
    for row, moments in ends[1]["optimizer"]["state"].items():
        assert torch.equal(ends[0]["optimizer"]["state"][row]["exp_avg_sq"], moments["exp_avg_sq"])


def test_a_signal_is_noted_and_a_second_interrupt_is_not_waited_for():
    before = signal.getsignal(signal.SIGINT)
    with StopSignals() as signals:
        assert not signals.wanted()
        signal.raise_signal(signal.SIGINT)
        assert signals.wanted()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
    with pytest.raises(KeyboardInterrupt):
        signals.leave()
