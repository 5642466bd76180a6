"""The bulletin's tables: the newsroom's drafts, what is published, and the readers who get it by mail."""

from campus_service.bulletin.models.newsroom import Article, ArticleImage, Comment, Issue, Revision, Slot
from campus_service.bulletin.models.published import (
    Board,
    BoardScan,
    Correction,
    Event,
    Publication,
    ReadCount,
    ReadMark,
)
from campus_service.bulletin.models.readers import Delivery, Mailing, Subscriber

__all__ = [
    "Article",
    "ArticleImage",
    "Board",
    "BoardScan",
    "Comment",
    "Correction",
    "Delivery",
    "Event",
    "Issue",
    "Mailing",
    "Publication",
    "ReadCount",
    "ReadMark",
    "Revision",
    "Slot",
    "Subscriber",
]
