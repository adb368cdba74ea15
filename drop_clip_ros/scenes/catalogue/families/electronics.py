"""Remote controls, phones and what belongs to a computer."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.scenes.catalogue import shapes, textures
from drop_clip_ros.scenes.catalogue.colors import blend, contrasting
from drop_clip_ros.scenes.catalogue.kind import FLAT_RESTS, Draft, Traits, kind
from drop_clip_ros.scenes.catalogue.printing import Print, keys, panels

DEVICE = {
    "hypernyms": ("electronics", "device", "gadget"),
    "rests": FLAT_RESTS,
    "density": 900,
    "shapes": 10,
    "siblings": 2,
    "materials": ("plastic",),
}


UPRIGHT_DEVICE = DEVICE | {"rests": ((1.0, np.eye(3)),)}


@kind(
    "remote control",
    "electronics",
    names=("remote control", "tv remote", "remote"),
    colors=("black", "black", "grey", "white"),
    affordances=(
        "something to change the channel with",
        "something to switch on the TV",
        "something to control the television",
    ),
    descriptions=("the long {color} device with many buttons",),
    utility="controlling a television",
    **(DEVICE | {"shapes": 12}),
)
def remote_control(traits: Traits) -> Draft:
    length, wide, thick = traits.size(0.14, 0.21), traits.size(0.038, 0.052), traits.size(0.014, 0.022)
    key = blend(traits.rgb, contrasting(traits.rgb), 0.45)
    sheet = keys(wide / length, traits.rgb, key, int(traits.paint.integers(7, 11)), 3, (0.1, 0.14, 0.9, 0.8))
    sheet.oval((0.36, 0.03, 0.64, 0.09), (205, 35, 35))
    sheet.words("TVX", (0.5, 0.92), (0.4, 0.06), contrasting(traits.rgb))
    return Draft().add(
        shapes.slab(wide, length, thick, 0.35 * wide if traits.shape.random() < 0.5 else 0.006, 0.005),
        panels(traits.rgb, top=sheet.array()),
        0.5,
    )


@kind(
    "computer mouse",
    "electronics",
    names=("computer mouse", "mouse", "wireless mouse"),
    colors=("black", "black", "white", "grey", "red", "blue", "pink"),
    affordances=("something to click with", "something to move the cursor with", "something that goes with a computer"),
    descriptions=("the small {color} device with a scroll wheel",),
    utility="controlling a computer",
    **(UPRIGHT_DEVICE | {"siblings": 3}),
)
def computer_mouse(traits: Traits) -> Draft:
    length, wide, tall = traits.size(0.095, 0.115), traits.size(0.056, 0.066), traits.size(0.03, 0.038)
    body = shapes.ball(length / 2, wide / 2, tall)
    body = body.mapped(
        lambda p: np.column_stack(
            [np.sign(p[:, 0]) * np.abs(p[:, 0] * 2 / length) ** 0.75 * length / 2, p[:, 1], np.maximum(p[:, 2], 0.0)]
        )
    )
    draft = Draft().add(body, textures.plain(traits.rgb), 0.35)
    wheel = shapes.lathe([(0.007, -0.004), (0.007, 0.004)], 16).rotated("x", 90).moved(0.27 * length, 0, 0.84 * tall)
    seam = shapes.box(0.45 * length, 0.0012, 0.003).rotated("y", 24).moved(0.27 * length, 0, 0.76 * tall)
    return draft.add(wheel.hollow(), textures.plain((70, 70, 74)), 0.6).add(
        seam.hollow(), textures.plain(blend(traits.rgb, (0, 0, 0), 0.5))
    )


@kind(
    "keyboard",
    "electronics",
    names=("keyboard", "computer keyboard"),
    colors=("black", "white", "grey", "silver"),
    affordances=("something to type with", "something to write an email with", "something that goes with a computer"),
    descriptions=("the flat {color} thing with many keys",),
    utility="typing",
    **(UPRIGHT_DEVICE | {"shapes": 8}),
)
def keyboard(traits: Traits) -> Draft:
    length, deep = traits.size(0.27, 0.4), traits.size(0.11, 0.14)
    key = blend(traits.rgb, contrasting(traits.rgb), 0.22)
    sheet = keys(length / deep, traits.rgb, key, 5, 15, (0.02, 0.06, 0.98, 0.94))
    sheet.block((0.3, 0.79, 0.66, 0.91), key)
    return Draft().add(shapes.slab(length, deep, 0.016, 0.006, 0.003), panels(traits.rgb, top=sheet.array()), 0.6)


@kind(
    "phone",
    "electronics",
    names=("phone", "smartphone", "mobile phone", "cell phone"),
    colors=("black", "black", "white", "blue", "red", "gold", "pink", "green"),
    affordances=(
        "something to call my friend with",
        "something to take a selfie with",
        "something to browse the internet with",
    ),
    descriptions=("the flat {color} device lying on its screen", "the thin {color} phone"),
    utility="calling and messaging",
    state="off",
    **(DEVICE | {"materials": ("glass",), "rests": ((1.0, np.eye(3)),)}),
)
def phone(traits: Traits) -> Draft:
    wide, length = traits.size(0.066, 0.078), traits.size(0.138, 0.165)
    screen = Print(wide / length, (14, 14, 18), 128).array()
    back = Print(wide / length, traits.rgb, 128).block((0.08, 0.05, 0.42, 0.24), blend(traits.rgb, (0, 0, 0), 0.25))
    for x, y in ((0.17, 0.1), (0.33, 0.1), (0.17, 0.19)):
        back.oval((x - 0.06, y - 0.03, x + 0.06, y + 0.03), (20, 20, 26))
    texture = panels(traits.rgb, top=back.array(), bottom=screen)
    return Draft().add(shapes.slab(wide, length, 0.008, 0.009, 0.002), texture, 0.15)
