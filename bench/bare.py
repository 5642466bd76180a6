"""The bare page: Flask, 20 rows of constant data, nothing else. Every figure is a ratio to this."""

from __future__ import annotations

from flask import Flask, render_template_string

app = Flask(__name__)
ROWS = [
    {"no": f"2611-{n:04d}", "title": f"黑色折叠伞 {n}", "place": "图书馆一楼", "day": "10月31日"}
    for n in range(20)
]
PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{{ title }}</title></head><body>
<h1>{{ title }}</h1><ul>{% for row in rows %}<li><a href="/x/{{ row.no }}">{{ row.title }}</a> {{ row.place }} {{ row.day }}</li>
{% endfor %}</ul></body></html>"""


@app.get("/")
def index() -> str:
    """Twenty rows."""
    return render_template_string(PAGE, title="失物招领", rows=ROWS)
