"""From a page to the photograph of it: what else lies there, the light, the lens, the sensor."""

from dataclasses import dataclass

import numpy
from numpy import ndarray
from numpy.random import Generator
from PIL import Image

from . import papers
from .fields import (
    Shape,
    between,
    blur,
    chance,
    coordinates,
    fine_noise,
    one_of,
    resize,
    smooth_noise,
    to_array,
    to_picture,
)

# A page is this much larger than the view of it, so that a slanting view still sees only page.
MARGIN = 0.14


@dataclass(frozen=True)
class Camera:
    tilt: float = 0.03  # how far a corner moves, as a share of the picture's side
    turn: float = 3.0  # degrees, at most
    blur: float = 0.6  # pixels
    motion: float = 0.0  # pixels
    noise: float = 0.012
    gradient: float = 0.12  # how much darker the darkest side is
    vignette: float = 0.1
    shadow: float = 0.0  # how much light a shadow takes
    soft: float = 0.05  # width of the shadow's edge, as a share of the picture's side
    warmth: float = 0.05
    exposure: float = 1.0


def page_shape(view: Shape) -> Shape:
    return round(view[0] * (1 + 2 * MARGIN)), round(view[1] * (1 + 2 * MARGIN))


def view_of(page: Shape) -> tuple[int, int, int, int]:
    """The part of a page of page_shape() that is in view: top, left, height, width."""
    height, width = round(page[0] / (1 + 2 * MARGIN)), round(page[1] / (1 + 2 * MARGIN))
    return (page[0] - height) // 2, (page[1] - width) // 2, height, width


def photograph(rng: Generator, page: ndarray, camera: Camera) -> Image.Image:
    """A photograph of the middle of a page."""
    seen = to_array(_seen(rng, page, camera))
    shape = seen.shape[:2]
    seen = seen * (_light(rng, shape, camera) * camera.exposure)[..., None] * _white_balance(rng, camera)
    picture = numpy.clip(seen, 0, 1)
    if camera.motion > 0.5:
        picture = _moved(rng, picture, camera.motion)
    picture = blur(picture, camera.blur)
    return to_picture(_with_noise(rng, picture, camera.noise))


def _seen(rng: Generator, page: ndarray, camera: Camera) -> Image.Image:
    top, left, height, width = view_of(page.shape[:2])
    angle = numpy.radians(between(rng, -camera.turn, camera.turn))
    center = numpy.array([left + width / 2, top + height / 2])
    corners = []
    for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1)):  # of the view, round from its top left
        offset = numpy.array([x * width / 2, y * height / 2]) * 0.97
        turned = numpy.array([[numpy.cos(angle), -numpy.sin(angle)], [numpy.sin(angle), numpy.cos(angle)]]) @ offset
        moved = center + turned + rng.uniform(-1, 1, 2) * camera.tilt * numpy.array([width, height])
        corners.append(numpy.clip(moved, 0, [page.shape[1] - 1, page.shape[0] - 1]))
    targets = [(0, 0), (width, 0), (width, height), (0, height)]
    return to_picture(page).transform(
        (width, height), Image.Transform.PERSPECTIVE, perspective(targets, corners), Image.Resampling.BICUBIC
    )


def perspective(points: list, corners: list) -> list[float]:
    """Pillow's eight numbers of the view that takes each point of the result from its corner of the source."""
    rows, values = [], []
    for (x, y), (u, v) in zip(points, corners, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return numpy.linalg.solve(numpy.array(rows, float), numpy.array(values, float)).tolist()


def _light(rng: Generator, shape: Shape, camera: Camera) -> ndarray:
    y, x = coordinates(shape)
    y, x = y / shape[0] - 0.5, x / shape[1] - 0.5
    angle = between(rng, 0, 2 * numpy.pi)
    along = numpy.cos(angle) * x + numpy.sin(angle) * y
    light = 1 - camera.gradient * (along + 0.5)
    light = light * (1 - camera.vignette * 2 * (x * x + y * y))
    light = light * (1 + 0.015 * smooth_noise(rng, shape, max(shape) / 3))
    if camera.shadow > 0:
        light = light * (1 - camera.shadow * _shadow(rng, shape, camera.soft))
    return light


def _shadow(rng: Generator, shape: Shape, soft: float) -> ndarray:
    """1 in the shadow of a hand, a head or a phone, 0 outside it."""
    y, x = coordinates(shape)
    side = max(shape)
    y, x = (y - shape[0] / 2) / side, (x - shape[1] / 2) / side
    angle = between(rng, 0, 2 * numpy.pi)
    along, across = numpy.cos(angle) * x + numpy.sin(angle) * y, numpy.cos(angle) * y - numpy.sin(angle) * x
    form = one_of(rng, ["edge", "phone", "hand"])
    if form == "edge":
        inside = along - between(rng, -0.2, 0.2) + 0.04 * smooth_noise(rng, shape, side / 3)
    elif form == "phone":
        inside = numpy.minimum(along - between(rng, -0.3, 0.1), between(rng, 0.12, 0.3) - numpy.abs(across))
    else:
        fingers = numpy.cos(across * between(rng, 16, 24)) * numpy.exp(-((across / 0.18) ** 2))
        inside = (
            along
            - between(rng, -0.1, 0.2)
            + 0.1 * fingers
            + 0.3 * across**2
            + 0.02 * smooth_noise(rng, shape, side / 4)
        )
    return 1 / (1 + numpy.exp(-numpy.clip(inside / max(soft, 1e-3) * 4, -30, 30)))


def _white_balance(rng: Generator, camera: Camera) -> ndarray:
    """Lamps make paper yellow, a cloudy sky makes it blue."""
    warmth = between(rng, -0.3, 1) * camera.warmth
    return numpy.array([1, 1 - 0.45 * abs(warmth), 1 - warmth if warmth > 0 else 1], numpy.float32) + numpy.array(
        [min(warmth, 0), 0, 0], numpy.float32
    )


def _moved(rng: Generator, picture: ndarray, distance: float) -> ndarray:
    """The camera was moved while it took the picture."""
    angle = between(rng, 0, numpy.pi)
    steps = max(2, round(distance))
    total = numpy.zeros_like(picture)
    for step in range(steps):
        share = (step / (steps - 1) - 0.5) * distance
        total += numpy.roll(picture, (round(share * numpy.sin(angle)), round(share * numpy.cos(angle))), (0, 1))
    return total / steps


def _with_noise(rng: Generator, picture: ndarray, amount: float) -> ndarray:
    """A sensor's noise, as coarse as its own filter leaves it: more in brightness than in color."""
    shape = picture.shape[:2]
    half = (max(2, round(shape[0] * 0.6)), max(2, round(shape[1] * 0.6)))
    bright = amount * (0.6 * fine_noise(rng, shape) + 0.8 * resize(fine_noise(rng, half), shape))
    picture = picture + bright[..., None]
    for channel in (0, 2):
        color = resize(fine_noise(rng, (max(2, half[0] // 2), max(2, half[1] // 2))), shape)
        picture[..., channel] += 0.6 * amount * color
    return picture


def lay_table(rng: Generator, page: ndarray, sides: int = 1) -> None:
    """The sheet ends inside the picture: the table shows beyond one side of the view or more."""
    shape = page.shape[:2]
    top, left, height, width = view_of(shape)
    y, x = coordinates(shape)
    outside = numpy.zeros(shape, bool)
    near = numpy.zeros(shape, numpy.float32)
    for side in rng.permutation(4)[:sides]:
        depth = between(rng, 0.03, 0.13)
        slope = between(rng, -0.08, 0.08)
        if side < 2:
            edge = (left + depth * width - x) if side == 0 else (x - left - (1 - depth) * width)
            distance = edge + slope * (y - shape[0] / 2)
        else:
            edge = (top + depth * height - y) if side == 2 else (y - top - (1 - depth) * height)
            distance = edge + slope * (x - shape[1] / 2)
        outside |= distance > 0
        near = numpy.maximum(near, numpy.clip(1 - numpy.abs(distance) / (0.012 * width + 1), 0, 1) * (distance > 0))
    under = papers.table(rng, shape) * (1 - 0.5 * near)[..., None]
    page[outside] = under[outside]


def lay_finger(rng: Generator, page: ndarray) -> None:
    """A finger holds the paper, at one side of the view."""
    shape = page.shape[:2]
    top, left, height, width = view_of(shape)
    y, x = coordinates(shape)
    side = int(rng.integers(4))
    reach, thick = between(rng, 0.06, 0.13), between(rng, 0.06, 0.1) * max(height, width)
    along = between(rng, 0.15, 0.85)
    if side < 2:
        tip, base = (left + reach * width, -1) if side == 0 else (left + (1 - reach) * width, 1)
        beyond, across = (x - tip) * base, y - (top + along * height)
    else:
        tip, base = (top + reach * height, -1) if side == 2 else (top + (1 - reach) * height, 1)
        beyond, across = (y - tip) * base, x - (left + along * width)
    across = across + between(rng, -0.3, 0.3) * beyond
    distance = numpy.hypot(numpy.minimum(beyond - thick, 0), across) - thick
    around = numpy.clip(1 - distance / (0.4 * thick), 0, 1) * (distance > 0)
    page *= (1 - 0.25 * around)[..., None]
    round_light = numpy.sqrt(numpy.clip(1 - (across / thick) ** 2, 0.2, 1))
    finger = papers.skin(rng, shape) * round_light[..., None]
    inside = distance <= 0
    page[inside] = finger[inside]


def add_reflection(rng: Generator, page: ndarray) -> None:
    """A lamp or a window mirrored in a board, beside what is written or weakly over it."""
    shape = page.shape[:2]
    y, x = coordinates(shape)
    center = between(rng, 0.1, 0.9) * shape[0], between(rng, 0.1, 0.9) * shape[1]
    size = between(rng, 0.08, 0.2) * max(shape)
    shine = numpy.exp(-(((y - center[0]) / size) ** 2) - ((x - center[1]) / (size * between(rng, 0.6, 2))) ** 2)
    page += (between(rng, 0.05, 0.3) * shine)[..., None] * (1 - page)


def camera(rng: Generator, **settings: float) -> Camera:
    """A phone held by hand in a lit room; `settings` replace what chance would choose."""
    usual = {
        "tilt": between(rng, 0.01, 0.05),
        "turn": between(rng, 1, 6),
        "blur": between(rng, 0.3, 1.2),
        "noise": between(rng, 0.004, 0.02),
        "gradient": between(rng, 0.03, 0.3),
        "vignette": between(rng, 0, 0.3),
        "warmth": between(rng, 0, 0.25),
        "exposure": between(rng, 0.75, 1.1),
        "shadow": between(rng, 0.1, 0.3) if chance(rng, 0.3) else 0.0,
        "soft": between(rng, 0.05, 0.3),
    }
    return Camera(**{**usual, **settings})


def facets(rng: Generator, shape: Shape) -> ndarray:
    """The light on folded paper: flat parts that lean differently, with creases between them."""
    y, x = coordinates(shape)
    side = max(shape)
    planes = [
        between(rng, -1, 1) * (x / side - between(rng, 0, 1)) + between(rng, -1, 1) * (y / side - between(rng, 0, 1))
        for _ in range(int(rng.integers(4, 10)))
    ]
    stack = numpy.stack([numpy.broadcast_to(plane, shape) for plane in planes])
    lit = rng.uniform(0.8, 1, len(planes)).astype(numpy.float32)[stack.argmax(0)]
    two = numpy.partition(stack, -2, 0)
    crease = numpy.exp(-(((two[-1] - two[-2]) / 0.006) ** 2))
    return blur(lit, side / 250) * (1 - 0.08 * crease)
