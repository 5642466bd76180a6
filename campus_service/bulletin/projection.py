"""What readers get of an article: corrections applied, pictures at their addresses, its place in the search."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from campus_service.bulletin import rendering
from campus_service.bulletin.models import ArticleImage, Correction, Event, Publication
from campus_service.bulletin.rendering import Picture, Rendered
from campus_service.bulletin.texts import ArticleText
from campus_service.core.clock import to_local
from campus_service.core.errors import Invalid
from campus_service.core.i18n import lazy
from campus_service.core.places import area_of
from campus_service.media.models import photo_url
from campus_service.search.engine import SearchDoc

# What the search calls an article, and one that announces an event; the number behind it is the publication's.
ARTICLE, EVENT = "article", "event"
KINDS = (ARTICLE, EVENT)
SIZES = (320, 960, 2048)


@dataclass(frozen=True, slots=True)
class Cover:
    """The picture above an article and on its card; the focal point in hundredths from left and top."""

    key: str
    alt: str
    focal_x: int
    focal_y: int
    width: int
    height: int


def cover(image: ArticleImage | None) -> dict[str, object] | None:
    """A picture as a publication keeps its cover."""
    if image is None:
        return None
    seen = Cover(image.photo_key, image.alt, image.focal_x, image.focal_y, image.width, image.height)
    return asdict(seen)


def pictures(images: Mapping[int, ArticleImage], base_url: str = "") -> dict[int, Picture]:
    """The article's pictures for a page, or with ``base_url`` for where addresses must be whole."""
    return {id: _picture(image, base_url) for id, image in images.items()}


def _picture(image: ArticleImage, base_url: str) -> Picture:
    def scaled(size: int) -> tuple[int, int]:
        factor = min(1.0, size / max(image.width, image.height))
        return round(image.width * factor), round(image.height * factor)

    width, height = scaled(960)
    srcset = ", ".join(f"{base_url}{photo_url(image.photo_key, size)} {scaled(size)[0]}w" for size in SIZES)
    return Picture(base_url + photo_url(image.photo_key, 960), image.alt, width, height, srcset)


def rendered(text: ArticleText, images: Mapping[int, ArticleImage]) -> Rendered:
    """The text for the site's own page."""
    return rendering.render(text.body, pictures(images))


def corrected(text: ArticleText, corrections: Iterable[Correction]) -> ArticleText:
    """The text with its corrections, in the order they were made."""
    for each in corrections:
        if each.in_text:
            text = replaced(text, each.wrong, each.right)
    return text


def replaced(text: ArticleText, wrong: str, right: str) -> ArticleText:
    """The text with ``wrong``, which must stand in it just once, made ``right``; raises Invalid."""
    fields = {name: getattr(text, name) for name in ("title", "lede", "body")}
    times = sum(value.count(wrong) for value in fields.values())
    if times != 1:
        raise Invalid(
            {
                "wrong": _NOT_THERE
                if times == 0
                else lazy("这几个字在文章里出现了 %(n)s 次，请多抄几个字，让它只指一处。", n=times)
            }
        )
    return replace(text, **{name: value.replace(wrong, right) for name, value in fields.items()})


_NOT_THERE = lazy("文章里没有这几个字，请照原文抄，标点也要一样。")


def search_doc(publication: Publication, event: Event | None) -> SearchDoc:
    """What the search knows of a published article; one with an event is found as the event, never as two rows."""
    words = f"{publication.lede} {publication.byline} {rendering.plain(publication.body)}"
    article = SearchDoc(
        id=f"{ARTICLE}:{publication.id}",
        kind=ARTICLE,
        category=publication.section.value,
        status="published",
        place="",
        day=_day(publication.published_at),
        sort=publication.published_at.timestamp(),
        title=publication.title,
        body=words,
    )
    return article if event is None else _announcing(article, event)


def _announcing(article: SearchDoc, event: Event) -> SearchDoc:
    """Sorted by its beginning: what is to come stands before what is past, that one with the last first."""
    return replace(
        article,
        id=f"{EVENT}:{event.publication_id}",
        kind=EVENT,
        status="cancelled" if event.cancelled_at else "published",
        place=area_of(event.place),
        day=_day(event.starts_at),
        sort=event.starts_at.timestamp(),
        body=f"{event.place} {event.organiser} {article.body}",
    )


def _day(moment: datetime) -> int:
    return int(to_local(moment).strftime("%Y%m%d"))
