"""The 20 categories, their names, the words that suggest them, and what a claimant is asked about each."""

from __future__ import annotations

from enum import StrEnum

from campus_service.core.i18n import LazyString, lazy


class Category(StrEnum):
    """What kind of thing it is."""

    CAMPUS_CARD = "campus_card"
    ID_DOCUMENT = "id_document"
    BANK_CARD = "bank_card"
    PHONE = "phone"
    COMPUTER = "computer"
    EARPHONES = "earphones"
    ELECTRONICS_OTHER = "electronics_other"
    WALLET_CASH = "wallet_cash"
    BAG = "bag"
    KEYS = "keys"
    CLOTHING = "clothing"
    UMBRELLA = "umbrella"
    CUP_BOTTLE = "cup_bottle"
    GLASSES = "glasses"
    BOOKS_STATIONERY = "books_stationery"
    JEWELLERY_WATCH = "jewellery_watch"
    SPORTS = "sports"
    BICYCLE_SCOOTER_ACCESS = "bicycle_scooter_access"
    MEDICINE_COSMETICS = "medicine_cosmetics"
    OTHER = "other"

    @property
    def label(self) -> LazyString:
        """For readers."""
        return LABELS[self]


_C = Category

LABELS: dict[Category, LazyString] = {
    _C.CAMPUS_CARD: lazy("校园卡"),
    _C.ID_DOCUMENT: lazy("证件"),
    _C.BANK_CARD: lazy("银行卡"),
    _C.PHONE: lazy("手机"),
    _C.COMPUTER: lazy("电脑平板"),
    _C.EARPHONES: lazy("耳机"),
    _C.ELECTRONICS_OTHER: lazy("其他电子"),
    _C.WALLET_CASH: lazy("钱包现金"),
    _C.BAG: lazy("包"),
    _C.KEYS: lazy("钥匙"),
    _C.CLOTHING: lazy("衣物"),
    _C.UMBRELLA: lazy("雨伞"),
    _C.CUP_BOTTLE: lazy("水杯"),
    _C.GLASSES: lazy("眼镜"),
    _C.BOOKS_STATIONERY: lazy("书本文具"),
    _C.JEWELLERY_WATCH: lazy("首饰手表"),
    _C.SPORTS: lazy("运动用品"),
    _C.BICYCLE_SCOOTER_ACCESS: lazy("车与门禁"),
    _C.MEDICINE_COSMETICS: lazy("药品护肤"),
    _C.OTHER: lazy("其他"),
}

# What a thing is called, longest word wins; a colour or a brand alone says little.
WORDS: dict[Category, str] = {
    _C.CAMPUS_CARD: "校园卡 一卡通 饭卡 学生卡 校卡 水卡 研究生卡",
    _C.ID_DOCUMENT: "身份证 学生证 护照 驾驶证 驾照 社保卡 医保卡 证件 准考证 居住证 港澳通行证 通行证 工作证 毕业证 学位证 户口 "
    "团员证 优待证 证明 证件照",
    _C.BANK_CARD: "银行卡 储蓄卡 信用卡 借记卡 工行卡 建行卡 农行卡 中行卡 招行卡 交行卡 取款机 公交卡",
    _C.PHONE: "手机 iphone 苹果手机 红米 小米手机 华为手机 oppo vivo 荣耀手机 老人机 redmi 智能机 一加",
    _C.COMPUTER: "电脑 笔记本电脑 笔电 平板 平板电脑 ipad macbook matebook kindle 电子书 电子阅读器 surface thinkpad 墨水屏 电脑包 手写板",
    _C.EARPHONES: "耳机 airpods 蓝牙耳机 耳塞 充电仓 耳机盒 耳机仓 头戴 earbuds 耳麦 降噪豆 freebuds",
    _C.ELECTRONICS_OTHER: "充电宝 充电器 移动电源 数据线 充电头 适配器 u盘 优盘 移动硬盘 鼠标 键盘 计算器 相机 游戏机 收音机 听力机 读卡器 "
    "转换器 拓展坞 电池 手写笔 触控笔 翻页笔 台灯 风扇 小风扇 三脚架 自拍杆 电子笔 录音笔 手环充电 插线板 排插 投影 硬盘 镜头 激光笔 switch 线材 转接头 "
    "apple pencil 加湿器 剃须刀 卷发棒 电吹风 吹风机 手机支架 音箱 音响",
    _C.WALLET_CASH: "钱包 皮夹 钱夹 现金 零钱 零钱包 卡包 红包 钞票 人民币 硬币",
    _C.BAG: "书包 背包 双肩包 帆布包 手提包 单肩包 斜挎包 挎包 腰包 行李箱 拉杆箱 布袋 手提袋 化妆包 洗漱包 收纳袋 文件袋 纸袋 旅行袋 胸包 电脑包 小包 包包 "
    "托特包 购物袋 抽绳包 跑步腰包",
    _C.KEYS: "钥匙 钥匙串 钥匙扣 钥匙圈 车钥匙 宿舍钥匙 锁匙",
    _C.CLOTHING: "外套 衣服 围巾 帽子 鸭舌帽 渔夫帽 棒球帽 军训帽 手套 毛衣 卫衣 校服 羽绒服 冲锋衣 裤子 裙子 袜子 鞋 拖鞋 衬衫 T恤 t恤 大衣 西装 马甲 "
    "毛线帽 披肩 领带 开衫 牛仔 上衣 风衣 口罩 袖套 防晒衣 汉服 皮带 腰带 雨衣 发圈 毛毯 内衣 背心 短袖 夹克 实验服 白大褂 衣物 针织",
    _C.UMBRELLA: "雨伞 伞 遮阳伞 折叠伞 长柄伞 太阳伞 晴雨伞 直柄伞 自动伞 黑伞",
    _C.CUP_BOTTLE: "水杯 杯子 保温杯 水壶 水瓶 保温壶 茶杯 马克杯 饭盒 便当盒 咖啡杯 随行杯 摇摇杯 吸管杯 运动水壶 塑料杯 玻璃杯 餐具 杯",
    _C.GLASSES: "眼镜 墨镜 太阳镜 近视镜 镜框 眼镜盒 隐形眼镜 老花镜 镜片 护目镜 夹片 泳镜",
    _C.BOOKS_STATIONERY: "书 课本 教材 词典 字典 真题 试卷 论文 笔记 笔记本 作业本 文具 笔袋 钢笔 中性笔 圆珠笔 铅笔 活页本 手账 讲义 资料 小说 单词书 图纸 "
    "文件夹 乐谱 琴谱 借的书 图书 英语书 草稿本 三角尺 尺 印章 画册 实验报告 复习资料 书本 笔盒 橡皮 速写本",
    _C.JEWELLERY_WATCH: "手表 手链 项链 链子 指环 玉镯 戒指 耳环 耳钉 手环 首饰 手镯 电子表 机械表 智能手表 吊坠 胸针 发夹 apple watch 运动手环 银链 珍珠 耳饰 玉佩 平安扣 "
    "表带 发卡 佛珠 手串 小天才",
    _C.SPORTS: "篮球 足球 羽毛球拍 球拍 乒乓球拍 网球拍 护膝 护腕 跳绳 瑜伽垫 哑铃 滑板 轮滑 泳帽 泳衣 游泳 球鞋 羽毛球 排球 乒乓球 网球 球包 拍子 护具 "
    "握力器 健身 弹力带 飞盘 护踝 跑步 号码布 泳裤 足球鞋 钉鞋 轮滑鞋",
    _C.BICYCLE_SCOOTER_ACCESS: "自行车 电动车 单车 电瓶车 滑板车 头盔 门禁卡 车锁 车篮 打气筒 车牌 门禁 车灯 感应卡 车座 磁扣 山地车 电驴 充电卡 门卡 车筐 "
    "后视镜 停车证 车棚 u型锁 尾灯 安全帽 坐垫 雨披",
    _C.MEDICINE_COSMETICS: "药 药品 口红 护肤品 化妆品 药盒 面霜 防晒霜 香水 粉底 眼影 气垫 胰岛素 吸入器 感冒药 洗面奶 乳液 药瓶 维生素 唇膏 眉笔 隐形护理液 "
    "护手霜 血糖仪 药膏 胶囊 哮喘 喷雾 润唇膏 粉饼 眼药水 卸妆 面膜 创可贴 病历 化妆镜",
    _C.OTHER: "枕 玩偶 公仔 娃娃 快递 包裹 毛绒 吉他 乐器 零食 u型枕 靠垫 抱枕 拐杖 花 魔方 桌游 玩具 收纳盒 坐垫 锅 盆 挂件 快递盒 礼物 小提琴 口琴 笛 "
    "二胡 琴弓 画板 拨片 节拍器 镜子 被子 毯子 横幅 道具 盆栽 气球 蛋糕 贺卡 相框 手办",
}

_INDEX = sorted(
    ((word.lower(), category) for category, words in WORDS.items() for word in words.split()),
    key=lambda pair: len(pair[0]),
    reverse=True,
)


def suggest(text: str) -> list[Category]:
    """Categories that the words of ``text`` speak for, the likeliest first, at most three.

    Chinese names its thing last ("图书馆的伞", "手机壳"): a longer word weighs more, a later one too.
    """
    left = text.lower()[:200]
    scores: dict[Category, float] = {}
    for word, category in _INDEX:
        at = left.rfind(word)
        if at >= 0:
            scores[category] = scores.get(category, 0) + len(word) + 1.5 * (at + len(word)) / len(left)
            left = left.replace(word, " " * len(word))
    return sorted(scores, key=lambda category: -scores[category])[:3]


_QUESTIONS: dict[Category, LazyString] = {
    _C.PHONE: lazy("锁屏壁纸是什么，手机壳什么样，有没有贴膜或裂痕"),
    _C.COMPUTER: lazy("登录名或壁纸是什么，外壳上有什么贴纸、划痕"),
    _C.WALLET_CASH: lazy("里面大约有多少现金，还有什么东西，放在哪一格"),
    _C.BAG: lazy("里面有哪几样东西，包上有什么挂件或破损"),
    _C.KEYS: lazy("一共几把，钥匙扣什么样，哪一把有记号"),
    _C.EARPHONES: lazy("配对名称是什么，盒子或耳机上有什么记号、缺损"),
    _C.JEWELLERY_WATCH: lazy("有没有刻字、磨损，表盘或扣子什么样"),
    _C.ID_DOCUMENT: lazy("证件上的姓名和末 4 位，夹着什么，套子什么样"),
    _C.CLOTHING: lazy("衣物上有什么别人不知道的记号、破损或改动，口袋里有什么"),
    _C.BOOKS_STATIONERY: lazy("写着谁的名字，夹着什么，哪一页有记号"),
}
_ANY_QUESTION = lazy("它有什么别人不知道的记号、破损、改动或里面的东西")


def default_question(category: Category) -> LazyString:
    """What a claimant is asked when the desk wrote no question of its own."""
    return _QUESTIONS.get(category, _ANY_QUESTION)
