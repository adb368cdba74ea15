"""Compile the Triton kernels for a Hopper GPU that need not be there, and print what the compiler made of them."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from drop_clip_ros.sparse import triton_kernels as kernels
from drop_clip_ros.sparse.morton import X_BITS, Y_BITS, Z_BITS

LAYER = {"C_IN": 64, "C_OUT": 128, "VOLUME": 27}
TILE = {"BLOCK_M": 64, "BLOCK_N": 128, "BLOCK_K": 64}
FINISH = {"HAS_BIAS": True, "HAS_RESIDUAL": True, "RELU": True}
HALF = {"PRECISION": "tf32", "WIDEN": False, "ROUND": False}
OUTPUT = {"out": "*bf16", "rows": "*i32", "bias": "*fp32", "residual": "*bf16"}
INPUT = {"x": "*bf16", "kernel": "*bf16", "inputs": "*i32", "offsets": "*i32", "counts": "*i32"}
PAIRS = {"grad": "*bf16", "out": "*fp32", "in_rows": "*i32", "out_rows": "*i32", "starts": "*i32"}
CASES = {
    "product": (kernels.implicit_product, INPUT | OUTPUT, LAYER | TILE | FINISH | HALF | {"SPLITS": 1}),
    "parts": (
        kernels.implicit_product,
        INPUT | OUTPUT | {"out": "*fp32"},
        LAYER | TILE | FINISH | HALF | {"SPLITS": 4},
    ),
    "finish": (
        kernels.finish_product,
        OUTPUT | {"parts": "*fp32"},
        FINISH | {"ROUND": False, "C_OUT": 128, "BLOCK_M": 64, "BLOCK_N": 128, "SPLITS": 4},
    ),
    "narrow": (
        kernels.narrow_product,
        {"x": "*fp32", "kernel": "*fp32", "out": "*bf16", "table": "*i32", "count": "*i64", "bias": "*fp32"},
        {"C_IN": 6, "CHANNELS": 8, "C_OUT": 32, "VOLUME": 125, "RELU": True}
        | {"BLOCK_M": 64, "BLOCK_N": 32, "BLOCK_K": 64, **HALF},
    ),
    "gradient": (
        kernels.kernel_gradient,
        {"x": "*bf16", **PAIRS},
        LAYER
        | {"PRECISION": "tf32", "WIDEN": False}
        | {"BLOCK_I": 64, "BLOCK_J": 128, "BLOCK_P": 32, "SPLITS": 4, "ATOMIC": True},
    ),
    "neighbours": (
        kernels.find_neighbours,
        {"keys": "*i64", "count": "*i64", "shifts": "*i64", "table": "*i32"},
        {"X": X_BITS, "Y": Y_BITS, "Z": Z_BITS, "STEPS": 15, "BLOCK": 64, "OFFSETS": 8},
    ),
}


def compiled(kernel, pointers, constants, capability):
    names = kernel.arg_names
    signature = {n: pointers.get(n, "constexpr" if n in constants else "i32") for n in names}
    aligned = {(place,): [["tt.divisibility", 16]] for place, n in enumerate(names) if n not in constants}
    source = ASTSource(kernel, signature, {(names.index(n),): value for n, value in constants.items()}, aligned)
    return triton.compile(source, target=GPUTarget("cuda", capability, 32), options={"num_warps": 4, "num_stages": 5})


def report(binary):
    tools = Path(triton.__file__).parent / "backends" / "nvidia" / "bin"
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(binary.asm["cubin"])
        file.flush()
        code = subprocess.run([tools / "nvdisasm", "-c", file.name], capture_output=True, text=True, check=True).stdout
    words = ("HGMMA", "LDL", "STL", "LDGSTS")
    return {word: sum(word in line for line in code.splitlines()) for word in words} | {
        "shared": binary.metadata.shared
    }


if __name__ == "__main__":
    names = sys.argv[1:] or list(CASES)
    print(json.dumps({name: report(compiled(*CASES[name], 90)) for name in names}))
