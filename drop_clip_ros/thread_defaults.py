"""How the threads of numpy and torch wait for work; to be said before either is loaded."""

from __future__ import annotations

import os

# A tenth of a millisecond: longer than from one product to the next, shorter than from one frame to the next.
_SPINS = "10000"


def set_thread_defaults() -> None:
    """Let idle threads give the cores back, by environment variables that are not set yet.

    numpy's products are small here and get one thread: its idle ones would spin and take the cores from torch's (a
    frame to its answer took 108 ms instead of 78 on two cores). torch's threads spin for a moment (libgomp) or not at
    all (other OpenMP libraries): spinning for long, they would take the cores from camera callbacks and from the
    student's own threads, and where other programs run they stall each other for seconds.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
        os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)  # libgomp's own, which goes before the policy
