"""Two processes under torchrun's variables train as one process on the same data."""

import os
import pickle
import socket
import subprocess
import sys

import numpy as np
import pytest
import torch

from drop_clip_ros.distillation.batches import BatchMaker, join
from drop_clip_ros.distillation.recipe import Recipe
from drop_clip_ros.distillation.training import Distiller
from drop_clip_ros.student.minkunet import ARCHITECTURES, Architecture

STEPS = 6
RECIPE = Recipe(
    architecture="MinkUNetSmall", contrastive_weight=0.0, object_weight=0.0, phrase_weight=0.0, loss_voxels=100_000,
    max_voxels=300, warmup_steps=0, bfloat16=False, sync_batch_norm=True, gradients="float32", learning_rate=3e-4,
)  # fmt: skip

WORK = """
import pickle, sys
import torch
from drop_clip_ros.distillation.cooperation import join_processes
from drop_clip_ros.distillation.training import Distiller
from drop_clip_ros.student.minkunet import ARCHITECTURES, Architecture
torch.set_num_threads(1)
ARCHITECTURES["MinkUNetSmall"] = Architecture((8,) * 8, (1,) * 8)
with open(sys.argv[1], "rb") as file:
    recipe, table, pairs = pickle.load(file)
rank = join_processes()
distiller = Distiller(recipe, table, 0)
losses = [distiller.train_step(pair[rank], 0.0) for pair in pairs]
with open(f"{sys.argv[1]}.{rank}", "wb") as file:
    pickle.dump((losses, distiller.state.network.state_dict()), file)
torch.distributed.destroy_process_group()
"""


@pytest.fixture
def small_architecture(monkeypatch):
    monkeypatch.setitem(ARCHITECTURES, "MinkUNetSmall", Architecture((8,) * 8, (1,) * 8))


def in_two_processes(script, *arguments):
    """Run a script as torchrun would on one machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": "2", "OMP_NUM_THREADS": "1"}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, *arguments],
            env=os.environ | address | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
        )
        for rank in range(2)
    ]
    assert [process.wait(timeout=120) for process in processes] == [0, 0]


def test_losses_and_weights_are_those_of_one_process_on_the_same_data(small_architecture, packed, table, tmp_path):
    # Unlike numbers of voxels: means over all are not the means of the processes' means.
    makers = [BatchMaker([packed], Recipe(batch_size=1, max_voxels=voxels), 3) for voxels in (400, 210)]
    pairs = [tuple(maker.batch() for maker in makers) for _ in range(STEPS)]
    work = tmp_path / "work.pickle"
    work.write_bytes(pickle.dumps((RECIPE, table, pairs)))
    in_two_processes(WORK, str(work))
    alone = Distiller(RECIPE, table, 0)
    losses = [alone.train_step(join(list(pair)), 0.0) for pair in pairs]
    for rank in range(2):
        found, weights = pickle.loads((tmp_path / f"work.pickle.{rank}").read_bytes())
        for name in ("cosine", "offset"):
            np.testing.assert_allclose([x[name] for x in found], [x[name] for x in losses], atol=1e-4)
        for name, tensor in alone.state.network.state_dict().items():
            torch.testing.assert_close(weights[name].float(), tensor.float(), atol=2e-3, rtol=1e-2, msg=name)
