"""One generated catalogue for all tests of this folder."""

import pytest

from drop_clip_ros.scenes.catalogue import load_catalogue


@pytest.fixture(scope="session")
def catalogue():
    return load_catalogue("generated")


@pytest.fixture(scope="session")
def one_of_each(catalogue):
    """One object of every second category, built."""
    return [catalogue.build(catalogue.ids_of(category=category)[0]) for category in catalogue.categories[::2]]
