# SPDX-License-Identifier: BSD-3-Clause
"""The mask stream in JavaScript, that pages draw with."""

import re

import known_answers
import masks_page
import numpy as np
import pytest
from masks_page import KEYS, STATIC

import droplayers as dl

browser, page = masks_page.browser, masks_page.page


def test_the_stream_is_short_and_needs_nothing():
    text = (STATIC / "stream.js").read_text()
    assert len(text.splitlines()) <= 300
    assert not re.search(r"\b(import|require|fetch|document|window)\b", text)


def test_philox_gives_the_known_answers(page):
    for words in known_answers.philox():
        counter, key, output = words[:4], words[4:6], words[6:]
        assert (
            page.run("return DropStream.philox(...arguments)", counter, key) == output
        )


def test_segments_give_the_known_answers(page):
    for key, segment, s, output in known_answers.outputs():
        script = f"return Array.from(DropStream.outputs({key}n, {segment}n, {s + 1}))"
        low, high = page.run(script)[-2:]
        assert low + 2**32 * high == output


def test_uniforms_are_the_known_answers(page):
    for key, index, uniform in known_answers.uniforms():
        block = f"{{fullShape: [2n ** 64n], start: [{index}n]}}"
        script = f"return DropStream.uniforms([1], {key}n, {block})[0]"
        assert page.run(script) == uniform


def test_packed_masks_are_the_known_answers(page):
    for key, first, p, mask in known_answers.packed_masks():
        block = f"{{fullShape: [2n ** 64n], start: [{first}n]}}"
        draw = f"DropStream.keepMask([{8 * len(mask)}], {p!r}, {key}n, {block})"
        assert bytes(packed(page, [draw])[0]) == mask


def test_thresholds_are_rounded_half_to_even(page):
    half_steps = [0, 1, 2, 3, 4, 5, 2**40 - 1, 2**41 - 3, 2**41 - 1, 2**41]
    thresholds = page.run(
        "return arguments[0].map((n) => DropStream.threshold(n / 2 ** 41))", half_steps
    )
    assert thresholds == [round(n / 2) for n in half_steps]


def test_a_uniform_at_the_threshold_is_kept(page):
    """At p = U * 2**-40, not a step above. A block of one cell falls as its seed."""
    for i, u in enumerate(
        page.run("return Array.from(DropStream.uniforms([8], 2026))")
    ):
        for p, kept in ((u * 2.0**-40, True), ((u + 1) * 2.0**-40, False)):
            draws = [
                f"DropStream.keepMask([8], {p!r}, 2026)",
                f"DropStream.dropBlock([1, 1, 8], {p!r}, 2026, {{blockSize: 1}}).keep",
            ]
            assert [bits[0] >> i & 1 for bits in packed(page, draws)] == [kept, kept]
            assert dl.keep_mask((8,), p, rng=dl.Key(2026))[i] == kept


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("keepMask([2], 1.5, 1)", "p must be in [0, 1], got 1.5"),
        ("keepMask([2], NaN, 1)", "p must be in [0, 1], got NaN"),
        ("dropBlock([1, 1, 3, 3], '0', 1)", "p must be in [0, 1], got 0"),
        ("keepMask([2], 0.5, -1)", "key must be an integer in [0, 2**64), got -1"),
        ("child(2n ** 64n, 0)", f"key must be an integer in [0, 2**64), got {2**64}"),
        ("keepMask([2.5], 0.5, 1)", "shape must be positive integers, got 2.5"),
        ("dropout([2, 3], 0.5, 1, [2])", "sharedAxes must be axes of x, got 2"),
    ],
)
def test_the_stream_names_what_cannot_be(page, call, message):
    script = f"try {{ DropStream.{call} }} catch (error) {{ return error.message }}"
    assert page.run(script) == message


# --- 200 random masks -----------------------------------------------------------------


def packed(page, draws):
    """The packed masks of some calls in JavaScript, as lists of bytes."""
    calls = ", ".join(f"() => {draw}" for draw in draws)
    script = "const bytes = (draw) => Array.from(DropStream.packed(draw()));"
    return page.run(f"{script} return [{calls}].map(bytes)")


def a_key(rng):
    return int(rng.choice([*map(str, KEYS), str(rng.integers(2**64, dtype=np.uint64))]))


def a_rate(rng):
    """Any p, with those that are rounded, or next to 0 and 1, among them."""
    return float(
        rng.choice(
            [
                rng.random(),
                rng.random() ** 8,
                1 - rng.random() * 2.0**-38,
                rng.integers(1, 8) * 2.0**-41,
                rng.integers(0, 9) / 8,
                rng.integers(0, 11) / 10,
            ]
        )
    )


def a_shape(rng, ndim, most=9):
    return tuple(rng.integers(1, most + 1, ndim).tolist())


def ones(shape):
    return np.ones(shape)


def a_keep_mask(rng, p, key):
    """A block of an array of up to 2**64 elements."""
    shape = a_shape(rng, rng.integers(1, 4), 30)
    full = [n + int(rng.integers(2**20)) for n in shape]
    full[0] = 2**64 // int(np.prod(full[1:], dtype=object))
    start = [int(rng.random() * (f - n)) for f, n in zip(full, shape, strict=True)]
    block = {"full_shape": tuple(full), "start": tuple(start)}
    numbers = [f"[{', '.join(f'{n}n' for n in values)}]" for values in (full, start)]
    options = f"{{fullShape: {numbers[0]}, start: {numbers[1]}}}"
    return (
        f"keepMask({list(shape)}, {p!r}, {key}n, {options})",
        dl.keep_mask(shape, p, rng=dl.Key(key), **block),
    )


def a_dropout(rng, p, key):
    shape = a_shape(rng, 4)
    axes = [a for a in range(-4, 4) if rng.random() < 0.3]
    axes = [a for a in axes if a >= 0 or a + 4 not in axes]
    options = {"shared_axes": tuple(axes), "rng": dl.Key(key), "return_mask": True}
    return (
        f"dropout({list(shape)}, {p!r}, {key}n, {axes})",
        dl.dropout(ones(shape), p, **options)[1],
    )


def a_spatial_dropout(rng, p, key):
    shape = a_shape(rng, rng.integers(3, 6), 7)
    axis = int(rng.integers(-len(shape) + 1, len(shape)) or 1)
    options = {"channel_axis": axis, "rng": dl.Key(key), "return_mask": True}
    return (
        f"spatialDropout({list(shape)}, {p!r}, {key}n, {axis})",
        dl.spatial_dropout(ones(shape), p, **options)[1],
    )


def a_drop_path(rng, p, key):
    samples, per = int(rng.integers(1, 2000)), str(rng.choice(["sample", "batch"]))
    options = {"per": per, "rng": dl.Key(key), "return_mask": True}
    return (
        f"dropPath({samples}, {p!r}, {key}n, '{per}')",
        dl.drop_path(ones((samples, 2)), p, True, **options)[1],
    )


def a_drop_block(rng, p, key):
    shape = a_shape(rng, rng.integers(3, 6), 9)
    size, shared = int(rng.integers(1, 10)), bool(rng.integers(2))
    axis = int(rng.integers(-len(shape) + 1, len(shape)) or 1)
    options = (
        f"{{blockSize: {size}, channelAxis: {axis}, shared: {str(shared).lower()}}}"
    )
    return (
        f"dropBlock({list(shape)}, {p!r}, {key}n, {options}).keep",
        dl.block_mask(
            shape,
            p,
            block_size=size,
            channel_axis=axis,
            shared_channels=shared,
            rng=dl.Key(key),
        ),
    )


def a_drop_connect(rng, p, key):
    """The mask as the layer's product has it: an output's sum of powers of two."""
    samples, inputs, outs = a_shape(rng, 3, 20)
    per_sample = bool(rng.integers(2))
    weight = np.repeat(2.0 ** np.arange(inputs)[:, None], outs, axis=1)
    options = {"per_sample": per_sample, "rng": dl.Key(key)}
    y = dl.drop_connect(ones((samples, inputs)), weight, p, **options)
    sums = np.rint(y * (1 - p)).astype(np.int64)[: samples if per_sample else 1]
    numbers = f"{samples}, {inputs}, {outs}, {p!r}, {key}n, {str(per_sample).lower()}"
    return f"dropConnect({numbers})", sums[:, None] >> np.arange(inputs)[:, None] & 1


def a_fractal_join(rng, p, key):
    """The survivors as the join has them: each path gives a 1 of its own."""
    paths, samples = int(rng.integers(1, 7)), int(rng.integers(1, 200))
    living = rng.random(paths) < 0.7
    living[rng.integers(paths)] = True
    sampling, per = (
        str(rng.choice(["local", "global"])),
        rng.choice(["sample", "batch"]),
    )
    rows = samples if per == "sample" else 1
    each = np.repeat(np.eye(paths)[:, None], rows, axis=1)
    given = [path if lives else None for path, lives in zip(each, living, strict=True)]
    options = {"sampling": sampling, "per": str(per), "rng": dl.Key(key)}
    joined = dl.fractal_join(given, p, True, **options)
    keep = np.zeros((rows, paths)) if joined is None else joined
    how = f"{{samples: {rows}, sampling: '{sampling}'}}"
    alive = str(living.tolist()).lower()
    return f"fractalJoin({alive}, {p!r}, {key}n, {how}).keep", keep > 0


def a_child(rng, p, key):
    """The mask of a key's child, or of a child's child."""
    numbers = [a_key(rng) for _ in range(rng.integers(1, 4))]
    child = f"DropStream.child({key}n, {', '.join(f'{n}n' for n in numbers)})"
    return (
        f"keepMask([600], {p!r}, {child})",
        dl.keep_mask((600,), p, rng=dl.Key(key).child(*numbers)),
    )


OPERATIONS = [
    a_keep_mask,
    a_dropout,
    a_spatial_dropout,
    a_drop_path,
    a_drop_block,
    a_drop_connect,
    a_fractal_join,
    a_child,
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda f: f.__name__[2:])
def test_random_masks_are_those_of_the_library(page, operation):
    rng = np.random.default_rng(OPERATIONS.index(operation))
    cases = [operation(rng, a_rate(rng), a_key(rng)) for _ in range(25)]
    draws = [f"DropStream.{call}" for call, _ in cases]
    for (call, keep), bits in zip(cases, packed(page, draws), strict=True):
        expected = np.packbits(np.ravel(keep).astype(bool), bitorder="little")
        assert bits == expected.tolist(), call
    shares = [np.mean(keep) for _, keep in cases]
    assert min(shares) < 0.5 < max(shares)
