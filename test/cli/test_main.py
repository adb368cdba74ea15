"""The front door: commands are found, help is fast, errors are one line."""

import subprocess
import sys
import types

import pytest

from drop_clip_ros.cli import main as cli
from drop_clip_ros.errors import FrameError


def _install(monkeypatch, run, words="segment"):
    """Put a module whose `run` is given in the place of a command's."""
    module = types.ModuleType("drop_clip_ros.cli.imagined")
    module.HELP = "an imagined command"
    module.add_arguments = lambda parser: parser.add_argument("--size", type=int, required=True)
    module.run = run
    module.__spec__ = types.SimpleNamespace(name=module.__name__)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(cli, "COMMANDS", (cli.Command(words, "imagined", "imagined"),))


def _raising(error):
    def run(args):
        raise error

    return run


def test_every_listed_command_can_be_asked_for_help(capsys):
    for command in cli.COMMANDS:
        if command.present:
            assert cli.main([*command.words.split(), "--help"]) == 0
            assert f"usage: drop-clip {command.words}" in capsys.readouterr().out


def test_help_lists_the_commands_and_imports_nothing_heavy():
    code = (
        "import sys; from drop_clip_ros.cli.main import main; main(['--help']);"
        "print(sorted({'numpy', 'torch', 'open3d', 'rich', 'scipy', 'yaml'} & set(sys.modules)))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "drop-clip segment --color" in printed
    assert printed.splitlines()[-1] == "[]"


def test_arguments_reach_the_command(monkeypatch):
    seen = []
    _install(monkeypatch, lambda args: seen.append(args.size), words="scenes imagine")
    assert cli.main(["scenes", "imagine", "--size", "3"]) == 0
    assert seen == [3]


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["segment"], "the following arguments are required: --size"),
        (["segment", "--size", "x"], "invalid int value: 'x'"),
        (["segmant"], "did you mean 'segment'?"),
        (["--fast"], "no command '--fast'"),
    ],
)
def test_bad_command_line_is_one_line_and_2(monkeypatch, capsys, words, wanted):
    _install(monkeypatch, lambda args: 0)
    assert cli.main(words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("drop-clip: error: ")
    assert wanted in printed.err
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "status", "wanted"),
    [
        (FrameError("depth is\nblue, wanted metres"), 2, "drop-clip: error: depth is blue, wanted metres\n"),
        (PermissionError(13, "Permission denied", "/out"), 2, "drop-clip: error: /out: Permission denied\n"),
        (KeyError("cup"), 1, "drop-clip: error: KeyError: 'cup' (unexpected; --debug shows where)\n"),
        (KeyboardInterrupt(), 130, "\n"),
    ],
)
def test_errors_become_one_line_and_a_status(monkeypatch, capsys, error, status, wanted):
    _install(monkeypatch, _raising(error))
    assert cli.main(["segment", "--size", "1"]) == status
    assert capsys.readouterr().err == wanted


def test_debug_shows_the_traceback(monkeypatch, capsys):
    _install(monkeypatch, _raising(FrameError("depth is blue")))
    assert cli.main(["segment", "--size", "1", "--debug"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_error():
    code = "import sys; from drop_clip_ros.cli.main import main; sys.exit(main(['--help']))"
    script = f'"{sys.executable}" -c "{code}" | true; echo "${{PIPESTATUS[0]}}"'
    ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert ran.stderr == ""
    assert ran.stdout.strip() in ("0", "141")  # 0 where the pipe took everything before its reader went
