"""Threads: how many, and that nothing depends on it."""

import os
import pathlib
import platform
import re
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import timer
from calls import run_python

import droplayers as dl

KEY = dl.Key(20)
CELLS = 5 << 19  # 2.5 Mi: above what one thread does alone

LAYOUTS = {
    "C": lambda x: x,
    "two axes": lambda x: x.reshape(1280, -1),
    "transposed": lambda x: x.reshape(1280, -1).T,
    "channels last": lambda x: x.reshape(8, 64, 80, 64).transpose(0, 3, 1, 2),
    "row-sliced": lambda x: np.concatenate([x, x]).reshape(1280, -1)[:, :2048],
    "reversed": lambda x: x[::-1],
    "broadcast": lambda x: np.broadcast_to(x[: CELLS // 4], (4, CELLS // 4)),
}


@pytest.fixture(autouse=True)
def restore_threads():
    before = dl.get_num_threads()
    yield
    dl.set_num_threads(before)


@pytest.fixture(scope="module")
def cells():
    return np.arange(1, CELLS + 1, dtype=np.float32)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("p", [0.5, 0.1])
def test_bits_do_not_depend_on_the_number_of_threads(cells, layout, p):
    x = LAYOUTS[layout](cells)
    with dl.num_threads(1):
        expected = dl.dropout(x, p, rng=KEY)
    for n in range(2, 9):
        with dl.num_threads(n):
            assert np.array_equal(dl.dropout(x, p, rng=KEY), expected), n


@pytest.mark.parametrize("axes", [(0,), (1,), (2,), (0, 2), (1, 2)])
def test_shared_axes_do_not_depend_on_the_number_of_threads(cells, axes):
    x = cells.reshape(80, 128, 256)
    shape = [1 if i in axes else n for i, n in enumerate(x.shape)]
    expected = x * (dl.keep_mask(tuple(shape), 0.1, rng=KEY) * np.float32(1 / 0.9))
    for n in (1, 2, 3, 8):
        with dl.num_threads(n):
            y = dl.dropout(x, 0.1, shared_axes=axes, rng=KEY)
        assert np.array_equal(y, expected), n


def test_rows_and_residual_do_not_depend_on_the_number_of_threads(cells):
    x = cells.reshape(640, -1)
    with dl.num_threads(1):
        expected = dl.drop_path(x, 0.3, True, rng=KEY, residual=-x)
        summed = dl.dropout(x, 0.3, rng=KEY, residual=-x)
    for n in (2, 3, 8):
        with dl.num_threads(n):
            y = dl.drop_path(x, 0.3, True, rng=KEY, residual=-x)
            z = dl.dropout(x, 0.3, rng=KEY, residual=-x)
        assert np.array_equal(y, expected), n
        assert np.array_equal(z, summed), n


def test_stores_past_the_cache_give_the_same_bits(cells):
    """The large result is stored without a detour through the cache, its parts are
    not."""
    x = np.concatenate([cells] * 16)  # 160 MiB
    y = dl.dropout(x, 0.1, rng=KEY)
    for start in range(0, x.size, CELLS // 2 + 1):
        part = x[start : start + CELLS // 2 + 1]
        z = dl.dropout(part, 0.1, rng=KEY, full_shape=x.shape, start=(start,))
        assert np.array_equal(y[start : start + part.size], z)


def test_calls_from_many_python_threads_at_once(cells):
    expected = dl.dropout(cells, 0.1, rng=KEY)
    results = [None] * 8

    def call(i):
        results[i] = dl.dropout(cells, 0.1, rng=KEY)

    threads = [threading.Thread(target=call, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(result, expected) for result in results)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_can_call_while_the_parent_runs_a_kernel(cells):
    dl.set_num_threads(2)
    expected = dl.dropout(cells, 0.5, rng=KEY)[::997].copy()
    done = threading.Event()

    def keep_busy():
        out = np.empty_like(cells)
        while not done.is_set():
            dl.dropout(cells, 0.1, rng=KEY, out=out)

    busy = threading.Thread(target=keep_busy)
    busy.start()
    try:
        for _ in range(200):
            child = os.fork()
            if child == 0:
                y = dl.dropout(cells, 0.5, rng=KEY)
                os._exit(not np.array_equal(y[::997], expected))
            assert wait_for(child, seconds=60) == 0
    finally:
        done.set()
        busy.join()


def wait_for(child, seconds):
    """A child's exit status; one that hangs is killed and gives None."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return status
        time.sleep(0.0005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def test_daemon_threads_in_the_middle_of_calls_outlive_the_interpreter():
    run_python("""
        import threading
        import time
        import numpy as np
        import droplayers as dl

        class Late:
            def __del__(self, sleep=time.sleep):
                sleep(1)

        late, o = Late(), np.ones(4_000_000)
        dl.set_num_threads(2)

        def work():
            while True:
                dl.gaussian_dropout(o, 0.3, rng=dl.Key(1), out=o)

        for _ in range(12):
            threading.Thread(target=work, daemon=True).start()
        time.sleep(0.3)
    """)


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("threads", [1, 2])
def test_a_signal_stops_a_long_call(threads):
    """The input takes no memory, the end of the output is never touched."""
    x = np.broadcast_to(np.float32(1), (1 << 30,))
    out = np.zeros(x.shape, np.float32)

    def interrupt(number, frame):
        raise Interrupted

    with timer.handled_by(interrupt), dl.num_threads(threads):
        timer.start(0.1)
        with pytest.raises(Interrupted):
            dl.dropout(x, 0.5, rng=KEY, out=out)
    assert set(np.unique(out[:: 1 << 12])) == {0.0, 2.0}
    keep = dl.keep_mask((4096,), 0.5, rng=KEY)
    assert np.array_equal(out[:4096] != 0, keep)
    assert not out[-4096:].any()


NO_ROOM = """
import resource
import numpy as np, droplayers as dl
x = np.ones(5 << 19, np.float32)
dl.set_num_threads(1)
expected = dl.dropout(x, 0.1, rng=dl.Key(1))
out = np.empty_like(x)
dl.set_num_threads(8)
pages = int(open("/proc/self/statm").read().split()[0])
hard = resource.getrlimit(resource.RLIMIT_AS)[1]
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize(), hard))
try:
    np.empty(1 << 20)
except MemoryError:
    dl.dropout(x, 0.1, rng=dl.Key(1), out=out)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    assert np.array_equal(out, expected)
    print("done on fewer threads")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_threads_that_cannot_be_started_are_done_without():
    run = subprocess.run(
        [sys.executable, "-P", "-c", NO_ROOM], capture_output=True, text=True
    )
    assert run.stdout == "done on fewer threads\n", run.stderr


@pytest.mark.parametrize("n", [0, -1, 2**31])
def test_a_number_of_threads_that_cannot_be_is_an_error(n):
    before = dl.get_num_threads()
    with pytest.raises(ValueError, match=f"n must be at least 1, got {n}"):
        dl.set_num_threads(n)
    for wrong in (1.5, "2", True, None):
        with pytest.raises(TypeError, match="n must be an integer"):
            dl.set_num_threads(wrong)
    assert dl.get_num_threads() == before


def test_the_number_of_threads_is_restored_after_an_error():
    before = dl.get_num_threads()
    with pytest.raises(ZeroDivisionError), dl.num_threads(3):
        assert dl.get_num_threads() / 0
    assert dl.get_num_threads() == before


VARIABLES = "DROPLAYERS_NUM_THREADS", "DROPLAYERS_ISA", "OMP_NUM_THREADS"
PLAIN = {name: os.environ[name] for name in os.environ.keys() - {*VARIABLES}}


def config(**environment):
    code = "import droplayers as dl; c = dl.show_config('dicts'); print(c)"
    return subprocess.run(
        [sys.executable, "-P", "-c", code],
        env={**PLAIN, **environment},
        capture_output=True,
        text=True,
        check=True,
    )


QUOTAS = {
    "none": ("0::/\n", {}, 8),
    "no limit": ("0::/a\n", {"a/cpu.max": "max 100000"}, 8),
    "the root": ("0::/\n", {"cpu.max": "300000 100000"}, 3),
    "nested": ("0::/a/b\n", {"a/b/cpu.max": "250000 100000"}, 2),
    "above": ("0::/a/b\n", {"a/b/cpu.max": "max 1000", "a/cpu.max": "3000 1000"}, 3),
    "least": ("0::/a/b\n", {"a/b/cpu.max": "5000 1000", "cpu.max": "4000 1000"}, 4),
    "below one": ("0::/a\n", {"a/cpu.max": "50000 100000"}, 1),
    "another's": ("0::/a\n", {"b/cpu.max": "1000 1000"}, 8),
    "unseen path": ("0::/docker/1\n", {"cpu.max": "2000 1000"}, 2),
    "a name with colons": ("0::/a:b\n", {"a:b/cpu.max": "2000 1000"}, 2),
    "version 1": (
        "5:memory:/m\n3:cpu,cpuacct:/a/b\n0::/\n",
        {"cpu/a/cpu.cfs_quota_us": "2000", "cpu/a/cpu.cfs_period_us": "1000"},
        2,
    ),
    "version 1 without": (
        "3:cpuacct,cpu:/a\n",
        {"cpu/a/cpu.cfs_quota_us": "-1", "cpu/a/cpu.cfs_period_us": "1000"},
        8,
    ),
    "no proc": (None, {"cpu.max": "2000 1000"}, 2),
    "nonsense": ("0\n", {"cpu.max": "many"}, 8),
}


@pytest.mark.parametrize(("groups", "files", "cores"), QUOTAS.values(), ids=QUOTAS)
def test_the_quota_is_the_least_of_nested_control_groups(
    groups, files, cores, tmp_path
):
    proc, root = tmp_path / "proc", tmp_path / "cgroup"
    proc.mkdir()
    if groups is not None:
        (proc / "cgroup").write_text(groups)
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{text}\n")
    assert dl.config._quota(str(proc), str(root)) == cores


def test_the_environment_sets_threads_and_instruction_set():
    run = config(DROPLAYERS_NUM_THREADS="5", DROPLAYERS_ISA="scalar")
    assert "'num_threads': 5" in run.stdout
    assert "'isa': 'scalar'" in run.stdout
    assert run.stderr == ""


#: What Linux calls what lists of kernels need, the best list first.
NEEDS = {
    "avx512": {"avx2", "f16c", "avx512f", "avx512bw", "avx512dq", "avx512vl"},
    "avx2": {"avx2", "f16c"},
    "scalar": set(),
}


@pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"),
    reason="/proc/cpuinfo has flags of this form on Linux, on x86-64, alone",
)
def test_the_lists_are_those_that_the_processor_runs_and_the_best_is_used():
    text = pathlib.Path("/proc/cpuinfo").read_text()
    flags = set(re.search(r"^flags\s*:(.*)$", text, re.MULTILINE)[1].split())
    lists = [name for name, needed in NEEDS.items() if needed <= flags]
    shown = config().stdout
    assert f"'isas': {lists}" in shown
    assert f"'isa': '{lists[0]}'" in shown


@pytest.mark.parametrize("name", ["DROPLAYERS_NUM_THREADS", "DROPLAYERS_ISA"])
@pytest.mark.parametrize("value", ["0", "-1", "1.5", "", "sse9", "²", "1" * 5000])
def test_an_environment_that_cannot_be_is_a_warning(name, value):
    run = config(**{name: value})
    assert f"RuntimeWarning: {name} must be" in run.stderr
    assert f"got {value!r}" in run.stderr


OMP = [
    *((str(n), n) for n in range(1, 7)),
    *((value, 3) for value in ("3,2", " 3 , 1", "3,", "\t3", "03")),
    *((value, 6) for value in ("7", "64", "2147483647", "9999999999", "1" * 5000)),
    *((value, 6) for value in ("", ",", ",2", "0", "0,2", "-1", "+3", "3 2", "1.5")),
    *((value, 6) for value in ("two", "auto", "0x2", "²")),
]


@pytest.mark.parametrize(("value", "threads"), OMP)
def test_omp_num_threads_lowers_the_default(value, threads, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(7), raising=False)
    monkeypatch.setattr(dl.config, "_quota", lambda: 6)
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    assert dl.config._default_threads() == threads


@pytest.mark.parametrize("value", ["1", " 1,8", "64", "many", ""])
def test_omp_num_threads_is_read_at_import_and_silently(value):
    most = int(re.search(r"'num_threads': (\d+)", config().stdout)[1])
    run = config(OMP_NUM_THREADS=value)
    threads = 1 if "1" in value else most
    assert f"'num_threads': {threads}}}" in run.stdout
    assert run.stderr == ""


def test_our_own_variable_is_above_omp_num_threads():
    run = config(OMP_NUM_THREADS="1", DROPLAYERS_NUM_THREADS="5")
    assert "'num_threads': 5}" in run.stdout
    run = config(OMP_NUM_THREADS="1", DROPLAYERS_NUM_THREADS="many")
    assert "'num_threads': 1}" in run.stdout
    assert "got 'many'; using 1" in run.stderr


def test_workers_of_joblib_use_the_threads_that_they_are_told_to(monkeypatch):
    pytest.importorskip("joblib")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    threads = run_python("""
        import joblib

        def threads():
            import droplayers
            return droplayers.get_num_threads()

        calls = [joblib.delayed(threads)() for _ in range(2)]
        for most in (1, 3):
            with joblib.parallel_config("loky", inner_max_num_threads=most):
                print(*joblib.Parallel(n_jobs=2)(calls))
    """).splitlines()
    most = min(3, dl.config._default_threads())
    assert threads == ["1 1", f"{most} {most}"]


def test_threadpoolctl_sees_and_limits_threads_where_it_is_imported_first():
    pytest.importorskip("threadpoolctl")
    run_python("""
        import threadpoolctl
        from threadpoolctl import threadpool_info, threadpool_limits
        import numpy as np
        import droplayers as dl

        def seen():
            return [x for x in threadpool_info() if x["user_api"] == "droplayers"]

        dl.set_num_threads(3)
        (ours,) = seen()
        assert ours["num_threads"] == 3
        assert ours["version"] == dl.__version__
        assert ours["filepath"].startswith(dl.__path__[0])
        with threadpool_limits(1):
            assert dl.get_num_threads() == seen()[0]["num_threads"] == 1
        assert dl.get_num_threads() == 3
        with threadpool_limits({"droplayers": 2}):
            assert dl.get_num_threads() == 2
        with threadpool_limits(1, user_api="blas"):
            assert dl.get_num_threads() == 3
    """)


def test_threadpoolctl_takes_no_other_library_for_ours(tmp_path):
    """Another package's module may have our C module's name and symbol."""
    pytest.importorskip("threadpoolctl")
    run_python(
        f"""
        import ctypes
        import shutil
        import threadpoolctl
        import droplayers as dl
        from droplayers import _core

        path = shutil.copy(_core.__file__, {str(tmp_path)!r})
        ctypes.CDLL(path)
        files = [x["filepath"] for x in threadpoolctl.threadpool_info()]
        assert path not in files
        assert len([f for f in files if "_core" in f]) == 1
        """
    )


def test_threadpoolctl_is_never_imported():
    run_python("""
        import sys
        import types

        sys.modules["threadpoolctl"] = types.ModuleType("threadpoolctl")  # an old one
        import droplayers
        del sys.modules["threadpoolctl"]
        droplayers.config.register_with_threadpoolctl()
        assert "threadpoolctl" not in sys.modules
    """)
