"""Word, PowerPoint and web pages: order, headings, slides, and what must not come out of them."""

from __future__ import annotations

import io
import zipfile

import pytest
from docx.api import Document as DocxFile
from pptx import Presentation
from pptx.util import Inches

from retrieval.ingest.parsers.outline import Outline
from retrieval.settings import settings
from retrieval.types import Mark
from tests.unit.ingest.test_parsers import only, parse, reason

pytestmark = pytest.mark.usefixtures("home")


def make_docx() -> bytes:
    document = DocxFile()
    document.core_properties.title = ""
    document.add_heading("Leaflet", level=1)
    document.add_paragraph("Before the table.")
    table = document.add_table(rows=2, cols=2)
    for number, text in enumerate(("drug", "drowsy", "loratadine", "does\nnot")):
        table.cell(number // 2, number % 2).text = text
    document.add_paragraph("After the table.")
    document.add_heading("Doses", level=2)
    document.add_paragraph("One\ta day.")
    return saved(document)


def saved(document: object) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def with_member(data: bytes, name: str, change: object) -> bytes:
    """The same package with one member changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for info in old.infolist():
            content = old.read(info)
            new.writestr(info, change(content) if info.filename == name else content)
    return buffer.getvalue()


def make_pptx() -> bytes:
    presentation = Presentation()
    for title, body in (("First", "Loratadine"), ("Second", "Plants")):
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = body
    table = slide.shapes.add_table(1, 2, Inches(1), Inches(1), Inches(2), Inches(1)).table
    table.cell(0, 0).text, table.cell(0, 1).text = "fern", "water"
    slide.notes_slide.notes_text_frame.text = "Say this aloud."
    return saved(presentation)


def test_a_word_file_keeps_tables_in_their_place_and_headings_as_marks() -> None:
    document = only("a.docx", make_docx())
    assert document.text == (
        "Leaflet\n\nBefore the table.\n\ndrug | drowsy\nloratadine | does not\n\n"
        "After the table.\n\nDoses\n\nOne\ta day."
    )
    assert document.marks == (
        Mark(0, heading=("Leaflet",)),
        Mark(document.text.index("Doses"), heading=("Leaflet", "Doses")),
    )
    assert document.title == "Leaflet"


def test_inserted_text_and_content_controls_are_read_and_deleted_text_is_not() -> None:
    inserted = (
        b"<w:sdt><w:sdtContent><w:p><w:r><w:t>controlled</w:t></w:r></w:p></w:sdtContent></w:sdt>"
        b"<w:p><w:ins><w:r><w:t>kept</w:t></w:r></w:ins>"
        b"<w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>"
    )
    data = with_member(
        make_docx(),
        "word/document.xml",
        lambda xml: xml.replace(b"<w:body>", b"<w:body>" + inserted),
    )
    text = only("a.docx", data).text
    assert text.startswith("controlled\n\nkept\n\nLeaflet")
    assert "gone" not in text


def declaring(xml: bytes, entities: str, use: bytes) -> bytes:
    """A part of an Office file with declarations before its text, and an entity within it."""
    head, _, rest = xml.partition(b"?>")
    declared = f"<!DOCTYPE x [{entities}]>".encode()
    return head + b"?>" + declared + rest.replace(b"Before the table.", use)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_word_file_that_declares_entities_is_one_line(encoding: str) -> None:
    def attack(xml: bytes) -> bytes:
        outside = '<!ENTITY e SYSTEM "file:///etc/hostname">'
        attacked = declaring(xml, outside, b"Before &e; it.").decode("utf-8")
        return attacked.replace('encoding="UTF-8"', f'encoding="{encoding}"').encode(encoding)

    data = with_member(make_docx(), "word/document.xml", attack)
    assert reason("a.docx", data) == "it declares entities, which no Office file may; save it anew"


def test_external_entities_of_a_page_are_not_resolved(tmp_path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("top secret")
    page = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]><p>a &e; b</p>'
    assert "top secret" not in only("a.html", page).text


def test_entities_that_multiply_are_one_line() -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 20}">' for n in range(1, 12))

    def bomb(xml: bytes) -> bytes:
        return declaring(xml, f'<!ENTITY e0 "lol">{levels}', b"&e11;")

    assert "declares entities" in reason(
        "a.docx", with_member(make_docx(), "word/document.xml", bomb)
    )


def test_slides_are_pages_with_their_tables_and_notes() -> None:
    document = only("a.pptx", make_pptx())
    assert document.text == (
        "First\n\nLoratadine\n\nSecond\n\nPlants\n\nfern | water\n\nSay this aloud."
    )
    assert [(mark.page, mark.heading) for mark in document.marks] == [
        (1, ("First",)),
        (2, ("Second",)),
    ]


def test_slides_past_the_limit_are_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECOND_LOOK_MAX_PAGES", "1")
    settings.cache_clear()
    documents, skipped = parse("a.pptx", make_pptx())
    assert "Second" not in documents[0].text
    assert skipped == ["only the first 1 of its 2 slides were read"]


def test_an_office_file_that_unpacks_to_too_much_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SECOND_LOOK_MAX_EXPANDED_MB", "1")
    settings.cache_clear()
    grown = with_member(make_docx(), "word/styles.xml", lambda xml: xml + b" " * (2 << 20))
    assert "limit of 1 MiB" in reason("a.docx", grown)


@pytest.mark.parametrize("name", ["a.docx", "a.pptx"])
def test_an_office_file_that_is_none_is_one_line(name: str) -> None:
    whole = make_docx() if name == "a.docx" else make_pptx()
    assert reason(name, b"") == "the file is empty"
    assert "encrypted or an old Office file" in reason(name, b"\xd0\xcf\x11\xe0rest")
    assert "damaged" in reason(name, whole[: len(whole) // 2])
    other = make_pptx() if name == "a.docx" else make_docx()
    assert "damaged" in reason(name, other)


PAGE = """<!DOCTYPE html><html><head><title> A  page </title><style>p{}</style></head><body>
<nav hidden>menu</nav><h1>One <b>two</b></h1>bare <i>it</i>alic<p>para &amp; more<br>next
<ul><li>first</li><li>second</ul><script>alert(1)</script><p style="display: none">unseen</p>
<table><tr><th>drug<th>drowsy</tr><tr><td>loratadine<td><p>does</p><p>not</p></tr></table>
<h2>Sub</h2><pre>a
  b</pre><!-- comment --><div aria-hidden="true">unseen</div>end</body></html>"""


def test_a_web_page_is_what_a_reader_sees() -> None:
    document = only("a.html", PAGE)
    assert document.title == "A page"
    assert document.text == (
        "One two\n\nbare italic\n\npara & more\nnext\n\n- first\n\n- second\n\n"
        "drug | drowsy\nloratadine | does not\n\nSub\n\na\n  b\n\nend"
    )
    assert [mark.heading for mark in document.marks] == [("One two",), ("One two", "Sub")]
    assert [document.text[mark.start :].split()[0] for mark in document.marks] == ["One", "Sub"]


def test_navigation_stays_out_of_a_page_and_what_follows_it_does_not() -> None:
    menu = '<ul><li><a href="/">Home</a></li><li><h2>Sport</h2></li></ul>'
    page = (
        f"<nav>{menu}</nav><div role=' Navigation'>{menu}</div> bare <main><h1>One</h1><p>two"
        f"<nav>{menu}</nav> three</p><p role='note'>fo<span hidden>x</span>ur</p></main>"
        f"<nav>{menu}</nav>"
    )
    document = only("a.html", page)
    assert document.text == "bare\n\nOne\n\ntwo\n\nthree\n\nfour"
    assert [mark.heading for mark in document.marks] == [("One",)]


def test_what_a_page_says_of_its_encoding_counts() -> None:
    page = '<meta charset="iso-8859-5"><p>Это лекарство не вызывает сонливости</p>'
    assert "не вызывает" in only("a.html", page.encode("iso-8859-5")).text
    assert "naïve" in only("a.htm", '<meta charset="rot13"><p>naïve façade</p>').text


def test_a_page_nested_without_end_is_still_read_or_refused() -> None:
    parse("a.html", "<div>" * 100_000 + "deep")


def test_marks_of_an_outline_point_at_what_they_name() -> None:
    outline = Outline()
    outline.page(1)
    outline.heading(1, "A")
    outline.row(["a", "b"])
    outline.row(["", " "])
    outline.page(2)
    outline.page(3)
    outline.paragraph("text")
    outline.heading(2, " ")
    outline.page(4)
    assert outline.text == "A\n\na | b\n\ntext"
    assert outline.marks == (Mark(0, 1, ("A",)), Mark(outline.text.index("text"), 3))
