"""Other electric things: headphones, cameras, clocks, chargers, bulbs."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.scenes.catalogue import shapes, textures
from drop_clip_ros.scenes.catalogue.colors import contrasting
from drop_clip_ros.scenes.catalogue.families.electronics import DEVICE, UPRIGHT_DEVICE
from drop_clip_ros.scenes.catalogue.kind import Draft, Traits, kind
from drop_clip_ros.scenes.catalogue.printing import Print, panels
from drop_clip_ros.scenes.catalogue.surface import join, rotation


@kind(
    "headphones",
    "electronics",
    names=("headphones", "headset", "over-ear headphones"),
    colors=("black", "black", "white", "red", "blue", "pink", "silver"),
    accents=("black", "grey"),
    affordances=("something to listen to music with", "it is too loud here", "something to wear on my ears"),
    descriptions=("the {color} headphones with {accent} cushions",),
    utility="listening to music",
    **(UPRIGHT_DEVICE | {"density": 300}),
)
def headphones(traits: Traits) -> Draft:
    radius, cup = traits.size(0.07, 0.08), traits.size(0.032, 0.04)
    angles = np.linspace(0, np.pi, 21)
    band = shapes.tube(
        np.column_stack([radius * np.cos(angles), radius * 1.15 * np.sin(angles), 0 * angles + cup]),
        0.0085,
        pieces=6,
        flat=0.6,
    )
    draft = Draft().add(band, textures.plain(traits.rgb), 0.5)
    for side in (-1, 1):
        shell = (
            shapes.lathe([(0.6 * cup, 0), (cup, 0.008), (cup, 0.018)], 24)
            .rotated("y", 90 * side)
            .moved(side * (radius - 0.012), -0.008, cup)
        )
        pad = (
            shapes.lathe([(cup * 1.0, 0), (cup * 1.05, 0.008), (0.9 * cup, 0.017), (0.3 * cup, 0.012)], 24)
            .rotated("y", -90 * side)
            .moved(side * (radius - 0.01), -0.008, cup)
        )
        draft.add(shell, textures.plain(traits.rgb), 0.4).add(pad, textures.plain(traits.accent_rgb), 0.9)
    return draft


@kind(
    "camera",
    "electronics",
    names=("camera", "photo camera", "digital camera"),
    colors=("black", "black", "silver", "red", "white"),
    accents=("black",),
    affordances=("something to take pictures with", "I want to photograph the sunset", "something for a tourist"),
    descriptions=("the {color} device with a round lens",),
    utility="taking photographs",
    **(UPRIGHT_DEVICE | {"density": 600}),
)
def camera(traits: Traits) -> Draft:
    wide, tall, deep = traits.size(0.095, 0.13), traits.size(0.06, 0.08), traits.size(0.03, 0.045)
    lens = traits.size(0.34, 0.42) * tall
    body = shapes.slab(wide, deep, tall, 0.012, 0.003)
    grip = textures.speckled((36, 36, 38), (60, 60, 64), traits.paint, 0.2)
    front = (
        Print(wide / tall, traits.rgb)
        .block((0, 0.25, 0.25, 0.9), (38, 38, 40))
        .words("LUXO", (0.5, 0.12), (0.3, 0.14), contrasting(traits.rgb))
    )
    draft = Draft().add(body, panels(traits.rgb, front=front.array(), back=Print(1.5, (30, 30, 34)).array()), 0.5)
    barrel = (
        shapes.lathe([(lens, 0), (lens, 0.02), (0.9 * lens, 0.021), (0.9 * lens, 0.036)], 28)
        .rotated("x", 90)
        .moved(0.05 * wide, -deep / 2 + 0.002, tall * 0.47)
    )
    pane = (
        shapes.lathe([(0.7 * lens, 0.0362), (0.001, 0.0365)], 24)
        .rotated("x", 90)
        .moved(0.05 * wide, -deep / 2 + 0.002, tall * 0.47)
    )
    hump = shapes.slab(0.036, deep * 0.9, 0.016, 0.006, 0.004).moved(0.05 * wide, 0, tall - 0.002)
    knob = shapes.lathe([(0.009, 0), (0.009, 0.007)], 16).moved(-0.34 * wide, 0, tall)
    draft.add(barrel, grip, 0.5).add(pane.hollow(), textures.plain((36, 40, 70)), 0.05)
    return draft.add(hump, textures.plain(traits.rgb), 0.5).add(knob, textures.plain((150, 150, 154)), 0.3)


@kind(
    "game controller",
    "electronics",
    names=("game controller", "gamepad", "controller", "joystick"),
    colors=("black", "black", "white", "red", "blue", "grey"),
    accents=("black", "grey", "white"),
    affordances=(
        "something to play video games with",
        "I'm bored and want to play",
        "something with two sticks and buttons",
    ),
    descriptions=("the {color} controller with two sticks",),
    utility="playing video games",
    **(UPRIGHT_DEVICE | {"density": 350, "siblings": 3}),
)
def game_controller(traits: Traits) -> Draft:
    size = traits.size(0.95, 1.1)
    rgb, dark = textures.plain(traits.rgb), textures.plain(traits.accent_rgb)
    parts = [shapes.slab(0.1 * size, 0.06 * size, 0.034, 0.02, 0.012).moved(z=0.008)]
    for side in (-1, 1):
        parts.append(
            shapes.tube(
                np.array([(side * 0.045, 0.02, 0.026), (side * 0.06, -0.005, 0.024), (side * 0.068, -0.05, 0.016)])
                * size,
                np.array([0.024, 0.024, 0.014]) * size,
                16,
                pieces=1,
            )
        )
    draft = Draft().add(join(*parts), rgb, 0.5)
    for x, y in ((-0.025, -0.016), (0.025, -0.016)):
        stick = shapes.lathe([(0.006, 0), (0.006, 0.008), (0.01, 0.009), (0.01, 0.012), (0.004, 0.012)], 18)
        draft.add(stick.moved(x * size, y * size, 0.041), dark, 0.7)
    for angle, color in zip(range(4), ((40, 150, 60), (200, 40, 40), (40, 70, 190), (230, 190, 30)), strict=True):
        x, y = 0.048 + 0.011 * np.cos(angle * np.pi / 2), 0.012 + 0.011 * np.sin(angle * np.pi / 2)
        draft.add(
            shapes.lathe([(0.0046, 0), (0.0046, 0.006), (0.001, 0.0065)], 12).moved(x * size, y * size, 0.042).hollow(),
            textures.plain(color),
        )
    pad = join(shapes.box(0.024, 0.008, 0.004), shapes.box(0.008, 0.024, 0.004)).moved(
        -0.046 * size, 0.012 * size, 0.043
    )
    return draft.add(pad.hollow(), dark)


@kind(
    "alarm clock",
    "electronics",
    names=("alarm clock", "clock", "desk clock"),
    colors=("red", "white", "black", "yellow", "light blue", "green", "pink", "silver"),
    accents=("silver", "black"),
    affordances=("something that tells the time", "something to wake me up in the morning", "what time is it"),
    descriptions=("the round {color} clock with two bells",),
    utility="telling the time",
    **(UPRIGHT_DEVICE | {"density": 600, "materials": ("metal",), "siblings": 3, "hypernyms": ("clock", "device")}),
)
def alarm_clock(traits: Traits) -> Draft:
    radius = traits.size(0.038, 0.052)
    deep, middle = 0.9 * radius, 1.22 * radius
    case = (
        shapes.lathe([(0.9 * radius, -deep / 2), (radius, -0.35 * deep), (radius, deep / 2)], 32)
        .rotated("x", 90)
        .moved(z=middle)
    )
    dial = Print(1.0, (250, 250, 246), 128)
    for hour in range(12):
        x, y = 0.5 + 0.4 * np.sin(hour * np.pi / 6), 0.5 - 0.4 * np.cos(hour * np.pi / 6)
        dial.oval((x - 0.025, y - 0.025, x + 0.025, y + 0.025), (20, 20, 20))
    angle = float(traits.paint.uniform(0, 6.28))
    dial.polygon([(0.48, 0.5), (0.5 + 0.32 * np.sin(angle), 0.5 - 0.32 * np.cos(angle)), (0.52, 0.52)], (20, 20, 20))
    dial.polygon(
        [(0.47, 0.5), (0.5 + 0.2 * np.sin(angle * 12), 0.5 - 0.2 * np.cos(angle * 12)), (0.53, 0.53)], (20, 20, 20)
    )
    disc = (
        shapes.lathe([(0.88 * radius, 0.0), (0.88 * radius, 0.001)], 32)
        .rotated("x", 90)
        .moved(z=middle, y=-deep / 2 - 0.0003)
        .planar_uv(0, 2)
    )
    draft = Draft().add(case, textures.plain(traits.rgb), 0.3).add(disc.hollow(), dial.array(), 0.3)
    for side in (-1, 1):
        bell = shapes.lathe(
            [(0.4 * radius, 0), (0.33 * radius, 0.15 * radius), (0.15 * radius, 0.26 * radius), (0.001, 0.28 * radius)],
            20,
        )
        draft.add(
            bell.rotated("y", 30 * side).moved(side * 0.55 * radius, 0, middle + 0.9 * radius),
            textures.plain(traits.accent_rgb),
            0.15,
        )
        draft.add(
            shapes.rod((side * 0.5 * radius, 0, middle - 0.8 * radius), (side * 0.75 * radius, 0, 0.0), 0.005),
            textures.plain(traits.accent_rgb),
            0.2,
        )
    return draft


@kind(
    "charger",
    "electronics",
    names=("charger", "power adapter", "adapter", "plug"),
    colors=("white", "white", "black"),
    accents=("silver",),
    affordances=("my phone battery is empty", "something to charge my phone with", "something to plug into the wall"),
    descriptions=("the small {color} block with two metal pins",),
    utility="charging devices",
    **DEVICE,
)
def charger(traits: Traits) -> Draft:
    wide, tall, deep = traits.size(0.035, 0.05), traits.size(0.045, 0.065), traits.size(0.025, 0.032)
    metal = textures.plain((190, 190, 194))
    raised = shapes.slab(0.72 * wide, 0.004, 0.72 * deep, 0.001).moved(0, -tall / 2 - 0.001, 0.14 * deep)
    draft = Draft().add(join(shapes.slab(wide, tall, deep, 0.006, 0.003), raised), textures.plain(traits.rgb), 0.4)
    pins = [
        shapes.tube([(x, -tall / 2 + 0.002, deep / 2), (x, -tall / 2 - 0.021, deep / 2)], 0.0026, 10)
        for x in (-0.0095, 0.0095)
    ]
    draft.add(join(*pins), metal, 0.2)
    # The cable leaves opposite the pins, falls to the table and lies there in a loop that ends in a flat plug.
    turn = np.linspace(0.5 * np.pi, -1.6 * np.pi, 25)
    loop = np.column_stack(
        [0.026 + 0.026 * np.cos(turn), tall / 2 + 0.026 * np.sin(turn), 0.0022 + 0.002 * (turn < -np.pi)]
    )
    loop[:, 0] += wide / 2 - 0.01
    fall = [
        (0, tall / 2 - 0.002, deep / 2),
        (0.004, tall / 2 + 0.016, 0.6 * deep / 2),
        (0.016, tall / 2 + 0.025, 0.004),
    ]
    cable = shapes.tube(np.concatenate([fall, loop]), 0.002, 8, pieces=9)
    end = loop[-1]
    plug = shapes.slab(0.009, 0.018, 0.0052, 0.002).moved(end[0], end[1] + 0.012)
    draft.add(join(cable, plug), textures.plain(traits.rgb), 0.5)
    tip = shapes.slab(0.0075, 0.009, 0.0028, 0.001).moved(end[0], end[1] + 0.025, 0.0012)
    return draft.add(tip, metal, 0.2)


@kind(
    "light bulb",
    "electronics",
    names=("light bulb", "bulb", "lamp bulb"),
    colors=("white", "clear"),
    accents=("silver",),
    affordances=("something that goes into a lamp", "something that makes light", "it is dark in here"),
    descriptions=("the round {color} bulb with a screw base",),
    utility="making light",
    **(
        DEVICE
        | {
            "materials": ("glass",),
            "hypernyms": ("light", "household item"),
            "rests": ((1.0, rotation("x", 100)),),
            "density": 300,
        }
    ),
)
def light_bulb(traits: Traits) -> Draft:
    radius = traits.size(0.027, 0.032)
    base = shapes.lathe([(0.006, 0), (0.0125, 0.006), (0.013, 0.026)], 20)
    angles = np.linspace(-1.12, np.pi / 2, 13)
    rows = np.column_stack([np.maximum(radius * np.cos(angles), 2e-4), 0.026 + radius * (np.sin(angles) + 1.2)])
    thread = textures.striped((180, 182, 186), (110, 112, 116), 6, 0.4)
    return (
        Draft()
        .add(base, thread, 0.2)
        .add(shapes.lathe([(0.013, 0.026), *rows.tolist()]), textures.shine(traits.rgb), 0.1)
    )
