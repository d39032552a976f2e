"""Every kind of picture by its name, and pictures by kind, seed and number."""

import zlib
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType

import numpy

from . import drawings, numbers, others, photos, retouched, scans, small
from .pictures import Picture
from .writing import Order


def _named(module: ModuleType, names: str) -> dict[str, Callable[[Order], Picture]]:
    return {name: getattr(module, name) for name in names.split()}


KINDS = {
    **_named(drawings, "canvas paint paint_small transparent transparent_white tiny_in_big thin_line thick_brush"),
    **_named(drawings, "coloured gradient low_contrast rotated screen_dirt framed"),
    **_named(small, "mnist_like mnist_enlarged tight_crop tight_crop_large tight_photo"),
    **_named(photos, "photo_plain photo_ballpoint photo_lined photo_squared photo_dotted photo_shadow photo_marker"),
    **_named(photos, "photo_pencil photo_slanted photo_blurred photo_warm photo_vignette photo_table photo_finger"),
    **_named(photos, "photo_neighbours photo_small photo_sticky photo_kraft photo_gridded_light photo_large"),
    **_named(photos, "photo_close photo_crumpled"),
    **_named(retouched, "photo_turned photo_tiny photo_app photo_threshold photo_screen"),
    **_named(photos, "whiteboard blackboard"),
    **_named(
        scans,
        "scan_neighbours form_box form_box_cut form_touching_box table_cell scan scan_bilevel noise_specks form_row"
        " scan_number",
    ),
    **_named(numbers, "several_digits touching_digits several_lines photo_number photo_lines number_with_marks"),
    **_named(
        others,
        "printed no_blank no_blank_photo no_letter_printed no_letter_small no_letter_written no_symbol no_word no_page",
    ),
    **_named(others, "no_scribble no_texture no_noise no_face"),
}
# Too large to make many of, unless asked for.
LARGE = ["photo_large"]
# Where pictures are to be small, BMP files are of few pixels: they are not compressed.
SMALL_SET, SMALL_BMP = 500, 100


def make(kind: str, seed: int, index: int, among: range = range(10000), largest: int = 1200) -> Picture:
    """The same picture for the same arguments. Digits take turns, so that a kind has all of them."""
    key = zlib.crc32(kind.encode())
    order = Order(numpy.random.default_rng([seed, key, index]), str((index + key) % 10), among, largest)
    picture = KINDS[kind](order)
    if picture.kind == "BMP" and largest < SMALL_SET and max(picture.image.size) > SMALL_BMP:
        return replace(picture, kind="PNG", options={"optimize": True})
    return picture
