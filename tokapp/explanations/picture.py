"""An explanation as a picture. Texts are drawn as they are: no markup, no formulas, one line per word."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from tokapp.documents import NOTHING, Attribution, Target

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg

FOR, AGAINST, UNCLEAR = "#d0663a", "#3f7ec4", "#9aa3b0"
"""Colours of words that speak for a decision, against it, and of those that cannot be told from zero."""

_WIDTH, _DPI, _SIZE = 9.0, 120, 11
_LINE = 0.3
"""Height of a line of words and of a bar, in inches."""
_MARGIN = 0.25
_BARS = 20
_LONGEST = 40
_FONTS = ("DejaVu Sans", "Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans Thai", "Noto Sans Arabic", "Noto Emoji")


def draw(attribution: Attribution, form: Literal["png", "svg"] = "png") -> bytes:
    """A picture of the words with their values as colours, above bars of the 20 strongest words.

    Letters in an SVG are outlines: it looks the same wherever it is opened, and loads nothing.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = [_plain(text) for text in attribution.texts]
    figure = Figure(dpi=_DPI)
    canvas = FigureCanvasAgg(figure)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        lines = list(_lines(canvas, attribution, names))
        bars = min(len(names), _BARS)
        heights = (2 + max((line for _, line, _, _ in lines), default=0) + 1, bars + 1.5)
        height = sum(heights) * _LINE + 3 * _MARGIN
        figure.set_size_inches(_WIDTH, height)
        top = heights[0] * _LINE / height
        text = figure.add_axes((0, 1 - top - _MARGIN / height, 1, top))
        _draw_words(text, attribution, names, lines, heights[0])
        if bars:
            _draw_bars(figure.add_axes((0.3, 0.5 / height, 0.65, bars * _LINE / height)), attribution, names)
        stream = io.BytesIO()
        with matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": "tokapp"}):
            figure.savefig(stream, format=form, metadata={"Date": None} if form == "svg" else None)
    return stream.getvalue()


def _plain(text: str) -> str:
    """One line that a font can draw: no line breaks, no control characters, no halves of pairs, not endless."""
    line = re.sub(r"\s+", " ", text)
    line = "".join(c if c.isprintable() and not "\ud800" <= c <= "\udfff" else "\ufffd" for c in line)
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _fonts() -> list[str]:
    from matplotlib import font_manager

    known = set(font_manager.get_font_names())
    return [name for name in _FONTS if name in known]


def _lines(
    canvas: FigureCanvasAgg, attribution: Attribution, names: Sequence[str]
) -> Iterator[tuple[float, int, float, bool]]:
    """Left edge in inches, line, width and whether a blank goes before, for every word."""
    from matplotlib.font_manager import FontProperties

    renderer, properties = canvas.get_renderer(), FontProperties(family=_fonts(), size=_SIZE)  # type: ignore[no-untyped-call]  # untyped in matplotlib
    blank, left, line, end = 0.06, _MARGIN, 0, 0
    for (start, stop), name in zip(attribution.words, names, strict=True):
        width = renderer.get_text_width_height_descent(name, properties, ismath=False)[0] / _DPI
        is_apart = start > end
        left += blank if is_apart else 0.0
        if left + width > _WIDTH - _MARGIN and left > _MARGIN + blank:
            left, line = _MARGIN, line + 1
        yield left, line, width, is_apart
        left, end = left + width + 0.01, stop


def _draw_words(
    axes: Axes,
    attribution: Attribution,
    names: Sequence[str],
    lines: Sequence[tuple[float, int, float, bool]],
    height: float,
) -> None:
    from matplotlib.patches import Rectangle

    axes.set_xlim(0, _WIDTH)
    axes.set_ylim(height, 0)
    axes.axis("off")
    base, output = attribution.base_value, attribution.output_value
    title = f"{_question(attribution.target)}?   log-odds {base:+.2f} → {output:+.2f}"
    fonts = _fonts()
    axes.text(_MARGIN, 0.9, title, size=_SIZE, family=fonts, weight="bold", parse_math=False)
    colors, strengths = _colors(attribution)
    for (left, line, width, _), name, color, strength, (start, end) in zip(
        lines, names, colors, strengths, attribution.words, strict=True
    ):
        row = line + 2.0
        axes.add_patch(Rectangle((left, row), width, 0.86, color=color, alpha=0.7 * strength, linewidth=0))
        axes.text(left, row + 0.64, name, size=_SIZE, family=fonts, parse_math=False)
        if (
            attribution.target.has_place
            and not attribution.parts
            and start < attribution.target.end
            and end > attribution.target.start
        ):
            axes.plot([left, left + width], [row + 0.9] * 2, color="black", linewidth=1.2)


def _question(target: Target) -> str:
    ways = {"start": "begins at", "end": "ends at", "cut": "cuts at"}
    piece = "the text" if target.over == "text" else "the answer"
    what = "the underlined words" if target.has_place and target.over == "text" else piece
    other = "nothing" if target.against == NOTHING else f"“{_plain(target.against)}”"
    rather = f" rather than {other}" if target.against else ""
    return f"Why “{_plain(target.label)}”{rather} {ways.get(target.kind, 'for')} {what}"


def _draw_bars(axes: Axes, attribution: Attribution, names: Sequence[str]) -> None:
    values, errors = np.asarray(attribution.values), np.asarray(attribution.errors)
    order = np.argsort(-np.abs(values), kind="stable")[:_BARS]
    colors, _ = _colors(attribution)
    rows, fonts = np.arange(len(order)), _fonts()
    axes.barh(rows, values[order], height=0.66, color=[colors[index] for index in order])
    if errors.any():
        axes.errorbar(values[order], rows, xerr=2 * errors[order], fmt="none", ecolor="#7b8494", elinewidth=1)
    axes.set_ylim(len(order) - 0.5, -0.5)
    axes.set_yticks([])
    axes.axvline(0, color="#7b8494", linewidth=0.8)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(labelsize=_SIZE - 3)
    across = axes.get_yaxis_transform()
    for row, index in enumerate(order):
        axes.text(
            -0.015,
            row,
            names[index],
            size=_SIZE - 1,
            family=fonts,
            ha="right",
            va="center",
            transform=across,
            parse_math=False,
        )


def _colors(attribution: Attribution) -> tuple[list[str], list[float]]:
    """Colour and strength from 0 to 1 of every word; below two standard errors a word is unclear."""
    values, errors = np.asarray(attribution.values), np.asarray(attribution.errors)
    strongest = np.abs(values).max(initial=0.0) or 1.0
    colors = [
        UNCLEAR if abs(value) < 2 * error else FOR if value > 0 else AGAINST
        for value, error in zip(values, errors, strict=True)
    ]
    return colors, [float(abs(value) / strongest) for value in values]
