"""The functions, all in one place."""

from ._elements import dropout, keep_mask
from ._gaussian import gaussian_dropout
from ._samples import drop_path

__all__ = ["drop_path", "dropout", "gaussian_dropout", "keep_mask"]
