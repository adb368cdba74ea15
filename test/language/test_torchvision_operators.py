"""The guard in front of torchvision."""

import importlib.util
import subprocess
import sys

import pytest

from drop_clip_ros.language import torchvision_operators


def test_without_torchvision_nothing_is_defined(monkeypatch):
    monkeypatch.setattr(torchvision_operators, "_library", None)
    monkeypatch.setattr(torchvision_operators.importlib.util, "find_spec", lambda name: None)
    assert torchvision_operators.ensure_torchvision_imports() is False


@pytest.mark.skipif(importlib.util.find_spec("torchvision") is None, reason="torchvision is not installed")
def test_torchvision_imports_behind_the_guard_whatever_torch_it_was_built_for():
    code = (
        "from drop_clip_ros.language.torchvision_operators import ensure_torchvision_imports as ensure\n"
        "assert ensure() == ensure()\n"
        "import torchvision.transforms, torchvision.ops\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
