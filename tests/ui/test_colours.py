"""The palette of the task form: readable (WCAG 2.2 AA) in both themes, and told apart by every eye."""

from __future__ import annotations

import itertools
import math
import tomllib
from pathlib import Path

import pytest

from tokapp.ui.colours import PALETTE, SURFACES, Theme, contrast, known, linear, parse, shade, tints

CONFIG = Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml"
THEMES: tuple[Theme, ...] = ("light", "dark")
# Machado, Oliveira and Fernandes 2009, severity 1: what a person sees instead, in linear light.
EYES = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}
APART = 0.06
"""Distance in Oklab; 0.02 is about the least that anybody sees."""


def seen(color: str, eye: str) -> tuple[float, float, float]:
    """The colour in Oklab (Ottosson 2020) as an eye sees it."""
    light = linear(parse(color))
    red, green, blue = (min(max(sum(a * b for a, b in zip(row, light, strict=True)), 0), 1) for row in EYES[eye])
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.793617785 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.428592205 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.808675766 * short,
    )


def test_the_formulas_give_published_values() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert seen("#ff0000", "usual") == pytest.approx((0.6279, 0.2249, 0.1258), abs=0.001)


def test_the_surfaces_are_those_of_the_theme() -> None:
    theme = tomllib.loads(CONFIG.read_text("utf-8"))["theme"]
    for name in THEMES:
        assert SURFACES[name] == (theme[name]["backgroundColor"], theme[name]["secondaryBackgroundColor"])


@pytest.mark.parametrize("theme", THEMES)
def test_every_colour_reads_as_small_text_on_the_page_and_on_its_own_tint(theme: Theme) -> None:
    for color in PALETTE:
        for surface in (*SURFACES[theme], *tints(color, theme)):
            assert contrast(shade(color, theme), surface) >= 4.5, (color, surface)


@pytest.mark.parametrize("theme", THEMES)
def test_the_text_itself_reads_on_every_tint(theme: Theme) -> None:
    text = tomllib.loads(CONFIG.read_text("utf-8"))["theme"][theme]["textColor"]
    for color in PALETTE:
        assert all(contrast(text, surface) >= 4.5 for surface in tints(color, theme))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("eye", EYES)
def test_no_two_colours_look_alike_to_any_eye(theme: Theme, eye: str) -> None:
    shades = {color: seen(shade(color, theme), eye) for color in PALETTE}
    nearest = min((math.dist(shades[a], shades[b]), a, b) for a, b in itertools.combinations(PALETTE, 2))
    assert nearest[0] >= APART, nearest


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("color", ["#ffff00", "#000000", "#ffffff", "#00ff00", "#123456", "#808080", "#ff8800"])
def test_a_colour_of_ones_own_becomes_readable_too(theme: Theme, color: str) -> None:
    for surface in (*SURFACES[theme], *tints(color, theme)):
        assert contrast(shade(color, theme), surface) >= 4.5


def test_what_is_no_colour_is_grey() -> None:
    found = [known(text) for text in ("#AbCdEf", "red;background:url(//x)", "#12345", "")]
    assert found == ["#AbCdEf", *["#808080"] * 3]
