"""Each format: what becomes of a good file, and the one line that a bad one gets."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from retrieval.errors import ParseError
from retrieval.ingest.parsers import PARSERS, parse_table_or_lines, parser_for, suffixes
from retrieval.ingest.parsers.beir import parse_judgments, parse_questions
from retrieval.ingest.parsers.markdown import headings, split_front_matter
from retrieval.ingest.parsers.records import sniff_delimiter
from retrieval.ingest.sources import Source
from retrieval.settings import settings
from retrieval.types import Document, Judgment, Question, Skipped

pytestmark = pytest.mark.usefixtures("home")


def source(name: str, data: bytes | str) -> Source:
    content = data.encode() if isinstance(data, str) else data
    return Source(name, len(content), lambda: io.BytesIO(content))


def parse(name: str, data: bytes | str) -> tuple[list[Document], list[str]]:
    one = source(name, data)
    items = list(parser_for(one).parse(one))
    documents = [item for item in items if isinstance(item, Document)]
    return documents, [item.reason for item in items if isinstance(item, Skipped)]


def only(name: str, data: bytes | str) -> Document:
    documents, skipped = parse(name, data)
    assert skipped == []
    (document,) = documents
    return document


def reason(name: str, data: bytes | str) -> str:
    with pytest.raises(ParseError) as caught:
        parse(name, data)
    assert "\n" not in caught.value.message
    return caught.value.message


def make_pdf(*pages: str) -> bytes:
    """A PDF with one line of text a page, and no text at all on a page without any."""
    writer = PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    for text in pages:
        page = writer.add_blank_page(300, 300)
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode() if text else b"")
        page[NameObject("/Contents")] = writer._add_object(stream)
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): writer._add_object(font)})}
        )
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def test_every_suffix_belongs_to_one_parser() -> None:
    assert len(set(suffixes())) == len(suffixes())
    assert all(parser.label and parser.help for parser in PARSERS)


def test_an_unknown_suffix_is_refused_with_the_known_ones() -> None:
    assert ".jsonl" in reason("setup.exe", b"MZ")
    assert "without an ending" in reason("README", b"text")


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.txt", make_pdf("x"), "it is a PDF, although its name ends in .txt"),
        ("a.md", b"PK\x03\x04rest", "a ZIP or an Office file"),
        ("a.csv", b"\xd0\xcf\x11\xe0\xa1", "an old Office file"),
        ("a.jsonl", b"\x89PNG\r\n", "a PNG picture"),
        ("a.md", b"abc\x00def", "binary data"),
        ("a.txt", b"text" * 50_000 + b"\x00", "binary data"),
        ("a.txt", b"", "the file is empty"),
        ("a.csv", b"", "the file is empty"),
        ("a.jsonl", b"", "the file is empty"),
        ("a.pdf", b"", "the file is empty"),
        ("a.pdf", b"plain text", "it is no PDF, although its name ends in .pdf"),
    ],
)
def test_a_file_of_another_kind_than_its_name_says_is_refused(
    name: str, data: bytes, expected: str
) -> None:
    assert expected in reason(name, data)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-mark", "utf-32", "cp1252"]
)
def test_text_is_read_in_the_encoding_it_is_in(encoding: str) -> None:
    text = "Größe und Gewicht: für Ärzte, naïve façade, 5 €.\r\nDéjà vu.\n" * 5
    data = (
        b"\xff\xfe" + text.encode("utf-16-le")
        if encoding == "utf-16-le-mark"
        else text.encode(encoding)
    )
    assert only("a.txt", data).text == text


def test_a_foreign_byte_late_in_a_file_is_still_found() -> None:
    text = "plain words here\n" * 100_000 + "für Ärzte, naïve façade und Größe\n" * 20
    assert only("a.txt", text.encode("cp1252")).text == text


def test_a_character_cut_by_a_block_of_reading_is_whole() -> None:
    text = "x" * ((1 << 16) - 1) + "é" + "y" * (1 << 20) + "😀"
    assert only("a.txt", text).text == text


def test_markup_is_kept_word_for_word() -> None:
    text = "<script>alert('x')</script> & {{ 7*7 }} $x$ [a](javascript:b)"
    document = only("x<b>.txt", text)
    assert (document.id, document.title, document.text) == ("x<b>.txt", "x<b>.txt", text)


def test_front_matter_becomes_metadata_and_leaves_the_text() -> None:
    data = '---\ntopic: "plants"\ntags:\n  - a\n  - b\nempty:\n---\n# Fern\n\nWater it.\n'
    document = only("d/fern.md", data)
    assert document.metadata == {"topic": "plants", "tags": "a, b"}
    assert document.text == "# Fern\n\nWater it.\n"
    assert document.title == "Fern"


def test_a_title_in_front_matter_wins() -> None:
    document = only("a.md", "---\r\ntitle: The fern\r\n---\r\n# Other\r\n")
    assert (document.title, document.text, document.metadata) == ("The fern", "# Other\r\n", {})


@pytest.mark.parametrize(
    "text", ["---\n\nA rule, no front matter.\n\n---\n", "---\nnever closed: x\n"]
)
def test_a_rule_at_the_top_is_no_front_matter(text: str) -> None:
    assert split_front_matter(text) == ({}, text)


def test_headings_are_marks_with_their_path() -> None:
    text = (
        "intro\n\n# One #\n## Two\ntext\n```\n# no heading\n```\n~~~\n## nor this\n```\n~~~\n"
        "Three\n-----\n### Four\n\nBig\r\n===\r\n- item\n---\n#hash\n    # code\n"
    )
    marks = list(headings(text))
    assert [mark.heading for mark in marks] == [
        ("One",),
        ("One", "Two"),
        ("One", "Three"),
        ("One", "Three", "Four"),
        ("Big",),
    ]
    assert [text[mark.start :].split(maxsplit=1)[0] for mark in marks] == [
        "#",
        "##",
        "Three",
        "###",
        "Big",
    ]


def test_markdown_without_heading_is_called_like_its_file() -> None:
    assert only("dir/notes.md", "just text").title == "notes"


def test_a_pdf_keeps_its_pages() -> None:
    document = only("a.pdf", make_pdf("first page", "", "third page"))
    assert [mark.page for mark in document.marks] == [1, 2, 3]
    assert document.text[document.marks[2].start :] == "third page"
    assert document.text.startswith("first page")


@pytest.mark.parametrize(
    ("given", "called"),
    [
        ("untitled", "a.pdf"),
        ("(anonymous)", "a.pdf"),
        (" Untitled ", "a.pdf"),
        ("Untied", "Untied"),
    ],
)
def test_a_pdf_that_nobody_gave_a_title_is_called_like_its_file(given: str, called: str) -> None:
    writer = PdfWriter(clone_from=io.BytesIO(make_pdf("text")))
    writer.add_metadata({"/Title": given})
    written = io.BytesIO()
    writer.write(written)
    assert only("a.pdf", written.getvalue()).title == called


def test_pages_past_the_limit_are_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECOND_LOOK_MAX_PAGES", "2")
    settings.cache_clear()
    documents, skipped = parse("a.pdf", make_pdf("one", "two", "three"))
    assert "three" not in documents[0].text
    assert skipped == ["only the first 2 of its 3 pages were read"]


def test_a_scan_says_so() -> None:
    assert "scan" in reason("a.pdf", make_pdf("", ""))


def test_an_encrypted_pdf_says_so() -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(make_pdf("secret"))))
    writer.encrypt("password", algorithm="RC4-128")
    buffer = io.BytesIO()
    writer.write(buffer)
    assert "encrypted" in reason("a.pdf", buffer.getvalue())


def test_a_pdf_locked_only_against_printing_is_read() -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(make_pdf("open"))))
    writer.encrypt("", owner_password="owner", algorithm="RC4-128")
    buffer = io.BytesIO()
    writer.write(buffer)
    assert only("a.pdf", buffer.getvalue()).text == "open"


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6])
def test_a_broken_pdf_is_one_line(share: float) -> None:
    data = make_pdf("one", "two")
    assert reason("a.pdf", data[: int(len(data) * share)])
    assert "damaged" in reason("a.pdf", b"%PDF-1.7\n" + bytes(range(1, 256)) * 20)


def test_a_row_becomes_a_document_that_begins_with_its_title() -> None:
    data = 'id,Title,body,kind\n7,"Fern, big","Water\nit",plant\n8,,No title,\n'
    first, second = parse("t.csv", data)[0]
    assert (first.id, first.title, first.text) == ("7", "Fern, big", "Fern, big\nWater\nit")
    assert first.metadata == {"kind": "plant"}
    assert (second.text, second.metadata, second.source) == ("No title", {}, "t.csv")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("t.csv", "a;note\nx;long, long text\ny;more, and more\n"),
        ("t.tsv", "a\tnote\nx\tlong, long text\ny\tmore, and more\n"),
        ("t.csv", "a|note\nx|long, long text\ny|more, and more\n"),
        ("t.csv", '\ufeffa,note\nx,"long, long text"\ny,"more, and more"\n'),
    ],
)
def test_delimiter_and_text_column_are_found(name: str, data: str) -> None:
    documents, skipped = parse(name, data)
    assert skipped == []
    assert [one.text for one in documents] == ["long, long text", "more, and more"]
    assert [one.id for one in documents] == [f"{name}#1", f"{name}#2"]
    assert [one.metadata for one in documents] == [{"a": "x"}, {"a": "y"}]


def test_a_single_column_is_not_cut_at_its_commas() -> None:
    assert [one.text for one in parse("t.csv", "text\na, b, c\nd\n")[0]] == ["a, b, c", "d"]
    assert sniff_delimiter([]) == "\x1f"


def test_ragged_and_empty_rows_are_said_and_the_rest_goes_on() -> None:
    documents, skipped = parse("t.csv", "id,text\n1,one\n2\n3,three,more\n\n4,\n5,five\n")
    assert [one.id for one in documents] == ["1", "5"]
    assert skipped == [
        "row 2 has 1 fields where the header has 2",
        "row 3 has 3 fields where the header has 2",
        "row 5 has no text",
    ]


def test_columns_without_a_name_or_with_the_same_one_stay_apart() -> None:
    (document,) = parse("t.csv", "text,,x,x\nhello,a,b,c\n")[0]
    assert document.metadata == {"column 2": "a", "x": "b", "x (4)": "c"}


def test_a_header_of_too_many_columns_is_refused() -> None:
    header = ",".join(f"c{n}" for n in range(1_000_000))
    assert "1000000 columns" in reason("t.csv", header + "\n1,2\n")


def test_rows_past_the_limit_are_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECOND_LOOK_MAX_ROWS", "2")
    settings.cache_clear()
    for name, data in (("t.csv", "text\na\nb\nc\n"), ("t.jsonl", '{"text":"a"}\n' * 3)):
        documents, skipped = parse(name, data)
        assert len(documents) == 2
        assert skipped == ["only its first 2 rows were read"]


def test_a_field_may_hold_a_whole_article() -> None:
    text = "word " * 100_000
    assert parse("t.csv", f"id,text\n1,{text}\n")[0][0].text == text


def test_a_bad_line_is_said_and_the_rest_goes_on() -> None:
    lines = [
        '{"_id": "a", "title": "T", "text": "one", "n": 3, "metadata": {"kind": "x"}}',
        "not json",
        "[1, 2]",
        "",
        '{"_id": "e"}',
        "[" * 100_000,
        '{"n": ' + "9" * 5_000 + "}",
        '{"text": "last \\ud83d\\ude00 \\ud800"}',
    ]
    documents, skipped = parse("r.jsonl", "\n".join(lines))
    assert [one.id for one in documents] == ["a", "r.jsonl#8"]
    assert documents[0].text == "T\none"
    assert documents[0].metadata == {"n": "3", "kind": "x"}
    assert documents[1].text == "last 😀 \ufffd"
    assert skipped == [
        "line 2 is not valid JSON",
        "line 3 is not a JSON object",
        "line 5 has no text",
        "line 6 is not valid JSON",
        "line 7 is not valid JSON",
    ]


@pytest.mark.parametrize(
    ("name", "data"),
    [("p.csv", "query,positive\nq,p\nbad\n"), ("p.jsonl", '{"query":"q","positive":"p"}\nbad\n')],
)
def test_rows_and_lines_are_read_as_they_are(name: str, data: str) -> None:
    (first, record), (second, skipped) = parse_table_or_lines(source(name, data))
    assert (first, record, second) == (1, {"query": "q", "positive": "p"}, 2)
    assert isinstance(skipped, Skipped)


def test_questions_keep_their_metadata() -> None:
    data = '{"_id": "1", "text": "Why?", "metadata": {"kind": "luck"}}\n{"text": "no id"}\nx\n'
    assert list(parse_questions(source("queries.jsonl", data))) == [
        Question("1", "Why?", {"kind": "luck"}),
        Skipped("queries.jsonl", "line 2 has no id or no text"),
        Skipped("queries.jsonl", "line 3 is not valid JSON"),
    ]


@pytest.mark.parametrize(
    "data",
    ["query-id\tcorpus-id\tscore\n1\ta b\t2\r\n2\tc\t0\n", "1\t0\ta b\t2\n2 0 c 0\n"],
)
def test_judgments_are_read_in_both_forms(data: str) -> None:
    assert list(parse_judgments(source("q.tsv", data))) == [
        Judgment("1", "a b", 2),
        Judgment("2", "c", 0),
    ]


def test_a_line_that_is_no_judgment_is_said() -> None:
    items = list(parse_judgments(source("q.tsv", "1\ta\t1\n\n1\ta\tgood\n1\n")))
    assert items[1:] == [
        Skipped("q.tsv", "line 3 is no judgment"),
        Skipped("q.tsv", "line 4 is no judgment"),
    ]
