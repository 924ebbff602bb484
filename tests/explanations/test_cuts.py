"""Why a stream was cut: exact values over the conversation so far, and no say for what came behind."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.explanations.test_explain import is_efficient, shapley_by_definition
from tests.models.guards import write_guard
from tokapp.documents import TEXT, Document, Target
from tokapp.errors import BadInput, BadSpan, UnknownLabel
from tokapp.explanations import QUICK, explain
from tokapp.explanations.cuts import cut_target
from tokapp.explanations.game import MOST_PLAYERS, mask_id
from tokapp.explanations.sources import source_word_of
from tokapp.inference.ensembles import join
from tokapp.inference.streaming import risky
from tokapp.models import TokenModel, load_model
from tokapp.settings import Settings

RISKY = "Unsafe+Controversial"
CHAT = Document("1", "Sure, take the sharp knife and then run", question="How?", contexts=("Be kind",))
KNIFE = CHAT.text.index(" knife"), CHAT.text.index(" knife") + len(" knife")


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory) -> TokenModel:
    folder = write_guard(tmp_path_factory.mktemp("guard") / "tiny-guard")
    model = load_model(str(folder), settings=Settings(folder / "home", "sqlite://", device="cpu", threads=1))
    assert isinstance(model, TokenModel)
    return model


def places(model: TokenModel, document: Document) -> list[tuple[int, int]]:
    """Where the stream's tokens lie that show something."""
    with model.stream(document) as session:
        verdicts = [*session.push(document.text), *session.close()]
    return [(one.start, one.end) for one in verdicts if one.start < one.end]


def test_the_words_up_to_the_cut_get_exact_values(guard: TokenModel) -> None:
    start, end = next(place for place in places(guard, CHAT) if place[0] >= KNIFE[0])
    document = replace(CHAT, question="How?", contexts=(), text=CHAT.text)
    (attribution,) = explain(guard, document, [Target("cut", RISKY, start, end)])
    assert attribution.texts[:2] == ("How", "?") and attribution.parts[:3] == (0, 0, TEXT)
    assert attribution.parts[-1] == TEXT and attribution.words[-1][1] <= end
    (row,) = guard.encode([document])
    at = int(np.flatnonzero(row.part & (row.offsets[:, 1] == end))[-1])
    asked = source_word_of(document, row)
    of_token = np.where(row.word_of >= 0, row.word_of + 2, asked)[: at + 1]

    @cache
    def payoff(shown: frozenset[int]) -> float:
        """The whole conversation is read; only words up to the cut hide."""
        ids = row.input_ids.copy()
        for token, word in enumerate(of_token.tolist()):
            if word >= 0 and word not in shown:
                ids[token] = mask_id(guard)
        logits = guard.forward(guard.collate([replace(row, input_ids=ids)])).token_logits
        assert logits is not None
        safe, *others = np.exp(logits[0, at].double().numpy())
        return float(np.log(sum(others)) - np.log(safe))

    players = len(attribution.words)
    assert attribution.exact and players == int(of_token.max()) + 1
    assert attribution.values == pytest.approx(shapley_by_definition(payoff, players), abs=1e-5)
    with guard.stream(document) as session:
        verdicts = [*session.push(document.text), *session.close()]
    risk = next(one.risk for one in verdicts if (one.start, one.end) == (start, end))
    assert attribution.output_value == pytest.approx(np.log(risk / (1 - risk)), abs=1e-3)


@settings(max_examples=20, deadline=None)
@given(behind=st.text(st.sampled_from("ab .é😀\n"), max_size=12), number=st.integers(0, 5))
def test_what_comes_behind_the_cut_has_no_say(guard: TokenModel, behind: str, number: int) -> None:
    target = Target("cut", "Unsafe", *places(guard, CHAT)[number])
    (before,) = explain(guard, CHAT, [target], budget=QUICK)
    longer = replace(CHAT, text=CHAT.text + " " + behind)
    (after,) = explain(guard, longer, [target], budget=QUICK)
    assert after.words == before.words and is_efficient(after)
    assert after.output_value == pytest.approx(before.output_value, abs=1e-5)
    assert all(end <= target.end for (_, end), part in zip(after.words, after.parts, strict=True) if part == TEXT)


def test_a_cut_over_its_sources_hides_the_prompt_alone_and_without_one_all_lies_in_the_text(guard: TokenModel) -> None:
    place = places(guard, CHAT)[3]
    prompt, whole = explain(guard, CHAT, [Target("cut", "Unsafe", *place, over=over) for over in ("sources", "text")])  # type: ignore[arg-type]
    assert set(prompt.parts) == {0, 1} and set(whole.parts) == {0, 1, TEXT}
    assert prompt.output_value == pytest.approx(whole.output_value, abs=1e-5)
    alone = Document("1", CHAT.text)
    (text,) = explain(guard, alone, [Target("cut", "Unsafe", *places(guard, alone)[3])])
    assert text.parts == () and [CHAT.text[a:b] for a, b in text.words] == list(text.texts)


def test_several_risks_and_methods_at_one_token_share_a_game(guard: TokenModel) -> None:
    place = places(guard, CHAT)[2]
    targets = [Target("cut", label, *place) for label in ("Unsafe", RISKY)]
    targets.append(Target("cut", "Unsafe", *place, "Controversial"))
    found = explain(guard, CHAT, targets, budget=60)
    assert [one.target for one in found] == targets and all(map(is_efficient, found))
    (slope,) = explain(guard, CHAT, targets[:1], method="integrated-gradients")
    assert sum(slope.values) == pytest.approx(slope.output_value - slope.base_value, abs=0.02)


def test_a_long_conversation_is_explained_by_phrases(guard: TokenModel) -> None:
    document = Document("1", "Sure. " * 6, question="a b. " * 45)
    (attribution,) = explain(guard, document, [Target("cut", "Unsafe", *places(guard, document)[-1])], budget=QUICK)
    assert len(attribution.words) <= MOST_PLAYERS + 2 and is_efficient(attribution)


@pytest.mark.parametrize(
    ("rule", "mode", "fired", "label"),
    [
        ("report", "levels", "Controversial", RISKY),
        ("report", "strict", "Unsafe", RISKY),
        ("report", "loose", "Unsafe", "Unsafe"),
        ("eval", "levels", "Controversial", "Controversial"),
        ("eval", "strict", "Unsafe", RISKY),
    ],
)
def test_the_risk_is_what_the_rule_counts(guard: TokenModel, rule: str, mode: str, fired: str, label: str) -> None:
    levels = risky(rule, mode, fired)  # type: ignore[arg-type]
    assert cut_target(guard, CHAT.text, (0, 4), levels) == Target("cut", label, 0, 4)
    assert cut_target(guard, "a😀", (1, 1), levels) == Target("cut", label, 1, 2)


@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        (Target("cut", "Unsafe", 0, 39), BadSpan, r"tiny-guard has no token at \[0, 39\); those there are: \[0, "),
        (Target("cut", "Unsafe", 5, 99), BadSpan, "outside of the text"),
        (Target("cut", "Harmful", 0, 4), UnknownLabel, "it knows: Unsafe, Controversial"),
        (Target("cut", "Unsafe+Harmful", 0, 4), UnknownLabel, "it knows: Unsafe, Controversial"),
        (Target("cut", RISKY, 0, 4, "Unsafe"), UnknownLabel, "could stand against; choose one of: O"),
    ],
)
def test_what_cuts_no_stream_is_refused(
    guard: TokenModel, target: Target, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        explain(guard, CHAT, [target])


def test_models_that_look_both_ways_are_cut_by_no_token(reviews: TokenModel) -> None:
    for model in (reviews, join("twice", [reviews, reviews])):
        with pytest.raises(BadInput, match="does not read from left to right"):
            explain(model, Document("1", "slow"), [Target("cut", "feature", 0, 4)])


def test_a_conversation_beyond_the_models_positions_is_refused(tmp_path: Path) -> None:
    folder = write_guard(tmp_path / "short-guard", positions=48)
    model = load_model(str(folder), settings=Settings(tmp_path / "home", "sqlite://", device="cpu", threads=1))
    document = Document("1", "ab " * 60)
    with pytest.raises(BadInput, match="longer than the 48 tokens of short-guard"):
        explain(model, document, [Target("cut", "Unsafe", 177, 179)])
