"""Tables for notebooks: without scripts, and whatever is in them is text."""

from __future__ import annotations

MOST = 200  #: characters of a value


def table(title: str, rows: dict[str, str]) -> str:
    """A table of names and values under a title, in HTML."""
    from html import escape

    lines = [
        f"<tr><td>{escape(name)}</td><td><code>{escape(_shortened(value))}</code></td></tr>"
        for name, value in rows.items()
    ]
    head = f'<thead><tr><th colspan="2">{escape(title)}</th></tr></thead>'
    return f"<table>{head}<tbody>{''.join(lines)}</tbody></table>"


def _shortened(text: str) -> str:
    """The beginning of a long text."""
    return text if len(text) <= MOST else f"{text[:MOST]}..."
