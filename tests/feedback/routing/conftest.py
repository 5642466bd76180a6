"""The shipped messages and model; none of these tests needs a database."""

from __future__ import annotations

from pathlib import Path

import pytest

from campus_service.feedback.routing import evaluation, examples
from campus_service.feedback.routing.classifier import Model, shipped
from campus_service.feedback.routing.evaluation import Asked
from campus_service.feedback.routing.examples import Example

UNSEEN = Path(__file__).parent.parent / "data" / "unseen.jsonl"


@pytest.fixture(scope="session")
def shipped_examples() -> list[Example]:
    """The training messages."""
    return examples.shipped()


@pytest.fixture(scope="session")
def model() -> Model:
    """The model that comes with the software."""
    return shipped()


@pytest.fixture(scope="session")
def cross_validated(shipped_examples: list[Example]) -> list[Asked]:
    """Each shipped message, asked of a model that did not see it."""
    return evaluation.cross_validated(shipped_examples)


@pytest.fixture(scope="session")
def unseen(model: Model) -> list[Asked]:
    """Messages written before there were rules, cue words or safety words, asked of the shipped model."""
    return evaluation.ask(model, examples.read(UNSEEN))
