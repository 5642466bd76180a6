"""Taking mails apart: charsets, transfer encodings, HTML, pictures, answers of machines, and what is broken."""

from __future__ import annotations

import pytest

from campus_service.notifications import reading
from campus_service.notifications.reading import Content, message_hash, plain_of, read
from tests.notifications.letters import BOUNCE, JPEG, PNG, letter, raw, with_photos

WORDS = "走廊的灯还是不亮。"


@pytest.mark.parametrize("encoding", ["8bit", "base64", "quoted-printable"])
@pytest.mark.parametrize("charset", ["utf-8", "gbk", "gb2312", "gb18030", "big5", "GB2312", "x-gbk"])
def test_chinese_is_read_in_every_encoding(charset: str, encoding: str) -> None:
    words = "走廊的燈" if charset == "big5" else WORDS
    body = words.encode("gbk" if charset == "x-gbk" else charset)
    assert read(raw(body, f'text/plain; charset="{charset}"', encoding)).text == words


@pytest.mark.parametrize(
    "kind", ["text/plain", "text/plain; charset=no-such", "text/plain; charset=us-ascii"]
)
@pytest.mark.parametrize("charset", ["utf-8", "gbk"])
def test_a_missing_or_wrong_charset_is_guessed(kind: str, charset: str) -> None:
    assert read(raw(WORDS.encode(charset), kind)).text == WORDS


def test_broken_bytes_lose_letters_and_not_the_mail() -> None:
    said = read(raw(b"The lamp " + b"\xff\xfe\x00\x81 is broken", "text/plain; charset=utf-8")).text
    assert said.startswith("The lamp")
    assert said.endswith("is broken")
    assert "\0" not in said


def test_plain_text_is_preferred_and_html_is_read_when_there_is_nothing_else() -> None:
    both = letter("a@b.test", WORDS)
    both.add_alternative("<p>something else</p>", subtype="html")
    assert read(bytes(both)).text == WORDS
    empty = letter("a@b.test", "\n")
    empty.add_alternative(f"<div>{WORDS}</div>", subtype="html")
    assert read(bytes(empty)).text == WORDS


def test_html_becomes_lines_without_what_is_not_shown_or_quoted() -> None:
    page = (
        "<html><head><title>no</title><style>p{color:red}</style></head><body><p>第一行<br>第二\n行 &amp; &lt;b&gt;"
        "&nbsp;x</p><script>no()</script><ul><li>甲</li><li>乙</li></ul><blockquote>旧的<p>旧</p></blockquote>"
        "<div>最后</div></body></html>"
    )
    said = read(raw(page.encode(), "text/html; charset=utf-8", "base64")).text
    assert said == "第一行\n第二 行 & <b> x\n\n甲\n\n乙\n\n最后"


@pytest.mark.parametrize(
    "quotation",
    [
        '<div class="gmail_quote"><div>江城大学 &lt;<a href="mailto:x">noreply@campus.example</a>&gt; 于2026年11月1日周日 10:00写道：<br></div><blockquote>旧</blockquote></div>',
        "<div><br></div><div style='font-size:12px'>------------------&nbsp;原始邮件&nbsp;------------------</div><div><b>发件人:</b>旧</div>",
        "<hr><p><b>发件人:</b> 江城大学<br><b>发送时间:</b> 2026年11月1日<br><b>收件人:</b> 林小满</p><p>旧</p>",
        "<blockquote type='cite'><div>在 2026年11月1日，10:00，江城大学 写道：</div>旧</blockquote>",
        "<p>—— 请在此行以上回复 ——</p><p>旧</p>",
    ],
    ids=["Gmail", "QQ", "Outlook", "Apple Mail", "our marker"],
)
def test_quotations_in_html_are_left_out(quotation: str) -> None:
    page = f"<html><body><div>{WORDS}</div>{quotation}</body></html>"
    assert read(raw(page.encode(), "text/html; charset=utf-8")).text == WORDS


def test_an_unclosed_tag_does_not_swallow_the_words() -> None:
    assert plain_of("<head><meta x><body><p>字").strip() == "字"
    assert plain_of("<blockquote>旧<script>x</blockquote></script>").strip() == ""
    assert plain_of("</script></blockquote>字<").strip().startswith("字")


def test_pictures_are_known_by_what_they_are() -> None:
    mail = with_photos("a@b.test", JPEG)
    mail.add_attachment(PNG, "application", "octet-stream", filename="x.bin")
    mail.add_attachment(b"<svg onload=alert(1)>", "image", "jpeg", filename="x.jpg")
    mail.add_attachment(b"GIF89a", "image", "gif", filename="x.gif")
    assert read(bytes(mail)).photos == (JPEG, PNG)


def test_six_pictures_and_none_too_large() -> None:
    large = JPEG + b"0" * reading.MAX_PHOTO_BYTES
    many = [JPEG + bytes([n]) for n in range(8)]
    assert read(bytes(with_photos("a@b.test", large, *many))).photos == tuple(many[:6])


def test_an_attached_text_and_an_attached_mail_are_not_the_writers_words() -> None:
    mail = letter("a@b.test", WORDS)
    mail.add_attachment("日志", filename="log.txt")
    mail.add_attachment(with_photos("c@d.test", JPEG))
    assert read(bytes(mail)) == Content(WORDS, (), automatic=False, status="")


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied (vacation)"},
        {"Auto_Submitted": "Auto-Generated; x=y"},
        {"Precedence": "bulk"},
        {"X_Autoreply": "yes"},
    ],
)
def test_answers_of_machines_are_known(headers: dict[str, str]) -> None:
    assert read(bytes(letter("a@b.test", **headers))).automatic
    assert not read(bytes(letter("a@b.test", Auto_Submitted="no"))).automatic


def test_a_bounce_says_why_and_not_what_was_sent() -> None:
    assert read(BOUNCE) == Content("The mail could not be delivered.", (), automatic=True, status="5.1.1")


def test_a_mail_is_named_by_its_message_id_or_by_all_it_is() -> None:
    first, again = letter("a@b.test", "一"), letter("a@b.test", "二")
    assert message_hash(bytes(first)) == message_hash(bytes(again))
    del first["Message-ID"], again["Message-ID"]
    assert message_hash(bytes(first)) != message_hash(bytes(again))


def test_a_very_long_mail_is_cut() -> None:
    assert len(read(raw("字\n".encode() * 500_000, "text/plain; charset=utf-8")).text) <= reading.MAX_LETTERS


HTML = b"Content-Type: text/html; charset=utf-8\n\n"


@pytest.mark.parametrize(
    ("hostile", "why"),
    [
        (b"A: b\n" * 100_000 + b"\nx", "head is too long"),
        (b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 10_000, "too many parts"),
    ],
)
def test_a_mail_made_to_keep_us_busy_is_given_up(hostile: bytes, why: str) -> None:
    assert len(message_hash(hostile)) == 64
    with pytest.raises(reading.Unreadable, match=why):
        read(hostile)


@pytest.mark.parametrize("endless", [b"<!--", b"<!", b"<?", b"<a b='", b"<blockquote>", b"&#x", b"<![CDATA["])
def test_endless_tags_are_read_in_one_go(endless: bytes) -> None:
    # Looked at from every place anew, this would take minutes.
    said = read(HTML + b"<p>The lamp</p>" + endless * 400_000).text
    assert said.startswith("The lamp")


def test_endless_parameters_are_taken_away() -> None:
    head = b"Content-Type: text/plain" + b";\n a*0=b" * 20_000
    assert read(head + b"\n\nThe lamp").text == "The lamp"


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"\0",
        b"\xff" * 100,
        b"Content-Type: multipart/mixed\n\nno boundary",
        b'Content-Type: multipart/mixed; boundary="b"\n\n--b\n--b--',
        b"Content-Type: ;;;\nMessage-ID: \xff\xfe\n\nx",
        b"Content-Type: text/plain; charset*=''%ff%00\n\nx",
        b"Content-Type: text/html\n\n<![if x]><!x><?x",
    ],
)
def test_junk_is_read_without_a_fault(junk: bytes) -> None:
    assert read(junk).photos == ()
    assert len(message_hash(junk)) == 64
