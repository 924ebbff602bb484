"""The colours of labels: a palette that can be told apart, and shades of any colour that can be read on a background.

Contrast is that of WCAG 2.2 (relative luminance); 4.5 is what its level AA asks of text, 3 of graphics.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, TypeAlias

Theme: TypeAlias = Literal["light", "dark"]
Rgb: TypeAlias = tuple[float, float, float]

PALETTE = ("#2f7fd1", "#c4373f", "#2c8a57", "#b8790a", "#7a58c9", "#b13f96", "#148a94", "#6b7280")
"""What a new label gets, in this order; tests/ui/test_colours.py computes that it can be read and told apart."""

GREY = "#808080"
TEXT_CONTRAST = 4.5
SURFACES: dict[Theme, tuple[str, ...]] = {"light": ("#ffffff", "#f5f6f9"), "dark": ("#14171d", "#1d222b")}
"""The backgrounds that labels stand on, as .streamlit/config.toml has them."""

_COLOR = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)


def known(color: str) -> str:
    """The colour if it is one (`#rrggbb`), else grey: a name that could carry a style never reaches a browser."""
    return color if _COLOR.fullmatch(color) else GREY


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21."""
    bright, dark = sorted((_luminance(parse(one)), _luminance(parse(other))), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


_SHADES: dict[Theme, tuple[str, ...]] = {
    "light": ("#3e55df", "#7c0202", "#207053", "#7f581c", "#8244ba", "#ae1d92", "#205a58", "#443f37"),
    "dark": ("#3fa5f5", "#d37a59", "#7fb889", "#df9717", "#baa8d0", "#cd7bd0", "#79d7d2", "#90969f"),
}
# Found by search: near to the palette, readable, and no two of them alike to any eye, colour-blind ones included.


@lru_cache(maxsize=512)
def shade(color: str, theme: Theme) -> str:
    """The colour as lines and small text show it: readable on every surface of a theme, and on its own tint."""
    if color in PALETTE:
        return _SHADES[theme][PALETTE.index(color)]
    end = (0.0, 0.0, 0.0) if theme == "light" else (1.0, 1.0, 1.0)
    start = parse(known(color))
    for percent in range(0, 101, 2):
        found = write(mix(start, end, percent / 100))
        if all(contrast(found, surface) >= TEXT_CONTRAST for surface in (*SURFACES[theme], *tints(color, theme))):
            return found
    return write(end)


def tints(color: str, theme: Theme) -> tuple[str, ...]:
    """The surfaces under a span of that colour: the colour laid thinly over the background."""
    return tuple(write(mix(parse(surface), parse(known(color)), TINT)) for surface in SURFACES[theme])


TINT = 0.16
"""How much of its colour lies under a span; the style sheet says the same."""


def mix(one: Rgb, other: Rgb, share: float) -> Rgb:
    """The colour between two, `share` of the way to the other, as sRGB mixes them."""
    red, green, blue = (a + (b - a) * share for a, b in zip(one, other, strict=True))
    return red, green, blue


def parse(color: str) -> Rgb:
    """Red, green and blue from 0 to 1."""
    return int(color[1:3], 16) / 255, int(color[3:5], 16) / 255, int(color[5:7], 16) / 255


def write(rgb: Rgb) -> str:
    """`#rrggbb`."""
    return "#" + "".join(f"{round(min(max(part, 0.0), 1.0) * 255):02x}" for part in rgb)


def linear(rgb: Rgb) -> Rgb:
    """Light instead of sRGB's scale."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb)
    return red, green, blue


def _luminance(rgb: Rgb) -> float:
    red, green, blue = linear(rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
