# SPDX-License-Identifier: BSD-3-Clause
"""A sample of a data loader, in a module that worker processes can import."""

import numpy as np

import droplayers as dl

LENGTH = 23  # samples of an epoch


def load(task):
    """The sample at an index in an epoch: what was asked for, and the bytes."""
    key, epoch, index = task
    first, second = key.child(epoch, index).split(2)
    x = np.arange(1.0, 601.0).reshape(3, 10, 20)
    y = dl.dropout(x, 0.3, rng=first)
    keep = dl.keep_mask(x.shape, 0.5, rng=second)
    return (epoch, index), y.tobytes() + keep.tobytes()


def load_some(tasks):
    """Several samples, as a worker with a batch of its own takes them."""
    return list(map(load, tasks))
