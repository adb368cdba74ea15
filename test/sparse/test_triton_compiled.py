"""What Triton's compiler makes of the kernels for Hopper; it needs no GPU for that."""

import itertools
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


def kernels(made, name):
    return [counts for kernel, counts in made.items() if kernel.startswith(name)]


def test_products_run_on_the_matrix_units(made):
    """HGMMA is Hopper's own matrix instruction; LDGSTS copies to shared memory without waiting."""
    products = [kernels(made, name) for name in ("implicit_product", "narrow_product", "kernel_gradient")]
    assert [len(found) for found in products] == [2, 1, 1]
    for counts in itertools.chain(*products):
        assert counts["HGMMA"] > 0
        assert counts["LDGSTS"] > 0


def test_nothing_is_spilled_and_shared_memory_suffices(made):
    assert kernels(made, "find_neighbours")
    assert kernels(made, "finish_product")
    for name, counts in made.items():
        assert counts["LDL"] == counts["STL"] == 0, name
        assert counts["shared"] <= 227 * 1024
    for counts in kernels(made, "implicit_product"):
        assert 3 * (counts["shared"] + 1024) <= 228 * 1024  # three programs on a multiprocessor
