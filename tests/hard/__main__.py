"""python -m tests.hard --kind KIND --count N --seed S --out FOLDER: writes pictures and labels.csv."""

import argparse
import csv
import sys
from pathlib import Path

from .kinds import KINDS, LARGE, make


def parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.hard", description="Makes hard pictures of digits, with their labels."
    )
    parser.add_argument("--kind", action="append", choices=KINDS, help="a kind of picture; may be given several times")
    parser.add_argument("--all", action="store_true", help=f"every kind but {', '.join(LARGE)}")
    parser.add_argument("--count", type=int, default=10, help="pictures of each kind (10)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="the folder to write to")
    parser.add_argument("--largest", type=int, default=1200, help="the longest side of photographs and canvases (1200)")
    parser.add_argument(
        "--mnist", default="0:10000", help="which of MNIST's test digits may be used, FROM:TO (0:10000)"
    )
    parser.add_argument("--list", action="store_true", help="print the kinds and what they are")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    options = parsed(arguments)
    if options.list:
        for name, kind in KINDS.items():
            print(f"{name:20} {kind.__doc__}")
        return 0
    names = [name for name in KINDS if name not in LARGE] if options.all else options.kind
    if not names or not options.out:
        print("--out and one of --all and --kind are needed; --list prints the kinds", file=sys.stderr)
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    first, last = map(int, options.mnist.split(":"))
    with (options.out / "labels.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["file", "kind", "label"])
        for name in names:
            for index in range(options.count):
                picture = make(name, options.seed, index, range(first, last), options.largest)
                path = options.out / f"{name}-{index:03}.{picture.suffix}"
                path.write_bytes(picture.encoded())
                writer.writerow([path.name, name, picture.label.replace("\n", "\\n")])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
