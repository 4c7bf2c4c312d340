# SPDX-License-Identifier: BSD-3-Clause
"""Keys, and how every form of rng becomes one."""

import copy
import itertools
import pickle
import shutil
import sys
import textwrap
import threading
import time

import numpy as np
import pytest
import reference as ref
from c_build import run
from calls import is_free, run_python

import droplayers as dl
from droplayers import _core

NUMBERS = [0, 1, 2**31, 2**32 - 1, 2**32, 0x243F6A8885A308D3, 2**63, 2**64 - 1]
SEEDS = [0, 7, 2**100, [1, 2, 3], (4, 5), np.int64(6), np.arange(4), np.uint64(2**63)]
BITS = [
    np.random.PCG64,
    np.random.PCG64DXSM,
    np.random.MT19937,
    np.random.Philox,
    np.random.SFC64,
]
X = np.ones((30, 20), np.float32)

# Calls of both functions, on arrays that have kernels and on others.
CALLS = {
    "dropout": lambda rng: dl.dropout(X, 0.5, rng=rng),
    "dropout of integers": lambda rng: dl.dropout(X.astype(int), 0.5, rng=rng),
    "dropout into out": lambda rng: dl.dropout(X, 0.5, rng=rng, out=np.empty_like(X)),
    "drop_path": lambda rng: dl.drop_path(X, 0.5, True, rng=rng),
    "drop_path of halves": lambda rng: dl.drop_path(X.astype("f2"), 0.5, True, rng=rng),
    "drop_path, rates": lambda rng: dl.drop_path(X, np.full(30, 0.5), True, rng=rng),
    "keep_mask": lambda rng: dl.keep_mask(X.shape, 0.5, rng=rng),
    "fractal_join": lambda rng: dl.fractal_join([X, X + 1, X + 2], 0.5, True, rng=rng),
    "tiny p": lambda rng: dl.dropout(X, 5e-324, rng=rng),
    "p below 1": lambda rng: dl.dropout(X, float(np.nextafter(1, 0)), rng=rng),
    "empty": lambda rng: dl.dropout(X[:0], 0.5, rng=rng),
}
SILENT = {
    "p = 0": lambda rng: dl.dropout(X, 0.0, rng=rng),
    "p = -0.0": lambda rng: dl.dropout(X, -0.0, rng=rng),
    "p = 1": lambda rng: dl.dropout(X, 1.0, rng=rng),
    "test mode": lambda rng: dl.dropout(X, 0.5, "test", rng=rng),
    "classic test mode": lambda rng: dl.dropout(
        X, 0.5, "eval", scaling="classic", rng=rng
    ),
    "a given mask": lambda rng: dl.dropout(X, 0.5, mask=X > 0, rng=rng),
    "prob = 0": lambda rng: dl.drop_path(X, 0.0, True, rng=rng),
    "prob = 1": lambda rng: dl.drop_path(X, 1.0, True, rng=rng),
    "no training": lambda rng: dl.drop_path(X, 0.5, rng=rng),
    "rates of 0 and 1": lambda rng: dl.drop_path(X, X[:, 0] * 1.0, True, rng=rng),
    "a given row mask": lambda rng: dl.drop_path(
        X, 0.5, True, mask=X[:, 0] > 0, rng=rng
    ),
    "a given row mask with rates": lambda rng: dl.drop_path(
        X, X[:, 0] / 2, True, mask=X[:, 0] > 0, rng=rng
    ),
    "rates but no training": lambda rng: dl.drop_path(X, X[:, 0] / 2, rng=rng),
    "mask of p = 0": lambda rng: dl.keep_mask(9, 0.0, rng=rng),
    "mask of p = 1": lambda rng: dl.keep_mask(9, 1.0, rng=rng),
}


def key_of(seed):
    """The key that a fresh generator from a seed gives, by its definition."""
    word = np.random.default_rng(seed).integers(0, 2**64, dtype=np.uint64)
    return dl.Key(int(word))


@pytest.mark.parametrize("n", NUMBERS)
def test_a_key_is_its_number(n):
    key = dl.Key(n)
    assert int(key) == n
    assert eval(repr(key), {"Key": dl.Key}) == key
    assert dl.Key(np.uint64(n)) == key
    assert {key: 1}[dl.Key(n)] == 1
    assert key != n
    for twin in (copy.copy(key), copy.deepcopy(key), pickle.loads(pickle.dumps(key))):
        assert twin == key
        assert type(twin) is dl.Key


def test_a_key_has_the_same_hash_in_every_process():
    """The order of a set of keys is then the same too."""
    code = """
        import droplayers as dl
        print([hash(dl.Key(n)) for n in (0, 5, 2**64 - 1)])
        print(list({dl.Key(n) for n in range(0, 2**64, 2**58)}))
    """
    first, *others = (run_python(code, PYTHONHASHSEED=seed) for seed in "0123")
    assert others == [first] * 3
    assert len({hash(dl.Key(n)) for n in range(1000)}) == 1000


def test_keys_are_ordered_by_their_numbers():
    keys = [dl.Key(n) for n in NUMBERS]
    backwards = keys[::-1]
    assert sorted(backwards) == keys
    assert keys[0] < keys[1] <= keys[1] != keys[2] > keys[1] >= keys[1]
    with pytest.raises(TypeError):
        assert keys[0] < 1


def test_a_key_cannot_be_changed():
    key = dl.Key(1)
    for name in ("_word", "other"):
        with pytest.raises(AttributeError, match="immutable"):
            setattr(key, name, 2)
        with pytest.raises(AttributeError, match="immutable"):
            delattr(key, name)
    assert key == dl.Key(1)


def test_a_key_that_was_broken_by_force_is_an_error():
    key, lost = dl.Key(1), object.__new__(dl.Key)
    object.__setattr__(key, "_word", 2**64)
    for function in CALLS.values():
        with pytest.raises(OverflowError):
            function(key)
        with pytest.raises(AttributeError, match="_word"):
            function(lost)


def test_a_key_that_holds_a_key_by_force_is_an_error():
    key, other = dl.Key(1), dl.Key(2)
    for held in (key, other):
        object.__setattr__(key, "_word", held)
        object.__setattr__(other, "_word", key)
        for function in CALLS.values():
            with pytest.raises(TypeError, match="a Key holds a Key"):
                function(key)


@pytest.mark.parametrize("n", [True, np.True_, 1.0, "1", None, b"1", [1], 1j])
def test_a_key_is_made_of_an_integer_alone(n):
    with pytest.raises(TypeError, match=r"^n must be an integer, got "):
        dl.Key(n)
    with pytest.raises(TypeError, match=r"^i must be an integer, got "):
        dl.Key(0).child(n)
    with pytest.raises(TypeError, match=r"^more\[1\] must be an integer, got "):
        dl.Key(0).child(1, 2, n)
    with pytest.raises(TypeError, match=r"^n must be an integer, got "):
        dl.Key(0).split(n)


@pytest.mark.parametrize("n", [-1, 2**64, -(2**64), 2**100])
def test_a_key_is_made_of_64_bits_alone(n):
    with pytest.raises(ValueError, match=r"^n must be in \[0, 2\*\*64\), got "):
        dl.Key(n)
    with pytest.raises(ValueError, match=r"^i must be in \[0, 2\*\*64\), got "):
        dl.Key(0).child(n)
    with pytest.raises(ValueError, match=r"^more\[0\] must be in \[0, 2\*\*64\), got "):
        dl.Key(0).child(1, n)


@pytest.mark.parametrize("n", NUMBERS)
def test_children_are_those_of_the_oracle(n):
    for i in [*NUMBERS, *range(10)]:
        assert int(dl.Key(n).child(i)) == ref.child(n, i)
    assert dl.Key(n).split(5) == tuple(dl.Key(n).child(i) for i in range(5))
    assert dl.Key(n).split(0) == ()


@pytest.mark.parametrize("steps", [(0,), (3, 4), (2**64 - 1, 0, 7), (1,) * 9])
def test_a_child_of_several_numbers_is_a_child_of_a_child(steps):
    expected, one_by_one = 5, dl.Key(5)
    for i in steps:
        expected, one_by_one = ref.child(expected, i), one_by_one.child(i)
    assert dl.Key(5).child(*steps) == one_by_one == dl.Key(expected)
    assert dl.Key(5).child(*map(np.uint64, steps)) == one_by_one


def test_a_child_has_at_least_one_number():
    with pytest.raises(TypeError, match="argument: 'i'"):
        dl.Key(5).child()


def test_split_takes_no_negative_number():
    with pytest.raises(ValueError, match=r"^n must .*got -1"):
        dl.Key(0).split(-1)


@pytest.mark.parametrize("seed", SEEDS, ids=repr)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_seed_is_the_key_that_its_generator_draws(call, seed):
    expected = call(key_of(seed))
    for rng in (seed, np.random.SeedSequence(seed), np.random.default_rng(seed)):
        np.testing.assert_array_equal(call(rng), expected)
    assert dl.Key.fresh(seed) == key_of(seed)


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_generator_advances_by_one_word_a_call(call, bits):
    forms = [np.random.Generator, lambda b: b, np.random.RandomState]
    for form in forms:
        source, twin = bits(5), np.random.Generator(bits(5))
        rng = form(source)
        for _ in range(3):
            key = dl.Key(int(twin.integers(0, 2**64, dtype=np.uint64)))
            np.testing.assert_array_equal(call(rng), call(key))
            np.testing.assert_equal(source.state, twin.bit_generator.state)
    assert dl.Key.fresh(np.random.Generator(bits(5))) == dl.Key.fresh(bits(5))


@pytest.mark.parametrize("call", SILENT.values(), ids=SILENT)
def test_what_needs_no_chance_draws_nothing(call):
    rng = np.random.default_rng(1)
    before = rng.bit_generator.state
    call(rng)
    assert rng.bit_generator.state == before


NO_GETRANDOM = """
    #include <dlfcn.h>
    #include <errno.h>
    #include <sys/syscall.h>

    long
    syscall(long number, long a, long b, long c, long d, long e, long f)
    {
        if (number == SYS_getrandom) {
            errno = ENOSYS;
            return -1;
        }
        long (*real)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
        return real(number, a, b, c, d, e, f);
    }
"""
WITHOUT_GETRANDOM = """
    import os
    import numpy as np
    import droplayers as dl
    from test_keys import CALLS, SILENT

    urandom, sizes = os.urandom, []
    os.urandom = lambda n: sizes.append(n) or urandom(n)
    for name, call in SILENT.items():
        call(None)
        assert not sizes, name
    for name, call in CALLS.items():
        call(None)
        assert sizes == [8], (name, sizes)
        sizes.clear()
    layer, x = dl.Dropout(), np.ones(64)
    y = layer(x)
    assert sizes == [8]
    assert np.array_equal(y, dl.dropout(x, rng=layer.last_key))
    assert len({dl.Key.fresh() for _ in range(1000)}) == 1000

    def fail(n):
        raise NotImplementedError("no randomness here")

    os.urandom = fail
    for name, call in CALLS.items():
        try:
            call(None)
        except NotImplementedError:
            continue
        raise AssertionError(name)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="LD_PRELOAD is Linux's")
def test_where_getrandom_fails_the_key_is_of_os_urandom(tmp_path):
    """Kernels before 3.17, and sandboxes, do not have the system call."""
    source, library = tmp_path / "no_getrandom.c", tmp_path / "no_getrandom.so"
    source.write_text(textwrap.dedent(NO_GETRANDOM))
    compiler = "gcc" if shutil.which("gcc") else "cc"
    run(compiler, "-D_GNU_SOURCE", "-shared", "-fPIC", source, "-o", library, "-ldl")
    run_python(WITHOUT_GETRANDOM, LD_PRELOAD=str(library))


def test_threads_that_draw_a_lazy_key_at_once_get_one_number():
    generator, numbers = np.random.default_rng(1), []
    key = _core.lazy_key(generator)
    threads = [
        threading.Thread(target=lambda: numbers.append(_core.draw_key(key)))
        for _ in range(4)
    ]
    with generator.bit_generator.lock:  # all find a Key without a number, and wait
        for thread in threads:
            thread.start()
        time.sleep(0.2)
    for thread in threads:
        thread.join()
    assert numbers == [int(key)] * 4


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_key_gives_the_same_mask_at_every_call(call):
    key = dl.Key(3)
    first = call(key)
    call(dl.Key(4))
    call(None)
    np.testing.assert_array_equal(call(key), first)


def test_nothing_is_drawn_twice_without_an_rng():
    masks = {dl.keep_mask(200, 0.5, packed=True).tobytes() for _ in range(5000)}
    masks |= {(dl.dropout(np.ones(200), 0.5) != 0).tobytes() for _ in range(5000)}
    assert len(masks) == 10_000
    assert len({dl.Key.fresh() for _ in range(1000)}) == 1000


def test_different_seeds_give_different_masks():
    masks = {dl.keep_mask(64, 0.5, rng=seed).tobytes() for seed in range(5000)}
    assert len(masks) == 5000


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_the_seed_of_numpys_global_state_has_no_effect(call):
    before = np.random.get_state()
    drawn = []
    try:
        for _ in range(2):
            np.random.seed(0)
            state = np.random.get_state()
            drawn.append([np.asarray(call(None)).tobytes() for _ in range(40)])
            drawn.append([np.asarray(call(3)).tobytes()])
            np.testing.assert_equal(np.random.get_state(), state)
    finally:
        np.random.set_state(before)
    first, seeded, second, seeded_again = drawn
    assert seeded == seeded_again
    if len(set(itertools.chain(first, second))) > 1:
        assert first != second


def test_a_generator_that_threads_share_gives_each_call_a_word_of_its_own():
    rng, twin = np.random.default_rng(1), np.random.default_rng(1)
    keys = []

    def draw():
        for _ in range(500):
            dl.dropout(X, 0.5, rng=rng)
            keys.append(dl.Key.fresh(rng))

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    twin.integers(0, 2**64, 4000, dtype=np.uint64)
    assert rng.bit_generator.state == twin.bit_generator.state
    assert len(set(keys)) == 2000


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_generators_lock_is_given_back(call):
    rng = np.random.default_rng(1)
    call(rng)
    assert is_free(rng)
    call(dl.Key.fresh(rng))
    assert is_free(rng)


def test_threads_that_draw_from_a_generator_first_find_it_together():
    run_python("""
        import threading
        import numpy as np
        import droplayers as dl

        x, generators = np.ones(64), [np.random.default_rng(i) for i in range(16)]
        expected = [dl.dropout(x, rng=i) for i in range(16)]
        results = [None] * 16
        barrier = threading.Barrier(16)

        def call(i):
            barrier.wait()
            results[i] = dl.dropout(x, rng=generators[i])

        threads = [threading.Thread(target=call, args=(i,)) for i in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert np.array_equal(results, expected)
    """)


@pytest.mark.parametrize(
    "rng", [-1, 1.5, "seed", object(), [1, -1], [0.5], np.random, {}, dl.Key]
)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_an_rng_of_no_known_form_is_an_error(call, rng):
    with pytest.raises((TypeError, ValueError), match=r"^rng must be .*, got "):
        call(rng)


def test_what_only_looks_like_a_generator_is_an_error_everywhere():
    class Lookalike:
        bit_generator = np.random.PCG64(1)

    for call in CALLS.values():
        with pytest.raises(TypeError, match=r"^rng must be "):
            call(Lookalike())
