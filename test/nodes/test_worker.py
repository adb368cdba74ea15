"""Heavy work has a thread of its own, with as many of torch's threads as serve it best."""

import threading
import time

import pytest
import torch

pytest.importorskip("rclpy", reason="rclpy is not installed: make env, or source a ROS 2 distribution")

from drop_clip_ros.nodes.worker import ClosedError, Worker


@pytest.fixture
def worker():
    worker = Worker("tested", threads=1)
    yield worker
    worker.close()


def test_all_work_is_done_in_one_thread_that_is_not_the_callers(worker):
    threads = {worker.run(threading.get_ident) for _ in range(3)}
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_an_error_reaches_the_caller_and_the_next_work_is_done(worker):
    with pytest.raises(ZeroDivisionError):
        worker.run(lambda: 1 / 0)
    assert worker.run(lambda: 7) == 7


def test_work_computes_with_the_threads_it_was_given(worker):
    assert worker.run(torch.get_num_threads) == 1


@pytest.mark.parametrize("fastest", [1, 4])
def test_the_faster_number_of_threads_is_kept(worker, monkeypatch, fastest):
    monkeypatch.setattr("drop_clip_ros.nodes.worker.cores", lambda: 4)
    worker.choose_threads(lambda: time.sleep(0.0 if torch.get_num_threads() == fastest else 0.05))
    assert worker.threads == worker.run(torch.get_num_threads) == fastest


def test_a_closed_worker_says_that_the_node_was_deactivated(worker):
    worker.close()
    with pytest.raises(ClosedError, match="deactivated"):
        worker.run(lambda: 7)
