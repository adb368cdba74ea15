"""Asking back names what is there, and tells apart what matches alike."""

import numpy as np
import pytest

from drop_clip_ros.grounding.descriptions import absence_question, choice_question, listing, places_of, rivals

OPTICAL, UP = np.zeros(3), np.array([0.0, -0.7, -0.7])


def test_an_absent_thing_is_asked_for_with_what_is_there():
    said = absence_question("phone", ["blue mug", "orange", "black scissors"])
    assert said == "I see no phone. On the table I see a blue mug, an orange and black scissors. Which one?"


def test_a_use_is_no_noun():
    said = absence_question("something to cut paper with", ["mug"])
    assert said == "I see nothing that fits 'something to cut paper with'. On the table I see a mug. Do you mean that?"
    assert absence_question("the phone", []) == "I see no phone, and nothing else on the table."


def test_equal_things_are_counted_and_nameless_ones_too():
    assert listing(["fork", "cherry", "fork", "box", "box", "cherry", "knife", "knife"]) == (
        "two forks, two cherries, two boxes and two knives"
    )
    assert listing(["mug", "background", ""]) == "a mug and two more things"
    assert listing(["background"]) == "one thing"


def test_a_long_table_is_cut_short():
    assert listing([f"{n}th cup" for n in range(11)]).endswith("a 7th cup and three more things")


def test_two_are_told_apart_by_side():
    centroids = np.array([[0.2, 0.0, 0.8], [-0.1, 0.0, 0.85]])
    assert choice_question("mug", ["red mug", "blue mug"], centroids, OPTICAL, UP) == (
        "Several things match 'mug': a blue mug on the left and a red mug on the right. Which one?"
    )


def test_two_behind_each_other_are_told_apart_by_depth():
    order, places = places_of(np.array([[0.0, 0.0, 0.9], [0.01, 0.1, 0.7]]), OPTICAL, UP)
    assert (order, places) == ([1, 0], ["in front", "behind it"])


def test_three_and_more_go_from_left_to_right():
    centroids = np.array([[0.3, 0, 1], [-0.3, 0, 1], [0.0, 0, 1], [0.1, 0, 1]])
    assert places_of(centroids[:3], OPTICAL, UP) == ([1, 2, 0], ["on the left", "in the middle", "on the right"])
    said = choice_question("cup", ["a", "b", "", "background"], centroids, OPTICAL, UP)
    assert "from left to right" in said
    assert said.count("something that I cannot name") == 2


@pytest.mark.parametrize("turn", [0, 90, 200])
def test_left_is_the_cameras_left_in_a_robots_frame_too(turn):
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    rotation = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]])
    # A camera behind the origin that looks along x, up is z: y points to its left.
    things, viewpoint = np.array([[0.0, -0.2, 0.0], [0.0, 0.2, 0.0]]), np.array([-1.0, 0.0, 0.8])
    placed = things @ rotation.T + [3, 1, 0], rotation @ viewpoint + [3, 1, 0], np.array([0, 0, 1.0])
    assert places_of(*placed) == ([1, 0], ["on the left", "on the right"])


def test_a_view_from_right_above_has_no_left():
    things = np.array([[0.0, -0.2, 0.0], [0.0, 0.2, 0.0]])
    assert places_of(things, np.array([0.0, 0.0, 1.0]), np.array([0, 0, 1.0])) == ([], [])


def test_rivals_are_at_least_two_and_at_most_five():
    assert rivals([0.9, 0.1]) == 2
    assert rivals([0.9, 0.89, 0.88, 0.2]) == 3
    assert rivals([0.9] * 9) == 5
    assert rivals([0.9]) == 1
    assert rivals([]) == 0
