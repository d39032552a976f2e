"""Draws fruits of the 33 classes of Fruits-360 as no two of them are alike: OUT/LABEL/0000.png, with a clear ground.

    .venv/bin/python3 scripts/draw_fruits.py OUT [--count 120] [--seed 0]

Fruits-360 shows one fruit of each class, whole, turning. A classifier that knows no other pear than that one fails on a
brown one, on bunches of grapes, on cherries with their stalks and on halves of an orange. The drawings show shapes, colors
and cut faces that the fruits have elsewhere. They are laid on grounds like the photographed ones (src/vision/augmentation).

The same numbers make the same drawings with the same versions of NumPy and Pillow.
"""

import argparse
import pathlib

import numpy
from PIL import Image, ImageDraw

SIZE = 192  # pixels of each side
ACROSS, DOWN = numpy.meshgrid(*[(numpy.arange(SIZE) + 0.5) / (SIZE / 2) - 1] * 2)  # -1 to 1 from edge to edge
UP = -numpy.pi / 2  # the angle of what is above the middle

APPLES = ["Apple Red 1", "Apple Red 2", "Apple Red 3", "Apple Red Yellow", "Braeburn", "Golden 1", "Golden 2", "Golden 3"]
LABELS = sorted(
    [*APPLES, "Granny Smith", "Apricot", "Avocado", "Avocado ripe", "Cactus fruit", "Carambula", "Cherry", "Granadilla"]
    + ["Grape", "Grapefruit", "Kaki", "Kiwi", "Kumquats", "Lemon", "Nectarine", "Orange", "Papaya", "Passion Fruit"]
    + ["Peach", "Peach Flat", "Pear", "Plum", "Pomegranate", "Quince", "Strawberry"]
)
LEAF, STALK = (70, 120, 40), (95, 75, 40)


def noise(rng, cells):
    """Smooth random values from 0 to 1, so many of them independent along each side."""
    grid = Image.fromarray(rng.random((cells + 3, cells + 3)).astype(numpy.float32))
    return numpy.asarray(grid.resize((SIZE, SIZE), Image.BICUBIC), float)


def near(rng, color, spread=14):
    """A color like it, a little lighter or darker and of another hue."""
    varied = numpy.array(color, float) * numpy.exp(rng.normal(0, 0.1)) + rng.normal(0, spread, 3) * [1, 0.8, 0.6]
    return numpy.clip(varied, 0, 255)


def bump(value, middle, width):
    return numpy.exp(-(((value - middle) / width) ** 2))


def ramp(value):
    return numpy.clip(value, 0, 1)[..., None]


class Drawing:
    """Colors (SIZE, SIZE, 3) from 0 to 255, and how much of each pixel they cover."""

    def __init__(self, colors, cover):
        self.colors, self.cover = colors, cover

    def lay(self, share, color):
        """A color, or colors, over what is there; nothing new is covered."""
        self.colors = self.colors + (numpy.asarray(color) - self.colors) * ramp(share)

    def paint(self, shapes, beyond=True):
        """Calls shapes(draw) with an ImageDraw of twice the size; `beyond`: also where nothing was covered before."""
        layer = Image.new("RGBA", (2 * SIZE, 2 * SIZE))
        shapes(ImageDraw.Draw(layer))
        values = numpy.asarray(layer.convert("RGBa").resize((SIZE, SIZE), Image.BOX).convert("RGBA"), float)
        share = values[..., 3] / 255
        self.lay(share, values[..., :3])
        if beyond:
            self.cover = numpy.maximum(self.cover, share)

    def insert(self, other, left, top, side, tone=1.0):
        """Another drawing in a square of `side` pixels, in front."""
        rgba = other.image().convert("RGBa").resize((side, side), Image.BOX)
        place = Image.new("RGBa", (SIZE, SIZE))
        place.paste(rgba, (int(left), int(top)))
        values = numpy.asarray(place.convert("RGBA"), float)
        share = values[..., 3] / 255
        self.lay(share, values[..., :3] * tone)
        self.cover = numpy.maximum(self.cover, share)

    def image(self):
        alpha = self.cover[..., None] * 255
        return Image.fromarray(numpy.clip(numpy.concatenate([self.colors, alpha], 2), 0, 255).astype(numpy.uint8), "RGBA")


def blot(draw, x, y, long, short, angle, color):
    """A filled ellipse; places and lengths as parts of SIZE, the angle in radians."""
    turn = numpy.linspace(0, 2 * numpy.pi, 20, endpoint=False)
    along, across = numpy.cos(turn) * long, numpy.sin(turn) * short
    points = numpy.stack([x + along * numpy.cos(angle) - across * numpy.sin(angle),
                          y + along * numpy.sin(angle) + across * numpy.cos(angle)], 1)  # fmt: skip
    draw.polygon([tuple(point) for point in points * 2 * SIZE], fill=tuple(int(value) for value in color))


def stalk(rng, drawing, x, y, length, color=STALK):
    angle = rng.normal(UP, 0.3)
    end = (x + length * numpy.cos(angle), y + length * numpy.sin(angle))
    bend = ((x + end[0]) / 2 + rng.normal(0, length * 0.1), (y + end[1]) / 2)
    points = [(2 * SIZE * a, 2 * SIZE * b) for a, b in [(x, y), bend, end]]
    fill = tuple(int(value) for value in near(rng, color, 8))
    width = int(rng.integers(4, 9))
    drawing.paint(lambda draw: draw.line(points, fill=fill, width=width, joint="curve"))


def leaf(rng, drawing, x, y, length):
    angle, color = rng.uniform(-numpy.pi, 0), near(rng, LEAF)
    middle = (x + numpy.cos(angle) * length / 2, y + numpy.sin(angle) * length / 2)
    drawing.paint(lambda draw: blot(draw, *middle, length / 2, length / 5, angle, color))


def outline(reach, wide, high):
    """What lies within reach(angle), an array for an array: the cover; the distance from the middle, 1 at the edge; the
    angle. `wide`, `high`: half of the picture is 1."""
    angle = numpy.arctan2(DOWN / high, ACROSS / wide)
    distance = numpy.hypot(DOWN / high, ACROSS / wide) / numpy.maximum(reach(angle), 1e-3)
    return numpy.clip((1 - distance) * SIZE * 0.4 * min(wide, high) + 0.5, 0, 1), distance, angle


def lit(rng, colors, height, gloss, rough):
    """The colors as seen in a light from above somewhere; `height` of the surface from 0 to 1."""
    for axis in (0, 1, 0, 1):
        height = (numpy.roll(height, 2, axis) + 2 * height + numpy.roll(height, -2, axis)) / 4
    rise, slant = numpy.gradient(height, 2 / SIZE)
    if rough:
        grain = numpy.gradient(noise(rng, int(rng.uniform(30, 70))))
        rise, slant = rise + grain[0] * rough * 4, slant + grain[1] * rough * 4
    facing = 1 / numpy.sqrt(rise**2 + slant**2 + 1)
    normal = numpy.stack([-slant * facing, -rise * facing, facing], 2)
    light = numpy.array([rng.normal(-0.3, 0.35), rng.normal(-0.5, 0.3), 0.8])
    light /= numpy.linalg.norm(light)
    ambient = rng.uniform(0.35, 0.65)
    colors = colors * (ambient + (1 - ambient) * 1.15 * ramp(normal @ light))
    if gloss:
        between = light + [0, 0, 1]  # the eye looks along the third axis (Blinn)
        gleam = numpy.clip(normal @ (between / numpy.linalg.norm(between)), 0, 1) ** rng.uniform(15, 90)
        colors = colors + (255 - colors) * ramp(gleam * gloss * rng.uniform(0.3, 1))
    return colors


def reach_of(rng, shape):
    waves = rng.normal(0, 0.02, 5)

    def reach(angle):
        edge = 1 + sum(wave * numpy.cos((k + 2) * angle + k) for k, wave in enumerate(waves)) * 0.5
        if shape == "apple":
            edge = edge - 0.10 * bump(angle, UP, 0.35) - 0.05 * bump(angle, -UP, 0.3)
        if shape == "pear":
            edge = edge * (1 - 0.3 * bump(abs(angle - UP), 0.8, 0.45))
        if shape == "egg":
            edge = edge * (1 - 0.2 * bump(abs(angle - UP), 0.7, 0.6))
        if shape == "lemon":
            edge = edge + 0.16 * bump(angle, 0, 0.22) + 0.16 * bump(abs(angle), numpy.pi, 0.22)
        if shape == "heart":
            edge = edge * (1 - 0.12 * numpy.sin(angle))
        return edge * 0.88

    return reach


def whole(rng, color, blush, shape="round", wide=0.8, high=0.8, gloss=0.5, rough=0.0, streaks=False, cleft=0.0, spots=0,
          spot=(240, 220, 180), stalks=0.0, leaves=0.0, crown=False, calyx=False):  # fmt: skip
    """A whole fruit: of a color, with a blush of another; stalks, leaves: how often it has one."""
    stretch = rng.uniform(0.93, 1.07)
    wide, high = wide * stretch, high / stretch
    cover, distance, angle = outline(reach_of(rng, shape), wide, high)
    height = numpy.sqrt(numpy.clip(1 - distance**2, 0, 1))
    color = near(rng, color)
    mottle = noise(rng, int(rng.integers(2, 6))) * 0.7 + noise(rng, 16) * 0.3
    side = rng.uniform(0, 2 * numpy.pi)
    red = (ACROSS * numpy.cos(side) + DOWN * numpy.sin(side)) * 0.6 + mottle - 0.5 + rng.uniform(-0.4, 0.5)
    if streaks:
        red = red + numpy.sin(angle * int(rng.integers(12, 30)) + noise(rng, 6) * 6) * 0.12
    fruit = Drawing(numpy.broadcast_to(color, (SIZE, SIZE, 3)), cover)
    fruit.lay(red * 2.2 + 0.5, near(rng, blush))
    fruit.colors = fruit.colors * (1 + (mottle - 0.5) * 0.25 + (noise(rng, 60) - 0.5) * 0.1)[..., None]

    def speckle(draw):
        for _ in range(spots):
            turn, away = rng.uniform(0, 2 * numpy.pi), numpy.sqrt(rng.random()) * 0.42
            blot(draw, 0.5 + numpy.cos(turn) * away * wide, 0.5 + numpy.sin(turn) * away * high, 0.006, 0.005, 0, spot)

    fruit.paint(speckle, beyond=False)
    if cleft:
        seam = rng.normal(0, 0.25) + 0.25 * DOWN**2 * rng.choice([-1, 1])
        fruit.colors = fruit.colors * (1 - 0.4 * cleft * bump(ACROSS, seam, 0.035) * numpy.clip(1 - DOWN * 0.8, 0, 1))[..., None]
        height = height * (1 - 0.1 * bump(ACROSS, seam, 0.08))
    fruit.colors = lit(rng, fruit.colors, height, gloss, rough)
    if shape == "apple" and rng.random() < 0.8:  # the hollow of the stalk
        hollow = bump(ACROSS, rng.normal(0, 0.06), 0.16) * bump(DOWN, -high * 0.74, 0.09)
        fruit.colors = fruit.colors * (1 - 0.5 * hollow)[..., None]
    top = 0.5 - high * 0.40
    if rng.random() < stalks:
        stalk(rng, fruit, 0.5 + rng.normal(0, 0.015), top + 0.02, rng.uniform(0.05, 0.14))
    if rng.random() < leaves:
        leaf(rng, fruit, 0.5, top, rng.uniform(0.13, 0.29))
    if crown:
        add_crown(rng, fruit, top - 0.01, color)
    if calyx and rng.random() < 0.8:
        add_calyx(rng, fruit, 0.5 - high * 0.25 if rng.random() < 0.6 else 0.5)
    return fruit


def add_crown(rng, fruit, top, color):
    def points(draw):
        for k in range(-2, 3):
            tip = (0.5 + k * 0.047, top - rng.uniform(0.04, 0.083))
            corners = [(0.474 + k * 0.031, top + 0.04), (0.526 + k * 0.031, top + 0.04), tip]
            fill = tuple(int(value) for value in color * rng.uniform(0.6, 0.9))
            draw.polygon([(2 * SIZE * x, 2 * SIZE * y) for x, y in corners], fill=fill)

    fruit.paint(points)


def add_calyx(rng, fruit, y):
    def sepals(draw):
        for k in range(4):
            turn = k * numpy.pi / 2 + rng.normal(0, 0.2) + 0.7
            place = (0.5 + numpy.cos(turn) * 0.073, y + numpy.sin(turn) * 0.047)
            blot(draw, *place, 0.094, 0.047, turn, near(rng, (95, 110, 50), 8))

    fruit.paint(sepals)


def empty():
    return Drawing(numpy.zeros((SIZE, SIZE, 3)), numpy.zeros((SIZE, SIZE)))


def bunch(rng, color, blush):
    """Grapes, those behind first."""
    drawing = empty()
    color = near(rng, color)
    berries = [whole(rng, color, blush, wide=0.9, high=rng.uniform(0.8, 1)) for _ in range(3)]
    radius, pointed = rng.uniform(0.104, 0.167), rng.random() < 0.6
    for k in range(rng.integers(14, 40)):
        y = rng.uniform(0.15, 0.85)
        x = 0.5 + rng.uniform(-0.4, 0.4) * ((1.05 - y) if pointed else 0.8)
        side = int(2 * radius * SIZE)
        drawing.colors = drawing.colors * 0.98
        drawing.insert(berries[k % 3], (x - radius) * SIZE, (y - radius) * SIZE, side, rng.uniform(0.65, 1.1))
    if rng.random() < 0.6:
        stalk(rng, drawing, 0.5, 0.15, 0.1, (110, 120, 50))
    return drawing


def cherries(rng):
    """One to three, with stalks that meet."""
    drawing = empty()
    count = int(rng.choice([1, 2, 2, 3]))
    colors = [(150, 10, 20), (200, 25, 35), (90, 8, 18), (225, 60, 50)]
    color = colors[rng.integers(len(colors))]
    blush = (240, 180, 90) if rng.random() < 0.15 else color
    knot = numpy.array([rng.uniform(0.4, 0.6), 0.04])
    for k in range(count):
        radius = rng.uniform(0.2, 0.26) if count > 1 else rng.uniform(0.23, 0.31)
        x = numpy.clip(0.5 + (k - (count - 1) / 2) * radius * 1.3 + rng.normal(0, 0.02), radius, 1 - radius)
        y = 1 - radius - rng.uniform(0.02, 0.1)
        fruit = whole(rng, color, blush, shape="heart", wide=0.85, high=0.82, gloss=0.9)
        drawing.insert(fruit, (x - radius) * SIZE, (y - radius) * SIZE, int(2 * radius * SIZE))
        share = numpy.linspace(0, 1, 9)[:, None]
        start = numpy.array([x, y - radius * 0.75])
        bend = (start + knot) / 2 + [(x - 0.5) * 0.35, -0.05]
        curve = ((1 - share) ** 2 * start + 2 * share * (1 - share) * bend + share**2 * knot) * 2 * SIZE
        fill = tuple(int(value) for value in near(rng, (110, 130, 50), 8))
        drawing.paint(lambda draw, curve=curve, fill=fill: draw.line([tuple(p) for p in curve], fill=fill, width=6))
    if rng.random() < 0.3:
        leaf(rng, drawing, *knot, 0.26)
    return drawing


def strawberry(rng):
    fruit = whole(rng, (205, 25, 35), (180, 15, 30), shape="heart", wide=0.75, high=0.85, spots=int(rng.integers(60, 140)),
                  spot=(235, 190, 90))  # fmt: skip

    def sepals(draw):
        for k in range(-2, 3):
            turn = UP + k * 0.7
            place = (0.5 + numpy.cos(turn) * 0.115, 0.17 + numpy.sin(turn) * 0.03)
            blot(draw, *place, 0.125, 0.036, turn * 0.6, near(rng, (80, 130, 40)))

    fruit.paint(sepals)
    return fruit


def cut(rng, flesh, skin, wide=0.95, high=0.95, reach=None, cells=14, depth=0.25):
    """A cut face: the drawing, the distance from the middle, 1 at the skin, and the angle."""
    cover, distance, angle = outline(reach or (lambda angle: numpy.full_like(angle, 0.95)), wide, high)
    colors = near(rng, flesh, 8) * (1 - depth / 2 + depth * noise(rng, cells))[..., None]
    drawing = Drawing(colors, cover)
    drawing.lay((distance - 0.94) * 35, near(rng, skin))
    return drawing, distance, angle


def scatter(rng, drawing, count, away, size, color, spread=8, squash=(1.0, 1.0)):
    """Seeds: at `away` (from, to) from the middle, of `size` (long, short), as parts of SIZE."""

    def seeds(draw):
        for _ in range(count):
            turn = rng.uniform(0, 2 * numpy.pi)
            far = numpy.sqrt(rng.uniform(away[0] ** 2, away[1] ** 2))
            place = (0.5 + numpy.cos(turn) * far * squash[0], 0.5 + numpy.sin(turn) * far * squash[1])
            blot(draw, *place, *size, turn, near(rng, color, spread))

    drawing.paint(seeds, beyond=False)


def citrus(rng, skin, pith, flesh):
    flat = rng.uniform(0.6, 1)
    drawing, distance, angle = cut(rng, flesh, skin, high=0.95 * flat, cells=40, depth=0.35)
    drawing.colors = drawing.colors * (1 + 0.12 * numpy.sin(distance * 40 + noise(rng, 20) * 12))[..., None]
    wedges = abs(numpy.sin((angle + rng.uniform(0, 6)) * int(rng.integers(8, 12)) / 2)) * distance
    filled = numpy.clip((wedges - 0.10) * 14, 0, 1) * numpy.clip((distance - 0.08) * 20, 0, 1)
    drawing.lay((1 - filled * numpy.clip((0.86 - distance) * 18, 0, 1)) * (distance < 0.95), near(rng, pith, 6))
    return drawing


def kiwi(rng):
    flat = rng.uniform(0.6, 1)
    drawing, distance, angle = cut(rng, (125, 165, 40), (120, 90, 50), high=0.95 * flat, cells=30, depth=0.35)
    drawing.colors = drawing.colors * (1 + 0.12 * numpy.sin(angle * int(rng.integers(28, 40))))[..., None]
    drawing.lay((0.32 + 0.05 * numpy.sin(angle * 7) - distance) * 9, near(rng, (225, 225, 170), 8))
    scatter(rng, drawing, int(rng.integers(30, 60)), (0.15, 0.24), (0.02, 0.01), (25, 20, 15), 4, (1, flat))
    return drawing


def avocado(rng):
    narrow = lambda angle: 0.92 * (1 - 0.25 * numpy.clip(-numpy.sin(angle), 0, 1) ** 1.5)  # noqa: E731
    drawing, distance, _ = cut(rng, (225, 220, 130), (50, 60, 30), 0.72, 0.95, narrow, 20, 0.1)
    drawing.lay((distance - 0.55) * 2.2 * (distance < 0.94), near(rng, (150, 180, 70), 8))
    stone = 1 - numpy.hypot(ACROSS / 0.72, (DOWN - 0.2) / 0.8) / 0.38
    color = near(rng, (120, 75, 40) if rng.random() < 0.7 else (190, 185, 95))  # the stone, or where it was
    drawing.lay(stone * 11, color * (0.45 + 0.6 * numpy.sqrt(numpy.clip(1 - (1 - stone) ** 2, 0, 1)))[..., None])
    return drawing


def papaya(rng):
    narrow = lambda angle: 0.95 * (1 - 0.12 * numpy.clip(-numpy.sin(angle), 0, 1))  # noqa: E731
    drawing, _, _ = cut(rng, (240, 135, 50), (200, 190, 80), 0.6, 0.97, narrow)
    hollow = numpy.clip((0.5 - numpy.hypot(ACROSS / 0.6, DOWN / 0.9)) * 14, 0, 1)
    drawing.colors = drawing.colors * (1 - 0.25 * hollow)[..., None]
    scatter(rng, drawing, int(rng.integers(50, 110)), (0, 0.21), (0.022, 0.019), (35, 32, 28), 5, (0.6, 0.9))
    return drawing


def passion_fruit(rng):
    drawing, distance, _ = cut(rng, (215, 150, 30), (95, 35, 60), 0.85, 0.85, cells=18, depth=0.4)
    scatter(rng, drawing, int(rng.integers(25, 45)), (0, 0.26), (0.042, 0.026), (35, 30, 20), 5)
    drawing.lay((distance - 0.78) * 20 * (distance < 0.93), near(rng, (235, 215, 200), 6))
    return drawing


def pomegranate(rng):
    drawing, _, _ = cut(rng, (245, 225, 170), (185, 45, 50), 0.85, 0.85)
    scatter(rng, drawing, int(rng.integers(60, 110)), (0, 0.35), (0.047, 0.036), (175, 15, 40), 14)
    scatter(rng, drawing, 40, (0, 0.35), (0.008, 0.008), (240, 150, 160), 8)
    return drawing


def star(rng):
    points = lambda angle: 0.95 * (0.45 + 0.55 * abs(numpy.cos(angle * 2.5 + 0.3)) ** 1.6)  # noqa: E731
    drawing, distance, angle = cut(rng, (225, 205, 80), (200, 190, 60), reach=points, cells=12)
    drawing.colors = drawing.colors * (1 + 0.15 * numpy.cos(angle * 5 + 0.6) * numpy.minimum(distance, 1))[..., None]
    return drawing


def stone_fruit(rng, flesh, skin):
    drawing, _, _ = cut(rng, flesh, skin, 0.88, 0.86)
    stone = numpy.clip((0.4 - numpy.hypot(ACROSS / 0.7, (DOWN - 0.1) / 0.9)) * 25, 0, 1)
    drawing.lay(stone * (1 if rng.random() < 0.7 else 0.35), near(rng, (125, 70, 40)) * (0.7 + 0.6 * noise(rng, 25))[..., None])
    return drawing


def core_fruit(rng, skin, pear=False):
    if pear:
        reach = lambda angle: 0.92 * (1 - 0.35 * numpy.clip(-numpy.sin(angle), 0, 1) ** 1.3)  # noqa: E731
    else:
        reach = lambda angle: 0.92 * (1 - 0.1 * bump(angle, UP, 0.35))  # noqa: E731
    drawing, _, _ = cut(rng, (245, 237, 208), skin, 0.72 if pear else 0.9, 0.88, reach, depth=0.12)

    def pips(draw):
        for side in (-1, 1):
            blot(draw, 0.5 + side * 0.047, 0.55, 0.047, 0.021, numpy.pi / 2 + side * 0.25, (80, 45, 25))

    drawing.paint(pips, beyond=False)
    return drawing


def one_of(rng, choices):
    return choices[rng.integers(len(choices))]


def apple(rng, label):
    varieties = {
        "Granny Smith": [((130, 180, 50), (160, 200, 80))],
        "Golden 1": [((215, 200, 80), (225, 190, 90))],
        "Golden 2": [((195, 195, 85), (230, 170, 90))],
        "Golden 3": [((200, 200, 90), (210, 210, 110))],
    }
    reds = [((170, 20, 30), (120, 10, 25)), ((200, 30, 35), (230, 190, 80)), ((220, 190, 80), (200, 50, 40)),
            ((160, 180, 70), (180, 40, 40)), ((190, 25, 40), (150, 15, 30))]  # fmt: skip
    color, blush = one_of(rng, varieties.get(label, reds))
    if rng.random() < 0.1:
        return core_fruit(rng, color)
    return whole(rng, color, blush, "apple", 0.84, 0.78, rng.uniform(0.2, 1), streaks=True, spots=int(rng.integers(0, 40)),
                 stalks=0.7, leaves=0.25)  # fmt: skip


def pear(rng):
    color, blush = one_of(rng, [((190, 190, 75), (170, 175, 70)), ((150, 105, 50), (175, 130, 60)), ((215, 195, 85), (205, 90, 50)),
                                 ((160, 180, 70), (190, 190, 90)), ((150, 40, 40), (180, 80, 50))])  # fmt: skip
    if rng.random() < 0.1:
        return core_fruit(rng, color, pear=True)
    return whole(rng, color, blush, "pear", 0.78, 0.95, 0.35, spots=int(rng.integers(0, 70)), spot=(130, 110, 50), stalks=0.9,
                 leaves=0.15)  # fmt: skip


def grape(rng):
    color, blush = one_of(rng, [((170, 190, 90), (200, 200, 110)), ((45, 35, 65), (80, 50, 90)), ((120, 30, 50), (160, 60, 70)),
                                 ((190, 200, 110), (150, 180, 70))])  # fmt: skip
    return bunch(rng, color, blush) if rng.random() < 0.8 else whole(rng, color, blush, wide=0.75, high=0.9)


def cut_fruit(rng, label):
    """How often each kind is shown cut, and how that looks."""
    kinds = {
        "Apricot": (0.15, lambda: stone_fruit(rng, (245, 165, 70), (235, 140, 60))),
        "Avocado": (0.4, lambda: avocado(rng)),
        "Avocado ripe": (0.4, lambda: avocado(rng)),
        "Carambula": (0.7, lambda: star(rng)),
        "Grapefruit": (0.4, lambda: citrus(rng, (235, 180, 70), (250, 230, 200), one_of(rng, [(225, 90, 80), (235, 130, 100), (240, 215, 130)]))),
        "Kiwi": (0.45, lambda: kiwi(rng)),
        "Lemon": (0.3, lambda: citrus(rng, (235, 205, 50), (250, 245, 220), (240, 225, 120))),
        "Nectarine": (0.1, lambda: stone_fruit(rng, (245, 200, 110), (190, 40, 40))),
        "Orange": (0.35, lambda: citrus(rng, (240, 140, 30), (250, 225, 170), (245, 155, 40))),
        "Papaya": (0.5, lambda: papaya(rng)),
        "Passion Fruit": (0.4, lambda: passion_fruit(rng)),
        "Peach": (0.12, lambda: stone_fruit(rng, (245, 195, 100), (215, 90, 60))),
        "Plum": (0.12, lambda: stone_fruit(rng, (225, 170, 70), (80, 35, 70))),
        "Pomegranate": (0.35, lambda: pomegranate(rng)),
    }  # fmt: skip
    often, draw = kinds.get(label, (0, None))
    return draw() if rng.random() < often else None


def whole_fruit(rng, label):
    few, many = int(rng.integers(0, 30)), int(rng.integers(20, 60))
    seam = float(rng.choice([0, 1]))
    drawn = {"Cherry": cherries, "Grape": grape, "Pear": pear, "Strawberry": strawberry}.get(label)
    if drawn:
        return drawn(rng)
    pick = lambda *choices: one_of(rng, choices)  # noqa: E731
    kinds = {
        "Apricot": ((240, 165, 70), (225, 90, 45), dict(gloss=0.2, cleft=seam, spots=few, spot=(180, 90, 40), leaves=0.15)),
        "Avocado": (pick((60, 85, 35), (45, 40, 35), (80, 105, 45)), pick((35, 35, 25), (90, 120, 50)),
                    dict(shape="egg", wide=0.72, high=0.9, gloss=0.4, rough=rng.uniform(0.5, 2))),
        "Cactus fruit": (pick((190, 60, 60), (215, 150, 60), (150, 160, 70), (170, 40, 70)), pick((225, 140, 60), (140, 150, 60)),
                         dict(wide=0.6, high=0.85, gloss=0.2, spots=many, spot=(110, 70, 40))),
        "Carambula": ((220, 195, 60), (190, 190, 70), dict(wide=0.6, high=0.9, cleft=1)),
        "Granadilla": ((230, 150, 50), (200, 120, 50), dict(wide=0.78, high=0.85, spots=many, spot=(250, 210, 130), stalks=0.5)),
        "Grapefruit": ((240, 190, 70), (235, 130, 70), dict(wide=0.9, high=0.86, rough=0.7, spots=few, spot=(200, 140, 50))),
        "Kaki": ((230, 110, 30), (220, 70, 20), dict(wide=0.86, high=0.74, gloss=0.8, calyx=True)),
        "Kiwi": ((125, 95, 55), (95, 75, 45), dict(wide=0.72, high=0.9, gloss=0.05, rough=2.5)),
        "Kumquats": ((240, 150, 25), (235, 120, 20), dict(wide=0.62, high=0.85, gloss=0.6, rough=0.5, stalks=0.2, leaves=0.2)),
        "Lemon": ((240, 210, 50), (225, 215, 80), dict(shape="lemon", wide=0.86, high=0.62, rough=0.7, leaves=0.15)),
        "Nectarine": ((190, 40, 35), (235, 160, 60), dict(gloss=0.7, cleft=seam, spots=few, stalks=0.1)),
        "Orange": ((240, 140, 25), (235, 120, 20), dict(wide=0.86, high=0.84, rough=0.8, leaves=0.15)),
        "Papaya": ((150, 160, 60), (235, 160, 50), dict(shape="egg", wide=0.66, high=0.95, gloss=0.3)),
        "Passion Fruit": ((85, 40, 65), (60, 30, 45), dict(gloss=0.3, rough=rng.uniform(0, 2))),
        "Peach": ((240, 180, 90), pick((210, 60, 55), (225, 100, 70)), dict(wide=0.84, high=0.82, gloss=0.08, cleft=seam, leaves=0.2)),
        "Peach Flat": ((240, 180, 90), (210, 60, 55), dict(wide=0.9, high=0.5, gloss=0.08, cleft=seam)),
        "Plum": (pick((70, 30, 65), (95, 25, 45), (50, 35, 80), (150, 30, 50), (215, 170, 60)), pick((110, 90, 140), (60, 25, 50)),
                 dict(wide=0.75, high=0.85, cleft=seam, stalks=0.3)),
        "Pomegranate": ((185, 40, 45), pick((225, 150, 80), (140, 25, 40)), dict(wide=0.86, high=0.82, crown=True)),
        "Quince": ((225, 200, 60), (200, 185, 70), dict(shape="egg", wide=0.84, high=0.88, gloss=0.15, rough=0.6, stalks=0.3, leaves=0.2)),
    }  # fmt: skip
    color, blush, details = kinds["Avocado" if label == "Avocado ripe" else label]
    return whole(rng, color, blush, **details)


def draw_fruit(rng, label):
    if label in APPLES or label == "Granny Smith":
        return apple(rng, label).image()
    return (cut_fruit(rng, label) or whole_fruit(rng, label)).image()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=120, help="drawings of each class")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for number, label in enumerate(LABELS):
        folder = options.out / label
        folder.mkdir(parents=True, exist_ok=True)
        for k in range(options.count):
            draw_fruit(numpy.random.default_rng([options.seed, number, k]), label).save(folder / f"{k:04}.png")


if __name__ == "__main__":
    main()
