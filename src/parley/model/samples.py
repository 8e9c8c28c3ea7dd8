"""Sample people and what they say: made up from word lists, the same for the same seed."""

from random import Random
from typing import Final

from msgspec import Struct


class _Script(Struct, frozen=True):
    """A way of writing: how often it is used among the others, and what sentences of it are made of."""

    often: int
    between: str
    end: str
    words: list[str]


def _words(text: str) -> list[str]:
    return text.split()


_GIVEN: Final = _words("""
    Ada Amir Anna Aino Bela Boris Carla Chidi Dana Dmitri Elif Emil Farah Felix Greta Hana Hugo
    Ines Ivan Jamal Jun Kaya Kofi Lea Liam Mei Mila Nadia Noah Olga Omar Pia Priya Quinn Rana
    Rosa Sami Sofia Taro Tove Uma Vera Wanda Xenia Yara Yusuf Zeno Zoe
""")
_FAMILY: Final = _words("""
    Abe Adler Bianchi Berg Castro Chen Diallo Dubois Eriksen Farouk Garcia Haas Ito Jansen Kaya
    Keller Kowalski Lind Lopez Mensah Moreau Nakamura Novak Okafor Olsen Park Petrov Quist Rao
    Rossi Sato Silva Singh Torres Ueda Vogel Wang Weber Yilmaz Zhou
""")
_PLACES: Final = _words("""
    garden kitchen harbour library workshop studio market orchard station lighthouse bakery
    museum
""")
_ABOUT: Final = _words("""
    news plans weekend music books recipes photos travel football release support design
""")
_SCRIPTS: Final = (
    _Script(
        10,
        " ",
        ".",
        _words("""
        I you we they maybe today tomorrow later already really never always think know see meet
        bring finish start find call read write send the a this that new old small long good
        late early train report meeting coffee dinner photo ticket weather idea question answer
        about with without before after and but because
    """),
    ),
    _Script(
        3,
        " ",
        ".",
        _words("""
        ich du wir sie heute morgen später schon wirklich nie immer glaube weiß sehe treffe
        bringe fertig beginnen finden rufe lese schreibe schicke das ein dieses neue alte kleine
        gute späte Zug Bericht Besprechung Kaffee Abendessen Foto Karte Wetter Idee Frage
        Antwort über mit ohne vor nach und aber weil
    """),
    ),
    _Script(
        2,
        " ",
        ".",
        _words("""
        я ты мы они сегодня завтра позже уже правда никогда всегда думаю знаю вижу встречу
        принесу закончу начнём найду позвоню читаю пишу отправлю это новый старый хороший поздно
        поезд отчёт встреча кофе ужин фото билет погода идея вопрос ответ про с без до после и
        но потому
    """),
    ),
    _Script(
        2,
        " ",
        ".",
        _words("""
        أنا أنت نحن اليوم غدا لاحقا حقا أبدا دائما أعتقد أعرف أرى سأحضر سأنهي سنبدأ سأجد سأتصل
        أقرأ أكتب أرسل هذا جديد قديم جيد متأخر القطار التقرير الاجتماع القهوة العشاء الصورة
        التذكرة الطقس الفكرة السؤال الجواب عن مع بدون قبل بعد لكن لأن
    """),
    ),
    _Script(
        1,
        " ",
        "।",
        _words("""
        मैं तुम हम वे आज कल बाद अभी सच कभी हमेशा सोचता जानता देखता मिलते लाऊँगा खत्म शुरू पढ़ता
        लिखता भेजता यह नया पुराना अच्छा देर ट्रेन रिपोर्ट बैठक कॉफ़ी खाना तस्वीर टिकट मौसम विचार
        सवाल जवाब के साथ बिना पहले और लेकिन क्योंकि
    """),
    ),
    _Script(
        2,
        "",
        "。",
        _words("""
        我 你 我们 他们 今天 明天 以后 已经 真的 从不 总是 觉得 知道 看见 见面 带来 完成 开始
        找到 打电话 读 写 发送 这个 新的 旧的 好的 晚了 火车 报告 会议 咖啡 晚饭 照片 车票 天气
        主意 问题 回答 关于 和 没有 之前 之后 但是 因为
    """),
    ),
    _Script(
        2,
        "",
        "。",
        _words("""
        私は あなたは 今日 明日 あとで もう 本当に いつも 思う 知っている 見る 会う 持っていく
        終わる 始める 見つける 電話する 読む 書く 送る この 新しい 古い いい 遅い 電車 報告書
        会議 コーヒー 夕食 写真 切符 天気 考え 質問 答え と なしで 前に 後で でも から
    """),
    ),
)

_EMOJI: Final = ("👍", "❤️", "😂", "🎉", "😮", "🙏", "👀", "✅")
_LONGEST: Final = 14
_PREPARED: Final = 4_000
"""So many texts are made beforehand: a million messages take theirs from among these."""


class Name(Struct, frozen=True):
    """What a sample person is called."""

    username: str
    display_name: str


class Samples:
    """Draws from a source of chance, in a fixed order: the same source gives the same samples."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._texts = [self._text() for _ in range(_PREPARED)]

    def person(self, number: int, mark: str) -> Name:
        """The name of person `number`; `mark` keeps the usernames of one seed apart from those of others."""
        given, family = self._chance.choice(_GIVEN), self._chance.choice(_FAMILY)
        return Name(f"{given}.{family}.{mark}{number}".lower(), f"{given} {family}")

    def group_name(self) -> str:
        """What a group may be called."""
        return f"{self._chance.choice(_PLACES).capitalize()} {self._chance.choice(_ABOUT)}"

    def text(self) -> str:
        """Something that is said, in one of several scripts."""
        return self._chance.choice(self._texts)

    def emoji(self) -> str:
        """A reaction."""
        return self._chance.choice(_EMOJI)

    def _text(self) -> str:
        chance = self._chance
        (script,) = chance.choices(_SCRIPTS, [one.often for one in _SCRIPTS])
        sentences = []
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            words = chance.choices(script.words, k=chance.randint(2, _LONGEST))
            said = script.between.join(words)
            end = chance.choice((script.end, script.end, "!", "?"))
            sentences.append(said[0].upper() + said[1:] + end)
        return script.between.join(sentences)
