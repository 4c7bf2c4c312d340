# SPDX-License-Identifier: BSD-3-Clause
"""``python benchmarks`` runs every part, ``python benchmarks cache`` one of them, and
``python benchmarks report`` puts the last results into README.md and docs/speed.md.

A folder that is run has itself on the path and not the root, so that an installed
droplayers is found whether or not the install is editable."""

import argparse
import sys
from pathlib import Path

import machine
import report
import store
import table
from measure import Result, Skip, run
from parts import PARTS
from tqdm import tqdm


def main() -> int:
    """The exit status is 1 if an output was wrong; goals decide nothing."""
    options = arguments()
    if options.parts == ["report"]:
        report.write(options.json)
        return 0
    print(table.heading(machine.describe()))
    parts = {name: PARTS[name] for name in options.parts or PARTS}
    cases = [(name, case) for name, part in parts.items() for case in part.cases()]
    exact = True
    found: dict[str, list[Result]] = {}
    with tqdm(cases, unit="case", file=sys.stderr) as progress:
        for name, case in progress:
            progress.set_description(f"{name}: {case.name}")
            if name not in found:
                progress.write(table.title(name, parts[name]))
            try:
                results = run(case)
            except Skip as reason:
                results = []
                progress.write(f"{case.name}: skipped, {reason}\n")
            else:
                progress.write(table.rows(case, results))
            store.add(options.json, name, results, fresh=name not in found)
            found.setdefault(name, []).extend(results)
            exact &= all(result.exact for result in results)
    for name, part in parts.items():
        if part.summary:
            print(part.summary(found[name]))
    print(f"written to {options.json}")
    return 0 if exact else 1


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="benchmarks",
        description="Times of droplayers beside a copy of the same array and beside"
        " what else there is, in turns, with every output checked to the bit.",
    )
    parser.add_argument(
        "parts",
        nargs="*",
        metavar="PART",
        help=f"{', '.join(PARTS)}; report; by default all parts",
    )
    parser.add_argument(
        "--json",
        type=Path,
        default=store.path(),
        help="where the results are (default: %(default)s)",
    )
    options = parser.parse_args()
    if options.parts != ["report"] and not PARTS.keys() >= set(options.parts):
        parser.error(f"PART must be of {', '.join(PARTS)}, or report alone")
    return options


if __name__ == "__main__":
    sys.exit(main())
