"""Texts that were written elsewhere come in clean, with their pictures."""

from __future__ import annotations

import io
import zipfile
from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from campus_service.bulletin import documents, queries, rendering
from campus_service.bulletin.documents import from_html
from campus_service.bulletin.states import Origin
from campus_service.core.db import transaction
from campus_service.core.errors import Conflict, Invalid
from tests.bulletin.stories import article, submitted, written
from tests.conftest import Cast

WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta charset="utf-8"><title>没有用的</title>
<style>p.MsoNormal{mso-style-unhide:no}</style><!--[if gte mso 9]><xml><o:x>没有用的</o:x></xml><![endif]--></head><body>
<!--StartFragment--><h1>招新集市<o:p></o:p></h1>
<p class=MsoNormal style='text-indent:21.0pt'>　　先看<b>分区图</b>，再问<i>三件事</i>。<o:p></o:p></p>
<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><![if !supportLists]><span style='mso-list:Ignore'>1.<span>&nbsp;&nbsp; </span></span><![endif]>先看图</p>
<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>2.</span>再问人</p>
<p class=MsoListParagraph style='mso-list:l1 level1 lfo2'><span style='mso-list:Ignore'>·</span>带伞</p>
<p class=MsoNormal><a href="https://campus.test/x">链接</a><a href="javascript:alert(1)">坏的</a><img src="file:///c:/x.png"></p>
<table><tr><td><p>时间</p></td><td>地点</td></tr><tr><td>周六</td><td>广场</td></tr></table><script>alert(1)</script>
<!--EndFragment--></body></html>"""


def _picture(colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(out, "PNG")
    return out.getvalue()


_TYPES = """<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="png" ContentType="image/png"/>
<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>
<Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/></Types>"""
_RELS = """<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"""
_DOC_RELS = """<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="s1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/>
<Relationship Id="p1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" Target="media/a.png"/>
<Relationship Id="p2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" Target="media/b.png"/></Relationships>"""
_STYLES = """<?xml version="1.0"?><w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">
<w:style w:type="paragraph" w:styleId="a1"><w:name w:val="标题 2"/></w:style></w:styles>"""
_DRAWING = """<w:p><w:r><w:drawing><wp:inline><wp:docPr id="{n}" name="x" descr="{alt}"/><a:graphic><a:graphicData><pic:pic><pic:blipFill>
<a:blip r:embed="p{n}"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"""
_DOCUMENT = """<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"
 xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
 xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><w:body>
<w:p><w:pPr><w:pStyle w:val="a1"/></w:pPr><w:r><w:t>怎么逛</w:t></w:r></w:p>
<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>先看图</w:t></w:r><w:r><w:t>，再问人。</w:t></w:r></w:p>{drawings}</w:body></w:document>"""


def word_file(*pictures: tuple[bytes, str]) -> bytes:
    """A small Word document with these pictures and their words."""
    out = io.BytesIO()
    drawings = "".join(_DRAWING.format(n=n, alt=alt) for n, (_data, alt) in enumerate(pictures, 1))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", _TYPES)
        packed.writestr("_rels/.rels", _RELS)
        packed.writestr("word/_rels/document.xml.rels", _DOC_RELS)
        packed.writestr("word/styles.xml", _STYLES)
        packed.writestr("word/document.xml", _DOCUMENT.format(drawings=drawings))
        for name, (data, _alt) in zip("ab", pictures, strict=False):
            packed.writestr(f"word/media/{name}.png", data)
    return out.getvalue()


def test_what_word_puts_on_the_clipboard_becomes_clean_markdown() -> None:
    assert from_html(WORD) == (
        "## 招新集市\n\n先看**分区图**，再问*三件事*。\n\n1. 先看图\n1. 再问人\n- 带伞\n\n[链接](https://campus.test/x)坏的\n\n"
        "| 时间 | 地点 |\n| --- | --- |\n| 周六 | 广场 |"
    )


def test_wps_says_bold_by_style() -> None:
    html = (
        '<p style="margin:0"><span style="font-weight:bold;font-family:宋体">重点</span><span>在这</span></p>'
    )
    assert from_html(html) == "**重点**在这"


def test_headings_begin_at_the_second_level_whatever_the_page_had() -> None:
    assert (
        from_html("<h1>一</h1><h2>二</h2><h3>三</h3><h6>六</h6>") == "## 一\n\n### 二\n\n#### 三\n\n#### 六"
    )
    assert from_html("<h2>二</h2><h3>三</h3>") == "## 二\n\n### 三"


@given(
    st.text(st.sampled_from("<>/pbh1 ai=\"'汉字&;!-[]()*_#:\n\0\x01\x02\x03"), max_size=150)
    | st.text(max_size=80)
)
def test_whatever_is_pasted_renders_without_what_an_article_may_not_have(html: str) -> None:
    body = from_html(html)
    assert not {"\x01", "\x02", "\x03", "\u00a0"} & set(body)
    rendered = rendering.render(body, {}).html
    assert "<script" not in rendered
    assert "javascript:" not in rendered.lower() or 'href="javascript' not in rendered.lower()


def test_a_word_file_is_read_with_its_headings_and_its_pictures() -> None:
    found = documents.read("稿子.docx", word_file((_picture(), "分区图"), (_picture("blue"), "")))
    assert found.body == "## 怎么逛\n\n**先看图**，再问人。\n\n![分区图](picture:0)\n\n![](picture:1)"
    assert [picture.alt for picture in found.pictures] == ["分区图", ""]
    assert found.pictures[0].data == _picture()


def test_text_files_are_read_in_the_encodings_that_chinese_programs_write() -> None:
    text = "## 标题\r\n\r\n正文"
    assert documents.read("a.md", text.encode()).body == "## 标题\n\n正文"
    assert documents.read("a.txt", text.encode("gbk")).body == "## 标题\n\n正文"
    assert documents.read("a.md", b"\xef\xbb\xbf" + "正文".encode()).body == "正文"
    assert documents.read("a.md", "---\ntitle: 甲\n---\n正文".encode()).body == "正文"


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("a.doc", b"x", "另存为 .docx"),
        ("a.pdf", b"x", "只收"),
        ("a", b"x", "只收"),
        ("a.docx", b"not a zip", "打不开"),
        ("a.docx", b"PK\x03\x04" + b"x" * 99, "打不开"),
        ("a.md", b"  \n", "没有文字"),
        ("a.md", "字".encode() * 60_001, "放不下"),
        ("a.txt", b"\xff\xfe\xff\xff\xff", "编码"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_what_to_do(name: str, data: bytes, word: str) -> None:
    with pytest.raises(Invalid) as refused:
        documents.read(name, data)
    assert word in str(refused.value.fields["file"])


def test_a_small_file_that_unpacks_into_a_huge_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_UNPACKED", 1000)
    with pytest.raises(Invalid, match="太大"):
        documents.read("a.docx", word_file((_picture(), "")))


def test_a_document_comes_into_the_article_with_its_pictures(people: Cast) -> None:
    id = written(people.writer)
    broken = b64decode("iVBORw0KGgoAAAAN")
    ready = documents.prepared(documents.read("a.docx", word_file((_picture(), "分区图"), (broken, "坏的"))))
    assert ready.left_out == 1
    with transaction():
        documents.bring_in(people.writer.actor, id, ready)
    (image,) = queries.images(id).values()
    assert image.alt == "分区图"
    row = article(id)
    assert row.body == f"## 怎么逛\n\n**先看图**，再问人。\n\n![分区图](image:{image.id})\n\n坏的"
    newest = queries.revisions(id)[0][0]
    assert (newest.origin, newest.number) == (Origin.IMPORTED, row.revision)
    assert queries.revision(id, 1).body != row.body


def test_nothing_comes_into_an_article_that_waits_for_review(people: Cast) -> None:
    id = submitted(people)
    before = article(id).body
    with pytest.raises(Conflict), transaction():
        documents.bring_in(people.writer.actor, id, documents.Ready("别的"))
    assert article(id).body == before
