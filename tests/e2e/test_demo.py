"""The demo in a browser: a proposal is carried by clicking and typing from 我要提案 to 提交评价, and back to 二次办理."""

from pathlib import Path

from playwright.async_api import expect

from tests.e2e.visitor import Visitor, a_visit

LIN, SU = "m013", "m015"  # members: 林知夏, 苏婉宁
WEN, SHEN, CHENG = "pc_staff1", "m001", "pc_director"  # the three reviews: 温以宁, 沈禾清, 程亦川
MENG = "dispatch_gov"  # who assigns: 孟见微
WEI, LEI, YAN = "u10_liaison", "u10_review", "u10_leader"  # 住建局: 危听澜, 雷素秋, 阎书闻
TITLE = "关于分步推进老旧小区加装电梯的提案"


async def proposes(v: Visitor) -> None:
    """林知夏 writes a proposal: the menu, typed words, pressed buttons."""
    await v.taps(LIN, "提案", "我要提案")
    await v.reads(LIN, "（1/8）", "案由")
    await v.says(LIN, TITLE)
    await v.reads(LIN, "（2/8）", "类别")
    await v.presses(LIN, "社会建设")
    await v.reads(LIN, "（3/8）", "情况分析")
    await v.says(LIN, "我市主城区2000年以前建成的住宅有1300多个单元没有电梯，六十岁以上住户占四成，老人下楼难。")
    await v.says(LIN, "群众加装意愿高，但出资、采光、管线迁改三件事谈不拢，真正装成的不到一成。")
    await v.reads(LIN, "可以接着发")
    await v.says(LIN, "完")
    await v.reads(LIN, "（4/8）", "具体建议")
    await v.says(LIN, "由住建部门牵头制定分步实施清单，先做老人多、意见一致的单元。")
    await v.says(LIN, "财政按单元定额补助，允许提取公积金。")
    await v.reads(LIN, "第2条")
    await v.says(LIN, "完")
    await v.reads(LIN, "（5/8）", "建议承办单位")
    await v.says(LIN, "住建局、财政局")
    await v.reads(LIN, "（6/8）", "是否调研")
    await v.says(LIN, "是，去年9月走访42个单元")
    await v.reads(LIN, "（7/8）", "是否同意公开")
    await v.presses(LIN, "同意")
    await v.reads(LIN, "（8/8）", "涉密自查")
    await v.presses(LIN, "不涉密")
    await v.reads(LIN, "请看一遍", "走访42个单元")
    await v.presses(LIN, "提交")
    await v.reads(LIN, "提交成功", "S20")


async def is_filed(v: Visitor) -> None:
    """Three people look at it; the second phone goes from hand to hand."""
    await v.reads(WEN, "有新提案待受理", TITLE, "林知夏")
    await v.presses(WEN, "受理")
    await v.reads(WEN, "已受理")
    await v.presses(WEN, "通过")
    await v.reads(WEN, "已通过", "复审中")
    await v.hands(WEN, SHEN, "沈禾清")
    await v.reads(SHEN, "请复审", TITLE)
    await v.presses(SHEN, "通过")
    await v.reads(SHEN, "已通过", "终审中")
    await v.hands(SHEN, CHENG, "程亦川")
    await v.reads(CHENG, "请终审", TITLE)
    await v.presses(CHENG, "立案")
    await v.reads(CHENG, "已立案")
    await v.reads(LIN, "已立案", "提案号")


async def is_assigned(v: Visitor) -> None:
    """孟见微 gives it to 住建局, who sign for it."""
    await v.reads(MENG, "有提案待交办", "住房和城乡建设局")
    await v.presses(MENG, "交办")
    await v.reads(MENG, "办理方式")
    await v.presses(MENG, "独办")
    await v.reads(MENG, "承办单位是哪一个")
    await v.says(MENG, "住建局")
    await v.reads(MENG, "请核对", "独办：云岭市住房和城乡建设局")
    await v.presses(MENG, "交办")
    await v.reads(MENG, "已交办")
    await v.reads(WEI, "新的承办任务", TITLE)
    await v.presses(WEI, "签收")
    await v.reads(WEI, "已签收")
    await v.reads(LIN, "已签收", "免予沟通")


async def talk(v: Visitor, stage: str, *, typed: bool = True) -> None:
    """住建局 records a communication; `typed`: by the word instead of the button."""
    if typed:
        await v.says(WEI, "登记沟通")
    else:
        await v.presses(WEI, "登记沟通")
    await v.reads(WEI, "哪一次沟通")
    await v.presses(WEI, stage)
    await v.reads(WEI, "什么方式")
    await v.says(WEI, "上门走访")
    await v.reads(WEI, "哪一天")
    await v.says(WEI, "今天")
    await v.reads(WEI, "纪要")
    await v.says(WEI, "与林委员当面谈了实施清单，委员希望先做老人多的单元，补助标准早些公布。")
    await v.reads(LIN, f"请确认{stage}沟通", "实施清单")


async def says_it_was_so(v: Visitor, stage: str) -> None:
    """林知夏 confirms what was recorded."""
    await v.presses(LIN, "属实")
    await v.reads(LIN, "已确认属实")
    await v.reads(WEI, f"{stage}沟通委员已确认")


async def replies(v: Visitor, words: str) -> None:
    """住建局 writes; two others of theirs look at it, on the third phone; it is sent."""
    await v.says(WEI, "写答复")
    await v.reads(WEI, "办理结果是哪一类")
    await v.says(WEI, "A")
    await v.reads(WEI, "答复正文")
    await v.says(WEI, words)
    await v.says(WEI, "完")
    await v.reads(WEI, "已写答复")
    await v.presses(WEI, "送审")
    await v.reads(WEI, "已送审", "复核人")
    for holder, taker, name, card, act in (
        (MENG, LEI, "雷素秋", "答复待复核", "同意"),
        (LEI, YAN, "阎书闻", "答复待签发", "签发"),
    ):
        await v.hands(holder, taker, name)
        await v.reads(taker, card)
        await v.presses(taker, act)
        await v.reads(taker, f"已{act}")
    await v.hands(YAN, MENG, "孟见微")
    await v.reads(LIN, "答复如下", words)
    await v.reads(LIN, "请评价提案办理")


async def test_a_proposal_from_the_first_word_to_the_second_handling(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as v:
        await v.opens()
        await expect(v.page.locator(".phone")).to_have_count(4)
        await proposes(v)
        await is_filed(v)
        await is_assigned(v)

        # the calendar is turned until the liaison is reminded
        began = await v.today.inner_text()
        assert "没有新消息" in await v.turns("后一周")
        await expect(v.today).not_to_have_text(began)
        assert "危听澜收到新消息" in await v.turns("到下一件事")
        card = await v.reads(WEI, "办前沟通", "个工作日", TITLE)
        await expect(card).to_be_in_viewport()
        await expect(card.get_by_role("button", name="登记沟通")).to_be_in_viewport()
        await v.keeps("reminder", WEI)
        await talk(v, "办前", typed=False)
        await v.keeps("phones")
        await says_it_was_so(v, "办前")
        await v.says(WEI, "写答复")
        await v.reads(WEI, "先协商、后答复", "办中沟通还没有登记")
        await talk(v, "办中")
        await says_it_was_so(v, "办中")
        await replies(v, "您提出的两条建议均已采纳：分步实施清单已印发，补助标准已公布。")
        await v.keeps("rating", LIN)

        # the whole text, inside the member's phone; a colleague who was sent the link does not see it
        letter = v.phone(LIN).locator('.bubble a[data-opens="phone"]').last
        await letter.click()
        page = v.web(LIN)
        await expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
        for words in ("财政按单元定额补助", "办前沟通", "委员已确认", "分步实施清单已印发"):
            await expect(page.get_by_text(words).first).to_be_attached()
        await expect(v.phone(LIN).locator(".web-title")).to_have_text(TITLE)
        await v.keeps("fulltext", LIN)
        link = await page.locator("html").evaluate("() => location.pathname.split('/web/')[1]")
        await v.leaves_the_page(LIN)
        await expect(v.phone(LIN).locator(".web")).to_be_hidden()
        await v.hands(CHENG, SU, "苏婉宁")
        inside = (await (await v.page.request.get(f"{v.address}api/state")).json())["inside"]
        await v.says(SU, f"{inside}/{link}")
        await v.phone(SU).locator(".entry").get_by_role("link").click()
        await expect(v.web(SU).get_by_text("没有找到这件提案")).to_be_visible()
        await expect(v.web(SU).get_by_text("财政按单元定额补助")).to_have_count(0)
        await v.leaves_the_page(SU)
        v.faults = [fault for fault in v.faults if "404" not in fault]  # that the page was refused is in the log

        # not satisfied: a reason is asked for, and a second handling begins
        rating = {"办理态度": "满意", "办理过程": "基本满意", "办理结果": "不满意"}
        await v.chooses(LIN, rating, "提交评价")
        await v.reads(LIN, "不满意", "原因是什么")
        await v.says(LIN, "清单里没有我们小区，请说明排序依据。")
        await v.reads(LIN, "已提交评价")
        await v.reads(WEI, "二次办理通知", "清单里没有我们小区", "当面沟通")
        await expect(v.phone(LIN).get_by_role("button", name="已提交评价")).to_be_disabled()
        await v.says(LIN, "我的提案")
        await v.reads(LIN, "二次办理中")

        # what went over the wire
        await v.page.get_by_role("button", name="开发者").click()
        panel = v.page.get_by_label("开发者面板")
        await expect(panel.locator(".wire").first).to_be_visible()
        await panel.locator(".wire", has_text="message/send").first.click()
        await expect(panel.locator("pre").first).to_contain_text('"touser"')
        await v.keeps("developer")


async def test_a_phone_sized_window_shows_one_phone_at_a_time(tmp_path: Path) -> None:
    async with a_visit(tmp_path, width=390, height=844) as v:
        await v.opens(LIN, WEN)
        await expect(v.phone(LIN)).to_be_visible()
        await expect(v.phone(WEN)).to_be_hidden()
        await proposes(v)
        await v.keeps("phone")
        tab = v.page.locator(f'[data-tab="{WEN}"]')
        await expect(tab.locator(".badge")).to_be_visible()
        await tab.click()
        await expect(v.phone(LIN)).to_be_hidden()
        await v.reads(WEN, "有新提案待受理", TITLE)
        button = v.button(WEN, "受理")
        await expect(button).to_be_in_viewport()
        await button.click()
        await v.reads(WEN, "已受理")
        await v.adds(SHEN, "沈禾清")
        await expect(v.phone(SHEN)).to_be_visible()
        for part in ("document.documentElement", "document.querySelector('.front .chat')"):
            assert await v.page.evaluate(f"{part}.scrollWidth <= {part}.clientWidth")
