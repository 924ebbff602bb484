"""A short sentence built from a decision and its evidence, without any language model."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from tokapp.documents import Attribution, Document, Offset, Target
from tokapp.explanations.wording.reason import Wording, content_words
from tokapp.words import split_words

_MOST = 3
_LONGEST_PIECE = 60


@dataclass(frozen=True, slots=True)
class _Phrases:
    """The sentence of one language: about the whole text or a piece of it, with evidence or without."""

    whole: str
    piece: str
    because: str
    unclear: str
    quoted: str


_PHRASES = {
    "en": _Phrases(
        "This text is {label}", "{piece} is {label}", " because of {words}.", ", but no single word stands out.", "“{}”"
    ),
    "de": _Phrases(
        "Dieser Text ist {label}", "{piece} ist {label}", " wegen {words}.", ", aber kein Wort sticht heraus.", "„{}“"
    ),
    "fr": _Phrases(
        "Ce texte est {label}", "{piece} est {label}", " à cause de {words}.", ", mais aucun mot ne ressort.", "« {} »"
    ),
    "es": _Phrases(
        "Este texto es {label}", "{piece} es {label}", " por {words}.", ", pero ninguna palabra destaca.", "«{}»"
    ),
    "tr": _Phrases(
        "Bu metin {label}", "{piece} {label}", ", çünkü şunlar geçiyor: {words}.", ", ama hiçbir sözcük öne çıkmıyor.",
        "“{}”",
    ),
}  # fmt: skip

LANGUAGES = tuple(_PHRASES)
"""Languages that the template speaks, by their two letters."""


def known_language(locale: str | None) -> str:
    """The language of a browser's locale ("de-AT") if the template speaks it, else English."""
    language = (locale or "").split("-")[0].split("_")[0].lower()
    return language if language in _PHRASES else "en"


def template_reason(
    document: Document,
    target: Target,
    *,
    attribution: Attribution | None = None,
    lexicon: Collection[str] = (),
    language: str = "en",
) -> Wording:
    """One sentence that names up to three words as evidence for a decision.

    Words that stand in `lexicon` come first, for a piece of the text only its own; without any, the words that speak
    most for the decision in `attribution` and can be told from zero. Such a reason agrees with its attribution by
    construction: CC-SHAP of it checks the measure, where a lexicon checks the model.
    """
    evidence = _of_lexicon(document.text, target, lexicon) or (_strongest(attribution) if attribution else {})
    phrases = _PHRASES[known_language(language)]
    places = () if target.over == "sources" else tuple(evidence)  # those of sources are no places in the text
    opening = phrases.piece if target.has_place else phrases.whole
    piece = phrases.quoted.format(_cut(document.text[target.start : target.end]))
    named = ", ".join(dict.fromkeys(phrases.quoted.format(_cut(word)) for word in evidence.values()))
    ending = phrases.because.format(words=named) if named else phrases.unclear
    return Wording(opening.format(label=target.label, piece=piece) + ending, "template", "template", places)


def lexicons_of(documents: Iterable[Document]) -> dict[str, frozenset[str]]:
    """For each label the words that people marked with it in these documents, in one case."""
    found: dict[str, set[str]] = {}
    for document in documents:
        for span in document.spans:
            found.setdefault(span.label, set()).update(content_words(document.surface(span)))
    return {label: frozenset(words) for label, words in found.items()}


def _of_lexicon(text: str, target: Target, lexicon: Collection[str]) -> dict[Offset, str]:
    """The first places of different words."""
    found: dict[str, Offset] = {}
    first, last = (target.start, target.end) if target.has_place else (0, len(text))
    for start, end in split_words(text) if lexicon else ():
        word = text[start:end].casefold()
        if word in lexicon and first <= start and end <= last:
            found.setdefault(word, (start, end))
    return {(start, end): text[start:end] for start, end in list(found.values())[:_MOST]}


def _strongest(attribution: Attribution) -> dict[Offset, str]:
    """The strongest words for the decision, in reading order."""
    ranked: Sequence[int] = sorted(range(len(attribution.words)), key=lambda place: -attribution.values[place])
    clear = [
        place
        for place in ranked
        if attribution.values[place] > max(2 * attribution.errors[place], 0) and content_words(attribution.texts[place])
    ]
    return {attribution.words[place]: attribution.texts[place] for place in sorted(clear[:_MOST])}


def _cut(piece: str) -> str:
    line = " ".join(piece.split())
    return line if len(line) <= _LONGEST_PIECE else line[: _LONGEST_PIECE - 1].rstrip() + "…"
