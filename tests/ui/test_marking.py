"""How a person marks: what is kept for them, and the units that the editor is sent when it asks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokapp.errors import BadInput
from tokapp.models.encoding import Encoder
from tokapp.models.loading import load_encoder
from tokapp.settings import Settings
from tokapp.ui.span_editor.preferences import Preferences, read_preferences, read_request

TEXTS = ["", " ", "👩‍👩‍👧 likes it", "𝒜𝒷𝒸 e\u0301", "日本語の検索", "البحث في", "a\r\n\nb\tc", "[SEP] [CLS]", "x" * 300]
USUAL: dict[str, object] = {"keys": {}, "step": "word", "snap": "word", "ticks": False}


def test_preferences_come_back_as_they_were() -> None:
    chosen = Preferences({"accept": ["w", "Ctrl+Enter"]}, step="token", snap="pattern", ticks=True)
    assert read_preferences(chosen.to_json()) == chosen
    assert chosen.needs == ("token", "pattern")
    assert Preferences().needs == () and read_preferences(USUAL) == Preferences()


@pytest.mark.parametrize(
    "change",
    [
        {"keys": {"accept": "w"}},
        {"keys": {"accept": []}},
        {"keys": {"accept": ["x" * 41]}},
        {"keys": {"<b>": ["w"]}},
        {"keys": {f"a{'b' * n}": ["w"] for n in range(30)} | {f"b{'c' * n}": ["w"] for n in range(31)}},
        {"step": "line"},
        {"snap": None},
        {"ticks": 1},
        {"more": True},
    ],
)
def test_preferences_of_another_shape_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(BadInput, match="Reload the page"):
        read_preferences(USUAL | change)


def test_a_request_for_units_is_read_and_nothing_else() -> None:
    assert read_request(None) is None
    assert read_request({"doc": 3, "kinds": ["token", "token"]}) == (3, ("token",))
    for value in ("x", {"doc": "3", "kinds": []}, {"doc": 3, "kinds": ["sentence"]}, {"doc": -1, "kinds": []}):
        with pytest.raises(BadInput):
            read_request(value)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Encoder]:
    home: Path = tmp_path_factory.mktemp("home")
    yield load_encoder("reviews", settings=Settings.from_environment({"TOKAPP_HOME": str(home)}))


def check_tokens(encoder: Encoder, text: str) -> None:
    tokens = encoder.tokens(text)
    assert all(0 <= start < end <= len(text) for start, end in tokens)
    assert all(one[1] <= other[0] for one, other in pairwise(tokens))


@settings(deadline=None)
@given(text=st.text(max_size=80))
def test_tokens_lie_in_the_text_in_order_and_never_overlap(encoder: Encoder, text: str) -> None:
    check_tokens(encoder, text)


def test_tokens_of_words_are_their_pieces(encoder: Encoder) -> None:
    for text in TEXTS:
        check_tokens(encoder, text)
    text = "The antidisestablishmentarianism 🎉"
    surfaces = [text[start:end] for start, end in encoder.tokens(text)]
    assert surfaces[0] == "The" and len(surfaces) > 4 and "".join(surfaces[1:-1]) == "antidisestablishmentarianism"
