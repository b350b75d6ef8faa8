"""The questions of a proposal, in order."""

from bot.questions import Ask, Choice, Dialogue, Exchange
from bot.wecom.messages import link
from handlers import cosign, form
from handlers.actions import acknowledge
from handlers.draft import paste
from handlers.draft.attachments import attach, detach
from handlers.draft.begin import is_member
from handlers.draft.edits import edited
from handlers.draft.parts import IN_HAND, begin, called, keep, noted, number_in, proposal_of, said_yes, stood, write
from handlers.draft.preview import in_large_print, past_deadline, preview
from models.errors import Refused
from models.states import State


def _after_preview(exchange: Exchange, text: str) -> str:
    """Names may be typed after 邀请; anything else is told what there is."""
    if names := cosign.asked_in(text):
        exchange.put("invited", names)
        return "invite"
    raise Refused("请回复 1 提交、2 修改 或 3 存草稿；请人联名回复“邀请 姓名”，也可以“删除 2”“第2条改为…”“加一条 …”。")


def done(exchange: Exchange) -> None:
    """提交, 修改, 存草稿 or 邀请联名."""
    turn = exchange.turn
    match exchange.answers["preview"]:
        case "edit":
            exchange.put("preview", None)
            turn.dialogues.open_over(exchange, "correct")
        case "save":
            exchange.put("preview", None)
            turn.dialogues.lay_aside(exchange)
        case "invite":
            names = exchange.answers.get("invited") or ""
            exchange.put("preview", None)
            exchange.put("invited", None)
            write(exchange, proposal_of(exchange))
            cosign.invite(turn, proposal_of(exchange), names)
        case _:
            submit(exchange)


def submit(exchange: Exchange) -> None:
    """Hand it in; what is missing is said, and nothing is lost."""
    turn = exchange.turn
    proposal = proposal_of(exchange)
    if proposal.state not in IN_HAND:
        turn.dialogues.drop(exchange)
        turn.say(f"这件提案现在是“{proposal.state.value}”，不用再提交。")
        return
    if proposal.state is State.DRAFT and not proposal.entered_by and not is_member(turn):
        raise Refused("您现在不是委员，不能提交提案；写的都还留着。有疑问请联系提案委。")
    write(exchange, proposal)
    turn.response_code = exchange.conversation.response_code
    late = past_deadline(exchange)
    words = cosign.hand_in(turn, proposal)
    turn.dialogues.drop(exchange)
    acknowledge(turn, proposal, words)
    if late and proposal.state is State.SUBMITTED:
        turn.say(late.replace("现在提交按", "这件按"))


def _suggestions(exchange: Exchange) -> str:
    have = exchange.answers.get("suggestions") or []
    if not have:
        return "具体建议：一条消息写一条，都写完回复“完”。"
    return f"现有{len(have)}条。改一条：“第2条改为…”“删除 2”“移动 3 到 1”“加一条 …”，改好回复“完”；要全部重写，直接一条一条发来，写完回复“完”。"


DRAFT = Dialogue(
    "draft",
    called,
    (
        Ask(
            "title",
            "案由",
            lambda e: (
                f"案由是什么？用一句话说明要解决什么，{e.turn.rules.title_max}字以内，例如“关于……的提案”。"
                f"写好的全文可以直接粘贴过来，Word 文件请{link(e.turn.url(f'p/drafts/{number_in(e.subject)}'), '到页面上交')}。"
            ),
            paste.title_or_whole,
            example="关于分步推进老旧小区加装电梯的提案",
            short="案由是什么？一句话。",
        ),
        Ask(
            "which",
            "先写哪一件",
            paste.which_question,
            paste.no_such_title,
            choices=paste.which_choices,
            settle=paste.settle_which,
            optional=True,
            counted=False,
            when=lambda e: bool(e.answers.get("several")),
        ),
        Ask(
            "rest",
            "其余各项",
            paste.rest_question,
            paste.rest,
            choices=paste.rest_choices,
            settle=paste.settle_rest,
            on_end=paste.ONE_BY_ONE[0],
            optional=True,
            numbers=True,
            counted=False,
            when=paste.is_pasted,
            short=paste.rest_in_large_print,
            example="4，是，去年9月走访两个社区，同意，不涉密",
        ),
        Ask(
            "category",
            "类别",
            "属于哪个类别？",
            form.category,
            choices=lambda e: [Choice(name, name) for name in e.turn.rules.categories],
            example="修路、养老、教育一般属于社会建设，河流、垃圾属于生态文明建设。",
        ),
        Ask(
            "analysis",
            "情况分析",
            "情况分析：现状怎样、问题在哪、原因是什么？可以分几条消息发，写完回复“完”。",
            paste.analysis_or_more,
            several="text",
            example="主城区有三百多个老小区没有电梯，四层以上的老人平均每周下楼不到三次。主要卡在低层住户担心采光、审批要跑四个窗口。",
            short="情况分析：现状、问题、原因。写完回复：完",
        ),
        Ask(
            "suggestions",
            "具体建议",
            _suggestions,
            paste.suggestions,
            several="list",
            example="由住建部门牵头制定分步实施清单，每年公布一批。",
            short="具体建议：一条消息写一条。写完回复：完",
        ),
        Ask(
            "units",
            "建议承办单位",
            "建议承办单位是哪几个？写名称或其中几个字，多个用顿号隔开；没有想法回复“跳过”。",
            form.units,
            optional=True,
            example="住建局、城管局",
            short="建议哪个单位承办？不清楚回复：跳过",
        ),
        Ask(
            "researched",
            "是否调研",
            "是否调研过？也可以接着写时间和方式，例如“是，去年9月走访两个社区”。",
            form.researched,
            choices=(Choice("yes", "是"), Choice("no", "否")),
            picked=form.picked,
            example="是，去年9月走访两个社区，座谈20人",
            short="是否调研过？",
        ),
        Ask(
            "public",
            "是否同意公开",
            "是否同意公开这件提案？",
            form.public,
            choices=(Choice("yes", "同意"), Choice("no", "不同意")),
            picked=form.picked,
        ),
        Ask(
            "no_public_reason",
            "不公开的原因",
            "不同意公开的原因是什么？一句话就行。",
            when=lambda e: said_yes(e.answers.get("public")) is False and not (e.answers["public"] or {}).get("note"),
            counted=False,
            example="还在与有关单位商量",
        ),
        Ask(
            "secrecy",
            "涉密自查",
            "涉密自查：内容是否不涉及国家秘密和工作秘密？",
            form.secrecy,
            choices=(Choice("clear", "不涉密"), Choice("unsure", "涉密或拿不准")),
            picked=form.secret,
            short="内容涉密吗？",
        ),
        Ask(
            "origin",
            "来源",
            "这件提案的题目从哪里来？请回复数字。",
            form.origin,
            choices=form.ORIGINS,
            optional=True,
            counted=False,
            when=lambda e: e.conversation.step == "origin",  # nobody is asked; who wants to say it corrects it
        ),
        Ask(
            "preview",
            "提交前再看一遍",
            preview,
            _after_preview,
            choices=(
                Choice("submit", "提交", ("确认", "提交提案")),
                Choice("edit", "修改"),
                Choice("save", "存草稿", ("保存",)),
                Choice("invite", "邀请联名", ("联名",)),
            ),
            short=in_large_print,
        ),
    ),
    done,
    keep,
    begin,
    subject=lambda subject: str(number_in(subject)),
    one_each=True,
    noted=noted,
    stood=stood,
    words=edited,
    attach=attach,
    detach=detach,
    parkable=True,
    announced=False,
)
