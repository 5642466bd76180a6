"""Beginnings of stories about the service guide."""

from __future__ import annotations

from typing import Any

from campus_service.core.db import transaction
from campus_service.guide import service
from campus_service.guide.commands import AddGuide

CARD: dict[str, Any] = {
    "department": "it_services",
    "title": "校园卡补办",
    "who": "校园卡遗失、损坏的在校学生",
    "basis": "依据《校园卡管理办法》第十二条",
    "materials": ["身份证或学生证", "工本费20元"],
    "steps": ["先挂失", "到窗口核验身份", "领取新卡"],
    "promise_working_days": 1,
    "where": "大学生活动中心一楼",
    "hours": "周一至周五 8:30—17:00",
    "phone": "0000-6110",
    "refusal_reasons": ["没有先挂失"],
}
REPAIR = CARD | {
    "department": "logistics",
    "title": "宿舍水电维修",
    "who": "住宿学生",
    "materials": ["房间号"],
    "steps": ["在平台报修", "师傅上门"],
    "promise_working_days": 2,
    "refusal_reasons": [],
}


def guide(**changes: Any) -> str:
    """A guide is there; returns its slug."""
    with transaction():
        return service.add(AddGuide.model_validate(CARD | changes)).slug
