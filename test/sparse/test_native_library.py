import ctypes.util

import pytest

from drop_clip_ros.sparse import native_library as module


@pytest.fixture
def fresh():
    """The library is looked for anew in the test, and again after it."""
    module.native_library.cache_clear()
    yield
    module.native_library.cache_clear()


def test_a_library_left_from_another_version_is_not_loaded(fresh, monkeypatch):
    if module.native_library() is None:
        pytest.skip("no native operators here")
    module.native_library.cache_clear()
    monkeypatch.setattr(module, "VERSION", module.VERSION + 1)
    assert module.native_library() is None
    assert module.native_precisions() == ()


@pytest.mark.parametrize("content", [b"", b"not a library", None])
def test_a_file_that_is_no_such_library_is_not_loaded(fresh, monkeypatch, tmp_path, content):
    path = tmp_path / "_operators.so"
    if content is None:  # a library, without the functions
        path = ctypes.util.find_library("m") or pytest.skip("no libm here")
    else:
        path.write_bytes(content)
    monkeypatch.setattr(module, "library_path", lambda: path)
    assert module.native_library() is None


def test_the_environment_forbids_it(fresh, monkeypatch):
    monkeypatch.setenv("DROP_CLIP_NATIVE", "0")
    assert module.native_library() is None


def test_eight_bits_need_bfloat16_between_layers(monkeypatch):
    class Vnni:
        def sparse_has(self, number):
            return number != module.PRECISIONS["bfloat16"]

    monkeypatch.setattr(module, "native_library", Vnni)
    assert module.native_precisions() == ("float32",)
