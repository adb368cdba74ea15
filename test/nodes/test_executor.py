"""The executor: side by side, in place, once each, and with its errors."""

import threading

import pytest

rclpy = pytest.importorskip("rclpy", reason="rclpy is not installed: make env, or source a ROS 2 distribution")

from rclpy.callback_groups import ReentrantCallbackGroup  # noqa: E402

from drop_clip_ros.nodes.executor import InPlaceCallbackGroup, ThreadedExecutor  # noqa: E402


class Counted(ThreadedExecutor):
    """Counts the callbacks that it begins with."""

    begun = 0

    def spin_once(self, timeout_sec=None):
        self.begun += 1
        super().spin_once(timeout_sec)


@pytest.fixture
def spun(ros):
    """Makes an executor that spins a node of its own in a thread; what it raised is kept in `failed`."""
    stops = []

    def make(threads):
        node = rclpy.create_node("executed", context=ros.context)
        executor = Counted(threads, context=ros.context)
        executor.add_node(node)
        executor.failed = []

        def spin():
            try:
                executor.spin()
            except ValueError as error:
                executor.failed.append(error)

        thread = threading.Thread(target=spin)
        thread.start()
        stops.append((executor, thread, node))
        return executor, node, thread

    yield make
    for executor, thread, node in stops:
        executor.shutdown(5)
        thread.join(5)
        node.destroy_node()


def trigger(executor, node, callback, group):
    """Have the executor call something once."""
    guard = node.create_guard_condition(callback, callback_group=group)
    executor.wake()
    guard.trigger()


def test_callbacks_of_a_reentrant_group_run_side_by_side(spun):
    executor, node, _ = spun(2)
    both, group = threading.Barrier(3), ReentrantCallbackGroup()
    for _ in range(2):
        trigger(executor, node, lambda: both.wait(10), group)
    both.wait(10)  # raises if either waits for the other to end


def test_in_place_callbacks_run_in_the_spinning_thread_and_others_do_not(spun):
    executor, node, thread = spun(2)
    seen, done = {}, threading.Barrier(2)

    def note(name):
        seen[name] = threading.current_thread()
        done.wait(10)

    for name, group in (("in place", InPlaceCallbackGroup()), ("handed", ReentrantCallbackGroup())):
        trigger(executor, node, lambda name=name: note(name), group)
        done.wait(10)
    assert seen["in place"] is thread
    assert seen["handed"] is not thread


def test_a_callback_that_waits_for_a_thread_is_offered_once(spun):
    executor, node, _ = spun(1)
    busy, begun, release = threading.Event(), threading.Event(), threading.Event()
    group = ReentrantCallbackGroup()
    trigger(executor, node, lambda: (busy.set(), release.wait(10)), group)
    assert busy.wait(10)
    trigger(executor, node, begun.set, group)
    before = executor.begun
    assert not begun.wait(0.3)  # rclpy's own executor turns some thousand times here
    assert executor.begun - before < 20
    release.set()
    assert begun.wait(10)


@pytest.mark.parametrize("group", [InPlaceCallbackGroup, ReentrantCallbackGroup])
def test_what_a_callback_raises_ends_the_spinning(spun, group):
    executor, node, thread = spun(2)

    def fail():
        raise ValueError("of the callback")

    trigger(executor, node, fail, group())
    thread.join(10)
    assert not thread.is_alive()
    assert str(executor.failed[0]) == "of the callback"
