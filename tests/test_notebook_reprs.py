# SPDX-License-Identifier: BSD-3-Clause
"""What notebooks show of keys and layers: small HTML in which nothing is injected."""

import html.parser

import numpy as np
import pytest

import droplayers as dl

ALLOWED = {"table", "thead", "tbody", "tr", "th", "td", "code", "small"}
HOSTILE = "<script>alert('\"&')</script><img src=x onerror=alert(1)>"


class Reader(html.parser.HTMLParser):
    """Checks that tags are balanced and harmless; collects the texts of cells."""

    def __init__(self, text):
        super().__init__()
        self.open, self.texts = [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        assert tag in ALLOWED
        assert attrs in ([], [("colspan", "2")])
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def layers():
    classes = [getattr(dl, name) for name in dl.layers.__all__]
    return [cls(3, 2) if cls is dl.DropConnect else cls() for cls in classes]


def rows(layer):
    """The title, and what stands beside each name."""
    title, *texts = Reader(layer._repr_html_()).texts
    return title, dict(zip(texts[::2], texts[1::2], strict=True))


def test_a_key_shows_its_number_in_both_bases():
    assert Reader(dl.Key(2026)._repr_html_()).texts == [
        "Key(2026)", " ", "0x00000000000007ea"
    ]  # fmt: skip
    assert "0xffffffffffffffff" in dl.Key(2**64 - 1)._repr_html_()


def test_a_layer_shows_all_its_arguments_and_its_state():
    layer = dl.Dropout(0.25, shared_axes=(1, 2), rng=0)
    assert rows(layer) == (
        "Dropout",
        {
            "p": "0.25",
            "scaling": "'inverted'",
            "shared_axes": "(1, 2)",
            "rng": "Generator(PCG64)",
            "training": "True",
            "last_key": "None",
        },
    )
    layer(np.ones((2, 3, 4)))
    layer.eval()
    _, after = rows(layer)
    assert (after["training"], after["last_key"]) == ("False", repr(layer.last_key))


@pytest.mark.parametrize("layer", layers(), ids=lambda layer: type(layer).__name__)
def test_every_layer_is_small_and_harmless(layer):
    title, shown = rows(layer)
    assert title == type(layer).__name__
    assert {"training", "last_key"} <= shown.keys()
    assert len(layer._repr_html_()) < 2000


def test_what_subclasses_say_is_text():
    class Key(dl.Key):
        def __repr__(self):
            return HOSTILE

    class Layer(dl.Dropout):
        def __init__(self, label, **options):
            super().__init__(**options)
            self.label = label

    Layer.__name__ = HOSTILE
    assert Reader(Key(1)._repr_html_()).texts[0] == HOSTILE
    title, shown = rows(Layer(HOSTILE))
    assert title == HOSTILE
    assert shown["label"] == repr(HOSTILE)
    assert rows(dl.Dropout(rng=Key(1)))[1]["rng"] == HOSTILE


def test_long_values_are_cut():
    class Layer(dl.Dropout):
        def __init__(self, label="", **options):
            super().__init__(**options)
            self.label = label

    _, shown = rows(Layer("<" * 10_000))
    assert shown["label"] == "'" + "<" * 199 + "..."
