"""Tokens and words of any text: offsets lie inside it, every visible word is scored once, prompts yield to answers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some
from transformers import PreTrainedTokenizerFast

from tests.models.families import byte_level, unigram, wordpiece
from tokapp.documents import Document
from tokapp.models import backbone
from tokapp.models.encoding import Encoder, Encoding
from tokapp.models.prompts import Prompt, prompt_text


@cache
def built_in() -> PreTrainedTokenizerFast:
    return backbone.load_tokenizer(backbone.resolve("built-in"))


TOKENIZERS = (built_in, byte_level, unigram, wordpiece)
each_tokenizer = pytest.mark.parametrize("tokenizer", TOKENIZERS, ids=lambda tokenizer: tokenizer.__name__)
any_text = some.text(max_size=60) | some.text(" \r\n\tab'’e\u0301\u200d👍🏽🇹🇷東カสวกि\u200b\ufe0f", max_size=40)
Tokenizer = Callable[[], PreTrainedTokenizerFast]


def one_row(tokenizer: Tokenizer, text: str) -> Encoding:
    (row,) = Encoder(tokenizer(), max_length=4096).encode([Document("1", text)])
    return row


@each_tokenizer
@settings(deadline=None, max_examples=60)
@given(any_text)
@example("  \u200b👨\u200d👩\u200d👧 東京ガ สวัสดี camera😀 cafe\u0301\r\n ")
@example("a [SEP] b <mask> </s> [UNK]")
@example("ﬁne ½ ㎏ İstanbul ﷺ")
def test_every_token_lies_in_the_text_and_touches_its_word(tokenizer: Tokenizer, text: str) -> None:
    row = one_row(tokenizer, text)
    starts, ends = row.offsets[row.part].T
    assert (starts >= 0).all() and (starts <= ends).all() and (ends <= len(text)).all()
    for (start, end), word in zip(row.offsets.tolist(), row.word_of.tolist(), strict=True):
        if word >= 0:
            assert start < row.words[word][1] and row.words[word][0] < end


@each_tokenizer
@settings(deadline=None, max_examples=60)
@given(any_text)
@example("東京ガ สวัสดี camera😀👍🏽ok")
def test_a_word_has_a_token_exactly_where_some_token_shows_its_first_character(tokenizer: Tokenizer, text: str) -> None:
    row = one_row(tokenizer, text)
    shown = {place for start, end in row.offsets[row.part].tolist() for place in range(start, end)}
    for (start, end), position in zip(row.words, row.word_index.tolist(), strict=True):
        if start in shown:
            assert position >= 0 and row.offsets[position, 0] < end and start < row.offsets[position, 1]


@settings(deadline=None, max_examples=60)
@given(some.text(max_size=60))
def test_bytes_leave_no_visible_word_without_a_token(text: str) -> None:
    assert (one_row(byte_level, text).word_index >= 0).all()


@pytest.mark.parametrize(
    ("tokenizer", "text"), [(unigram, "日本語"), (built_in, "สวัสดี"), (built_in, "camera😀"), (wordpiece, "👍🏽ok")]
)
def test_words_inside_one_token_share_it(tokenizer: Tokenizer, text: str) -> None:
    row = one_row(tokenizer, text)
    assert len(row.words) > 1
    assert (row.word_index >= 0).all() and len(set(row.word_index.tolist())) < len(row.words)


@pytest.mark.parametrize("tokenizer", [built_in, byte_level, wordpiece])
def test_special_tokens_that_somebody_wrote_are_text(tokenizer: Tokenizer) -> None:
    for name in tokenizer().all_special_tokens:
        row = one_row(tokenizer, f"before {name} after")
        special = set(tokenizer().all_special_ids) - {tokenizer().unk_token_id}
        assert not special & set(row.input_ids[row.part].tolist())


@each_tokenizer
@settings(deadline=None, max_examples=30)
@given(some.lists(some.sampled_from(["dark", "mode😀", "東京", "cafe\u0301", "\r\n", " ", "!", "สวัสดี"]), max_size=80))
def test_windows_of_a_long_text_own_every_word_once(tokenizer: Tokenizer, pieces: list[str]) -> None:
    text = " ".join(pieces)
    rows = Encoder(tokenizer(), max_length=16).encode([Document("1", text)])
    whole = one_row(tokenizer, text)
    assert all(len(row) <= 16 for row in rows)
    owners = sum((row.word_index >= 0).astype(int) for row in rows)
    assert np.array_equal(owners, (whole.word_index >= 0).astype(int))
    for word, (at, _) in enumerate(whole.words):
        for row in rows:
            if row.word_index[word] >= 0:
                assert row.offsets[row.word_index[word]].tolist() == whole.offsets[whole.word_index[word]].tolist(), at


some_passages = some.lists(some.text(max_size=80), max_size=4)


@each_tokenizer
@settings(deadline=None, max_examples=40)
@given(any_text, some.text(max_size=80), some_passages, some.integers(16, 64))
def test_passages_are_cut_and_never_the_answer(
    tokenizer: Tokenizer, answer: str, question: str, contexts: list[str], longest: int
) -> None:
    encoder = Encoder(tokenizer(), max_length=longest, part="answer")
    rows = encoder.encode([Document("1", answer, question=question, contexts=tuple(contexts))])
    alone, chunks = one_row(tokenizer, answer), [row.chunk for row in rows]
    for chunk in range(max(chunks) + 1):
        windows = [row for row in rows if row.chunk == chunk]
        assert len(windows) == chunks.count(0)
        assert [token for row in windows for token in row.input_ids[row.owned]] == alone.input_ids[alone.part].tolist()
        assert np.array_equal(np.concatenate([row.offsets[row.owned] for row in windows]), alone.offsets[alone.part])
        owners = sum((row.word_index >= 0).astype(int) for row in windows)
        assert np.array_equal(owners, (alone.word_index >= 0).astype(int))
    assert all(len(row) <= longest for row in rows)


@each_tokenizer
@settings(deadline=None, max_examples=40)
@given(some.text(max_size=80), some_passages, some.integers(1, 64))
def test_every_passage_is_shown_once_behind_the_question(
    tokenizer: Tokenizer, question: str, contexts: list[str], room: int
) -> None:
    text, passages = prompt_text(Document("1", "", question=question, contexts=tuple(contexts)))
    assert [text[start:].split("\n")[0] for start in passages] == [c.split("\n")[0] for c in contexts if c]
    asked = one_row(tokenizer, text)
    prompt, offsets = asked.input_ids[asked.part].tolist(), asked.offsets[asked.part]
    pieces = Prompt(text, passages, np.array(prompt, int), offsets).chunks(room)
    ends, chunks = offsets[:, 1], [[prompt[token] for token in piece] for piece in pieces]
    assert all(len(chunk) <= room for chunk in chunks)
    begin = int((ends <= passages[0]).sum()) if passages else len(prompt)
    if begin == len(prompt) or len(prompt) <= room:
        assert chunks == [prompt[:room]]
        return
    kept = min(begin, room // 2)
    assert all(chunk[:kept] == prompt[:kept] for chunk in chunks)
    assert [token for chunk in chunks for token in chunk[kept:]] == prompt[begin:]


def chunks_of(question: str, *contexts: str, longest: int = 24) -> list[str]:
    encoder = Encoder(wordpiece(), max_length=longest, part="answer")
    rows = encoder.encode([Document("1", "dark mode", question=question, contexts=contexts)])
    return [wordpiece().decode(row.input_ids[: int(row.part.argmax())], skip_special_tokens=True) for row in rows]


def test_passages_are_packed_whole_as_long_as_they_fit() -> None:
    fox, dogs = "the quick brown fox", "over 13 lazy dogs"
    whole = chunks_of("notes", fox, dogs, fox, longest=64)
    assert whole == [f"notes {fox} {dogs} {fox}"]
    assert chunks_of("notes", fox, dogs, fox, longest=17) == [f"notes {fox} {dogs}", f"notes {fox}"]
    assert chunks_of("notes", fox, dogs, fox, longest=13) == [f"notes {fox}", f"notes {dogs}", f"notes {fox}"]


def test_a_passage_that_does_not_fit_is_cut_behind_a_sentence() -> None:
    story = "The quick brown fox. The lazy dogs. The dark mode."
    assert chunks_of("", story, longest=17) == ["the quick brown fox . the lazy dogs .", "the dark mode ."]


def test_a_question_longer_than_half_of_the_room_leaves_the_rest_to_the_passages() -> None:
    shown = chunks_of("notes " * 30, "fox dogs", "dark mode", longest=16)
    assert all(chunk.startswith("notes") for chunk in shown) and " ".join(shown).count("fox") == 1
