"""What is made to last is not searched for garbage until it is released."""

import gc
import weakref

import pytest

from drop_clip_ros.garbage import lasting, release, settle


class Knot:
    """An object that refers to itself: only a search finds that nobody else does."""

    def __init__(self):
        self.itself = self


@pytest.fixture
def knot():
    with lasting():
        found = weakref.ref(Knot())
    yield found
    release()


def test_garbage_made_to_last_stays_until_it_is_released(knot):
    gc.collect()
    assert knot() is not None
    release()
    assert knot() is None


def test_nothing_is_searched_meanwhile_and_all_is_afterwards():
    with lasting():
        assert not gc.isenabled()
    release()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_what_was_made_before_an_error_is_searched_again():
    lost = []

    def fail():
        lost.append(weakref.ref(Knot()))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), lasting():
        fail()
    gc.collect()
    assert lost[0]() is None


def test_what_has_settled_lasts_and_its_garbage_is_gone():
    kept, lost = Knot(), weakref.ref(Knot())
    settle()
    assert lost() is None
    assert not any(thing is kept for thing in gc.get_objects())
    release()
    assert any(thing is kept for thing in gc.get_objects())
