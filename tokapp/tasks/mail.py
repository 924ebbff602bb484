"""How the model sees a mail: the same length, but with nothing in it that only says where the mail comes from.

A model that may see digits, addresses, list footers and headers learns the mailing list or the year of its training
mails instead of what was written. Every character keeps its place, so offsets into the view are offsets into the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

LINK, ADDRESS = "link", "mail"
"""What stands for a web link and for a mail address; blanks fill up the rest of its length."""

# Every repetition is bounded or begins where the one before ended, so that time grows with length and no faster.
_SUBJECT = re.compile(r"\ASubject:(?:[ \t]*(?:(?:re|fwd?|aw|sv)(?:\[\d{1,3}\])?:|\[[^\]\n]{1,40}\]))*", re.IGNORECASE)
_FOOTER = re.compile(
    r"(?:^-- ?$|^_{20,}[ \t]*$|^-{5}BEGIN PGP SIGNATURE|^-{40,}[ \t]*\nThis sf\.net|^This sf\.net email is"
    r"|^To unsubscribe from this group).*(?:\n.*){0,14}\Z",
    re.MULTILINE,
)
_PGP = re.compile(r"^-{5}BEGIN PGP SIGNED MESSAGE-{5}(?:\n.{1,80}){0,4}$", re.MULTILINE)
_HEADER = re.compile(
    r"^[>| \t]{0,20}(?:From|To|Cc|Bcc|Sent|Date|Reply-To|Subject|URL|Message-ID|Organization|MIME-Version|Delivered-To"
    r"|Received|Return-Path|Importance|References|In-Reply-To|X-[\w-]{1,40}|Content-[\w-]{1,40}):.*$",
    re.MULTILINE | re.IGNORECASE,
)
_WROTE = re.compile(r"^.{0,200}\b(?:wrote|writes|said|écrit)[ \t]*:?[ \t]*$", re.MULTILINE | re.IGNORECASE)
_ENCODED = re.compile(r"=\?[\w-]{1,40}\?[QB]\?[^?\n]{0,400}\?=", re.IGNORECASE)
_HIDDEN = re.compile(r"<(script|style)\b", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,2000}>|<![A-Za-z-][^<>]{0,2000}>")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|nbsp|amp|lt|gt|quot|copy|reg);", re.IGNORECASE)
_URL = re.compile(r"<?\b(?:(?:https?|ftp)://|mailto:|www\.)[^\s<>\"'\])}]+>?", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:<|(?<![\w.+=%-]))[\w.+=%-]{1,64}@[\w.-]{1,255}>?")
_DOMAIN = re.compile(
    r"(?<![\w.-])(?:[a-z0-9-]{1,63}\.){1,8}(?:com|net|org|edu|gov|info|biz|io|co|us|tv|to|eu|ie|uk|de|cz|fr|nl|ru|cn|jp"
    r"|au|ca|it|es|br|in|pl|tk|ml|me|cc|ws|hu|se|no|dk|ch|at|be|za|kr|tw|hk)\b(?:/[^\s<>\"')]*)?",
    re.IGNORECASE,
)
_RULE = re.compile(r"([-=_*~#+.<>|])\1{3,}")
_DIGIT = re.compile(r"\d")


def view(text: str) -> str:
    """A mail as the model sees it, character for character as long as the text.

    Blank: `Subject:` with its reply marks and list tags, headers and `... wrote:` lines within the body, signatures and
    list footers, HTML tags, ruled lines. Digits become 0; links and addresses become one word each, filled up with
    blanks. Marks of quotation stay: that somebody answers is part of what was written.
    """
    seen = text
    for pattern in (_SUBJECT, _FOOTER, _PGP, _HEADER, _WROTE, _ENCODED):
        seen = pattern.sub(_blank, seen)
    seen = _ADDRESS.sub(_as(ADDRESS), _URL.sub(_as(LINK), _without_hidden(seen)))
    seen = _DOMAIN.sub(_as(LINK), _TAG.sub(_blank, seen))
    for pattern in (_ENTITY, _RULE):
        seen = pattern.sub(_blank, seen)
    return _DIGIT.sub("0", seen)


def _blank(match: re.Match[str]) -> str:
    return _blanks(match.group())


def _blanks(text: str) -> str:
    return "".join(character if character.isspace() else " " for character in text)


def _as(word: str) -> Callable[[re.Match[str]], str]:
    def put(match: re.Match[str]) -> str:
        length = len(match.group())
        return word.ljust(length) if length >= len(word) else " " * length

    return put


def _without_hidden(text: str) -> str:
    """Blank the insides of scripts and style sheets, which nobody reads."""
    pieces, done = [], 0
    for start, end in _hidden(text):
        pieces += [text[done:start], _blanks(text[start:end])]
        done = end
    return "".join([*pieces, text[done:]]) if pieces else text


def _hidden(text: str) -> Iterator[tuple[int, int]]:
    place, unclosed = 0, set[str]()
    while opening := _HIDDEN.search(text, place):
        place = opening.end()
        name = opening.group(1).lower()
        closing = None if name in unclosed else re.compile(rf"</{name}\s{{0,9}}>", re.IGNORECASE).search(text, place)
        if closing is None:
            unclosed.add(name)
            continue
        yield opening.start(), closing.end()
        place = closing.end()
