"""How many documents a file holds is known before it is read, where its form allows it."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tokapp.errors import BadInput
from tokapp.formats import iter_documents
from tokapp.formats.amount import count_documents


@pytest.mark.parametrize(
    ("name", "content", "count"),
    [
        ("a.jsonl", b'{"text": "one"}\n\n  \n{"text": "two"}\n{"text": "three"}', 3),
        ("a.jsonl.gz", gzip.compress(b'{"text": "one"}\n{"text": "two"}\n', mtime=0), 2),
        ("a.csv", b'id,text\n1,"one\nstill one, ""so"""\n\n2,two\n', 2),
        ("a.tsv", b"id\ttext\n1\tcaf\xe9\n", 1),
        ("a.csv", "id,text\n1,one\n".encode("utf-16"), None),
        ("a.json", b'[{"text": "one"}]', None),
    ],
    ids=["jsonl", "gzip", "csv", "tsv", "utf-16", "json"],  # what gzip makes holds the time, and workers must agree
)
def test_it_counts_what_is_read(tmp_path: Path, name: str, content: bytes, count: int | None) -> None:
    (tmp_path / name).write_bytes(content)
    assert count_documents(tmp_path / name) == count
    if count is not None:
        assert len(list(iter_documents(tmp_path / name))) == count


def test_parquet_says_it_itself(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a", "b", "c"]}), tmp_path / "a.parquet")
    assert count_documents(tmp_path / "a.parquet") == 3
    (tmp_path / "b.parquet").write_bytes(b"PAR1 and nothing more")
    with pytest.raises(BadInput, match=r"b\.parquet: no readable Parquet"):
        count_documents(tmp_path / "b.parquet")
