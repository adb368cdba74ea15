"""The paper's response format: what is written is read again, and models' ways of writing it are understood."""

from dataclasses import replace

import pytest

from drop_clip_ros.errors import AnnotationError
from drop_clip_ros.scenes.catalogue.response_format import FIELDS, read_response, write_response

PLAIN = """Sure! Here it is:

Category: Mug
Color: Red and white
Material: Ceramic
State: Empty
Brand: N/A
Title: None
Utility: Drinking coffee, tea, and other hot drinks.
Affordance: "I'm thirsty", "I want coffee, please"
More descriptions:
- Coffee mug
- the red mug with a white stripe
- The mug that says "Best Dad"
"""


def test_templates_of_every_category_survive_the_round_trip(catalogue):
    for category in catalogue.categories:
        own = catalogue.annotation(catalogue.ids_of(category=category)[0])
        read = read_response(write_response(own), own.category, own.names)
        assert read == replace(own, hypernyms=(), extra={}), category


def test_fields_stand_in_the_papers_order(catalogue):
    lines = write_response(catalogue.annotation(catalogue.object_ids[0])).splitlines()
    assert [line.split(":**")[0].strip("*") for line in lines] == list(FIELDS)


def test_an_answer_without_emphasis_and_with_bullets_is_read():
    read = read_response(PLAIN)
    assert (read.category, read.colors, read.material, read.state) == ("mug", ("red", "white"), "ceramic", "Empty")
    assert (read.brand, read.title) == ("", "")
    assert read.utility == "Drinking coffee, tea, and other hot drinks"
    assert read.affordances == ("I'm thirsty", "I want coffee, please")
    assert read.names == ("mug", "Coffee mug")
    assert read.descriptions == ("the red mug with a white stripe", 'The mug that says "Best Dad')


def test_an_answer_in_json_is_read():
    read = read_response(
        '```json\n{"category": "cup", "Color": ["blue"], "Utility": "drinking", "Brand": null,'
        '"affordance": ["I am thirsty"], "more descriptions": ["cup", "the blue cup"]}\n```'
    )
    assert (read.category, read.colors, read.affordances) == ("cup", ("blue",), ("I am thirsty",))
    assert (read.brand, read.descriptions) == ("", ("the blue cup",))


def test_the_catalogues_category_and_names_go_first():
    read = read_response(PLAIN, "tea mug", ("tea mug", "mug for tea"))
    assert read.category == "tea mug"
    assert read.names == ("tea mug", "mug for tea", "mug", "Coffee mug")


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        ("I cannot help with that.", "Category"),
        (PLAIN.replace("Utility: Drinking coffee, tea, and other hot drinks.", "Utility:"), "Utility"),
        (PLAIN[: PLAIN.index("More")], "More descriptions"),
        ("", "Category, Utility, Affordance, More descriptions"),
    ],
)
def test_answers_that_lack_a_field_are_refused_by_its_name(text, lacks):
    with pytest.raises(AnnotationError, match=lacks):
        read_response(text)
