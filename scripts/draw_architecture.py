#!/usr/bin/python3
"""Draws docs/internals/architecture.svg: the wings of src/ with their modules, the programs, and what uses what.

draw_architecture.py            draws it anew
draw_architecture.py --check    fails when the picture is not that of the tree

Everything in it is read from the CMakeLists.txt files (scripts/wings.py). An arrow is a link that a target really has; those
that follow from others (serving uses networks, and networks use vision) are left out. So are the implementations inside a
module (a store, a runtime): another one does not change the picture.
"""

import sys
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from wings import read_tree

ROOT = Path(__file__).resolve().parent.parent
PICTURE = "docs/internals/architecture.svg"
# From left to right, where several stand side by side; others follow them.
ORDER = ["administration", "serving", "storage", "batch", "networks", "vision", "training", "vidi", "Python package"]
NAMES = {"vidi_python": "Python package"}

WIDTH = 980
MARGIN = 20
GAP = 28  # between boxes side by side
LANE = 40  # at the left of a row that an arrow passes
STEP = 46  # between rows, where the arrows are
PADDING = 12
CHARACTER = 7.1  # of a module's name
CHIP = 26  # the height of a module
PROGRAM = 132  # its width

STYLE = """
    text { font-family: ui-sans-serif, system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328; }
    .title { font-size: 16px; font-weight: 600; }
    .module { font-size: 12.5px; text-anchor: middle; }
    .note { font-size: 10.5px; fill: #59636e; }
    .wing { fill: #eef4fb; stroke: #6a8fb8; }
    .chip { fill: #ffffff; stroke: #b8c7d9; }
    .program { fill: #fdf6e7; stroke: #b99543; stroke-dasharray: 5 3; }
    .name { font-size: 13.5px; font-weight: 600; text-anchor: middle; }
    .arrow { stroke: #4a5664; stroke-width: 1.6; fill: none; marker-end: url(#head); }
    .head { fill: #4a5664; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .note { fill: #9da7b3; }
      .wing { fill: #17202b; stroke: #5580ad; }
      .chip { fill: #212c39; stroke: #435468; }
      .program { fill: #2a2415; stroke: #a8853a; }
      .arrow { stroke: #a6b1bd; }
      .head { fill: #a6b1bd; }
    }
"""


@dataclass
class Box:
    """A wing or a program."""

    name: str
    uses: set[str]
    modules: list[str] = field(default_factory=list)
    program: bool = False
    x: float = 0
    y: float = 0
    width: float = PROGRAM
    height: float = 40

    def nearest(self, x):
        """Where an arrow that comes from x meets this box."""
        return min(max(x, self.x + 20), self.x + self.width - 20)

    def places(self):
        """Each module, and where it stands in the box: x, y, width."""
        x, y = PADDING, 36.0
        placed = []
        for name in self.modules:
            width = len(name) * CHARACTER + 18
            if x > PADDING and x + width > self.width - PADDING:
                x, y = PADDING, y + CHIP + 8
            placed.append((name, x, y, width))
            x += width + 8
        return placed

    def fit(self):
        if not self.program:
            places = self.places()
            self.height = (places[-1][2] + CHIP if places else 36) + PADDING


def boxes_of(tree):
    """The wings and the programs, with what each uses."""
    boxes = {}
    for wing in tree.wings:
        modules = tree.modules(wing)
        declared = [target for targets in modules.values() for target in targets]
        if declared:
            boxes[wing] = Box(wing, tree.used_wings(declared) - {wing}, list(modules))
    for target in tree.targets.values():
        if target.kind == "program" and target.folder.split("/")[0] in ("apps", "python"):
            name = NAMES.get(target.name, target.name)
            boxes[name] = Box(name, tree.used_wings([target]), program=True)
    return boxes


def reduced(boxes):
    """The uses of each box without those that follow from its other uses."""

    def all_below(name):
        return boxes[name].uses.union(*(all_below(used) for used in boxes[name].uses)) if boxes[name].uses else set()

    return {
        name: {used for used in box.uses if not any(used in all_below(other) for other in box.uses)}
        for name, box in boxes.items()
    }


def rows_of(boxes, arrows):
    """From the bottom up: a box stands above all that it uses, and a wing as high as what uses it allows."""
    level = {}

    def place(name):
        if name not in level:
            level[name] = 1 + max((place(used) for used in arrows[name]), default=-1)
        return level[name]

    for name in boxes:
        place(name)
    for name in sorted(boxes, key=lambda name: -level[name]):
        users = [level[user] for user in boxes if name in arrows[user]]
        if users and not boxes[name].program:
            level[name] = min(users) - 1
    rows = [[] for _ in range(max(level.values()) + 1)]
    for name in boxes:
        rows[level[name]].append(name)
    rank = {name: number for number, name in enumerate(ORDER)}
    return [sorted(row, key=lambda name: rank.get(name, len(rank))) for row in rows]


def passing(rows, arrows, number):
    """The arrows that cross a row, as the names where they begin and end."""
    below = {name for row in rows[:number] for name in row}
    above = {name for row in rows[number + 1 :] for name in row}
    return [(user, used) for user in sorted(above) for used in sorted(arrows[user]) if used in below]


def lay_out(boxes, rows, arrows):
    """Places and sizes; returns the height of the picture."""
    y = MARGIN
    for number in range(len(rows) - 1, -1, -1):
        row = [boxes[name] for name in rows[number]]
        wings = [box for box in row if not box.program]
        lanes = LANE * len(passing(rows, arrows, number))
        free = WIDTH - 2 * MARGIN - GAP * (len(row) - 1) - lanes - PROGRAM * (len(row) - len(wings))
        weights = [3 + 2 * len(box.modules) for box in wings]
        for box, weight in zip(wings, weights):
            box.width = free * weight / sum(weights)
        for box in row:
            box.fit()
        height = max(box.height for box in row)
        x = MARGIN + (0 if wings else free / 2) + lanes
        for box in row:
            box.x, box.y = x, y + (height - box.height if box.program else 0)
            box.height = box.height if box.program else height
            x += box.width + GAP
        y += height + STEP
    return y - STEP + MARGIN + 18


def arrow(user, used, bends):
    """From the lower edge of a box straight down where the other lies below it, else to its nearest corner.

    `bends` are the rows that it passes: the place of its lane, and where the row begins and ends.
    """
    left, right = max(user.x, used.x), min(user.x + user.width, used.x + used.width)
    if bends:
        begin, end = user.nearest(bends[0][0]), used.nearest(bends[-1][0])
    elif right - left >= 16:
        begin = end = (left + right) / 2
    else:
        begin, end = user.nearest(used.x + used.width / 2), used.nearest(user.x + user.width / 2)
    points = [(begin, user.y + user.height), *((x, y) for x, *ends in bends for y in ends), (end, used.y - 7)]
    return '<path class="arrow" d="M' + " L".join(f"{x:.0f} {y:.0f}" for x, y in points) + '"/>'


def draw_arrows(boxes, rows, arrows):
    bends = {}
    for number in range(len(rows) - 1, -1, -1):
        top = min(boxes[name].y for name in rows[number])
        bottom = max(boxes[name].y + boxes[name].height for name in rows[number])
        for lane, ends in enumerate(passing(rows, arrows, number)):
            bends.setdefault(ends, []).append((MARGIN + LANE * lane + LANE / 2, top - 8, bottom + 8))
    for user in boxes:
        for used in sorted(arrows[user]):
            yield arrow(boxes[user], boxes[used], bends.get((user, used), []))


def draw_box(box):
    kind = "program" if box.program else "wing"
    at = f'x="{box.x:.0f}" y="{box.y:.0f}" width="{box.width:.0f}" height="{box.height:.0f}"'
    yield f'<rect class="{kind}" {at} rx="8"/>'
    if box.program:
        yield f'<text class="name" x="{box.x + box.width / 2:.0f}" y="{box.y + 25:.0f}">{escape(box.name)}</text>'
        return
    yield f'<text class="title" x="{box.x + PADDING:.0f}" y="{box.y + 24:.0f}">{escape(box.name)}</text>'
    for name, x, y, width in box.places():
        left, top, middle = box.x + x, box.y + y, box.x + x + width / 2
        yield f'<rect class="chip" x="{left:.0f}" y="{top:.0f}" width="{width:.0f}" height="{CHIP}" rx="5"/>'
        yield f'<text class="module" x="{middle:.0f}" y="{top + CHIP / 2 + 4:.0f}">{escape(name)}</text>'


def draw(tree):
    boxes = boxes_of(tree)
    arrows = reduced(boxes)
    rows = rows_of(boxes, arrows)
    height = lay_out(boxes, rows, arrows)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-labelledby="title">',
        '<title id="title">The wings of src/, their modules, and the programs made of them</title>',
        "<!-- Drawn by scripts/draw_architecture.py: change that, or the CMakeLists.txt files, and run it. -->",
        f"<style>{STYLE}</style>",
        '<defs><marker id="head" viewBox="0 0 10 10" refX="4" refY="5" markerWidth="7" markerHeight="7" '
        'orient="auto-start-reverse"><path class="head" d="M0 0 L10 5 L0 10 z"/></marker></defs>',
    ]
    lines += draw_arrows(boxes, rows, arrows)
    for box in boxes.values():
        lines += draw_box(box)
    note = "An arrow: uses, and so may use what that wing uses. Dashed: programs."
    lines += [f'<text class="note" x="{MARGIN}" y="{height - 10:.0f}">{note}</text>', "</svg>", ""]
    return "\n".join(lines)


def check(root, tree):
    """Whether the committed picture is that of this tree."""
    picture = Path(root) / PICTURE
    if not picture.is_file() or picture.read_text() != draw(tree):
        yield f"{PICTURE}: is not the picture of this tree; run scripts/draw_architecture.py"


def main():
    tree = read_tree(ROOT)
    if sys.argv[1:] == ["--check"]:
        found = list(check(ROOT, tree))
        print(*found, sep="\n", end="\n" if found else "")
        sys.exit(1 if found else 0)
    (ROOT / PICTURE).write_text(draw(tree))


if __name__ == "__main__":
    main()
