# SPDX-License-Identifier: BSD-3-Clause
"""The known answers of data/: what each line of its text files says."""

import pathlib

DATA = pathlib.Path(__file__).parent / "data"


def lines(name):
    """The words of each line of a file, but for comments."""
    text = (DATA / name).read_text().splitlines()
    return [line.split() for line in text if not line.startswith("#")]


def of_kind(kind):
    """The lines of the mask stream's known answers that begin with a word."""
    return [words for first, *words in lines("stream_kat.txt") if first == kind]


def philox():
    """Four counter words, two key words and four outputs, a row of ten for each."""
    return [[int(word, 16) for word in words] for words in lines("philox_kat.txt")]


def outputs():
    """Key, segment, s, and output s of the segment's generator."""
    return [
        (int(key, 16), int(segment, 16), int(s), int(output, 16))
        for key, segment, s, output in of_kind("output")
    ]


def uniforms():
    """Key, index, and the element's uniform."""
    return [tuple(int(word, 16) for word in words) for words in of_kind("uniform")]


def packed_masks():
    """Key, index of the first element, p, and the bytes of the packed mask."""
    return [
        (int(key, 16), int(index, 16), float(p), bytes.fromhex(mask))
        for key, index, p, mask in of_kind("packed")
    ]
