"""File formats: every one in a file of its own, all behind one registry, for reading and for writing."""

from tokapp.formats.conversion import document_to_record
from tokapp.formats.reader import iter_documents, preview, read_documents, read_report
from tokapp.formats.registry import formats, readable_extensions
from tokapp.formats.source import UPLOAD_LIMIT
from tokapp.formats.values import ColumnMapping, Failure, LossReport, Preview, ReadReport, Record
from tokapp.formats.writer import failures_table, loss_report, split_documents, to_bytes, write_documents

__all__ = [
    "UPLOAD_LIMIT",
    "ColumnMapping",
    "Failure",
    "LossReport",
    "Preview",
    "ReadReport",
    "Record",
    "document_to_record",
    "failures_table",
    "formats",
    "iter_documents",
    "loss_report",
    "preview",
    "read_documents",
    "read_report",
    "readable_extensions",
    "split_documents",
    "to_bytes",
    "write_documents",
]
