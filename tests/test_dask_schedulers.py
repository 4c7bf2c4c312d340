# SPDX-License-Identifier: BSD-3-Clause
"""Every scheduler of Dask gives the bits of the NumPy call on the whole array, and so
does a cluster that loses a worker."""

import os
import signal
import threading

import numpy as np
import pytest
from arrays import assert_same
from calls import KEY

import droplayers as dl

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")
dd = pytest.importorskip("droplayers.dask")

K = dl.Key(KEY)
X = np.random.default_rng(0).standard_normal((40, 6, 9, 10)).astype(np.float32)
CHUNKS = (13, (1, 5), 9, 10)
RATES = np.linspace(0, 1, len(X))
CALLS = {
    "replace": {"value": X[0], "p": 0.1, "return_mask": True},
    "dropout": {"p": 0.1, "residual": X},
    "spatial_dropout": {"p": 0.3, "return_mask": True},
    "alpha_dropout": {"p": 0.3, "shared_axes": (2, 3)},
    "alpha_dropout_backward": {"p": 0.3},
    "gaussian_dropout": {"p": 0.3},
    "drop_path": {"prob": RATES, "training": True, "return_mask": True},
    "drop_block": {"p": 0.1, "block_size": 3, "return_mask": True},
}


def lazily():
    """Each function on Dask arrays, and the masks alone."""
    x = da.from_array(X, chunks=CHUNKS)
    results = {name: getattr(dd, name)(x, rng=K, **o) for name, o in CALLS.items()}
    keep = dd.keep_mask(X.shape, 0.3, rng=K, chunks=CHUNKS)
    packed = dd.keep_mask(X.shape, 0.3, rng=K, packed=True, chunks=1001)
    blocks = dd.block_mask(X.shape, 0.3, rng=K, chunks=CHUNKS)
    return {**results, "keep": keep, "packed": packed, "blocks": blocks}


@pytest.fixture(scope="module")
def expected():
    """The same for NumPy."""
    results = {name: getattr(dl, name)(X, rng=K, **o) for name, o in CALLS.items()}
    keep = dl.keep_mask(X.shape, 0.3, rng=K)
    packed = dl.keep_mask(X.shape, 0.3, rng=K, packed=True)
    blocks = dl.block_mask(X.shape, 0.3, rng=K)
    return {**results, "keep": keep, "packed": packed, "blocks": blocks}


def assert_all_same(computed, expected):
    assert computed.keys() == expected.keys()
    for name, right in expected.items():
        pairs = zip(computed[name], right, strict=True)
        for y, whole in (
            pairs if isinstance(right, tuple) else [(computed[name], right)]
        ):
            assert_same(y, whole)


@pytest.mark.parametrize("scheduler", ["sync", "threads", "processes"])
def test_schedulers_of_one_machine_give_the_bits_of_the_numpy_call(scheduler, expected):
    (computed,) = dask.compute(lazily(), scheduler=scheduler, num_workers=2)
    assert_all_same(computed, expected)


def test_two_schedulers_in_two_threads_do_not_meet(expected):
    """Nor do they change the setting for others."""
    results = {}

    def compute(name):
        (results[name],) = dask.compute(lazily(), scheduler="threads", num_workers=3)

    with dl.num_threads(5):
        threads = [threading.Thread(target=compute, args=(i,)) for i in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert dl.get_num_threads() == 5
    for computed in results.values():
        assert_all_same(computed, expected)


@pytest.fixture(scope="module")
def client():
    """Of a cluster of two processes."""
    processes = {"n_workers": 2, "threads_per_worker": 1, "processes": True}
    with (
        distributed.LocalCluster(**processes, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def test_a_cluster_gives_the_bits_of_the_numpy_call(client, expected):
    (computed,) = dask.compute(lazily(), scheduler=client)
    assert_all_same(computed, expected)


def test_blocks_that_a_cluster_loses_are_computed_alike(client, expected):
    x = da.from_array(X, chunks=CHUNKS)
    y = client.persist(dd.dropout(x, **CALLS["dropout"], rng=K))
    distributed.wait(y)
    (lost, held), *_ = client.has_what().items()
    assert held
    process = client.run(os.getpid)[lost]
    os.kill(process, signal.SIGKILL)
    assert_same(client.compute(y, sync=True), expected["dropout"])
    client.wait_for_workers(2, timeout=60)
    assert process not in client.run(os.getpid).values()
