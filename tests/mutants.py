# SPDX-License-Identifier: BSD-3-Clause
"""Changes a line of the library at a time, and looks whether a test fails.

    python tests/mutants.py COUNT [SEED [FILES]]

Draws COUNT changes of comparisons, bounds, indices, numbers, polls and locks in src/
and droplayers/, in files whose names a regular expression finds, and makes each in a
copy of the checkout. Tests that have to do with the file run first, and the first that
fails ends it: the mutant is killed. A command whose tests take FACTOR times the
processor's time that they take without the change has failed too. Prints every mutant,
and those once more that survive, or whose tests take too long to say.
"""

import difflib
import functools
import io
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
import tokenize

import numpy as np
from c_build import ROOT, shipped_flags

from droplayers import _core

WORK = ROOT / "build" / "mutants"
TREE = WORK / "tree"
USUAL = WORK / "usual"  #: the same without a change
SECONDS = int(os.environ.get("DROPLAYERS_SECONDS", 600))  #: for a command, at most
FACTOR = 4

# Kernels that the tests run: plain C, and the list of another with vectors.
LISTS = [name for name in ("scalar", "avx2", "neon") if name in _core.isas()]

# What is replaced by what. Words stand for whole statements, which are left out.
SWAPS = {
    "<": ["<=", ">="],
    "<=": ["<", ">"],
    ">": [">=", "<"],
    ">=": [">", "<="],
    "==": ["!="],
    "!=": ["=="],
    "+": ["-"],
    "-": ["+"],
    "&&": ["||"],
    "||": ["&&"],
    "and": ["or"],
    "or": ["and"],
    "%": ["/"],
    "+=": ["-="],
    "-=": ["+="],
    "!": [" "],
    "not": [" "],
    "min": ["max"],
    "least": ["most"],
}
STATEMENT = re.compile(
    r"^ +(status = |drop_poll|atomic_store|pthread_mutex_(un)?lock|if \(!?status"
    r"|PyEval_|call\(lock).*;$"
)

# This machine does not run these, or they compute nothing.
LACKING = {"avx2", "avx512", "neon"} - set(_core.isas())
LEFT_OUT = re.compile(
    "|".join(["plot/", "__main__", "_html", "__init__", "_names"])
    + "".join(f"|{name}" for name in [*LACKING, "windows"])
)

C_TOKEN = re.compile(
    r"/\*.*?\*/|^[ \t]*#(?:[^\n\\]|\\.)*|\"[^\"\n]*\""
    r"|(?P<token>\b\d+\b|&&|\|\||->|--|\+\+|<<|>>|[<>=!+\-%]=?|\bleast\b)",
    re.DOTALL | re.MULTILINE,
)


def c_places(text):
    """Where a C file has something to replace: begin, end, and what stands there."""
    for match in C_TOKEN.finditer(text):
        if match["token"]:
            yield (*match.span("token"), match["token"])
    for match in re.finditer(r"^.*$", text, re.MULTILINE):
        if STATEMENT.match(match[0]):
            yield (*match.span(), match[0])


def python_places(text):
    """The same of a Python file."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        begin = starts[token.start[0] - 1] + token.start[1]
        if token.type in (tokenize.OP, tokenize.NUMBER, tokenize.NAME):
            yield begin, begin + len(token.string), token.string


def replacements(found):
    """What may stand in the place of something."""
    if found.isdigit():
        return [str(int(found) + 1)]
    if found.endswith(";"):
        return [";"]
    return SWAPS.get(found, [])


def mutants(files):
    """Every change: the file, what is left out of it, and what takes its place."""
    for path in sorted([*ROOT.glob("src/**/*.[ch]"), *ROOT.glob("droplayers/**/*.py")]):
        name = str(path.relative_to(ROOT))
        if LEFT_OUT.search(name) or not re.search(files, name):
            continue
        text = path.read_text()
        places = python_places if path.suffix == ".py" else c_places
        for begin, end, found in places(text):
            for other in replacements(found):
                yield name, begin, end, other


def draw(count, seed, files):
    """As many of them, no two in one place."""
    every = list(mutants(files))
    random.Random(seed).shuffle(every)
    return list({(m[0], m[1]): m for m in every}.values())[:count]


TOO_LONG = "takes too long to say"


class Build:
    """The extension and the program of tests/c. Only what includes a changed file is
    compiled again, beside the objects of the code as it is."""

    def __init__(self):
        self.flags = [
            *shipped_flags(),
            "-O1",
            "-fPIC",
            "-w",
            "-DPy_LIMITED_API=0x030B0000",
            *(f"-I{path}" for path in (TREE / "src", TREE / "tests" / "c")),
            f"-I{np.get_include()}",
            f"-I{sysconfig.get_path('include')}",
            "-Dmost(a,b)=((a)>(b)?(a):(b))",
        ]
        sources = sorted([*TREE.glob("src/**/*.c"), *TREE.glob("tests/c/*.c")])
        self.usual = self.compile(sources, WORK / "objects")
        self.includes = {
            source: to.with_suffix(".d").read_text().split()
            for source, to in self.usual.items()
            if source.stem not in LACKING
        }
        self.link(self.usual)

    def compile(self, sources, folder):
        """The objects of sources, or None where one does not compile."""
        objects = {}
        for source in sources:
            to = folder / source.relative_to(TREE).with_suffix(".o")
            to.parent.mkdir(parents=True, exist_ok=True)
            command = ["cc", *self.flags, "-MMD", "-c", source, "-o", to]
            if subprocess.run(command, capture_output=True).returncode:
                return None
            objects[source] = to
        return objects

    def link(self, objects):
        library = [o for s, o in objects.items() if "tests" not in s.parts[-3:]]
        program = [o for s, o in objects.items() if s.parts[-2] != "python"]
        to = TREE / "droplayers" / "_core.abi3.so"
        to.unlink(missing_ok=True)
        run = ["cc", "-shared", *library, "-o", to, "-lm", "-pthread"]
        subprocess.run(run, check=True)
        run = ["cc", *program, "-o", TREE / "program", "-lm", "-pthread"]
        subprocess.run(run, check=True)

    def with_change(self, name):
        """Builds the code with a changed file; whether it compiles."""
        users = [s for s, files in self.includes.items() if str(TREE / name) in files]
        changed = self.compile(users, WORK / "changed")
        if changed is None:
            return False
        self.link({**self.usual, **changed})
        return True


# The tests of files, the quick ones first.
TESTS = [
    (r"python/fast_", "test_fast_path.py"),
    (r"python/|block|matmul|join|rates|rows|number|settings|bit_", "test_core.py"),
    (r"ops/join|survivors|join", "functional/test_fractal_join.py"),
    (r"block", "functional/test_drop_block.py functional/test_block_mask.py"),
    (r"matmul|linear|connect", "functional/test_drop_connect.py"),
    (
        r"rows|stochastic|kept",
        "functional/test_kept_rows.py functional/test_stochastic_depth.py"
        " functional/test_stochastic_depth_branch.py",
    ),
    (r"normal|gaussian|fast_path", "functional/test_gaussian_dropout.py"),
    (r"alpha", "functional/test_alpha_dropout.py"),
    (r"spatial", "functional/test_spatial_dropout.py"),
    (r"replace|item|value", "functional/test_replace.py"),
    (r"rates|factors|drop_path", "functional/test_drop_path.py"),
    (r"keep_mask|pack|bit_writer", "functional/test_keep_mask.py"),
    (r"layers/", "layers"),
    (r"schedules", "test_schedules.py"),
    (r"autograd", "test_autograd.py"),
    (r"dask", "test_dask.py"),
    (r"config|settings", "test_threads.py"),
    (r"key|rng|undo", "test_keys.py"),
    (r"_dropout|pipeline|elementwise|/mask", "functional/test_dropout.py"),
    (r"", "test_every_call.py test_errors.py test_stream.py test_fast_path.py"),
    (r"plan|loop|box|column", "test_axis_order.py"),
    (r"threads|release|interrupt|partition", "test_threads.py test_interrupt.py"),
    (r"python/|_validation|_conversion", "test_inputs.py test_hostile.py"),
    (r"python/|_lib/", "test_memory.py"),
]


def commands(name):
    """The tests of a file as commands, in their order."""
    python = [sys.executable, "-P", "-m", "pytest", "-x", "-q", "--no-header"]
    python += ["-p", "no:cacheprovider", "-p", "no:zarr", "--hypothesis-profile=first"]
    if name.startswith("src/") and "/python/" not in name:
        for isa in LISTS:
            yield ["./program", isa, "tests/data/philox_kat.txt", "20"]
    seen = set()
    for pattern, files in TESTS:
        fresh = [file for file in files.split() if file not in seen]
        if fresh and re.search(pattern, name):
            seen.update(fresh)
            yield [*python, *(f"tests/{file}" for file in fresh)]


def run(command, tree, seconds):
    """Runs tests that may take some time of the processor's."""

    def limit():
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))

    return subprocess.run(
        list(map(str, command)),
        cwd=tree,
        env={**os.environ, "PYTHONPATH": f"{tree}{os.pathsep}{tree / 'tests'}"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        preexec_fn=limit,
    )


def processor_time():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@functools.cache
def usual_time(command):
    """What tests take without a change, with which they have to pass."""
    begin = processor_time()
    done = run(command, USUAL, resource.RLIM_INFINITY)
    if done.returncode:
        sys.exit(f"fails without a change: {done.stdout}{done.stderr}")
    return processor_time() - begin


def what_kills(name):
    """The first test that fails, or None."""
    for command in commands(name):
        try:
            most = int(FACTOR * usual_time(tuple(command))) + 10  # for a slow start
            done = run(command, TREE, most)
        except subprocess.TimeoutExpired:
            return TOO_LONG
        if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
            return f"took more than {most} s"
        if done.returncode:
            failed = re.findall(r"^FAILED (\S+)", done.stdout, re.MULTILINE)
            last = (done.stderr.splitlines() or [f"status {done.returncode}"])[-1]
            return failed[0] if failed else last[:90]
    return None


def shown(name, before, after):
    """A change, as the lines that differ."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0)
    changed = [line for line in lines if re.match(r"[-+][^-+]", line)]
    return "\n".join([name, *changed])


def main():
    count, seed, files = (*sys.argv[1:], *("20", "1", "")[len(sys.argv) - 1 :])
    count = int(count)
    shutil.rmtree(WORK, ignore_errors=True)
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in tracked.stdout.split():
        (TREE / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, TREE / name)
    build = Build()
    shutil.copytree(TREE, USUAL)
    survivors, stillborn, slow = [], 0, []
    for number, (name, begin, end, other) in enumerate(
        draw(count, int(seed), files), 1
    ):
        start = time.monotonic()
        path = TREE / name
        before = path.read_text()
        after = before[:begin] + other + before[end:]
        path.write_text(after)
        change = shown(name, before, after)
        if build.with_change(name):
            killer = what_kills(name)
        else:
            killer, stillborn = "does not compile", stillborn + 1
        path.write_text(before)
        if killer in (None, TOO_LONG):
            (slow if killer else survivors).append(change)
        took = f"{time.monotonic() - start:.0f} s"
        print(f"{number}: {change}\n  {killer or 'SURVIVES'} ({took})", flush=True)
    alive = count - stillborn
    killed = alive - len(survivors) - len(slow)
    print(f"{killed} of {alive} killed, {len(slow)} too slow to say;", end=" ")
    print(f"{stillborn} more do not compile. Survivors, and slow ones:")
    print(*survivors, "---", *slow, sep="\n\n")


if __name__ == "__main__":
    main()
