"""Windows cover everything and share out the tokens."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from tokapp.models.windows import owned_ranges, windows


@given(some.integers(0, 300), some.integers(1, 40), some.data())
def test_every_token_has_exactly_one_owner_that_shows_it(length: int, size: int, data: some.DataObject) -> None:
    ranges = list(windows(length, size, data.draw(some.integers(1, size))))
    owned = owned_ranges(ranges)
    assert [token for part in owned for token in part] == list(range(length))
    assert all(
        part.start >= window.start and part.stop <= window.stop for window, part in zip(ranges, owned, strict=True)
    )
    assert all(len(window) <= size for window in ranges)
