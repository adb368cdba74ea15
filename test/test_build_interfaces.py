"""scripts/build_interfaces.py: what it refuses, what it packs, and that what it installs can be used."""

import importlib.util
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "drop_clip_interfaces"
SCRIPT = ROOT / "scripts" / "build_interfaces.py"
MANIFEST = "<package><name>tiny_interfaces</name><version>1.2.3</version><depend>std_msgs</depend></package>"


@pytest.fixture(scope="module")
def building():
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("build_interfaces", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture
def tiny(tmp_path):
    """A package of one message."""
    (tmp_path / "msg").mkdir()
    (tmp_path / "msg" / "Tiny.msg").write_text("std_msgs/Header header\nfloat32 size\n")
    (tmp_path / "package.xml").write_text(MANIFEST)
    return tmp_path


def test_refuses_a_folder_without_a_manifest(building, tmp_path, capsys):
    assert building.main([str(tmp_path)]) == 2
    assert "has no package.xml" in capsys.readouterr().err


def test_refuses_a_package_without_interfaces(building, tmp_path, capsys):
    (tmp_path / "package.xml").write_text(MANIFEST)
    assert building.main([str(tmp_path)]) == 2
    assert "has no interface" in capsys.readouterr().err


def test_refuses_a_manifest_that_is_no_xml(building, tiny, capsys):
    (tiny / "package.xml").write_text("<package>")
    assert building.main([str(tiny)]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_names_the_package_that_brings_a_compiler(building, monkeypatch):
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(building.BuildError, match=r"apt-get install g\+\+"):
        building.compiler("CXX", "g++", "c++")


def test_names_the_package_that_brings_python_headers(building, tiny, monkeypatch, tmp_path):
    monkeypatch.setattr(building.importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(building.sysconfig, "get_paths", lambda: {"include": str(tmp_path)})
    with pytest.raises(building.BuildError, match=r"apt-get install python3\.\d+-dev"):
        building.check_tools(building.Package.read(tiny))


def test_names_a_dependency_that_is_not_there(building, tiny, monkeypatch):
    monkeypatch.setattr(building.importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(building.Path, "is_file", lambda path: True)
    monkeypatch.setattr(building, "SHARE", tiny)
    with pytest.raises(building.BuildError, match="tiny_interfaces depends on std_msgs, "):
        building.check_tools(building.Package.read(tiny))


def test_the_fingerprint_follows_names_and_contents(building, tiny):
    def fingerprint():
        return building.Package.read(tiny).fingerprint()

    seen = [fingerprint()]
    (tiny / "msg" / "Tiny.msg").write_text("float32 size\n")
    seen.append(fingerprint())
    (tiny / "msg" / "Tiny.msg").rename(tiny / "msg" / "Small.msg")
    seen.append(fingerprint())
    assert len(set(seen)) == 3
    assert fingerprint() == seen[-1]


def test_the_record_lists_every_file_with_its_size(building, tiny):
    package = building.Package.read(tiny)
    wheel = building.write_wheel(package, {"tiny_interfaces/__init__.py": b"", "tiny_interfaces/a.so": b"12345"}, tiny)
    with zipfile.ZipFile(wheel) as archive:
        record = archive.read("tiny_interfaces-1.2.3.dist-info/RECORD").decode().splitlines()
        names = archive.namelist()
    assert [line.split(",")[0] for line in record] == names
    # printf 12345 | sha256sum: 5994471abb01..., in the alphabet of URLs
    assert "tiny_interfaces/a.so,sha256=WZRHGrsBESr8wYFZ9sx0tPURuZgG2lmzyvWpwXPKz8U,5" in record


def test_what_is_installed_is_what_lies_here():
    pytest.importorskip("drop_clip_interfaces", reason="drop_clip_interfaces is not built: make env")
    import drop_clip_interfaces.action
    import drop_clip_interfaces.msg
    import drop_clip_interfaces.srv

    modules = {"msg": drop_clip_interfaces.msg, "srv": drop_clip_interfaces.srv, "action": drop_clip_interfaces.action}
    names = {(kind, path.stem) for kind in modules for path in (FOLDER / kind).iterdir()}
    assert [name for kind, name in sorted(names) if not hasattr(modules[kind], name)] == []
