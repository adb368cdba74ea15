"""MinkowskiEngine in a process of its own: reads "run" lines, answers each with the milliseconds that it took.

    python -m drop_clip_ros.benchmarking.minkowski_process FOLDER

FOLDER holds task.pt: architecture, state dict, coordinates, features, threads. Its OpenMP and OpenBLAS threads would
fight torch's in one process (it takes ten times as long); here they sleep while others are measured, since whoever
starts this process sets OMP_WAIT_POLICY=PASSIVE.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from drop_clip_ros.benchmarking.minkowski_network import MinkowskiBackbone, minkowski_engine
from drop_clip_ros.errors import MissingDependencyError


def main(folder: Path) -> int:
    """Serve until the standard input ends."""
    import torch

    try:
        engine = minkowski_engine()
    except MissingDependencyError as error:
        _say({"missing": str(error)})
        return 2
    task = torch.load(folder / "task.pt", weights_only=True)
    torch.set_num_threads(task["threads"])
    network = MinkowskiBackbone(task["architecture"], task["features"].shape[1])
    network.load_state_dict(task["state"])
    network.eval()
    features, coordinates = task["features"], task["coordinates"].int()
    coordinates = torch.cat([torch.zeros(len(coordinates), 1, dtype=torch.int32), coordinates], dim=1)
    _say({"ready": engine.__version__})
    with torch.inference_mode():
        for line in sys.stdin:
            started = time.perf_counter()
            x = engine.SparseTensor(features=features, coordinates=coordinates)
            out = network(x)
            ended = time.perf_counter()
            if line.strip() == "rows":
                torch.save((out.C[:, 1:].clone(), out.F.clone()), folder / "rows.pt")
                _say({"rows": "rows.pt"})
                continue
            _say({"ms": 1000 * (ended - started)})
    return 0


def _say(message: dict) -> None:
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
