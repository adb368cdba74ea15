"""MinkowskiEngine as a peer: its process is started, asked for runs in turn with ours, and ended."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from drop_clip_ros.benchmarking.minkowski_network import MISSING
from drop_clip_ros.errors import ConfigError, MissingDependencyError


class MinkowskiPeer:
    """A MinkUNet's backbone on given voxels, run by MinkowskiEngine on the CPU, fairly threaded.

    Args:
        architecture: a name of `ARCHITECTURES`.
        state: the backbone's tensors, by MinkowskiEngine's names.
        coordinates: (n, 3) integer voxels.
        features: (n, c) float32.
        threads: of MinkowskiEngine, OpenBLAS and torch.

    Raises:
        MissingDependencyError: MinkowskiEngine is not installed.
        ConfigError: its process ended.
    """

    name, precision = "minkowski", "float32"

    def __init__(
        self, architecture: str, state: dict[str, Any], coordinates: np.ndarray, features: np.ndarray, threads: int
    ) -> None:
        import torch

        if importlib.util.find_spec("MinkowskiEngine") is None:  # quicker told than by a process
            raise MissingDependencyError(MISSING)
        self._coordinates = coordinates
        self._folder = tempfile.TemporaryDirectory(prefix="minkowski-")
        task = {
            "architecture": architecture,
            "state": state,
            "coordinates": torch.as_tensor(coordinates),
            "features": torch.as_tensor(features),
            "threads": threads,
        }
        torch.save(task, Path(self._folder.name) / "task.pt")
        numbers = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(threads))
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "drop_clip_ros.benchmarking.minkowski_process", self._folder.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=_passive(numbers),
        )
        self.version = str(self._answer()["ready"])

    def __call__(self) -> float:
        """Milliseconds of one run, kernel maps included."""
        return float(self._ask("run")["ms"])

    def rows(self) -> np.ndarray | None:
        """(n, width) float32 backbone rows, in the order of the coordinates that were given."""
        import torch

        self._ask("rows")
        theirs, rows = torch.load(Path(self._folder.name) / "rows.pt", weights_only=True)
        place = {tuple(voxel): row for row, voxel in enumerate(theirs.tolist())}
        return rows.numpy()[[place[tuple(voxel)] for voxel in self._coordinates.tolist()]]

    def close(self) -> None:
        """End the process."""
        self._process.stdin.close()  # type: ignore[union-attr]
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()  # type: ignore[union-attr]
        self._folder.cleanup()

    def _ask(self, what: str) -> dict[str, Any]:
        with contextlib.suppress(BrokenPipeError):  # it ended: what follows says so
            print(what, file=self._process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        """The next line of the process that is an answer; MinkowskiEngine prints lines of its own."""
        for line in self._process.stdout:  # type: ignore[union-attr]
            if line.startswith("{"):
                answer = json.loads(line)
                if "missing" in answer:
                    self.close()
                    raise MissingDependencyError(answer["missing"])
                return answer
        code = self._process.wait()
        self.close()
        raise ConfigError(f"MinkowskiEngine's process ended with exit code {code}, wanted it alive; see above")


def _passive(numbers: dict[str, str]) -> dict[str, str]:
    """This process's environment, with threads that do not spin: libgomp's own count would go before the policy."""
    kept = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}
    return kept | numbers | {"OMP_WAIT_POLICY": "PASSIVE"}
