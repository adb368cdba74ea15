"""The demo's processes are watched, and none outlives the demo."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from drop_clip_ros.cli.demo_nodes import Processes, middleware_environment, own_domain
from drop_clip_ros.errors import ServiceError

LASTING = ("http.server", ["0", "--bind", "127.0.0.1"])


def wait_for(condition, seconds=20.0):
    ends = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < ends, f"waited {seconds} s in vain"
        time.sleep(0.05)
    return value


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_all_are_stopped_with_the_context(tmp_path):
    with Processes(tmp_path, {}) as processes:
        processes.start("one", *LASTING)
        processes.start("two", *LASTING)
        running = [process.pid for process in processes._running.values()]
        processes.check()
        assert all(map(alive, running))
    assert not any(map(alive, running))


def test_one_that_will_not_stop_is_made_to(tmp_path, monkeypatch):
    monkeypatch.setattr("drop_clip_ros.cli.demo_nodes._STOP_WITHIN", 0.3)
    (tmp_path / "stubborn.py").write_text(
        "import signal, time\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('here', flush=True)\ntime.sleep(60)\n"
    )
    with Processes(tmp_path, {"PYTHONPATH": str(tmp_path)}) as processes:
        processes.start("stubborn", "stubborn")
        wait_for(lambda: "here" in (tmp_path / "stubborn.log").read_text())
        (process,) = processes._running.values()
    assert process.returncode == -signal.SIGKILL


def test_one_that_ended_is_named_with_its_last_words(tmp_path):
    with Processes(tmp_path, {}) as processes:
        processes.start("poet", "this")
        wait_for(lambda: processes._running["poet"].poll() is not None)
        with pytest.raises(ServiceError, match=r"poet ended with status 0 \(Namespaces are .*; see .*poet.log\)"):
            processes.check()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone ends processes with their parent")
def test_they_die_with_a_parent_that_is_killed(tmp_path):
    program = (
        "import sys, time; from pathlib import Path; from drop_clip_ros.cli.demo_nodes import Processes\n"
        f"with Processes(Path({str(tmp_path)!r}), {{}}) as processes:\n"
        f"    processes.start('one', *{LASTING!r}); print(processes._running['one'].pid, flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        assert alive(child)
        parent.kill()
    wait_for(lambda: not alive(child))


def test_the_domain_is_not_the_users(monkeypatch):
    monkeypatch.setenv("ROS_DOMAIN_ID", str(1 + os.getpid() % 100))
    assert own_domain() != 1 + os.getpid() % 100
    monkeypatch.setenv("ROS_DOMAIN_ID", "7 of 9")
    assert 1 <= own_domain() <= 100


def test_the_middleware_gets_our_profile():
    variables = middleware_environment(5)
    assert variables["ROS_DOMAIN_ID"] == "5"
    (profile,) = [value for name, value in variables.items() if name.endswith("_DEFAULT_PROFILES_FILE")]
    assert "large_messages" in Path(profile).read_text()
