"""Two processes that train together."""

import os
import socket
import subprocess
import sys

import torch

from drop_clip_ros.distillation.cooperation import agree, average_gradients, is_first, join_processes, meet

WORK = """
import torch
from drop_clip_ros.distillation.cooperation import agree, average_gradients, is_first, join_processes, meet
rank = join_processes()
parameter = torch.nn.Parameter(torch.zeros(3))
parameter.grad = torch.tensor([1.0, 2.0, 4.0]) * (rank + 1)
average_gradients([parameter, torch.nn.Parameter(torch.zeros(2))])
meet()
print(rank, is_first(), parameter.grad.tolist(), agree(0.25 + rank), flush=True)
torch.distributed.destroy_process_group()
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_two_processes_average_gradients_and_agree_on_the_first_s_value():
    address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": "2", "OMP_NUM_THREADS": "1"}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WORK],
            env=os.environ | address | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    answers = sorted(process.communicate(timeout=120)[0].strip() for process in processes)
    assert answers == ["0 True [1.5, 3.0, 6.0] 0.25", "1 False [1.5, 3.0, 6.0] 0.25"]


def test_alone_nothing_changes():
    parameter = torch.nn.Parameter(torch.zeros(2))
    parameter.grad = torch.ones(2)
    average_gradients([parameter])
    meet()
    assert (join_processes(), is_first(), agree(0.5), parameter.grad.tolist()) == (0, True, 0.5, [1.0, 1.0])
