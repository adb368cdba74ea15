"""What Triton's compiler makes of the kernels for Hopper; it needs no GPU for that."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("triton", reason="triton is not installed: pip install triton (Linux only)")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    environment["TRITON_CACHE_DIR"] = str(tmp_path_factory.mktemp("triton"))
    program = Path(__file__).with_name("compile_triton.py")
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_products_run_on_the_matrix_units(made):
    """HGMMA is Hopper's own matrix instruction; LDGSTS copies to shared memory without waiting."""
    for name in ("product", "parts", "narrow", "gradient"):
        assert made[name]["HGMMA"] > 0
        assert made[name]["LDGSTS"] > 0


def test_nothing_is_spilled_and_shared_memory_suffices(made):
    for name, counts in made.items():
        assert counts["LDL"] == counts["STL"] == 0, name
        assert counts["shared"] <= 227 * 1024
    assert 3 * (made["product"]["shared"] + 1024) <= 228 * 1024  # three programs on a multiprocessor
