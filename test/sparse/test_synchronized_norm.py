"""Batch normalisation over two processes against PyTorch's over all rows in one."""

import os
import pickle
import socket
import subprocess
import sys

import numpy as np
import pytest
import torch

# Rows of each process; the last level of a small cloud may be one voxel, or none.
CASES = {"unlike": (30, 7), "one": (5, 1), "none": (6, 0), "one in all": (1, 0)}

WORK = """
import pickle, sys
import torch
from torch import distributed
from drop_clip_ros.sparse.modules import SparseBatchNorm, synchronize_batch_norm
distributed.init_process_group("gloo")
rank = distributed.get_rank()
with open(sys.argv[1], "rb") as file:
    cases = pickle.load(file)
out = {}
for name, (parts, grads) in cases.items():
    layer = SparseBatchNorm(4, 0.3).train()
    layer.bn.weight.data = torch.tensor([1.0, 2.0, 0.5, -1.0])
    synchronize_batch_norm(layer)
    features = parts[rank].requires_grad_()
    answer = layer.normalise(features)
    answer.backward(grads[rank])
    gradients = torch.stack([layer.bn.weight.grad, layer.bn.bias.grad])
    distributed.all_reduce(gradients)
    out[name] = (answer.detach(), features.grad, gradients, layer.bn.running_mean, layer.bn.running_var)
with open(f"{sys.argv[1]}.{rank}", "wb") as file:
    pickle.dump(out, file)
distributed.destroy_process_group()
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """The cases' rows and gradients, and what two processes made of them."""
    rng, work = np.random.default_rng(0), tmp_path_factory.mktemp("norm") / "cases"
    draw = lambda count: torch.tensor(rng.normal(100.0, 2.0, (count, 4)), dtype=torch.float32)  # noqa: E731
    cases = {name: ([draw(n) for n in counts], [draw(n) - 100.0 for n in counts]) for name, counts in CASES.items()}
    work.write_bytes(pickle.dumps(cases))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": "2", "OMP_NUM_THREADS": "1"}
    processes = [
        subprocess.Popen([sys.executable, "-c", WORK, str(work)], env=os.environ | address | {"RANK": str(rank)})
        for rank in range(2)
    ]
    assert [process.wait(timeout=120) for process in processes] == [0, 0]
    return cases, [pickle.loads(work.with_name(f"cases.{rank}").read_bytes()) for rank in range(2)]


@pytest.mark.parametrize("name", ["unlike", "one", "none"])
def test_answers_gradients_and_running_statistics_are_those_of_all_rows(answers, name):
    parts, grads = answers[0][name]
    bn = torch.nn.BatchNorm1d(4, momentum=0.3).double()
    bn.weight.data = torch.tensor([1.0, 2.0, 0.5, -1.0], dtype=torch.float64)
    features = torch.cat(parts).double().requires_grad_()
    answer = bn(features)
    answer.backward(torch.cat(grads).double())
    found = [rank[name] for rank in answers[1]]
    close = lambda a, b: torch.testing.assert_close(a.double(), b, atol=2e-4, rtol=1e-4)  # noqa: E731
    close(torch.cat([f[0] for f in found]), answer.detach())
    close(torch.cat([f[1] for f in found]), features.grad)
    for _, _, gradients, mean, variance in found:
        close(gradients, torch.stack([bn.weight.grad, bn.bias.grad]))
        close(mean, bn.running_mean)
        close(variance, bn.running_var)


def test_a_single_row_in_all_keeps_the_running_statistics(answers):
    parts, _ = answers[0]["one in all"]
    answer, _, _, mean, variance = answers[1][0]["one in all"]
    torch.testing.assert_close(answer, parts[0] * torch.tensor([1.0, 2.0, 0.5, -1.0]) / np.sqrt(1 + 1e-5))
    assert torch.equal(mean, torch.zeros(4))
    assert torch.equal(variance, torch.ones(4))
