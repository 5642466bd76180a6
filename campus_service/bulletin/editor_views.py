"""/newsroom/articles/<id>: writing an article, its pictures, preview and hints, its revisions, and giving it to review."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from pydantic import BaseModel
from werkzeug.wrappers import Response as AnyResponse

from campus_service.bulletin import documents, editing, policy, projection, queries, service
from campus_service.bulletin.commands import AddImage, DescribeImage, SaveArticle, SetCover
from campus_service.bulletin.editing import Clash
from campus_service.bulletin.models import Article
from campus_service.bulletin.rendering import Rendered
from campus_service.bulletin.states import Section
from campus_service.bulletin.texts import ArticleText
from campus_service.core.clock import today
from campus_service.core.db import transaction
from campus_service.core.errors import Conflict, DomainError, Invalid, NotFound
from campus_service.core.http import current_actor, parse, parse_form, parse_json
from campus_service.core.i18n import lazy
from campus_service.core.page import csp_nonce, fmt_day
from campus_service.core.permissions import Permission as P
from campus_service.media import uploads
from campus_service.media.models import photo_url

bp = Blueprint("editor", __name__, url_prefix="/newsroom/articles/<int:article_id>")


class AskPen(BaseModel):
    """A window says that it is writing, or that it leaves."""

    window: str
    anyway: bool = False
    leave: bool = False


class Pasted(BaseModel):
    """HTML from the clipboard."""

    html: str


@bp.before_request
def _newsroom_only() -> None:
    current_actor().require(P.BULLETIN_ARTICLE_WRITE)


@bp.get("")
def show(article_id: int) -> Response:
    """The editor; an article that cannot be changed now is shown as readers would have it."""
    return _page(queries.article(current_actor(), article_id))


def _page(
    article: Article,
    wrong: DomainError | None = None,
    values: dict[str, str] | None = None,
    clash: Clash | None = None,
    base: int = 0,
) -> Response:
    actor = current_actor()
    assigned = queries.assigned(actor, article.id)
    editable = policy.can_edit(actor, article, assigned)
    images = queries.images(article.id)
    html = render_template(
        "newsroom/editor.html",
        article=article,
        values=values or editing.fields(article.text),
        # What is typed next grows from the newest text: its writer sees it on this page.
        base=base or article.revision,
        editable=editable,
        can_take_back=policy.can_take_back(actor, article, assigned),
        images=images,
        hints=editing.hints(article.id, article.text),
        letters=article.text.letters,
        rendered=None if editable else projection.rendered(article.text, images),
        clash=clash,
        errors=wrong.fields if isinstance(wrong, Invalid) else {},
        changed=str(wrong.message) if isinstance(wrong, Conflict) else "",
        labels=editing.LABELS,
        pen=service.pen(actor, article),
        comments=[row for row in queries.comments(article.id) if row[0].settled_at is None],
        sections=[(section.value, section.label) for section in Section],
        review_url=_review_url(article.id),
        window=uuid4().hex,
    )
    return _for_editor(make_response(html, wrong.status if wrong else 409 if clash else 200))


def _review_url(article_id: int) -> str:
    path = f"/newsroom/articles/{article_id}/review"
    return path if current_app.url_map.bind("").test(path, "GET") else ""


def _for_editor(response: Response) -> Response:
    """Vditor sets styles in its markup; this page alone allows it. Scripts stay as strict as everywhere."""
    response.headers["Content-Security-Policy"] = (
        f"default-src 'self'; script-src 'nonce-{csp_nonce()}' 'strict-dynamic'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    return response


def _back(article_id: int, said: Any = None, kind: str = "success", part: str = "") -> AnyResponse:
    if said:
        flash(str(said), kind)
    return redirect(url_for("editor.show", article_id=article_id, _anchor=part or None), 303)


# --- the text ---------------------------------------------------------------------------------------------------


@bp.post("")
def save(article_id: int) -> AnyResponse:
    """Keep what was typed: a form, or the script every few seconds."""
    actor = current_actor()
    if request.is_json:
        command = parse_json(SaveArticle)
        with transaction():
            saved = service.save(actor, article_id, command)
        article = queries.article(actor, article_id)
        return jsonify(editing.answer(article, command, saved, service.pen(actor, article, command.window)))
    return _saved_form(article_id) or _back(article_id, lazy("已保存。"))


def _saved_form(article_id: int) -> AnyResponse | None:
    """Save the form; the page to show when that was not all: something to change, to choose, or too late."""
    actor = current_actor()
    article = queries.article(actor, article_id)
    try:
        command = parse_form(SaveArticle).model_copy(update={"by_hand": True})
    except Invalid as wrong:
        # Not yet joined with what others wrote: it still grows from what the form began with.
        return _page(article, wrong, values=_typed(article), base=request.form.get("base", 0, type=int))
    with transaction():
        saved = service.save(actor, article_id, command)
    if saved.late:
        said = lazy("文章已经不在写了，刚才写的另存为第 %(n)s 稿。", n=saved.number)
        return _back(article_id, said, "warning")
    clash = editing.clash(article, command, saved)
    return _page(article, values=editing.mine_over(clash, command.text), clash=clash) if clash else None


def _typed(article: Article) -> dict[str, str]:
    return {name: request.form.get(name, value) for name, value in editing.fields(article.text).items()}


@bp.post("/pen")
def pen(article_id: int) -> Response:
    """Every few seconds: "I am writing"; who holds the pen."""
    command = parse_json(AskPen)
    window = command.window[:64]
    with transaction():
        if command.leave:
            service.lay_down_pen(current_actor(), article_id, window)
            return jsonify({})
        held = service.take_pen(current_actor(), article_id, window, anyway=command.anyway)
    newest = queries.article(current_actor(), article_id)
    return jsonify(editing.pen_answer(held) | {"newest": newest.revision, "state": newest.state.value})


@bp.post("/import")
def import_file(article_id: int) -> AnyResponse:
    """A Word or Markdown file in place of the text; the one before stays among the revisions."""
    actor = current_actor()
    article = queries.article(actor, article_id)
    try:
        ready = documents.prepared(_file())
        with transaction():
            documents.bring_in(actor, article_id, ready)
    except (Invalid, Conflict) as wrong:
        return _page(article, wrong)
    said = lazy("文件读进来了，原来的正文留在稿次里。")
    if ready.left_out:
        said = lazy("文件读进来了，有 %(n)s 张图片读不了，请另外插入。", n=ready.left_out)
    return _back(article_id, said)


def _file() -> documents.Document:
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Invalid({"file": lazy("请先选一个文件。")})
    return documents.read(file.filename, file.stream.read(documents.MAX_FILE + 1))


@bp.post("/pasted")
def pasted(article_id: int) -> Response:
    """HTML from the clipboard as Markdown."""
    queries.article(current_actor(), article_id)
    return jsonify({"body": documents.from_html(parse_json(Pasted).html)})


@bp.post("/preview")
def preview(article_id: int) -> Response:
    """What is typed as readers would have it: a page, or the part of one."""
    article = queries.article(current_actor(), article_id)
    text = _unsaved(article)
    seen: Rendered = projection.rendered(text, queries.images(article_id))
    part = "HX-Request" in request.headers
    html = render_template(
        "newsroom/_preview.html" if part else "newsroom/preview.html",
        article=article,
        text=text,
        rendered=seen,
        section=Section(text.section),
        day=fmt_day(today()),
    )
    return make_response(html)


@bp.post("/hints")
def hints(article_id: int) -> Response:
    """What a sub-editor would notice in what is typed."""
    article = queries.article(current_actor(), article_id)
    text = _unsaved(article)
    return make_response(
        render_template(
            "newsroom/_hints.html", hints=editing.hints(article_id, text), letters=text.letters, text=text
        )
    )


def _unsaved(article: Article) -> ArticleText:
    """What is typed, however unfinished; what cannot be read stands as it was saved."""
    values = request.get_json(silent=True) if request.is_json else request.form
    values = values if values and isinstance(values, dict) else {}
    given = {name: str(value) for name, value in values.items() if isinstance(value, str)}
    saved = editing.fields(article.text)
    kept = {name: given.get(name, value) for name, value in saved.items()}
    try:
        return parse(
            SaveArticle, kept | {"base": article.revision, "title": kept["title"] or saved["title"]}
        ).text
    except Invalid:
        plain = {name: kept[name][:60_000].replace("\0", "") for name in ("title", "lede", "byline", "body")}
        return ArticleText(article.section.value, **plain, event=article.text.event)


# --- review -----------------------------------------------------------------------------------------------------


@bp.post("/submit")
def submit(article_id: int) -> AnyResponse:
    """Save what is typed, then give the article to the reviewers."""
    if "body" in request.form and (answer := _saved_form(article_id)):
        return answer
    actor = current_actor()
    try:
        with transaction():
            service.submit(actor, article_id)
    except (Invalid, Conflict) as wrong:
        return _page(queries.article(actor, article_id), wrong)
    return _back(article_id, lazy("已送审。审稿的编辑收到了通知，有结果会告诉你。"))


@bp.post("/take-back")
def take_back(article_id: int) -> AnyResponse:
    """Back to draft before anybody has decided."""
    actor = current_actor()
    try:
        with transaction():
            service.take_back(actor, article_id)
    except Conflict as wrong:
        return _page(queries.article(actor, article_id), wrong)
    return _back(article_id, lazy("撤回来了，可以接着改。"))


# --- pictures ---------------------------------------------------------------------------------------------------


@bp.get("/images/<int:image_id>")
def image(article_id: int, image_id: int) -> AnyResponse:
    """Where a picture of the article is, for the editor that shows the text with its pictures."""
    queries.article(current_actor(), article_id)
    found = queries.images(article_id).get(image_id)
    if found is None:
        raise NotFound()
    return redirect(photo_url(found.photo_key, 960))


@bp.post("/images")
def add_image(article_id: int) -> AnyResponse:
    """A picture with its words: a stored photo from the script, or a file from the form."""
    actor = current_actor()
    article = queries.article(actor, article_id)
    try:
        command = parse(AddImage, {"photo": _photo(), "alt": _given("alt")})
        words = parse(DescribeImage, {"alt": command.alt, **_focal()})
        with transaction():
            made = service.add_image(actor, article_id, command)
            service.describe_image(actor, article_id, made.id, words)
    except (Invalid, Conflict) as wrong:
        if request.is_json:
            raise
        return _page(article, wrong)
    if request.is_json:
        part = render_template("newsroom/_image.html", article=article, image=made)
        return make_response(
            jsonify({"id": made.id, "alt": made.alt, "url": photo_url(made.photo_key, 320), "html": part}),
            201,
        )
    said = lazy("图片加好了。写上 %(mark)s 就插到正文里。", mark=f"![](image:{made.id})")
    return _back(article_id, said, part="images")


def _photo() -> str:
    """The key of the stored photo that is meant; a form's file is stored now."""
    if request.is_json or "photo" in request.form:
        return _given("photo")
    received = uploads.receive(current_actor(), request.files.getlist("file")[:1], required=True)
    if received.refused:
        raise Invalid({"photo": received.refused[0].reason.message})
    return received.photos[0].key


def _given(name: str) -> str:
    values = request.get_json(silent=True) if request.is_json else request.form
    return str((values or {}).get(name, "")) if isinstance(values, dict) else ""


def _focal() -> dict[str, str]:
    return {name: _given(name) or "50" for name in ("focal_x", "focal_y")}


@bp.post("/images/<int:image_id>")
def describe_image(article_id: int, image_id: int) -> AnyResponse:
    """A picture's words and the point that every crop keeps."""
    actor = current_actor()
    article = queries.article(actor, article_id)
    try:
        command = parse(DescribeImage, {"alt": _given("alt"), **_focal()})
        with transaction():
            service.describe_image(actor, article_id, image_id, command)
    except (Invalid, Conflict) as wrong:
        if request.is_json:
            raise
        return _page(article, wrong)
    if request.is_json:
        return jsonify({"id": image_id, "alt": command.alt})
    return _back(article_id, lazy("图片说明改好了。"), part="images")


@bp.post("/cover")
def set_cover(article_id: int) -> AnyResponse:
    """The picture above the article and on its card, or none."""
    actor = current_actor()
    try:
        command = parse_form(SetCover)
        with transaction():
            service.set_cover(actor, article_id, command)
    except (Invalid, Conflict) as wrong:
        return _page(queries.article(actor, article_id), wrong)
    said = lazy("封面换好了。") if command.image else lazy("不用封面了。")
    return _back(article_id, said, part="images")


# --- revisions --------------------------------------------------------------------------------------------------


@bp.get("/revisions")
def revisions(article_id: int) -> Response:
    """Every state of the text; two of them side by side (``?left=&right=``)."""
    actor = current_actor()
    article = queries.article(actor, article_id)
    left, right = (request.args.get(name, 0, type=int) for name in ("left", "right"))
    everything = "all" in request.args
    html = render_template(
        "newsroom/revisions.html",
        article=article,
        steps=editing.steps(queries.revisions(article.id, limit=2000), everything),
        everything=everything,
        difference=editing.difference(article.id, left, right) if left and right else None,
        left=left or max(article.revision - 1, 1),
        right=right or article.revision,
        can_restore=policy.can_edit(actor, article, queries.assigned(actor, article.id)),
    )
    return make_response(html)


@bp.post("/revisions/<int:revision>/restore")
def restore(article_id: int, revision: int) -> AnyResponse:
    """An old text becomes the newest; what stood there stays in the list."""
    try:
        with transaction():
            service.restore(current_actor(), article_id, revision)
    except Conflict as wrong:
        return _back(article_id, wrong.message, "warning")
    return _back(article_id, lazy("第 %(n)s 稿恢复了，刚才的文字还在稿次里。", n=revision))
