"""Which objects of a scene a phrase is true of."""

from drop_clip_ros.scenes.annotation import ObjectAnnotation
from drop_clip_ros.scenes.expressions import ReferringExpression, scene_expressions

RED_MUG = ObjectAnnotation("mug", ("mug", "cup"), ("red",), "ceramic", affordances=("something to drink from",))
BLUE_MUG = ObjectAnnotation(
    "mug", ("mug", "cup"), ("blue", "white"), "ceramic", affordances=("something to drink from",)
)
RED_BALL = ObjectAnnotation("ball", ("ball",), ("red",), hypernyms=("toy",), descriptions=("the red toy",))


def expressions():
    return {(e.query_type, e.text): e for e in scene_expressions({1: RED_MUG, 2: BLUE_MUG, 3: RED_BALL})}


def test_shared_class_is_ambiguous_and_own_class_is_not():
    found = expressions()
    assert found["class", "mug"].ids == (1, 2)
    assert found["class", "ball"].unique


def test_colour_with_class_tells_apart():
    found = expressions()
    assert found["attribute", "red mug"].ids == (1,)
    assert found["attribute", "white mug"].ids == (2,)


def test_material_and_affordance_are_shared():
    found = expressions()
    assert found["attribute", "ceramic mug"].ids == (1, 2)
    assert found["affordance", "something to drink from"].ids == (1, 2)


def test_description_that_names_a_wider_class_is_true_of_all_of_it():
    doll = ObjectAnnotation("doll", ("doll",), ("red",), hypernyms=("the red toy",))
    found = {e.text: e for e in scene_expressions({1: RED_BALL, 2: doll})}
    assert found["the red toy"].ids == (1, 2)


def test_expression_survives_json():
    expression = ReferringExpression("red mug", "attribute", (1, 4))
    assert ReferringExpression.from_json(expression.to_json()) == expression
