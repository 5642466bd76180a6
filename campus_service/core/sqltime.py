"""Arithmetic with moments inside SQL, the same on both databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class epoch(FunctionElement[int]):  # noqa: N801  # it is written like SQL's own functions
    """The whole seconds from 1970 to a moment; to the beginning of a day, counted as if it were UTC, for a date."""

    type = BigInteger()
    inherit_cache = True


@compiles(epoch)
def _on_postgresql(element: epoch, compiler: SQLCompiler, **kwargs: Any) -> str:
    return f"CAST(floor(extract(epoch FROM {compiler.process(element.clauses, **kwargs)})) AS bigint)"


@compiles(epoch, "sqlite")
def _on_sqlite(element: epoch, compiler: SQLCompiler, **kwargs: Any) -> str:
    return f"CAST(strftime('%s', {compiler.process(element.clauses, **kwargs)}) AS INTEGER)"
