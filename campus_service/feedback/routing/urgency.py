"""Is it urgent? A small linear classifier on alarm cues (data/alarm_cues.txt): a net under the safety words.

It knows hundreds of words of danger, haste, deadlines and calm, and weighs them together; training sets it so that it
rather rings once too often (training.py).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import exp, log1p
from typing import Any

from campus_service.feedback.routing import text as reading

TABLE = "alarm_cues.txt"
# From this chance on a message is urgent; from the second one on its danger says where it goes.
URGENT = 0.8
CERTAIN = 0.85
# A single cue word against the sums of its group.
WORD = 0.3
# Who goes there, by the group that sounds loudest.
DEPARTMENTS = {
    "fire": "security",
    "water": "logistics",
    "falling": "logistics",
    "injury": "clinic",
    "violence": "security",
    "intrusion": "security",
    "selfharm": "counselling",
    "missing": "student_affairs",
    "animal": "logistics",
    "chemical": "security",
    "traffic": "security",
}


@dataclass(frozen=True, slots=True)
class Heard:
    """How loud each group of cues is, and the words of each."""

    loud: dict[str, float]
    words: dict[str, tuple[str, ...]]

    @property
    def danger(self) -> str:
        """The group of danger that is loudest; empty when there is none."""
        return max(DEPARTMENTS, key=lambda group: self.loud.get(group, 0.0)) if self._dangers() else ""

    def _dangers(self) -> float:
        return sum(loud for group, loud in self.loud.items() if group in DEPARTMENTS)


@dataclass(frozen=True, slots=True)
class Urgency:
    """What was learned: a weight for each feature."""

    weights: dict[str, float]
    bias: float

    def chance(self, title: str, body: str) -> float:
        """How probably a message is urgent."""
        values = features(title, body)
        score = self.bias + sum(self.weights.get(name, 0.0) * value for name, value in values.items())
        return 1 / (1 + exp(-max(-30.0, min(30.0, score))))

    def as_json(self) -> dict[str, Any]:
        """For the model's file."""
        return {"weights": self.weights, "bias": self.bias}


def hear(title: str, body: str) -> Heard:
    """The alarm cues of a message."""
    loud: defaultdict[str, float] = defaultdict(float)
    words: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
    known = reading.cues(TABLE)
    for word, times in reading.cues_in(f"{title}\n{body}", TABLE).items():
        for group in known[word]:
            loud[group] += min(times, 2) * (1.0 if len(word) > 1 else 0.6)
            words[group] += (word,)
    return Heard(dict(loud), dict(words))


def features(title: str, body: str) -> dict[str, float]:
    """What the classifier weighs: groups, single words, and groups that mean more together."""
    heard = hear(title, body)
    loud, text = heard.loud, f"{title}\n{body}"[: reading.MAX_LETTERS]
    danger = log1p(sum(value for group, value in loud.items() if group in DEPARTMENTS))
    due = float("today" in loud and "due" in loud)
    found = {f"group:{group}": log1p(value) for group, value in loud.items()}
    found |= {f"word:{word}": WORD for words in heard.words.values() for word in words}
    found |= {
        "danger": danger,
        "danger now": danger * ("now" in loud),
        "danger feared": danger * ("fear" in loud),
        "due": due,
        "due, trouble": due * ("trouble" in loud),
        "outcry": min(3, text.count("！") + text.count("!")) / 2,
        "question": float("？" in text or "?" in text),
        "length": log1p(len(text)) / 3,
    }
    return found
