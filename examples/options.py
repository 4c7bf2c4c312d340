"""The command line that the examples share."""

from __future__ import annotations

import argparse
import pathlib
import sys

from data import LOADERS


def parse(description: str, picture: str) -> argparse.Namespace:
    """The arguments `data`, `images`, `short` and `out`.

    In a notebook, which has no command line, the short form.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--data", choices=LOADERS, default="digits", help="digits by default"
    )
    parser.add_argument("--images", type=_count, help="how many to train on")
    parser.add_argument("--short", action="store_true", help="in less time")
    parser.add_argument(
        "--out", default=picture, help=f"where to draw, {picture} by default"
    )
    in_notebook = pathlib.Path(sys.argv[0]).stem == "ipykernel_launcher"
    return parser.parse_args(["--short"] if in_notebook else None)


def _count(text: str) -> int:
    """A number of images."""
    if not (text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"expected a number from 1 on, got {text!r}")
    return int(text)
