"""A figure says what it was measured on."""

import json

import torch

from drop_clip_ros.benchmarking import machine
from drop_clip_ros.benchmarking.machine import describe_machine, machine_lines


def test_versions_threads_and_native_operators_are_named():
    told = json.loads(json.dumps(describe_machine("cpu", 3)))
    assert told["torch"] == torch.__version__
    assert told["threads"] == 3
    assert told["native_operators"]
    lines = machine_lines(told)
    assert "3 threads" in lines[0]
    assert f"torch {torch.__version__}" in lines[1]


def test_a_gpu_is_named(monkeypatch):
    gpu = {"name": "Imagined 9000", "memory_gb": 80.0, "multiprocessors": 100, "cuda": "13.0"}
    monkeypatch.setattr(machine, "_gpu", lambda: gpu)
    assert "Imagined 9000 (CUDA 13.0)" in machine_lines(describe_machine("cuda", 1))[0]


def test_a_system_without_cpuinfo_has_a_processor_too(monkeypatch):
    monkeypatch.setattr(machine, "_processor_field", lambda name: "")
    assert machine.processor_name()
