import os

import pytest

from drop_clip_ros.thread_defaults import set_thread_defaults

NAMES = ("OPENBLAS_NUM_THREADS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT")


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, {"OPENBLAS_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "10000"}),
        ({"OMP_WAIT_POLICY": "ACTIVE"}, {"OPENBLAS_NUM_THREADS": "1", "OMP_WAIT_POLICY": "ACTIVE"}),
        ({"OPENBLAS_NUM_THREADS": "4", "GOMP_SPINCOUNT": "7", "OMP_WAIT_POLICY": "PASSIVE"}, None),
    ],
)
def test_what_the_user_has_set_stays(given, wanted, monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    set_thread_defaults()
    found = {name: os.environ[name] for name in NAMES if name in os.environ}
    for name in found:
        monkeypatch.setenv(name, found[name])  # so that it is taken back
    assert found == (given if wanted is None else wanted)
