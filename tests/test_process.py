# SPDX-License-Identifier: BSD-3-Clause
"""What the library does to the process, and the process to the library."""

import importlib.machinery
import re
import shutil
import subprocess
import sys
import sysconfig
import threading
import time

import numpy as np
import pytest
import timer
from calls import run_python

import droplayers as dl

KEY = dl.Key(5)
SUFFIX = importlib.machinery.EXTENSION_SUFFIXES[0]
STDLIB = [
    sysconfig.get_path("stdlib"),
    sysconfig.get_path("platstdlib") + "/lib-dynload",
]


def test_subnormals_outlive_the_import_and_every_kernel():
    run_python("""
        import threading
        import numpy as np

        def check():
            for dtype in ("f4", "f8", "f2"):
                tiny = np.array([np.finfo(dtype).smallest_subnormal] * 40)
                assert np.all(tiny * 1 > 0)
                assert np.all(np.array([np.finfo(dtype).tiny] * 40) / 2 > 0)
            assert 5e-324 * 1.0 > 0

        check()
        import droplayers as dl
        from arrays import on_each_isa
        check()

        def call():
            for dtype in ("f4", "f8", "f2"):
                x = np.full(1000, np.finfo(dtype).smallest_subnormal)
                y = dl.dropout(x, 0.5, rng=1)
                assert np.any(y > 0)
                assert set(y.tolist()) == {0.0, 2 * float(x[0])}
            check()

        on_each_isa(call)
        thread = threading.Thread(target=check)
        thread.start()
        thread.join()
    """)


def test_no_floating_point_warning_is_raised_or_left_behind():
    x = np.array([1e38, 1e-45, np.inf, -np.inf, np.nan, -1e-38] * 50, np.float32)
    with np.errstate(all="raise"):
        for dtype in ("f4", "f8", "f2", "F", "g", ">f4"):
            with np.errstate(all="ignore"):
                y = x.astype(dtype)
            for p in (0.3, 1 - 2.0**-41):
                dl.dropout(y, p, rng=1)
                dl.dropout(y, p, "test", scaling="classic")
                dl.drop_path(y, p, True, residual=-y, rng=1)
                dl.drop_path(y, np.full(300, p), True, residual=-y, rng=1)
        dl.dropout(x.astype("f8") ** 5, 0.3, rng=1, out=np.empty(300, "f2"))
        assert np.add(1, 2) == 3


def test_a_forked_child_draws_other_masks_than_its_parent():
    masks = run_python("""
        import os
        import warnings
        import numpy as np
        import droplayers as dl

        warnings.simplefilter("ignore", DeprecationWarning)
        dl.dropout(np.ones(10), 0.5)
        for _ in range(3):
            child = os.fork()
            if child:
                assert os.waitpid(child, 0)[1] == 0
            mask = dl.keep_mask(64, 0.5, packed=True).tobytes().hex()
            kept = (dl.dropout(np.ones(64), 0.5) > 0).tolist()
            os.write(1, f"{mask} {kept}\\n".encode())
            if not child:
                os._exit(0)
    """).split("\n")[:-1]
    assert len(masks) == len(set(masks)) == 6


HALVES = np.ones(1 << 23, np.float16)
COLUMN = np.ones((65535, 1), np.float32)
LONG = {
    "dropout": lambda: dl.dropout(HALVES, 0.3, rng=KEY, out=HALVES),
    "drop_path": lambda: dl.drop_path(HALVES, 0.3, True, residual=HALVES, rng=KEY),
    "keep_mask": lambda: dl.keep_mask(1 << 24, 0.3, rng=KEY),
    "packed": lambda: dl.keep_mask(1 << 26, 0.3, rng=KEY, packed=True),
    "segments of one cell": lambda: dl.dropout(
        COLUMN, 0.1, rng=KEY, full_shape=(65535, 5000), start=(0, 7)
    ),
    "products of one output": lambda: dl.drop_connect(COLUMN.T, COLUMN, 0.3, rng=KEY),
}


@pytest.mark.parametrize("call", LONG.values(), ids=LONG)
def test_other_threads_run_during_a_long_call(call, use_isa):
    times, ticks = [], []

    def work():
        times.append(time.perf_counter())
        call()
        times.append(time.perf_counter())

    use_isa("scalar")
    with dl.num_threads(1):
        thread = threading.Thread(target=work)
        thread.start()
        while thread.is_alive():
            ticks.append(time.perf_counter())
    begin, end = times
    within = 0.2 * (end - begin)
    assert any(begin + within < tick < end - within for tick in ticks)


def test_two_threads_at_once_give_the_masks_of_each():
    keys = [dl.Key(n) for n in range(4)]
    x = np.ones((300, 1001), np.float32)
    calls = [
        lambda key: dl.dropout(x, 0.3, rng=key),
        lambda key: dl.dropout(x.T, 0.5, rng=key),
        lambda key: dl.drop_path(x, 0.3, True, residual=x, rng=key),
        lambda key: dl.keep_mask(300_001, 0.3, rng=key, packed=True),
        lambda key: dl.dropout(x.astype("F"), 0.3, rng=key),
    ]
    alone = [[call(key) for call in calls] for key in keys]
    together = [[] for _ in keys]

    def work(i):
        for _ in range(5):
            together[i].append([call(keys[i]) for call in calls])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(keys))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for expected, runs in zip(alone, together, strict=True):
        assert len(runs) == 5
        for run in runs:
            for y, z in zip(run, expected, strict=True):
                np.testing.assert_array_equal(y, z)


def test_a_mask_of_no_cells_takes_no_time():
    run_python("""
        import droplayers as dl

        for shape in ((2**40, 0), (0, 2**40), (2**20, 2**20, 0)):
            full = (*(max(n, 5) for n in shape),)
            y = dl.keep_mask(shape, 0.5, packed=True, full_shape=full)
            assert y.shape == (0,)
    """)


class Stop(Exception):
    """What the handler of a signal raises."""


ENDLESS = {
    "packed mask": lambda: dl.keep_mask(1 << 32, 0.3, packed=True),
    "mask": lambda: dl.keep_mask(1 << 30, 0.3),
    "dropout in tiles": lambda: dl.dropout(
        np.broadcast_to(np.longdouble(1), (1 << 26,)), 0.3
    ),
    "drop_path with rates": lambda: dl.drop_path(
        np.broadcast_to(np.float32(1), (1 << 13, 1 << 14)), np.full(1 << 13, 0.5), True
    ),
    "gaussian_dropout": lambda: dl.gaussian_dropout(
        np.broadcast_to(np.float32(1), (1 << 28,))
    ),
    "drop_block": lambda: dl.drop_block(
        np.broadcast_to(np.float32(1), (1 << 15, 1, 1 << 15))
    ),
    "drop_connect": lambda: dl.drop_connect(
        np.ones((64, 2048), np.float32), np.ones((2048, 1 << 14), np.float32)
    ),
    "fixed rows": lambda: dl.kept_rows(300_000_000, 0.5, sampling="fixed"),
    "all rows": lambda: dl.kept_rows(300_000_000, 0.0, sampling="fixed"),
    "rows": lambda: dl.kept_rows(300_000_000, 0.5),
}


@pytest.mark.parametrize("call", ENDLESS.values(), ids=ENDLESS)
def test_a_signal_stops_long_calls_of_every_kind(call, use_isa):
    def handler(number, frame):
        raise Stop

    use_isa("scalar")
    with timer.handled_by(handler), dl.num_threads(1):
        begin = timer.clock()
        timer.start(0.05)
        with pytest.raises(Stop):
            call()
    assert timer.clock() - begin < 0.5
    y = dl.dropout(np.ones(100), 0.5, rng=KEY)
    np.testing.assert_array_equal(y != 0, dl.keep_mask(100, 0.5, rng=KEY))


@pytest.mark.parametrize(
    ("suffix", "error"),
    [(None, "droplayers is not built"), (SUFFIX, r"_core.*: file too short")],
)
def test_an_extension_that_is_broken_is_not_called_missing(suffix, error, tmp_path):
    package = tmp_path / "droplayers"
    package.mkdir()
    shutil.copy(dl.__file__, package)
    if suffix:
        (package / f"_core{suffix}").touch()
    code = "import sys; sys.path[:] = sys.argv[1:]; import droplayers"
    command = [sys.executable, "-I", "-S", "-c", code, tmp_path, *STDLIB]
    run = subprocess.run(command, capture_output=True, text=True)
    last = run.stderr.splitlines()[-1]
    assert re.match(f"ImportError: .*{error}", last), run.stderr


def test_importing_takes_nothing_but_numpy():
    loaded = run_python("""
        import sys
        import numpy
        before = set(sys.modules)
        import droplayers
        print(*{name.split(".")[0] for name in set(sys.modules) - before})
    """).split()
    assert set(loaded) - set(sys.stdlib_module_names) <= {"droplayers", "numpy"}
