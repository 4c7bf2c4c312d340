# SPDX-License-Identifier: BSD-3-Clause
"""A sample that draws from ``key.child(epoch, index)`` does not depend on workers: on
their kind, their number, or the order in which they take the samples."""

import concurrent.futures
import importlib
import itertools
import multiprocessing
import random

import pytest
from loader import LENGTH, load, load_some

import droplayers as dl

KEY = dl.Key(2026)
TASKS = [(KEY, *task) for task in itertools.product(range(2), range(LENGTH))]
METHODS = multiprocessing.get_all_start_methods()

# A process with threads that forks is warned from Python 3.12 on.
FORKS = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
WORKERS = pytest.mark.parametrize("workers", [1, 3])


@pytest.fixture(scope="module")
def expected():
    """What one process gives, sample after sample."""
    return dict(map(load, TASKS))


@pytest.fixture
def batches():
    """The samples in another order, in batches of different sizes."""
    tasks = random.Random(0).sample(TASKS, len(TASKS))
    ends = [0, 1, 6, 20, 21, len(tasks)]
    return [tasks[i:j] for i, j in itertools.pairwise(ends)]


@pytest.fixture
def joblib():
    """joblib, whose processes are kept for calls to come, and here end."""
    yield pytest.importorskip("joblib")
    loky = importlib.import_module("joblib.externals.loky")
    loky.get_reusable_executor().shutdown(wait=True)


def collected(results):
    return dict(itertools.chain.from_iterable(results))


def test_every_sample_of_every_epoch_has_masks_of_its_own(expected):
    assert len(expected) == len(set(expected.values())) == len(TASKS)


@FORKS
@WORKERS
@pytest.mark.parametrize("method", METHODS)
def test_processes_change_no_bit(method, workers, batches, expected):
    with multiprocessing.get_context(method).Pool(workers) as pool:
        assert collected(pool.imap_unordered(load_some, batches)) == expected


@WORKERS
def test_threads_of_a_pool_change_no_bit(workers, batches, expected):
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        assert collected(pool.map(load_some, batches)) == expected


@FORKS
@WORKERS
@pytest.mark.parametrize("backend", ["loky", "multiprocessing", "threading"])
def test_workers_of_joblib_change_no_bit(joblib, backend, workers, batches, expected):
    run = joblib.Parallel(workers, backend=backend)
    results = run(joblib.delayed(load_some)(batch) for batch in batches)
    assert collected(results) == expected
