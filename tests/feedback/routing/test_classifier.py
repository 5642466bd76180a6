"""The classifier as plain numbers: the same as scikit-learn's, small, honest about its confidence."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from sklearn.naive_bayes import ComplementNB

from campus_service.feedback.routing import training
from campus_service.feedback.routing.classifier import Model
from campus_service.feedback.routing.evaluation import Asked
from campus_service.feedback.routing.examples import Example
from campus_service.feedback.states import Kind


@pytest.fixture(scope="module")
def few(shipped_examples: list[Example]) -> list[training.Sample]:
    return training.samples(shipped_examples[::4])


def test_the_exported_numbers_say_what_scikit_learn_says(few: list[training.Sample]) -> None:
    learnt = [*few, *training.beside()]
    labels = [one.example.department for one in learnt]
    model = training.fit(learnt)
    matrix = training.as_matrix(model, learnt)
    trained = training.classifier(matrix, labels)
    regression = np.array([part.decision_function(matrix) for part in trained.values()]).T
    bayes = ComplementNB(alpha=training.SMOOTHING).fit(matrix, labels).predict_joint_log_proba(matrix)
    theirs = centred(regression) + training.BAYES * centred(bayes)
    ours = [model.departments.scores(model.values(one.counted)) for one in learnt]
    assert model.departments.classes == tuple(trained)
    np.testing.assert_allclose(np.array(ours), theirs, atol=1e-3)


def centred(scores: training.Numbers) -> training.Numbers:
    """Scores around their mean, in their own spread."""
    around = scores - scores.mean(axis=1, keepdims=True)
    spread: training.Numbers = around / around.std()
    return spread


def test_a_model_read_from_its_bytes_is_the_same_model(model: Model, shipped_examples: list[Example]) -> None:
    again = Model.loads(model.dumps())
    assert again.dumps() == model.dumps()
    for one in shipped_examples[::60]:
        assert again.candidates(one.title, one.body) == model.candidates(one.title, one.body)


def test_training_again_gives_the_shipped_model_s_answers(
    model: Model, shipped_examples: list[Example]
) -> None:
    again = training.train(training.samples(shipped_examples))
    assert again.threshold == pytest.approx(model.threshold, abs=0.02)
    for one in shipped_examples[::10]:
        new, old = again.candidates(one.title, one.body), model.candidates(one.title, one.body)
        assert [each.department for each in new][:1] == [each.department for each in old][:1]
        assert new[0].confidence == pytest.approx(old[0].confidence, abs=0.02)


@pytest.mark.parametrize("data", [b"", b"nonsense", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_anything_else_is_no_model(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a routing model"):
        Model.loads(data)


def test_a_model_cut_short_is_no_model(model: Model) -> None:
    with pytest.raises(ValueError, match="not a routing model"):
        Model.loads(model.dumps()[:-100])


def test_the_web_process_needs_no_numpy_to_route() -> None:
    program = (
        "import sys\n"
        "from campus_service.feedback.routing.route import suggest_kind\n"
        "suggest_kind('请问几点开门？')\n"
        "print(*(name for name in ('numpy', 'sklearn', 'scipy') if name in sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")


def test_the_model_is_small(model: Model) -> None:
    assert len(model.dumps()) <= 2_000_000


def test_confidence_is_honest(cross_validated: list[Asked]) -> None:
    """Of messages with a confidence of about p, about p were right: within 7 points in each of five groups."""
    tops = sorted((one.candidates[0].confidence, one) for one in cross_validated if one.candidates)
    size = len(tops) // 5
    for start in range(0, size * 5, size):
        group = tops[start : start + size]
        said = sum(confidence for confidence, _one in group) / size
        right = (
            sum(one.candidates[0].department == one.example.department for _confidence, one in group) / size
        )
        assert right == pytest.approx(said, abs=0.07), (start, said, right)


def test_the_reasons_are_words_of_the_message_none_inside_another(model: Model) -> None:
    first = model.candidates("奖学金没到账", "国家奖学金公示一个月了，银行卡里还没有收到，同班的都到账了")[0]
    assert first.department == "finance"
    assert 1 <= len(first.words) <= 4
    assert not any(one != other and one in other for one in first.words for other in first.words)
    assert "到账" in "".join(first.words)


def test_kinds_are_told_apart(model: Model) -> None:
    assert model.kind("感谢值班的师傅，半小时就修好了，点赞") == Kind.PRAISE
    assert model.kind("建议增加一个素食窗口") == Kind.SUGGESTION
    assert model.kind("请问补考什么时候报名？") == Kind.CONSULTATION
