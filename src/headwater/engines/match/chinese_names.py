"""Names in Chinese characters: people's by their Mandarin readings, foreigners' as they were heard, firms' by what their words mean.

The readings stand in `data/chinese.txt` (tools/chinese.py). A person's name is a family's
character, seldom two, and one or two of a given name. A foreigner's name is told by sound, with a dot between its parts:
佐兰·菲克蒂夫斯基 is Zuo-lan Fei-ke-di-fu-si-ji, Zoran Fiktivski; vowels that Mandarin needs and the name has not are left out again,
and l stands for r too. General knowledge of the language; no list was used.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final, NamedTuple

from headwater.model.packaged import packaged

_FIRST_CHARACTER: Final = 0x4E00
"""The one that the table of readings begins with."""
_CHARACTERS: Final = r"\u4e00-\u9fff"
_RUN: Final = re.compile(rf"[{_CHARACTERS}]+|[^\W_{_CHARACTERS}]+|&")
_BETWEEN_FOREIGN: Final = re.compile(rf"(?<=[{_CHARACTERS}])\s*[·•‧∙・]\s*(?=[{_CHARACTERS}])")
_TITLES: Final = re.compile(r"(?:先生|女士|小姐|夫人|博士|教授)$")
_LEAST_TITLED: Final = 4
_BETWEEN: Final = "'"
"""Stands between the syllables of a firm's own name, which Latin letters write in several words; it has no sound."""
_NAME: Final = range(2, 5)
"""Characters of a Chinese name written in one word."""


def _table(text: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in text.split())


_SIMPLE: Final = """
習习陳陈張张劉刘楊杨趙赵黃黄吳吴孫孙馬马許许鄧邓馮冯韓韩蕭萧鄭郑謝谢羅罗葉叶蘇苏呂吕盧卢蔣蒋賈贾鄒邹賴赖龔龚譚谭陸陆龍龙錢钱湯汤嚴严範范鍾钟萬万竇窦顧顾賀贺齊齐衛卫蘭兰歐欧陽阳諸诸鮮鲜單单區区莊庄閻阎
餘余聶聂喬乔樂乐畢毕紀纪項项藍蓝閔闵應应駱骆鄔邬欒栾連连車车龐庞蓋盖邊边譙谯鄺邝麥麦華华麗丽偉伟強强軍军傑杰靜静艷艳輝辉國国慶庆榮荣貴贵蓮莲鳳凤鵬鹏飛飞寶宝東东業业學学興兴義义順顺緒绪維维澤泽愛爱紅红
鐵铁鋼钢銀银錦锦鋒锋銳锐鎮镇長长門门開开關关陰阴隨随隱隐雲云電电靈灵頌颂頡颉領领顏颜顯显風风飄飘騰腾驕骄鶴鹤齡龄達达運运進进遠远選选遲迟邁迈鄉乡醫医釋释鑒鉴銘铭鑾銮鉞钺鈺钰鏡镜釗钊鋁铝錫锡鍵键鎧铠鐘钟
歡欢歸归氣气漢汉潔洁澗涧濤涛濱滨瀾澜瀟潇煒炜煥焕燦灿熾炽爾尔獻献現现環环瓊琼瑪玛畫画當当瘋疯盡尽眾众碩硕禮礼禎祯禪禅種种積积穎颖窮穷競竞筆笔節节籃篮紋纹純纯紹绍終终結结絢绚絲丝經经綠绿綱纲綺绮緯纬緣缘
縱纵績绩繼继續续罷罢聖圣聞闻聲声聰聪職职肅肃臨临舉举舊旧蓀荪蒼苍蘊蕴處处虛虚號号術术裡里補补製制複复見见規规視视覺觉覽览觀观記记訓训詠咏詩诗詳详誌志語语誠诚說说調调談谈請请論论識识議议護护讓让豐丰貝贝
貞贞財财貢贡賢贤質质贊赞跡迹軒轩輔辅農农週周遊游鈞钧銓铨隊队階阶際际雙双雛雏離离難难韋韦韻韵頤颐頻频養养館馆馳驰駿骏騏骐驍骁髮发鬆松魯鲁鮑鲍鳴鸣鴻鸿鴿鸽點点億亿儀仪優优兒儿兩两冊册剛刚創创劍剑劇剧勁劲
動动務务勝胜勞劳勢势勳勋匯汇協协厲厉參参變变員员問问啟启喚唤園园圓圆圖图團团圍围堅坚報报場场塊块壯壮壽寿夢梦夾夹奐奂奧奥奮奋婦妇嫻娴嬌娇寧宁實实審审寫写寬宽將将專专尋寻對对導导屆届嶺岭島岛嶽岳崑昆巒峦
帥帅師师帶带幣币幹干廣广廠厂廬庐廳厅彈弹彌弥彥彦彙汇後后徑径從从復复徵征徹彻恆恒悅悦悶闷愨悫憂忧懷怀戀恋戰战戲戏撫抚擁拥擇择擔担據据攝摄敘叙數数於于時时晉晋晝昼曄晔曉晓曆历書书會会條条極极構构樓楼標标
樸朴樹树橋桥機机檢检櫻樱權权歲岁歷历毀毁貿贸產产設设備备輸输險险灣湾戶户膠胶總总責责發发銷销紡纺織织礦矿漁渔糧粮藥药築筑濟济
"""
_OLD_FORMS: Final = str.maketrans(dict(re.findall("(.)(.)", _SIMPLE.replace("\n", ""))))
"""Characters of the old form, each with the one of the mainland that stands for it: those that names are made of."""
_LONG: Final = (
    "欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳 公冶 太叔 申屠 公孙 慕容 仲孙 钟离 长孙 宇文 "
    "司徒 鲜于 司空 令狐"
)
_LONG_FAMILIES: Final = frozenset(_LONG.split())
_AS_FAMILY: Final = _table(
    "曾=zeng 单=shan 解=xie 区=ou 仇=qiu 查=zha 盖=ge 朴=piao 乐=yue 覃=qin 翟=zhai 召=shao 种=chong 缪=miao 尉迟=yuchi 万俟=moqi 长孙=zhangsun "
    "沈=shen 重=chong 员=yun 葛=ge 华=hua 纪=ji 宁=ning 任=ren 车=che"
)
"""How characters are read as a family's name where that is not their commonest reading."""


class Word(NamedTuple):
    """One word of a name.

    Attributes:
        latin: its reading, or the English word that it means, or what stood there in other letters.
        characters: how it is written, in the form of the mainland; empty for all but readings.
        heard: what a foreign name sounds like; empty for all others.
    """

    latin: str
    characters: str = ""
    heard: str = ""


def simple(text: str) -> str:
    """Return a text with the characters that names are made of in the form of the mainland: 張虛構 is 张虚构."""
    return text.translate(_OLD_FORMS)


@cache
def _readings() -> dict[str, str]:
    table = packaged("headwater.engines.match", "data", "chinese.txt").decode("ascii").replace("\n", ",")
    return {chr(code): one for code, one in enumerate(table.split(","), _FIRST_CHARACTER) if one}


@lru_cache(maxsize=1 << 14)
def reading(characters: str) -> str:
    """Return a word's Mandarin reading in one word, without tones; a character that is seldom in names stays as it is."""
    known = _readings()
    return "".join([known.get(one, one) for one in characters])


_READING: Final = re.compile(
    r"(?:(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?(?:[iu]ang|iong|[aeio]ng|[iu]an|iao|[aeu]i|[aeiu]n|[ai]o|ou|i[aeu]|u[aeo]|er|[aeiou]))+"
)


@lru_cache(maxsize=1 << 16)
def is_reading(word: str) -> bool:
    """Return whether a word in Latin letters is made of syllables of Mandarin: one that is differs from another by no slip."""
    return _READING.fullmatch(word) is not None


def person(text: str) -> list[Word]:
    """Return the words of a person's name, in the order given.

    Args:
        text: in lower case and one Unicode form.
    """
    text = simple(text)
    if _BETWEEN_FOREIGN.search(text):
        return [
            Word(reading(one), one, heard(one)) if _is_chinese(one) else Word(one)
            for one in _RUN.findall(_BETWEEN_FOREIGN.sub(" ", text))
        ]
    runs = _RUN.findall(text)
    if len(runs) != 1 or not _is_chinese(runs[0]):
        return [Word(_as_family(one), one) if _is_chinese(one) else Word(one) for one in runs]
    [run] = runs
    family, given = _family_and_given(_TITLES.sub("", run) if len(run) >= _LEAST_TITLED else run)
    return [Word(_as_family(family), family), *([Word(reading(given), given)] if given else [])]


def _is_chinese(run: str) -> bool:
    return "\u4e00" <= run[0] <= "\u9fff"


def _as_family(characters: str) -> str:
    return _AS_FAMILY.get(characters) or reading(characters)


def _family_and_given(name: str) -> tuple[str, str]:
    if len(name) not in _NAME:
        return name, ""
    length = 2 if len(name) > _NAME.start and name[:2] in _LONG_FAMILIES else 1
    return name[:length], name[length:]


_MEANING: Final = """
有限责任公司 有限公司=limited|股份有限公司=jsc|集团=group|公司 商行=company|控股=holding|总公司=company|分公司=branch|厂=plant|工厂=factory|银行=bank|\
国际=international|贸易=trading|进出口=import export|进口=import|出口=export|工业=industry|实业 产业=industries|科技 技术=technology|电子=electronics|\
投资=investment|发展 开发=development|船务 航运 海运 船舶=shipping|物流=logistics|运输=transport|航空=aviation|石油=petroleum|石化=petrochemical|\
化工=chemical|能源=energy|机械=machinery|设备=equipment|工程=engineering|建筑=construction|服务=service|研究所 研究院=institute|大学=university|\
中心=center|协会=association|基金会=foundation|保险=insurance|金融=finance|管理=management|旅游 旅行社=travel|户外=outdoor|用品=products|\
橡胶=rubber|塑料 塑胶=plastic|材料=materials|汽车=automobile|中国=china|香港=hong kong|台湾=taiwan
"""
"""What words of firms and offices mean; none begins with another."""


@cache
def _meanings() -> tuple["re.Pattern[str]", dict[str, str]]:
    lines = (line.partition("=") for line in _MEANING.strip().split("|"))
    known = {written: english for written_all, _, english in lines for written in written_all.split()}
    return re.compile("|".join(known)), known


def organisation(text: str) -> list[Word]:
    """Return the words of an organisation's name: in English those that say what it does, the rest as they are read.

    Args:
        text: in lower case and one Unicode form.
    """
    return [
        word for run in _RUN.findall(simple(text)) for word in (_of_firm(run) if _is_chinese(run) else (Word(run),))
    ]


def _of_firm(run: str) -> Iterator[Word]:
    pattern, known = _meanings()
    at = 0
    for found in [*pattern.finditer(run), None]:
        own = run[at : found.start() if found else len(run)]
        if own:
            yield Word(_BETWEEN.join(map(reading, own)), own)
        if found:
            yield from map(Word, known[found.group()].split())
            at = found.end()


_BARE: Final = _table(
    "克=ke 特=te 斯=si 德=de 姆=mu 夫=fu 弗=fu 普=pu 布=bu 格=ge 赫=he 茨=ci 兹=zi 什=Si 奇=Ci 治=Ji 思=si 丝=si 士=si 司=si 许=Su 施=Si "
    "珀=po 卜=bu 伯=bo 图=tu 杜=du 鲁=Lu"
)
"""Syllables that mostly stand for a consonant alone."""
_WHOLE_FIRST: Final = frozenset("普布图杜鲁许姆夫奇治伯珀卜思司士施丝")
"""Those of them that are whole where they begin a name: 布兰卡 is Buranka."""
_HEARD: Final = _table(
    "拉=Ra 罗=Ro 里=Ri 雷=Re 瑞=Re 林=Lin 兰=Lan 朗=Ran 勒=Le 尔=L 耳=L 基=ki 吉=gi 加=ga 乔=jo 杰=je 科=ko 戈=go 哥=go 希=hi 胡=hu 奥=o "
    "欧=o 维=vi 威=vi 沃=vo 万=van 弯=van 哈=ha 娜=na 伊=i 易=i 约=io 尤=iu 于=iu 叶=ie 耶=ie 艾=ai 爱=ai 阿=a 埃=e 安=an 恩=en 因=in 扎=za "
    "热=Re 日=J 让=Jan 若=Jo 京=gin 金=kin 辛=sin 西=si 夏=Sa 肖=So 萧=So 休=hiu 丘=Cu 邱=Cu 诺=no 波=po 博=bo 莫=mo 默=mo 多=do 托=to "
    "索=so 佐=zo 卓=Jo"
)
"""What characters stand for in foreign names where their reading does not say it. L and R are l or r (see `sound`)."""
_FIRST: Final = {
    "zh": "J",
    "ch": "C",
    "sh": "S",
    "j": "J",
    "q": "C",
    "x": "s",
    "z": "z",
    "c": "c",
    "r": "R",
    "l": "L",
    "w": "v",
    "y": "i",
}
_LAST: Final = {"ang": "an", "eng": "en", "ing": "in", "ong": "on", "uang": "uan", "iang": "ian", "iong": "ion", "ei": "e", "ao": "o",
                "ou": "o", "uo": "o", "ui": "ui", "iao": "io"}  # fmt: skip
_SYLLABLE: Final = re.compile(r"(zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw]|)([a-z]+)")
_VOWELS: Final = frozenset("aeiou")
_SYLLABIC: Final = "L"
"""What 尔 stands for, which is a syllable behind a consonant: 马克尔 is Markel."""
_TWICE: Final = re.compile(r"(.)\1+")


@lru_cache(maxsize=1 << 14)
def heard(characters: str) -> str:
    """Return what one part of a foreign name sounds like, a letter a sound, as `sound.fold` writes them."""
    pieces = [_BARE.get(one) or _HEARD.get(one) or _sounds(reading(one)) for one in characters]
    out = ""
    for at, one in enumerate(characters):
        following = pieces[at + 1][:1] if at + 1 < len(pieces) else ""
        bare = one in _BARE and following not in _VOWELS and (at or (following and one not in _WHOLE_FIRST))
        before = "e" if pieces[at] == _SYLLABIC and out[-1:] not in _VOWELS else ""
        out += before + (pieces[at][:-1] if bare else pieces[at])
    return _TWICE.sub(r"\1", out)


def _sounds(syllable: str) -> str:
    found = _SYLLABLE.fullmatch(syllable)
    if found is None:
        return syllable
    first, last = found.groups()
    first = _FIRST.get(first, first)
    last = _LAST.get(last, last)
    return last if first == "i" and last.startswith("i") else first + last
