"""Rebuild the sample documents from the data folder: `python data/samples/build.py DATA_FOLDER [OUTPUT_FOLDER]`.

The choice is deterministic. Documents come first from the test side of the built-in models' own split, so that what a
person sees in the sample projects is an honest prediction; whatever had to be taken from elsewhere carries
`"seen_in_training": true`.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from tokapp.evaluation.splits import split_of
from tokapp.models.sentences import split_passages
from tokapp.tasks.mail import view
from tokapp.training.built_in.corpora import normalised

HERE = Path(__file__).resolve().parent
Record = dict[str, Any]

# Public mail and reviews hold words that nobody wants to meet in a first look.
_ROUGH = re.compile(
    r"sex|viagra|porn|adult|penis|vagina|virgin|xxx|nude|naked|erect|nympho|fuck|f\*|shit|sh\*t|bitch|damn|\bhell\b|kill|murder"
    r"|death|dead|rape|\bgay|lesbian|drug|nigeria|muslim|islam|\bjew|israel|palest|terror|bomb|\bgun\b|hitler|nazi|\bpiss"
    r"|abortion|\bcum\b|\bteen|\bgirl|breast|escort|whore|bastard|\bass\b|crap|incest|weapon|\bwar\b|iraq|bush\b|blood"
    r"|suicide|marijuana|cannabis|religio|church|christ|viril|libido|idiot|stupid|retard|dating|endowed|tonight|enlarg"
    r"|dissident|tories|tory|police|9/11|indian reservation|casino|alcohol|pepper spray|perl programmers|republic"
    r"|\bsuck|c section|\bspy\b|evil gerald|freak|secretary|\bshrub|trailer park|courthouse|bedbug"
    r"|slut|webcam|condom|britney|cigar|sept(?:ember)?\.? 11|cremat|lifegem|personals|nasty|bigger man|naughty|\bhot\b",
    re.I,
)
_PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+\.\w+|\+?\(?\d{3}\)?[ -.]\d{3}[ -.]\d{3,}|\d{1,5} \w+ (?:street|st|ave|road|blvd)\b", re.I
)
_APPS = {"B004LOMB2Q": "Evernote", "B0094BB4TW": "Facebook", "B005ZXWMUS": "Netflix", "B004SIIBGU": "eBay"}


def read(path: Path) -> list[Record]:
    """The records of a gzipped JSONL file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def is_unseen(record: Record) -> bool:
    """Whether the built-in models neither trained on the record's group nor were chosen by it."""
    source, group = record["meta"]["source"], record["meta"]["group"]
    if source in ("app-review-features", "app-reviews-unlabeled"):
        return split_of(group, seed="reviews") == "test"
    if source == "spamassassin":
        return split_of(normalised(view(record["text"]))[:400], seed="emails") == "test"
    if source == "ragtruth":
        return split_of(group, seed="rag") == "test"
    return True


def shuffled(records: Iterable[Record]) -> list[Record]:
    """Unseen groups first, then by a hash of the id: an order that looks random and never changes."""
    return sorted(records, key=lambda record: (not is_unseen(record), sha256(record["id"].encode()).hexdigest()))


def take(records: Iterable[Record], count: int, *, per: Callable[[Record], str], at_most: int) -> list[Record]:
    """The first `count` records, no more than `at_most` of one kind; those from training groups are marked."""
    taken, kinds = [], Counter[str]()
    for record in shuffled(records):
        if len(taken) < count and kinds[per(record)] < at_most:
            kinds[per(record)] += 1
            if not is_unseen(record):
                record["meta"]["seen_in_training"] = True
            taken.append(record)
    return taken


def labelled(record: Record, spans: list[Record]) -> Record:
    """The record with people's spans, as a finished document."""
    return record | {"spans": spans, "status": "labelled"}


def without_labels(record: Record) -> Record:
    """The record as if nobody had looked at it yet."""
    return {key: value for key, value in record.items() if key not in ("label", "status")} | {"spans": []}


def is_fit(text: str, shortest: int, longest: int) -> bool:
    """Whether a text can be shown to anybody: readable length, nothing rough."""
    return shortest <= len(text) <= longest and not _ROUGH.search(text)


def review_samples(data: Path) -> Iterator[Record]:
    """Sentences with people's features, then whole reviews without labels."""
    source = read(data / "app-review-features/app-review-features.jsonl.gz")
    marked = [_marked_review(record) for record in source if is_fit(record["text"], 15, 400)]
    with_spans = [record for record in marked if record["spans"]]
    without = [record for record in marked if not record["spans"]]
    yield from take(with_spans, 85, per=lambda r: r["meta"]["app"], at_most=20)
    yield from take(without, 30, per=lambda r: r["meta"]["app"], at_most=8)
    sentences = {record["text"].lower() for record in source}
    whole = [_whole_review(record) for record in read(data / "app-reviews-unlabeled/app-reviews.jsonl.gz")]
    fresh = [record for record in whole if is_fit(record["text"], 40, 450) and not _holds(record["text"], sentences)]
    yield from take(fresh, 115, per=lambda r: r["meta"]["app"], at_most=15)


def _marked_review(record: Record) -> Record:
    app, review = record["meta"]["app"], record["meta"]["review"]
    meta = {"source": "app-review-features", "licence": "MIT", "app": _APPS.get(app, app), "group": review}
    spans = [{"start": s["start"], "end": s["end"], "label": "feature"} for s in record["spans"]]
    return labelled({"id": record["id"], "text": record["text"], "spans": [], "meta": meta}, spans)


def _whole_review(record: Record) -> Record:
    app = record["meta"]["app"]
    meta = {"source": "app-reviews-unlabeled", "licence": "MIT", "app": app, "group": record["id"]}
    return {"id": record["id"], "text": record["text"], "spans": [], "meta": meta}


def _holds(text: str, sentences: set[str]) -> bool:
    """Whether a labelled sentence stands in this review: the models may have seen it."""
    lowered = text.lower()
    return any(len(sentence) > 20 and sentence in lowered for sentence in sentences)


def email_samples(data: Path) -> Iterator[Record]:
    """Wanted mail and advertising from the public corpus, and phishing that was written for tokapp."""
    mails = [_mail(record) for record in read(data / "spamassassin/spamassassin.jsonl.gz")]
    mails = [mail for mail in mails if is_fit(mail["text"], 180, 1700) and not _PERSONAL.search(mail["text"])]
    for label, count in (("ham", 48), ("spam", 42)):
        chosen = (mail for mail in mails if mail["label"] == label and mail["text"].isascii())
        chosen_once = {mail["meta"]["group"]: mail for mail in chosen}.values()
        picked = take(chosen_once, count, per=_kind_of_mail, at_most=14)
        yield from (mail if number % 5 < 3 else without_labels(mail) for number, mail in enumerate(picked))
    yield from (mail if number % 5 < 3 else without_labels(mail) for number, mail in enumerate(_written_phishing()))


def _mail(record: Record) -> Record:
    text, is_html = record["text"], record["meta"]["html"]
    meta = {"source": "spamassassin", "licence": "PDDL 1.0 / CC0 1.0", "group": thread(text), "html": is_html}
    return labelled({"id": record["id"][:30], "text": text, "spans": [], "label": record["label"], "meta": meta}, [])


def thread(text: str) -> str:
    """The subject without answer marks and list names: what the mails of one conversation share."""
    subject, before = text.split("\n", 1)[0].removeprefix("Subject: ").lower(), ""
    while subject != before:
        before, subject = subject, re.sub(r"^\s*((re|fw|fwd|aw)\s*(\[\d+\])?:|\[[^\]]*\])\s*", "", subject)
    return subject.strip()


def _kind_of_mail(record: Record) -> str:
    """News feeds and mortgage offers would crowd out the rest."""
    text = record["text"]
    if "\n\nURL: " in text:
        return "feed"
    words = re.search(r"mortgage|refinanc|insurance|home rep|work (?:at|from) home|ebay", text, re.I)
    return words.group().lower() if words else record["id"][-2:]


def _written_phishing() -> Iterator[Record]:
    texts = (HERE / "phishing-written.txt").read_text("utf-8").removesuffix("\n").split("\n%%\n")
    for number, text in enumerate(texts, 1):
        meta = {"source": "tokapp", "origin": "written for tokapp", "licence": "Apache-2.0", "group": thread(text)}
        record = {"id": f"written-phishing-{number:02}", "text": text, "spans": [], "label": "phishing", "meta": meta}
        yield labelled(record, [])


def rag_samples(data: Path) -> Iterator[Record]:
    """A few answers with marked passages from RAGTruth, then question and answer pairs from HaluEval."""
    truth = [_answer(r, "ragtruth", "MIT, passages from MS MARCO", r["meta"]["source_id"]) for r in _quotable(data)]
    right = [record for record in truth if not record["spans"]]
    wrong = [record for record in truth if record["spans"]]
    chosen = [
        *take(wrong, 11, per=lambda r: r["meta"]["group"], at_most=2),
        *take(right, 10, per=lambda r: r["meta"]["group"], at_most=1),
    ]
    pairs = read(data / "halueval/halueval-qa-one-turn.jsonl.gz")
    pairs = [record for record in pairs if is_fit(record["context"], 80, 900)]
    pairs = [_answer(record, "halueval", "MIT", f"halueval-{record['meta']['pair']}") for record in pairs]
    chosen += take(pairs, 44, per=lambda r: r["meta"]["group"], at_most=2)
    yield from (record if number % 3 < 2 else without_labels(record) for number, record in enumerate(chosen))


def _quotable(data: Path) -> list[Record]:
    records = read(data / "ragtruth/ragtruth-qa-with-context.jsonl.gz")
    return [r for r in records if is_fit(r["text"], 150, 1100) and is_fit(r["context"], 200, 2500)]


def _answer(record: Record, source: str, licence: str, group: str) -> Record:
    spans = [{"start": s["start"], "end": s["end"], "label": "unsupported"} for s in record["spans"]]
    kept = {key: record[key] for key in ("id", "text", "question", "context", "label")}
    kept["context"] = [passage.strip() for passage in split_passages((record["context"],))]
    return labelled(kept | {"spans": [], "meta": {"source": source, "licence": licence, "group": group}}, spans)


SAMPLES: dict[str, Callable[[Path], Iterator[Record]]] = {
    "reviews": review_samples,
    "emails": email_samples,
    "rag": rag_samples,
}


def main(data: Path, output: Path) -> None:
    """Write one JSONL file per task."""
    for task, samples in SAMPLES.items():
        lines = [json.dumps(record, ensure_ascii=False) + "\n" for record in samples(data)]
        (output / f"{task}.jsonl").write_text("".join(lines), encoding="utf-8", newline="\n")
        print(f"{task}: {len(lines)} documents")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else HERE)
