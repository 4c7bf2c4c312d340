# SPDX-License-Identifier: BSD-3-Clause
"""Threads that do not start, many at once, and processes that fork, end or are born
while calls run.

DROPLAYERS_TIMES multiplies what is repeated: 1 in the suite, 25 in CI's long form:
500 forks, 100 interpreters that end.
"""

import multiprocessing
import os
import shutil
import subprocess
import sys
import threading

import numpy as np
import pytest
from c_build import run
from calls import run_python

import droplayers as dl

TIMES = int(os.environ.get("DROPLAYERS_TIMES", 1))
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")

# pthread_create that fails from the n-th call on that C of the library makes: its
# workers alone have a stack of 1 MiB. And attributes of threads that cannot be had.
REFUSING = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

int
pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
               void *(*start)(void *), void *argument)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *),
                void *);
    size_t bytes = 0;
    const char *left = getenv("LEFT");
    *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
    if (attributes) {
        pthread_attr_getstacksize(attributes, &bytes);
    }
    if (left && bytes == 1024 * 1024) {
        char number[16] = {(char)(atoi(left) - 1 + '0')};
        if (atoi(left) == 0) {
            return EAGAIN;
        }
        setenv("LEFT", number, 1);
    }
    return real(thread, attributes, start, argument);
}

int
pthread_attr_init(pthread_attr_t *attributes)
{
    int (*real)(pthread_attr_t *);
    *(void **)&real = dlsym(RTLD_NEXT, "pthread_attr_init");
    return getenv("NO_ATTRIBUTES") ? ENOMEM : real(attributes);
}
"""

FEW_THREADS = """
    import ctypes
    import os
    import numpy as np
    import droplayers as dl

    setenv = ctypes.CDLL(None).setenv
    x = np.arange(3 << 20, dtype=np.float32).reshape(3, 1024, 1024)
    w = np.ones((1024, 1024), np.float32)
    calls = [
        lambda: dl.dropout(x, 0.1, rng=dl.Key(1)),
        lambda: dl.dropout(x.T, 0.1, rng=dl.Key(1)),
        lambda: dl.gaussian_dropout(x, 0.1, rng=dl.Key(1)),
        lambda: dl.drop_path(x.reshape(-1, 64), 0.1, True, residual=x.reshape(-1, 64),
                             rng=dl.Key(1)),
        lambda: dl.replace(x, 0, 0.1, rng=dl.Key(1)),
        lambda: dl.fractal_join([x, -x, 2 * x], 0.3, True, rng=dl.Key(1)),
        lambda: dl.drop_connect(x[0, :4], w, 0.1, rng=dl.Key(1)),
        lambda: dl.keep_mask(x.shape, 0.1, rng=dl.Key(1)),
    ]
    dl.set_num_threads(1)
    expected = [call() for call in calls]
    dl.set_num_threads(8)
    for left in range(8):
        for call, y in zip(calls, expected):
            setenv(b"LEFT", str(left).encode(), 1)
            np.testing.assert_array_equal(call(), y)
    setenv(b"NO_ATTRIBUTES", b"1", 1)
    np.testing.assert_array_equal(calls[0](), expected[0])
    print("right")
"""


@LINUX
def test_workers_that_are_refused_at_any_number_change_no_bit(tmp_path):
    if not shutil.which("cc"):
        pytest.skip("no cc")
    source, library = tmp_path / "refusing.c", tmp_path / "refusing.so"
    source.write_text(REFUSING)
    run("cc", "-shared", "-fPIC", source, "-o", library, "-ldl")
    assert run_python(FEW_THREADS, LD_PRELOAD=str(library)) == "right\n"


NO_PROCESSES = """
    import os
    import resource
    import threading
    import numpy as np
    import droplayers as dl

    if os.getuid() == 0:  # whom the limit does not hold
        os.setresuid(65534, 65534, 65534)
    x = np.arange(3 << 20, dtype=np.float32)
    dl.set_num_threads(1)
    expected = dl.dropout(x, 0.1, rng=dl.Key(1))
    dl.set_num_threads(8)
    resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
    try:
        threading.Thread(target=int).start()
        print("a thread started")
    except RuntimeError:
        print("right" if np.array_equal(dl.dropout(x, 0.1, rng=dl.Key(1)), expected)
              else "wrong")
"""


@LINUX
def test_a_user_who_may_start_no_thread_gets_the_same_bits():
    assert run_python(NO_PROCESSES) == "right\n"


def calls_of(key):
    """Some calls, each with a key, whose results depend on nothing else."""
    x = np.arange(70_000, dtype=np.float32).reshape(70, 1000)
    yield dl.dropout(x, 0.3, rng=key)
    yield dl.dropout(x.T, 0.3, rng=key)
    yield dl.drop_path(x, 0.3, True, residual=x, rng=key)
    yield dl.drop_path(x, np.full(70, 0.3), True, rng=key)
    yield dl.gaussian_dropout(x, 0.3, rng=key)
    yield dl.drop_block(x.reshape(7, 10, 100, 10), rng=key)
    yield dl.drop_connect(x[:, :30], x[:30, :50], 0.3, rng=key)
    yield dl.fractal_join([x, -x], 0.3, True, per="sample", rng=key)
    yield dl.kept_rows(5000, 0.3, sampling="fixed", rng=key)[0]


def run_all(threads):
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_64_python_threads_at_once_get_what_one_does():
    expected = [list(calls_of(dl.Key(i))) for i in range(8)]
    right = []

    def work(i):
        for _ in range(TIMES):
            results = list(calls_of(dl.Key(i % 8)))
            same = map(np.array_equal, results, expected[i % 8])
            right.append(all(same))

    run_all([threading.Thread(target=work, args=(i,)) for i in range(64)])
    assert right == [True] * (64 * TIMES)


def test_8_threads_share_a_generator_and_an_array():
    """Each call draws a word of the generator; the words are those of one thread."""
    x = np.arange(1, 70_001, dtype=np.float32)
    x.flags.writeable = False
    rng, twin, found = np.random.default_rng(1), np.random.default_rng(1), []
    n = 50 * TIMES

    def work():
        for _ in range(n):
            found.append(dl.dropout(x, 0.5, rng=rng)[:512].tobytes())

    run_all([threading.Thread(target=work) for _ in range(8)])
    expected = [dl.dropout(x, 0.5, rng=twin)[:512].tobytes() for _ in range(8 * n)]
    assert sorted(found) == sorted(expected)
    assert rng.bit_generator.state == twin.bit_generator.state


FORKING = """
    import os
    import signal
    import threading
    import warnings
    import numpy as np
    import droplayers as dl

    warnings.simplefilter("ignore", DeprecationWarning)
    dl.set_num_threads(2)
    x = np.arange(5 << 19, dtype=np.float32)
    calls = [
        lambda out: dl.dropout(x, 0.1, rng=dl.Key(1), out=out),
        lambda out: dl.gaussian_dropout(x, 0.1, rng=dl.Key(1), out=out),
        lambda out: dl.drop_block(x.reshape(5, 8, 256, 256), rng=dl.Key(1)),
        lambda out: dl.kept_rows(100_000, 0.5, sampling="fixed", rng=rng),
    ]
    rng = np.random.default_rng(1)
    expected = [np.array(call(np.empty_like(x))) for call in calls[:3]]
    done = threading.Event()

    def keep_busy(call):
        out = np.empty_like(x)
        while not done.is_set():
            call(out)

    busy = [threading.Thread(target=keep_busy, args=(call,)) for call in calls]
    for thread in busy:
        thread.start()
    try:
        for i in range(20):
            child = os.fork()
            if child == 0:
                signal.alarm(60)  # a child that hangs ends by a signal
                y = calls[i % 3](np.empty_like(x))
                os._exit(not np.array_equal(y, expected[i % 3]))
            status = os.waitpid(child, 0)[1]
            assert status == 0, (i, status)
    finally:
        done.set()
        for thread in busy:
            thread.join()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_forks_in_the_middle_of_calls_of_several_threads():
    for _ in range(TIMES):
        run_python(FORKING)


WORKERS = """
    import multiprocessing
    import threading
    import numpy as np
    import droplayers as dl
    from loader import load

    if __name__ == "__main__":
        x = np.ones(5 << 19, np.float32)
        done = threading.Event()

        def keep_busy():
            while not done.is_set():
                dl.dropout(x, 0.1, rng=dl.Key(1))

        busy = threading.Thread(target=keep_busy)
        busy.start()
        tasks = [(dl.Key(1), 0, i) for i in range(4)]
        expected = list(map(load, tasks))
        context = multiprocessing.get_context("{method}")
        with context.Pool(2) as pool:
            assert pool.map_async(load, tasks).get(60) == expected
        done.set()
        busy.join()
"""


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_processes_that_are_started_while_a_call_runs(method, tmp_path):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method}")
    program = tmp_path / "workers.py"
    program.write_text(
        "\n".join(line[4:] for line in WORKERS.format(method=method).splitlines())
    )
    tests = os.path.dirname(__file__)
    path = os.pathsep.join(filter(None, [tests, os.environ.get("PYTHONPATH")]))
    for _ in range(TIMES):
        subprocess.run(
            [sys.executable, "-P", program],
            env={**os.environ, "PYTHONPATH": path},
            check=True,
            timeout=300,
        )


EXIT = """
    import os
    import threading
    import time
    import numpy as np
    import droplayers as dl

    x = np.ones((1024, 2048), np.float16)
    dl.set_num_threads({workers})
    calls = [
        lambda: dl.dropout(x, 0.1, out=np.empty_like(x)),
        lambda: dl.drop_block(x[None, None]),
        lambda: dl.kept_rows(1 << 20, 0.5, sampling="fixed"),
        lambda: dl.drop_connect(x[:2].astype("f4"), x[:, :999].astype("f4").T[:2]
                                .repeat(1024, 0)),
        lambda: dl.fractal_join([x, x], 0.1, True),
    ]

    def work(call):
        while True:
            call()

    for call in calls * 2:
        threading.Thread(target=work, args=(call,), daemon=True).start()
    time.sleep({seconds})
"""


def test_an_interpreter_ends_while_calls_run():
    chance = np.random.default_rng(1)
    for i in range(4 * TIMES):
        seconds = float(chance.uniform(0, 0.2))
        run_python(EXIT.format(workers=1 + i % 3, seconds=seconds))


SUBINTERPRETER = """
    import os
    try:
        import _xxsubinterpreters as interpreters
    except ImportError:
        import _interpreters as interpreters
    from droplayers import _core

    code = '''
    import importlib.machinery, importlib.util, os
    try:
        loader = importlib.machinery.ExtensionFileLoader("_core", {path!r})
        spec = importlib.util.spec_from_loader("_core", loader)
        loader.exec_module(importlib.util.module_from_spec(spec))
    except ImportError as error:
        os.write(1, str(error).encode())
    '''.format(path=_core.__file__)
    interpreters.run_string(interpreters.create(), code)
"""


@pytest.mark.interpreter
def test_a_subinterpreter_is_refused_with_a_reason():
    """NumPy refuses one itself, where it can: here ours is imported alone."""
    assert "does not support" in run_python(SUBINTERPRETER)
