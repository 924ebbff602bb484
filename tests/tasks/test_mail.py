"""The model's view of a mail: exact in its places, blind to where a mail comes from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokapp.tasks.mail import view

_PIECES = st.sampled_from(
    ["Subject: ", "Re: ", "[list] ", "> ", "\n", "\r\n", "-- \n", "_" * 25, "http://", "www.", "a@b.example",
     "<script>", "</script>", "<b>", "&nbsp;", "=?utf-8?Q?", "?=", "Fred wrote:", "From: ", "paypal.com", "2024",
     "\u0130", "\u0663"]
)  # fmt: skip
_MAILS = st.lists(st.one_of(_PIECES, st.text(max_size=12)), max_size=40).map("".join)


@given(_MAILS)
def test_every_character_keeps_its_place(text: str) -> None:
    seen = view(text)
    assert len(seen) == len(text)
    assert [character for character in text if character in "\r\n"] == [c for c in seen if c in "\r\n"]


@given(_MAILS)
def test_no_digit_but_zero_is_left(text: str) -> None:
    assert {character for character in view(text) if character.isdecimal()} <= {"0"}


@given(st.text(alphabet="abcdefgh ,!?äß漢字", max_size=60))
def test_plain_prose_is_seen_as_it_is(text: str) -> None:
    assert view(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Subject: Re: [ILUG] Fwd: your account", "your account"),
        ("Subject: Hi\n\nOn Monday, Fred wrote:\n> > fine\nGS> yes", "Hi > > fine GS> yes"),
        ("Pay 120 at https://x.example/pay?id=7 now", "Pay 000 at link now"),
        ("ask <mailto:joe@a.example> or joe@a.example", "ask link or mail"),
        ("see paypal.com/login today", "see link today"),
        ("From: a\nDate: b\n\nhello", "hello"),
        ("hello\n-- \nJoe\nDept. of Mail", "hello"),
        ("hello\n_____________________\nlist mailing list", "hello"),
        ("<style>p {x: 1}</style><p class='a'>Click&nbsp;here</p>", "Click here"),
        ("a\n=========\nb", "a b"),
        ("=?utf-8?Q?Dear=20Client?= hello", "hello"),
    ],
)
def test_what_only_says_where_a_mail_comes_from_is_hidden(text: str, left: str) -> None:
    assert " ".join(view(text).split()) == left


def test_a_signature_mark_at_the_top_hides_nothing_of_a_long_mail() -> None:
    body = "\n".join(["please confirm your password"] * 30)
    assert view(f"-- \n{body}").count("confirm") == 30


def test_a_script_that_is_never_closed_hides_nothing_but_its_tag() -> None:
    assert view("<script>verify your account").split() == ["verify", "your", "account"]


@pytest.mark.parametrize(
    "piece", ["a", "<", "<script", "a.", "@", "> ", "\n", "-- \n", "=?a?Q?", "[", "_", "http://", "-"]
)
def test_a_megabyte_of_one_thing_is_read_in_passing(piece: str) -> None:
    text = piece * (300_000 // len(piece))
    assert len(view(text)) == len(text)
