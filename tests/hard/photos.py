"""Digits on paper, boards and notes, photographed with a phone."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy
from numpy import ndarray
from numpy.random import Generator

from . import papers, scenes
from .fields import Shape, between, chance, coordinates, one_of
from .papers import Color, print_over
from .pens import Pen, random_nib
from .pictures import Picture, jpeg
from .writing import Order, fitted, place

Paper = Callable[[Generator, Shape, float], ndarray]


@dataclass(frozen=True)
class Tool:
    """A pen on paper, in millimeters."""

    color: Color
    width: float
    surface: str = "full"
    nib: str = "round"
    opacity: float = 1.0


BLUE, BLACK, RED, GREEN = (0.08, 0.14, 0.5), (0.06, 0.06, 0.08), (0.7, 0.08, 0.1), (0.05, 0.4, 0.2)


def ballpoint(rng: Generator) -> Tool:
    return Tool(
        one_of(rng, [BLUE, BLUE, BLACK, BLACK, RED]), between(rng, 0.5, 0.9), "ballpoint", random_nib(rng), 0.95
    )


def gel_pen(rng: Generator) -> Tool:
    return Tool(one_of(rng, [BLUE, BLACK, BLACK]), between(rng, 0.7, 1.2), "full", random_nib(rng))


def pencil(rng: Generator) -> Tool:
    level = between(rng, 0.2, 0.35)
    return Tool((level, level, level + 0.02), between(rng, 0.6, 1.1), "pencil", "pressure")


def marker(rng: Generator) -> Tool:
    return Tool(
        one_of(rng, [BLACK, BLACK, BLUE, RED, GREEN]),
        between(rng, 2, 4.5),
        one_of(rng, ["full", "full", "dry"]),
        random_nib(rng),
    )


def chalk(rng: Generator) -> Tool:
    return Tool(
        one_of(rng, [(0.93, 0.93, 0.9)] * 3 + [(0.95, 0.88, 0.5), (0.9, 0.6, 0.65)]), between(rng, 5, 9), "chalk"
    )


@dataclass(frozen=True)
class Shot:
    """What is photographed: `share` of the picture's shorter side is the digit's height, which is `height` mm."""

    paper: Paper
    tool: Tool
    share: tuple[float, float] = (0.3, 0.7)
    height: tuple[float, float] = (8, 30)
    room: float = 0.82  # of the view that writing may take


def view_shape(order: Order) -> Shape:
    rng = order.rng
    longest = min(order.largest, round(between(rng, 300, 1300)))
    ratio = one_of(rng, [3 / 4, 3 / 4, 1.0, 2 / 3, 9 / 16, 0.9])
    shape = (longest, round(longest * ratio))
    return shape if chance(rng, 0.6) else (shape[1], shape[0])


def pen_of(tool: Tool, height: float, pixels: float) -> Pen:
    """The same pen beside a digit of `height` mm that becomes `pixels` high: never thinner than a person can see."""
    return Pen(max(min(tool.width / height, 0.16), 1.6 / pixels), tool.nib, tool.surface)


def written(order: Order, shot: Shot, view: Shape) -> tuple[ndarray, float]:
    """The digit's ink, and pixels for each millimeter."""
    rng = order.rng
    pixels = between(rng, *shot.share) * min(view)
    height = between(rng, *shot.height)
    ink = order.hand().write(order.digit, round(pixels), pen_of(shot.tool, height, pixels))
    return fitted(ink, round(view[0] * shot.room), round(view[1] * shot.room)), pixels / height


def lay_ink(page: ndarray, coverage: ndarray, tool: Tool) -> None:
    if tool.surface == "chalk":
        share = coverage[..., None] * tool.opacity
        page *= 1 - share
        page += share * numpy.asarray(tool.color, numpy.float32)
    else:
        print_over(page, coverage * tool.opacity, tool.color)


def in_view(rng: Generator, page: ndarray, ink: ndarray, room: float) -> ndarray:
    """Coverage of the whole page with the ink in the part that is photographed."""
    coverage = numpy.zeros(page.shape[:2], numpy.float32)
    top, left, height, width = scenes.view_of(coverage.shape)
    edge = (1 - room) / 2
    corner = [
        round(start + length * edge + max(0, length * room - size) * between(rng, 0.1, 0.9))
        for start, length, size in ((top, height, ink.shape[0]), (left, width, ink.shape[1]))
    ]
    place(coverage, ink, corner[0], corner[1])
    return coverage


def page_of(order: Order, shot: Shot, view: Shape | None = None) -> tuple[ndarray, float]:
    """The written page, and pixels for each millimeter."""
    rng = order.rng
    view = view or view_shape(order)
    ink, scale = written(order, shot, view)
    page = shot.paper(rng, scenes.page_shape(view), scale)
    lay_ink(page, in_view(rng, page, ink, shot.room), shot.tool)
    return page, scale


def taken(order: Order, page: ndarray, camera: scenes.Camera) -> Picture:
    return jpeg(order.rng, scenes.photograph(order.rng, page, camera), order.digit)


def _simple(order: Order, shot: Shot, **settings: float) -> Picture:
    return taken(order, page_of(order, shot)[0], scenes.camera(order.rng, **settings))


def any_tool(rng: Generator) -> Tool:
    return one_of(rng, [ballpoint, gel_pen, gel_pen, pencil, marker])(rng)


def photo_plain(order: Order) -> Picture:
    """A pen on white paper."""
    return _simple(order, Shot(papers.plain, gel_pen(order.rng)))


def photo_ballpoint(order: Order) -> Picture:
    """A ballpoint's thin line."""
    return _simple(order, Shot(papers.plain, ballpoint(order.rng), height=(9, 22)))


def photo_lined(order: Order) -> Picture:
    """Writing paper."""
    tool = one_of(order.rng, [ballpoint, gel_pen, marker])(order.rng)
    return _simple(order, Shot(papers.lined, tool, height=(7, 30) if tool.width < 1.5 else (20, 45)))


def photo_squared(order: Order) -> Picture:
    """Squared paper."""
    tool = one_of(order.rng, [ballpoint, gel_pen, gel_pen, marker])(order.rng)
    return _simple(order, Shot(papers.squared, tool, height=(9, 28) if tool.width < 1.5 else (20, 45)))


def photo_dotted(order: Order) -> Picture:
    """Paper with a grid of dots."""
    return _simple(order, Shot(papers.dotted, gel_pen(order.rng), height=(10, 28)))


def photo_shadow(order: Order) -> Picture:
    """A hand's or a phone's shadow falls on the paper."""
    rng = order.rng
    paper = one_of(rng, [papers.plain, papers.plain, papers.lined, papers.squared])
    shot = Shot(paper, one_of(rng, [gel_pen, gel_pen, marker])(rng))
    return _simple(order, shot, shadow=between(rng, 0.3, 0.6), soft=between(rng, 0.01, 0.2))


def photo_marker(order: Order) -> Picture:
    """A felt marker."""
    return _simple(order, Shot(one_of(order.rng, [papers.plain, papers.recycled]), marker(order.rng), height=(20, 60)))


def photo_pencil(order: Order) -> Picture:
    """A pencil's faint grained line."""
    paper = one_of(order.rng, [papers.plain, papers.plain, papers.lined])
    return _simple(
        order, Shot(paper, pencil(order.rng), height=(8, 20)), shadow=0.0, noise=between(order.rng, 0.003, 0.01)
    )


def photo_slanted(order: Order) -> Picture:
    """Seen from the side."""
    return _simple(
        order,
        Shot(papers.plain, gel_pen(order.rng), share=(0.35, 0.6), room=0.7),
        tilt=between(order.rng, 0.08, 0.12),
        turn=9.0,
    )


def photo_blurred(order: Order) -> Picture:
    """Out of focus, or moved."""
    rng = order.rng
    view = view_shape(order)
    page, _ = page_of(order, Shot(papers.plain, one_of(rng, [gel_pen, marker])(rng), share=(0.4, 0.7)), view)
    size = min(view) * 0.5
    blurred = scenes.camera(rng, blur=size * between(rng, 0.012, 0.022), motion=size * between(rng, 0.0, 0.03))
    return taken(order, page, blurred)


def photo_warm(order: Order) -> Picture:
    """A lamp's yellow light, in a dim room."""
    rng = order.rng
    settings = {
        "warmth": between(rng, 0.4, 0.6),
        "exposure": between(rng, 0.45, 0.75),
        "noise": between(rng, 0.015, 0.03),
    }
    return _simple(order, Shot(papers.plain, gel_pen(rng)), gradient=between(rng, 0.2, 0.45), **settings)


def photo_vignette(order: Order) -> Picture:
    """Bright in the middle, dark in the corners."""
    rng = order.rng
    return _simple(
        order, Shot(papers.plain, gel_pen(rng)), vignette=between(rng, 0.6, 0.95), exposure=between(rng, 0.9, 1.1)
    )


def photo_table(order: Order) -> Picture:
    """The table shows where the sheet ends."""
    rng = order.rng
    view = view_shape(order)
    shot = Shot(one_of(rng, [papers.plain, papers.plain, papers.lined]), any_tool(rng), share=(0.3, 0.55), room=0.62)
    ink, scale = written(order, shot, view)
    page = shot.paper(rng, scenes.page_shape(view), scale)
    lay_ink(page, in_view(rng, page, ink, shot.room), shot.tool)
    scenes.lay_table(rng, page, one_of(rng, [1, 1, 2, 4]))
    return taken(order, page, scenes.camera(rng, tilt=between(rng, 0.01, 0.03)))


def photo_finger(order: Order) -> Picture:
    """A finger holds the sheet."""
    rng = order.rng
    page, _ = page_of(order, Shot(papers.plain, any_tool(rng), share=(0.3, 0.55), room=0.6))
    scenes.lay_finger(rng, page)
    return taken(order, page, scenes.camera(rng, tilt=between(rng, 0.01, 0.03)))


def photo_neighbours(order: Order) -> Picture:
    """The ends of other writing reach into the picture."""
    rng = order.rng
    view = view_shape(order)
    shot = Shot(one_of(rng, [papers.plain, papers.lined]), gel_pen(rng), share=(0.35, 0.55), room=0.62)
    ink, scale = written(order, shot, view)
    page = shot.paper(rng, scenes.page_shape(view), scale)
    coverage = in_view(rng, page, ink, shot.room)
    top, left, height, width = scenes.view_of(coverage.shape)
    pen = pen_of(shot.tool, ink.shape[0] / scale, ink.shape[0])
    for side in rng.permutation(4)[: int(rng.integers(1, 4))]:
        other = order.hand().write(one_of(rng, "0235689"), ink.shape[0], pen)  # none that is whole when half is seen
        length = other.shape[1] / width if side < 2 else other.shape[0] / height
        seen = min(between(rng, 0.05, 0.11), 0.25 * length)  # of the view
        if side < 2:
            y = round(top + between(rng, 0.1, 0.5) * height)
            x = round(left + seen * width - other.shape[1]) if side == 0 else round(left + (1 - seen) * width)
        else:
            x = round(left + between(rng, 0.1, 0.7) * width)
            y = round(top + seen * height - other.shape[0]) if side == 2 else round(top + (1 - seen) * height)
        place(coverage, other, y, x)
    lay_ink(page, coverage, shot.tool)
    return taken(order, page, scenes.camera(rng, tilt=0.015, turn=2.0))


def photo_small(order: Order) -> Picture:
    """Written small on a sheet that is photographed whole."""
    shot = Shot(one_of(order.rng, [papers.plain, papers.lined]), gel_pen(order.rng), share=(0.06, 0.14), height=(8, 14))
    order = replace(order, largest=max(order.largest, 500))
    return taken(
        order,
        page_of(order, shot, (round(between(order.rng, 450, order.largest)), order.largest))[0],
        scenes.camera(order.rng, blur=0.4),
    )


def photo_sticky(order: Order) -> Picture:
    """A sticky note, alone or on a table."""
    rng = order.rng
    page, _ = page_of(
        order, Shot(papers.sticky, one_of(rng, [gel_pen, marker])(rng), share=(0.35, 0.55), height=(15, 45), room=0.6)
    )
    if chance(rng, 0.5):
        scenes.lay_table(rng, page, 4)
    return taken(order, page, scenes.camera(rng, tilt=0.02))


def photo_kraft(order: Order) -> Picture:
    """Brown or gray paper, cardboard."""
    rng = order.rng
    return _simple(
        order, Shot(one_of(rng, [papers.kraft, papers.recycled]), one_of(rng, [gel_pen, marker])(rng), height=(12, 40))
    )


def whiteboard(order: Order) -> Picture:
    """A marker on a whiteboard, which mirrors the lamps."""
    rng = order.rng
    tool = replace(marker(rng), width=between(rng, 4, 7), surface=one_of(rng, ["full", "dry"]))
    page, _ = page_of(order, Shot(papers.whiteboard, tool, height=(60, 120)))
    if chance(rng, 0.7):
        scenes.add_reflection(rng, page)
    return taken(order, page, scenes.camera(rng, gradient=between(rng, 0.1, 0.4), exposure=between(rng, 0.6, 1)))


def blackboard(order: Order) -> Picture:
    """Chalk on a blackboard."""
    return _simple(order, Shot(papers.blackboard, chalk(order.rng), height=(60, 120)), shadow=0.0)


def photo_large(order: Order) -> Picture:
    """Twelve megapixels, as a phone stores them."""
    rng = order.rng
    shape = (4000, 3000) if chance(rng, 0.6) else (3000, 4000)
    shot = Shot(
        one_of(rng, [papers.plain, papers.lined, papers.squared]), gel_pen(rng), share=(0.15, 0.5), height=(9, 25)
    )
    page, _ = page_of(order, shot, shape)
    return taken(order, page, scenes.camera(rng, blur=between(rng, 1, 3)))


def photo_gridded_light(order: Order) -> Picture:
    """The light comes through a window's bars: soft stripes over the paper."""
    rng = order.rng
    page, _ = page_of(order, Shot(papers.plain, gel_pen(rng)))
    y, x = coordinates(page.shape[:2])
    angle, pitch = between(rng, 0, 3.14), between(rng, 0.25, 0.5) * max(page.shape)
    stripes = numpy.clip(0.5 + 1.5 * numpy.sin((numpy.cos(angle) * x + numpy.sin(angle) * y) * 6.28 / pitch), 0, 1)
    page *= (1 - between(rng, 0.15, 0.35) * stripes)[..., None]
    return taken(order, page, scenes.camera(rng))


def photo_close(order: Order) -> Picture:
    """So near that the digit fills the picture."""
    shot = Shot(
        papers.plain, one_of(order.rng, [gel_pen, marker])(order.rng), share=(0.78, 0.9), height=(10, 25), room=0.9
    )
    return _simple(order, shot, tilt=0.01, turn=2.0)


def photo_crumpled(order: Order) -> Picture:
    """Paper that was folded: each part of it is lit in its own way."""
    rng = order.rng
    page, _ = page_of(order, Shot(papers.plain, one_of(rng, [gel_pen, marker])(rng)))
    page *= scenes.facets(rng, page.shape[:2])[..., None]
    return taken(order, page, scenes.camera(rng))
