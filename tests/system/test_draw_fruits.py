"""scripts/draw_fruits.py: what a classifier of fruits learns from beside photographs."""

import importlib.util

import numpy
import pytest
from harness.server import ROOT

specification = importlib.util.spec_from_file_location("draw_fruits", ROOT / "scripts/draw_fruits.py")
draw_fruits = importlib.util.module_from_spec(specification)
specification.loader.exec_module(draw_fruits)


def drawn(label, seed):
    return numpy.asarray(draw_fruits.draw_fruit(numpy.random.default_rng(seed), label))


def test_there_are_the_classes_of_fruits_360():
    assert len(set(draw_fruits.LABELS)) == 33


@pytest.mark.parametrize("label", draw_fruits.LABELS)
def test_a_drawing_shows_a_fruit_on_clear_ground(label):
    pictures = [drawn(label, seed) for seed in range(3)]
    for picture in pictures:
        assert picture.shape == (draw_fruits.SIZE, draw_fruits.SIZE, 4)
        covered = (picture[..., 3] > 127).mean()
        assert 0.08 < covered < 0.9
        assert picture[..., :3][picture[..., 3] > 127].std() > 5, "a fruit is not of one color"
    assert not numpy.array_equal(pictures[0], pictures[1])
    assert numpy.array_equal(pictures[0], drawn(label, 0))
