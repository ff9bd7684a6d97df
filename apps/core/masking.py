"""How personal data is shown: enough to recognise, not enough to use. Pure."""

from __future__ import annotations

from typing import Final

STAR: Final = "*"
_COMPOUND: Final = (
    "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连澹台皇甫宗政濮阳公冶太叔申屠公孙慕容仲孙钟离长孙宇文"
    "司徒鲜于司空闾丘子车亓官司寇巫马公西颛孙壤驷公良漆雕乐正宰父谷梁拓跋夹谷轩辕令狐段干百里呼延东郭南门羊舌微生"
    "公户公玉梁丘左丘东门西门第五淳于单于"
)
COMPOUND_SURNAMES: Final = frozenset(_COMPOUND[place : place + 2] for place in range(0, len(_COMPOUND), 2))


def mask_name(name: str | None) -> str:
    """Surname and one star, whatever the length of the given name: 张三丰 -> 张*, 欧阳修 -> 欧阳*.

    A name of two characters keeps the first even when both together are a compound surname.
    """
    text = (name or "").strip()
    if not text:
        return ""
    kept = 2 if len(text) > 2 and text[:2] in COMPOUND_SURNAMES else 1
    return text[:kept] + STAR


def mask_identity(number: str | None, *, head: int = 3, tail: int = 4) -> str:
    """First `head` and last `tail` characters, a star for each other: 410***********1234.

    At least half of the number is always hidden, so that short numbers of other documents stay covered.
    """
    return _mask_middle((number or "").strip(), head, tail)


def mask_phone(number: str | None) -> str:
    """First 3 and last 4 digits: 138****5678. Shorter numbers show less; at least half is hidden of those."""
    return _mask_middle((number or "").strip(), 3, 4, hidden_at_least=4)


def _mask_middle(text: str, head: int, tail: int, *, hidden_at_least: int | None = None) -> str:
    length = len(text)
    hidden = (length + 1) // 2 if hidden_at_least is None or length < head + tail + hidden_at_least else hidden_at_least
    shown = length - hidden
    if head + tail > shown:
        head = shown // 2
        tail = shown - head
    return text[:head] + STAR * (length - head - tail) + (text[-tail:] if tail else "")
