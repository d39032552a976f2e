"""PDFs for tests, made as a scanner makes them."""

import io

from PIL import Image

from .pictures import CLEAR_DIGITS, mnist


def page(label):
    """An A4 page of 75 dots an inch with a digit in the middle; None: a blank one."""
    paper = Image.new("L", (620, 877), 255)
    if label is not None:
        digit = Image.fromarray(255 - mnist()[0][CLEAR_DIGITS[label]]).resize((280, 280), Image.Resampling.BICUBIC)
        paper.paste(digit, (170, 300))
    return paper


def pdf(*labels):
    file = io.BytesIO()
    pages = [page(label) for label in labels]
    pages[0].save(file, "PDF", resolution=75, save_all=True, append_images=pages[1:])
    return file.getvalue()
