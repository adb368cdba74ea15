"""Cold starts: what the processes said is gathered, and one that fails is told."""

import json
import mmap
import subprocess

import pytest

from drop_clip_ros.benchmarking import cold_start
from drop_clip_ros.benchmarking.cold_start import MILESTONES, time_cold_start
from drop_clip_ros.benchmarking.first_answer import resident_megabytes
from drop_clip_ros.errors import ConfigError
from drop_clip_ros.student.student import EngineConfig


def test_medians_are_over_the_processes(monkeypatch, tmp_path):
    seconds = iter([6.0, 2.0, 3.0])

    def run(words, env, **_):
        assert env["OMP_NUM_THREADS"] == "1"
        assert json.loads(words[-1])["engine"]["precision"] == "float32"
        whole = next(seconds)
        reached = {name: whole * (place + 1) / 5 for place, name in enumerate(MILESTONES)}
        answer = {"reached_s": reached, "memory_mb": {"resident": 100 * whole, "peak": 200 * whole}}
        return subprocess.CompletedProcess(words, 0, f"chatter\n{json.dumps(answer)}\n", "")

    monkeypatch.setattr(cold_start.subprocess, "run", run)
    found = time_cold_start(tmp_path, engine=EngineConfig("float32"), threads=1, repeats=3)
    assert found.median() == 3.0
    assert found.median("imports") == pytest.approx(1.2)
    assert (found.resident_mb, found.peak_mb) == (300.0, 600.0)


def test_a_process_that_fails_is_told_with_its_last_line(tmp_path):
    with pytest.raises(ConfigError, match=r"exit code 1: .*color\.png"):
        time_cold_start(tmp_path, repeats=1)


def test_resident_memory_is_that_of_this_process():
    before = resident_megabytes()
    with mmap.mmap(-1, 50_000_000) as held:  # not of the heap, which may have as much to spare
        held.write(bytes([1]) * 50_000_000)
        assert resident_megabytes()["resident"] > before["resident"] + 30
