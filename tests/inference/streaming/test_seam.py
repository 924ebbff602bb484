"""Tokens of growing text and of ids, and the words they belong to."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from tests.inference.streaming.streams import cut_texts, in_pieces, texts
from tests.models.families import bare_bytes, byte_level, decoder_bytes, unigram
from tokapp.errors import BadInput
from tokapp.inference.streaming.rereading import GrowingWords
from tokapp.inference.streaming.seam import TextSeam
from tokapp.inference.streaming.sources import IdSource
from tokapp.models.encoding import Encoder
from tokapp.words import split_words


def split_by_pattern() -> PreTrainedTokenizerFast:
    """As Qwen and Llama 3 cut texts: composed first, then split by a pattern in which blanks look ahead."""
    raw = Tokenizer.from_str(bare_bytes().backend_tokenizer.to_str())
    pattern = (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
        r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    )
    raw.normalizer, raw.decoder = normalizers.NFC(), decoders.ByteLevel()
    raw.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    return PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<|end_of_text|>")


TOKENIZERS = {
    "llama": decoder_bytes,
    "gpt-2": bare_bytes,
    "qwen": split_by_pattern,
    "roberta": byte_level,
    "sentencepiece": unigram,
}


@pytest.mark.parametrize("name", TOKENIZERS)
@settings(max_examples=150, deadline=None)
@given(cut=cut_texts)
@example(cut=("I don't", [4, 5]))
@example(cut=("a  \n  \n  b", [6, 7]))
@example(cut=("we'll, e\u0301", [3, 4, 5, 8]))
@example(cut=("' \ndark mode", [4]))
def test_tokens_and_places_are_the_whole_texts_however_it_is_cut(name: str, cut: tuple[str, list[int]]) -> None:
    text, cuts = cut
    encoder = Encoder(TOKENIZERS[name](), max_length=64)
    seam = TextSeam(encoder)
    tokens = [token for piece in in_pieces(text, cuts) for token in seam.push(piece)] + seam.close()
    assert [token.id for token in tokens] == list(encoder.cut(text).ids)
    place = 0
    for token in tokens:
        assert token.start >= place and text[token.start : token.start + len(token.text)] == token.text
        place = token.start + len(token.text)


@settings(max_examples=300, deadline=None)
@given(cut=cut_texts)
def test_words_are_the_whole_texts_however_it_is_cut(cut: tuple[str, list[int]]) -> None:
    text, cuts = cut
    words = GrowingWords()
    found = [word for piece in in_pieces(text, cuts) for word in words.push(piece)] + words.push("", is_last=True)
    assert found == split_words(text)


def test_a_word_is_given_out_as_soon_as_a_blank_follows() -> None:
    seam = TextSeam(Encoder(bare_bytes(), max_length=64))
    assert seam.push("Love the") and seam.push(" ") != []
    assert "".join(token.text for token in seam.push("dark ")) == " dark"


def test_a_long_text_without_a_boundary_is_not_cut_anew_with_every_piece() -> None:
    words, calls = GrowingWords(), 0
    encoder = Encoder(bare_bytes(), max_length=64)
    seam, cut = TextSeam(encoder), encoder.cut

    def count(text: str) -> object:
        nonlocal calls
        calls += len(text)
        return cut(text)

    encoder.cut = count  # type: ignore[method-assign,assignment]
    for _ in range(250):
        assert seam.push("a" * 20) == [] and words.push("a" * 20) == []
    assert calls < 250_000  # with every piece it would be 600,000
    assert sum(len(token.text) for token in seam.close()) == 5000
    assert words.push("", is_last=True) == [(0, 5000)]


@pytest.mark.parametrize("tokenizer", [decoder_bytes(), bare_bytes()], ids=["llama", "qwen"])
@settings(max_examples=100, deadline=None)
@given(text=texts.filter(lambda text: not text.endswith("\ufffd") and "\ud800" not in text and text.isprintable()))
def test_ids_one_by_one_spell_the_text_and_show_it_where_its_tokens_do(
    tokenizer: PreTrainedTokenizerFast, text: str
) -> None:
    encoder = Encoder(tokenizer, max_length=64)
    source, seam = IdSource(tokenizer), TextSeam(encoder)
    assert [token for one in encoder.cut(text).ids for token in source.push([one])] == seam.push(text) + seam.close()
    assert source.text == text


@pytest.mark.parametrize("piece", [[-1], [10**6], ["a"], [1.5], 7, b"ab" * 500])
def test_what_is_no_token_id_is_refused(piece: object) -> None:
    with pytest.raises(BadInput, match="token id"):
        IdSource(bare_bytes()).push(piece)  # type: ignore[arg-type]
