"""Markdown to clean HTML: one way for the page, the feed, the mail, the preview and what is copied for WeChat."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.tasklists import tasklists_plugin

from campus_service.bulletin.texts import writable

IMAGE = re.compile(r"image:(\d{1,10})")
TAGS = {
    *(
        "p",
        "h2",
        "h3",
        "h4",
        "ul",
        "ol",
        "li",
        "blockquote",
        "pre",
        "code",
        "em",
        "strong",
        "s",
        "a",
        "br",
        "hr",
    ),
    *(
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "figure",
        "img",
        "figcaption",
        "input",
        "sup",
        "section",
        "span",
    ),
}
ATTRIBUTES = {
    "a": {"href", "id", "class"},
    "img": {"src", "alt", "width", "height", "loading", "srcset", "sizes", "style"},
    "h2": {"id"},
    "h3": {"id"},
    "h4": {"id"},
    "th": {"style", "scope"},
    "td": {"style"},
    "ol": {"start", "class"},
    "ul": {"class"},
    "li": {"class", "id"},
    "input": {"type", "checked", "disabled"},
    "sup": {"class"},
    "section": {"class"},
}
# Links in an article lead to pages; a "javascript:" address is no page.
SCHEMES = {"http", "https", "mailto", "tel"}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of an article as a channel shows it; ``width`` and ``height`` in pixels of ``src``."""

    src: str
    alt: str
    width: int
    height: int
    srcset: str = ""


@dataclass(frozen=True, slots=True)
class Rendered:
    """An article's text as HTML, with its headings: pairs of anchor and words."""

    html: str
    contents: list[list[str]]


def render(
    body: str, pictures: Mapping[int, Picture], link: Callable[[str], str] = lambda href: href
) -> Rendered:
    """The Markdown text as HTML.

    ``pictures``: what ``image:<id>`` stands for; one that is missing leaves its words. ``link`` turns an address of
    a link into another, for channels that need absolute ones.
    """
    contents: list[list[str]] = []
    return Rendered(_html(_tokens(body, pictures, link, contents)), contents)


def _tokens(
    body: str, pictures: Mapping[int, Picture], link: Callable[[str], str], contents: list[list[str]]
) -> list[Token]:
    """The text's parts with anchors, pictures and links in place; headings are noted in ``contents``."""
    tokens = _MARKDOWN.parse(body, {"docId": "n"})
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            _anchor(token, tokens[at + 1], contents)
        if token.type == "heading_close":
            token.tag = _level(token.tag)
        for child in token.children or ():
            _place(child, pictures, link)
    return tokens


def _html(tokens: list[Token]) -> str:
    return clean(_figures(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})))


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of the page: its number among ``paragraphs`` (None for the footnotes at the end) and its HTML."""

    number: int | None
    html: str


def blocks(body: str, pictures: Mapping[int, Picture]) -> list[Block]:
    """What ``render`` makes, piece by piece: joined it is the same page."""
    found: list[Block] = []
    held: list[Token] = []
    count, notes = 0, False
    for token in _tokens(body, pictures, lambda href: href, []):
        held.append(token)
        notes = notes or token.type == "footnote_block_open"
        if token.level or token.nesting > 0 or (notes and token.type != "footnote_block_close"):
            continue
        found.append(Block(None if notes else count, _html(held)))
        held, count = [], count + 1
    return found


def clean(html: str) -> str:
    """HTML with what an article may have and nothing else."""
    cleaned = nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer",
        filter_style_properties={"text-align"},
        allowed_classes=None,
    )
    # An entity of the text may stand for a letter that no feed can carry.
    return writable(cleaned)


def paragraphs(body: str) -> list[str]:
    """The blocks of the text, as comments number them: cut at empty lines, the fences of code kept whole."""
    lines = body.split("\n")
    starts = [
        token.map for token in _MARKDOWN.parse(body) if token.map and token.level == 0 and token.nesting >= 0
    ]
    return ["\n".join(lines[first:last]).strip("\n") for first, last in starts]


def images_in(body: str) -> list[int]:
    """The ids of the pictures that stand in the text, in their order."""
    return [int(found) for found in re.findall(r"!\[[^\]]*\]\(image:(\d{1,10})", body)]


def plain(body: str) -> str:
    """The text's words alone, for search, previews and counting: paragraphs between line ends."""
    parts = []
    for token in _MARKDOWN.parse(body):
        if token.type == "inline":
            parts.append("".join(_words(child) for child in token.children or ()))
        elif token.type in ("fence", "code_block"):
            parts.append(token.content.strip())
    return "\n".join(part for part in parts if part.strip())


def _words(token: Token) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return "\n"
    return token.content if token.type in ("text", "code_inline", "image") else ""


def _anchor(token: Token, inline: Token, contents: list[list[str]]) -> None:
    """Give a heading its anchor, and note it; the page's own title is the only h1."""
    token.tag = _level(token.tag)
    name = f"h{len(contents) + 1}"
    token.attrSet("id", name)
    if token.tag == "h2":
        contents.append([name, "".join(_words(child) for child in inline.children or ())])
    else:
        contents.append([name, ""])


def _level(tag: str) -> str:
    return {"h1": "h2", "h5": "h4", "h6": "h4"}.get(tag, tag)


def _place(token: Token, pictures: Mapping[int, Picture], link: Callable[[str], str]) -> None:
    if token.type == "link_open":
        token.attrSet("href", link(str(token.attrGet("href") or "")))
    if token.type != "image":
        return
    found = IMAGE.fullmatch(str(token.attrGet("src") or ""))
    picture = pictures.get(int(found.group(1))) if found else None
    if picture is None:
        # Pictures of other sites would tell those sites who reads us.
        token.type, token.tag, token.content = "text", "", token.content or ""
        token.children = None
        return
    token.meta["picture"] = picture
    token.content = token.content or picture.alt


def _image(_self: RendererHTML, tokens: Any, idx: int, _options: Any, _env: Any) -> str:
    token = tokens[idx]
    picture: Picture = token.meta["picture"]
    sizes = (
        f' srcset="{_escaped(picture.srcset)}" sizes="(min-width: 760px) 684px, 100vw"'
        if picture.srcset
        else ""
    )
    return (
        f'<img src="{_escaped(picture.src)}" alt="{_escaped(picture.alt or token.content)}" width="{picture.width}" '
        f'height="{picture.height}" loading="lazy"{sizes}>'
    )


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")


_ALONE = re.compile(r"<p>(<img [^>]*?>)(?:\s*<br>\s*|\n)?(<em>.*?</em>)?</p>")


def _figures(html: str) -> str:
    """A picture that stands alone becomes a figure; slanted words right below it are its caption."""
    return _ALONE.sub(
        lambda found: (
            f"<figure>{found.group(1)}"
            + (f"<figcaption>{found.group(2)[4:-5]}</figcaption>" if found.group(2) else "")
            + "</figure>"
        ),
        html,
    )


def is_ours(href: str, base_url: str) -> bool:
    """Whether a link stays on this site."""
    return href.startswith(("/", "#")) or urlsplit(href).netloc == urlsplit(base_url).netloc


def _markdown() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": False})
    made.enable(["table", "strikethrough"]).use(tasklists_plugin).use(footnote_plugin)
    made.add_render_rule("image", _image)
    return made


_MARKDOWN = _markdown()
