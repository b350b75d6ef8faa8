"""Masking: what is taken out of a text, and how it comes back."""

import pytest

from models.masking import mask, unmask

NAMES = ("林知夏", "林知", "苏婉宁", "高峰", "王")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("林知夏和苏婉宁说", "〔某1〕和〔某2〕说"),
        ("林知夏说，林知夏又说", "〔某1〕说，〔某1〕又说"),
        ("林 知夏说", "〔某1〕说"),
        ("早晚高峰拥堵", "早晚〔某1〕拥堵"),  # a word that is a name, too: it comes back
        ("电话13800138000", "电话〔某1〕"),
        ("电话138-0013-8000。", "电话〔某1〕。"),
        ("电话63123456", "电话〔某1〕"),
        ("一三八零零一三八零零零", "〔某1〕"),
        ("张女士、欧阳老师、赵某某大爷", "〔某1〕女士、〔某2〕老师、〔某3〕某某大爷"),
        ("拨打12345，投入380000元，2025年12月31日前", "拨打12345，投入380000元，2025年12月31日前"),
        ("走访中，周建国说下楼难；陈芳（女）反映没有电梯", "走访中，〔某1〕说下楼难；〔某2〕（女）反映没有电梯"),
        ("居民反映、高度评价", "居民反映、高度评价"),
        ("王家坝水库", "王家坝水库"),  # a name of one letter says too little
        ("", ""),
    ],
)
def test_what_is_hidden(text: str, masked: str) -> None:
    found, hidden = mask(text, NAMES)
    assert found == masked
    assert unmask(found, hidden) == text


def test_what_looks_like_ours_is_not_taken_for_it() -> None:
    masked, hidden = mask("见〔某3〕，林知夏说", NAMES)
    assert masked == "见（某3），〔某1〕说"
    assert hidden == [["〔某1〕", "林知夏"]]


def test_who_was_never_there_does_not_come_back() -> None:
    assert unmask("〔某2〕说", [["〔某1〕", "林知夏"]]) is None
    assert unmask("〔 某 1 〕说", [["〔某1〕", "林知夏"]]) == "林知夏说"
