"""Spoken commands become the phrase that names the object, and phrases stay as they are."""

import json
import os
import re
from pathlib import Path

import pytest

from drop_clip_ros.errors import LanguageError
from drop_clip_ros.language.commands import parse_command
from drop_clip_ros.scenes.catalogue.catalogue import load_catalogue

FRAMES = Path(os.environ.get("DROP_CLIP_DATA", Path(__file__).resolve().parents[3] / "shared")) / "frames"

UNDERSTOOD = {
    # verbs and politeness
    "please pick up the red mug": "red mug",
    "Could you please pick up the red mug, please?": "red mug",
    "give me a fork": "fork",
    "take the box of cereal from the table": "box of cereal",
    "grab one of the pens": "pens",
    "lift red mug": "red mug",
    "bring me the banana now, thank you very much": "banana",
    "hand the mug to me": "mug",
    "hand me the hand soap": "hand soap",
    "would you mind passing me the stapler": "stapler",
    "would you be so kind as to fetch my glasses": "glasses",
    "would you kindly hand over the wallet": "wallet",
    "I need you to get the Cheez-It box": "Cheez-It box",
    "i would like you to take the yellow mustard bottle": "yellow mustard bottle",
    "go get me a screwdriver": "screwdriver",
    "let's get the tape measure": "tape measure",
    "reach for the whisk": "whisk",
    "pick the red mug up": "red mug",
    "hey robot, please lift the drill with your gripper": "drill",
    "excuse me, can you hold the lid for me": "lid",
    # looking and pointing
    "where is the phone?": "phone",
    "where's my phone": "phone",
    "show me where the scissors are": "scissors",
    "can you tell me where the hammer is": "hammer",
    "point at the biggest object on the table": "biggest object",
    "look for a tool for driving screws": "tool for driving screws",
    "locate the teddy bear": "teddy bear",
    'segment the "red mug".': "red mug",
    "help me find my keys": "keys",
    "is there a mug on the table": "mug",
    "do you see a hammer": "hammer",
    "which one is the stapler": "stapler",
    "find something to write with": "something to write with",
    # wishes that name
    "I want something to drink from": "something to drink from",
    "I'd like the red mug": "red mug",
    "can I have the apple, please": "apple",
    # use instead of name
    "could you hand me the thing I can cut paper with, please?": "something to cut paper with",
    "pick up what I can write with": "something to write with",
    "pass me anything I can use to tighten a screw": "something to tighten a screw",
    "give me something to warm up": "something to warm up",
    # words that look like ours and are not
    "pick up the cup without a handle": "cup without a handle",
    "pick up the item that must not be swallowed": "item that must not be swallowed",
    "pick up something to pick up food with": "something to pick up food with",
    "find the toy robot": "toy robot",
    "hand me a can of beans": "can of beans",
    'pick up the 5" plate': '5" plate',
    # what follows the object
    "take the red mug and put it into the sink": "red mug",
    "pick up the red mug then give it to me": "red mug",
    "take the mug that's over there": "mug",
    # relations stay as words
    "robot, grab that blue bowl next to the mug": "blue bowl next to the mug",
    "pick up the can to the left of the box": "can to the left of the box",
    # a recogniser's output
    "PLEASE PICK UP THE RED MUG": "red mug",
    "um okay so uh could you grab the um red mug": "red mug",
    "robot give me the glue": "glue",
    "where’s the glue stick": "glue stick",
    # politeness around a name
    "the red mug, please": "red mug",
    "red mug thank you": "red mug",
}
EXCLUDING = {
    "pick up the mug, not the red one": ("mug", ["red mug"]),
    "PICK UP THE MUG NOT THE RED ONE": ("mug", ["red mug"]),
    "pick up the mug not the red one or the blue one": ("mug", ["red mug", "blue mug"]),
    "grab the big blue mug but not the small": ("big blue mug", ["small mug"]),
    "grab red mug not blue mug": ("red mug", ["blue mug"]),
    "bring me the mug with red dots, not the plain white one, thanks": ("mug with red dots", ["plain white mug"]),
    "give me a marker except for the one with the red cap": ("marker", ["marker with the red cap"]),
    "take the box of cereal rather than the crackers": ("box of cereal", ["crackers"]),
    "mug, not the red one": ("mug", ["red mug"]),
}
NAMELESS = [
    "pick up",
    "pick it up",
    "give me",
    "take that",
    "lift",
    "where is",
    "please",
    "find something",
    "thank you",
]
PLAIN = [
    "red mug",
    "The red mug",
    "RED MUG",
    "mug?",
    "hand soap",
    "toy robot",
    "robot",
    "can",
    "can of beans",
    "hand",
    "something to pick up food with",
    "something to take to the gym",
    "the item that must not be swallowed",
    "I'm thirsty",
    "I want some tea",
    "I want to get rid of stains",
    "I need something to pour a drink into",
    "large red cardboard box on the table",
    "do not disturb sign",
    "die rote Tasse",
    "赤いマグカップ",
]


@pytest.mark.parametrize("said", UNDERSTOOD)
def test_a_command_gives_the_phrase(said):
    command = parse_command(said)
    assert (command.phrase, command.negatives, command.text) == (UNDERSTOOD[said], (), said)


@pytest.mark.parametrize("said", EXCLUDING)
def test_what_is_not_meant_becomes_a_negative(said):
    command = parse_command(said)
    assert (command.phrase, list(command.negatives)) == EXCLUDING[said]


@pytest.mark.parametrize("said", NAMELESS)
def test_a_command_without_an_object_is_refused(said):
    with pytest.raises(LanguageError, match="names"):
        parse_command(said)


def test_a_prohibition_is_not_obeyed_the_other_way_round():
    with pytest.raises(LanguageError, match="what not to do"):
        parse_command("please don't pick up the red mug")


@pytest.mark.parametrize("phrase", PLAIN)
def test_a_phrase_stays_as_it_is(phrase):
    command = parse_command(f"  {phrase}\n")
    assert (command.phrase, command.negatives, command.verb) == (phrase, (), "")


def test_the_verb_is_told_in_its_base_form():
    said = ["would you mind picking up the mug", "GIVE ME THE MUG", "where are the mugs", "mug"]
    assert [parse_command(text).verb for text in said] == ["pick up", "give", "where is", ""]


def test_every_expression_of_the_catalogue_stays_as_it_is():
    catalogue = load_catalogue("generated")
    phrases = {
        phrase
        for name in catalogue.object_ids
        for group in catalogue.annotation(name).referring_expressions().values()
        for phrase in group
    }
    assert len(phrases) > 5000
    assert [phrase for phrase in phrases if parse_command(phrase).phrase != phrase] == []


@pytest.mark.skipif(not FRAMES.is_dir(), reason="no annotated real frames: DROP_CLIP_DATA names no folder with frames/")
def test_every_query_about_the_real_frames_stays_as_it_is():
    phrases = set()
    for path in FRAMES.glob("*/annotations.json"):
        data = json.loads(path.read_text())
        phrases |= {query for item in data["objects"] for group in item["queries"].values() for query in group}
        for name in ("ambiguous_queries", "absent_queries"):
            for entry in data.get(name, []):
                phrases.add(entry if isinstance(entry, str) else entry.get("query") or entry["text"])
    assert len(phrases) > 300
    assert [phrase for phrase in phrases if parse_command(phrase).phrase != phrase.strip()] == []


def test_the_table_of_the_documentation_is_true():
    text = (Path(__file__).resolve().parents[2] / "docs" / "speaking.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(.+?)` \| `(.+?)` \|(?: `(.+?)`)? \|$", text.split("## What is not understood")[0], re.M)
    assert len(rows) > 10
    for said, phrase, unwanted in rows:
        command = parse_command(said)
        assert (command.phrase, command.negatives) == (phrase, (unwanted,) if unwanted else ())
