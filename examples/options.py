"""The command line that the examples share."""

from __future__ import annotations

import argparse
import pathlib
import sys
from typing import Any

from data import LOADERS, Data


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


def choose(
    arguments: argparse.Namespace, plans: dict[str, Any], shorter: int
) -> tuple[Any, Data]:
    """The plan for the data that was asked for, and as much of the data; the short
    form trains for so many times fewer epochs."""
    plan = plans[arguments.data]
    if arguments.images:
        plan = plan._replace(images=arguments.images)
    if arguments.short:
        plan = plan._replace(epochs=plan.epochs // shorter)
    data = LOADERS[arguments.data]()
    return plan, data._replace(train=data.train.first(plan.images))


def _count(text: str) -> int:
    """A number of images."""
    if not (text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"expected a number from 1 on, got {text!r}")
    return int(text)
