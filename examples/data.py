"""The images that the examples learn from, and which class each one shows."""

from __future__ import annotations

import gzip
import pathlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

#: Where Debian's package dataset-fashion-mnist puts its files.
FASHION = pathlib.Path("/usr/share/datasets/fashion-mnist")


class Images(NamedTuple):
    """Images and their classes."""

    images: NDArray[np.float32]  #: (n, height, width), in [0, 1]
    labels: NDArray[np.intp]  #: (n,), in [0, 10)

    @property
    def pixels(self) -> NDArray[np.float32]:
        """Each image as a row."""
        return self.images.reshape(len(self.images), -1)

    def first(self, n: int | None) -> Images:
        """The first n of them, or all where there are fewer or n is None."""
        return Images(self.images[:n], self.labels[:n])


class Data(NamedTuple):
    """Images to learn from, and others that show what was learnt."""

    train: Images
    test: Images


def load_digits() -> Data:
    """Load the 1,797 handwritten digits of 8 x 8 pixels that come with scikit-learn.

    A random half is to learn from and the other to test on, the same at every call.
    """
    from sklearn import datasets

    digits = datasets.load_digits()
    order = np.random.default_rng(0).permutation(len(digits.images))
    images = digits.images[order].astype(np.float32) / 16
    labels = digits.target[order].astype(np.intp)
    half = len(order) // 2
    return Data(
        Images(images[:half], labels[:half]), Images(images[half:], labels[half:])
    )


def load_fashion() -> Data:
    """Load Fashion-MNIST: 60,000 and 10,000 articles of clothing of 28 x 28 pixels.

    H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for
    Benchmarking Machine Learning Algorithms", 2017.
    """
    if not FASHION.exists():
        raise SystemExit(f"{FASHION} is missing: apt install dataset-fashion-mnist")

    def read(part: str) -> Images:
        images = read_idx(FASHION / f"{part}-images-idx3-ubyte.gz")
        labels = read_idx(FASHION / f"{part}-labels-idx1-ubyte.gz")
        return Images(np.divide(images, 255, dtype=np.float32), labels.astype(np.intp))

    return Data(read("train"), read("t10k"))


def read_idx(path: pathlib.Path) -> NDArray[np.uint8]:
    """Read an array of bytes from a compressed file in MNIST's IDX format.

    That is two zeros, the code of the dtype (8: bytes), the number of axes, the length
    of each as a big-endian 32-bit integer, and the elements in C order.
    """
    content = gzip.decompress(path.read_bytes())
    zeros, code, ndim = content[:2], content[2], content[3]
    if zeros != b"\0\0" or code != 8:
        raise ValueError(f"{path} must hold an IDX array of bytes")
    shape = np.frombuffer(content, ">u4", ndim, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * ndim).reshape(shape)


LOADERS = {"digits": load_digits, "fashion": load_fashion}
