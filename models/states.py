"""The glossary of the life-cycle: states, moves, roles, notices. A name is DOMAIN §1's identifier, a value what people read."""

from enum import Enum


class State(Enum):
    """Where a proposal stands (DOMAIN §4.1; the three stages of `under_review` are states of their own)."""

    DRAFT = "草稿"
    CONFIRMING = "待委员确认"  # entered for a member by the office, not yet confirmed
    COSIGNING = "联名确认中"
    SUBMITTED = "已提交"
    FIRST_REVIEW = "初审中"
    SECOND_REVIEW = "复审中"
    FINAL_REVIEW = "终审中"
    RETURNED = "已退回修改"
    REJECTED = "不予立案"
    MERGED = "已并案"
    FILED = "已立案待交办"
    HANDLING = "办理中"
    APPRAISING = "已办复待评价"
    REHANDLING = "二次办理中"
    CLOSED = "已办结"
    WITHDRAWN = "已撤案"


class Origin(Enum):
    """Where the matter of a proposal comes from (DOMAIN §3.1, §1.2); the first four stand in the catalogue of topics."""

    TOPIC_CATALOG = "参考选题"
    LEADER_TOPIC = "领导点题"
    PUBLIC_TOPIC = "群众荐题"
    CLUE = "提案线索"
    SELF_TOPIC = "自主选题"
    TALK = "协商转化"
    OPINION = "社情民意转化"


class Handling(Enum):
    """Where one unit's assignment stands (DOMAIN §4.3)."""

    PENDING_ACK = "待签收"
    OBJECTING = "申请调整中"
    RELEASED = "已解除"
    WORKING = "办理中"
    REDO = "重办中"
    DRAFTING = "起草答复"
    REVIEW_L2 = "单位复核中"
    REVIEW_L3 = "待领导签发"
    ISSUED = "已审定待签发"
    DELIVERED = "已送达待评价"
    DISSENT = "待当面协商"
    CO_OPINION_SUBMITTED = "会办意见已交"
    DONE = "已完成"


class Talk(Enum):
    """Where one recorded communication stands (DOMAIN §4.4, §8.3)."""

    RECORDED = "待委员确认"
    CONFIRMED = "委员已确认"
    AUTO_CONFIRMED = "逾期默认确认"
    DISPUTED = "委员认为不属实"
    WAIVED = "委员表示不需要"
    ENDED = "随撤案终止"


class Sign(Enum):
    """Where one member's place among the co-signers stands (DOMAIN §3.4)."""

    INVITED = "待确认联名"
    SIGNED = "已同意联名"
    DECLINED = "已谢绝联名"
    EXPIRED = "逾期未确认"
    TAKEN_BACK = "邀请已收回"
    LEFT = "已退出联名"


class Wish(Enum):
    """Where the wish to withdraw a proposal stands (T14, T15)."""

    CONSENTING = "待联名人同意撤案"
    ASKED = "待提案委决定撤案"
    GRANTED = "已准予撤案"
    DENIED = "未准撤案"
    REFUSED = "联名人不同意撤案"
    DROPPED = "已收回撤案申请"
    MOOT = "已不必撤案"


class Part(Enum):
    """What a unit is in an assignment (DOMAIN §6.2)."""

    SOLE = "独办"
    LEAD = "主办"
    CO = "会办"
    PARALLEL = "分办"


class Mode(Enum):
    """How a proposal is assigned (DOMAIN §6.2)."""

    SOLE = "独办"
    LEAD_CO = "主办会办"
    PARALLEL = "分办"


class Stage(Enum):
    """The three communications (DOMAIN §8.2)."""

    BEFORE = "办前"
    DURING = "办中"
    AFTER = "办后"


class Means(Enum):
    """How a communication took place (DOMAIN §8.3, `CommMode`)."""

    VISIT = "上门走访"
    INVITE = "邀请座谈"
    SYMPOSIUM = "集中座谈会"
    SITE = "现场踏勘"
    VIDEO = "视频会议"
    PHONE = "电话"
    IM = "微信"
    MAIL = "邮件信函"
    OTHER = "其他"


FACE_TO_FACE = frozenset({Means.VISIT, Means.INVITE, Means.SYMPOSIUM, Means.SITE})  # what counts as 见面 (DOMAIN §8.3)


class Verdict(Enum):
    """One answer of the rating card (DOMAIN §10.1)."""

    SATISFIED = "满意"
    BASICALLY_SATISFIED = "基本满意"
    DISSATISFIED = "不满意"


RESULTS = {  # what a reply's letter says (DOMAIN §9.2)
    "A": "已解决或基本解决",
    "B": "正在解决或列入规划逐步解决",
    "C": "因条件限制暂不能解决",
    "D": "留作参考",
}


class Event(Enum):
    """What somebody does; the value is the button's text."""

    SUBMIT = "提交"
    EDIT = "修改"
    INVITE = "邀请联名"
    EXTEND = "延长期限"
    CALL_OFF = "撤回联名"
    COSIGN = "同意联名"
    DECLINE = "谢绝联名"
    TAKE_BACK = "收回邀请"
    LEAVE = "退出联名"
    SECOND = "附议"
    SEAL = "以单位名义提交"
    HAND_OVER = "请委员确认"
    DISOWN = "退回代录"
    WITHDRAW = "申请撤案"
    CONSENT = "同意撤案"
    REFUSE = "不同意撤案"
    GRANT = "准予撤案"
    DENY = "不准撤案"
    DROP = "不再撤案"
    ACCEPT = "受理"
    PASS = "通过"  # noqa: S105 - no password: the button of a reviewer
    LABEL = "五治归类"
    RETURN = "退回修改"
    FILE = "立案"
    REJECT = "不予立案"
    MERGE = "并案"
    ASSIGN = "交办"
    ACKNOWLEDGE = "签收"
    OBJECT = "申请调整"
    RECORD = "登记沟通"
    WAIVE = "免予沟通"
    CONFIRM = "属实"
    DISPUTE = "不属实"
    OPINE = "写会办意见"
    WRITE = "写答复"
    SEND_UP = "送审"
    AGREE = "同意"
    SEND_BACK = "退回"
    ISSUE = "签发"
    RATE = "提交评价"
    SETTLE = "协商后办结"
    LAPSE = "到期"

    @property
    def done(self) -> str:
        """What a card says once it was done: 已签收, 已确认属实."""
        return _DONE.get(self.name, f"已{self.value}")


_DONE = {
    "EDIT": "正在修改",
    "REJECT": "已定不予立案",
    "CONFIRM": "已确认属实",
    "DISPUTE": "已反映不属实",
    "RECORD": "已登记",
    "SETTLE": "已协商办结",
    "REFUSE": "已表示不同意撤案",
    "DENY": "已定不准撤案",
    "DROP": "已收回撤案申请",
    "HAND_OVER": "已送委员确认",
    "SEAL": "已以单位名义提交",
    "LAPSE": "期限已过",
}


class Role(Enum):
    """Who acts, seen from one proposal or assignment."""

    PROPOSER = "提案人"
    INVITEE = "受邀委员"
    CO_SIGNER = "联名人"
    CONSENTER = "未表态的联名人"
    RATER = "评价人"  # the proposer and each co-signer, until they have rated
    ENTERER = "代录人"
    HEAD = "单位负责人"  # of the organisation whose collective proposal it is, while it is written or mended
    WRITER = "执笔人"
    MEMBER = "委员"
    STAFF = "提案委工作人员"
    REVIEWER = "提案委复审人"
    DIRECTOR = "提案委负责人"
    DISPATCHER = "交办员"
    LIAISON = "承办单位联络员"
    UNIT_REVIEWER = "承办单位复核人"
    UNIT_LEADER = "承办单位领导"
    LEAD_LIAISON = "主办单位联络员"
    CLOCK = "系统"


class Notice(Enum):
    """What somebody is told; each has one card in handlers/cards."""

    INVITED = "邀请您联名"
    ANSWERED = "联名邀请有答复"
    MORE_TIME = "联名期限已延长"
    NOT_SIGNED = "联名邀请已失效"
    TAKEN_BACK = "联名邀请已收回"
    LEFT = "联名人退出"
    JOINTLY_SUBMITTED = "联名提案已提交"
    SECONDED = "有委员附议"
    COLLECTIVELY_SUBMITTED = "参与起草的集体提案已提交"
    ENTERED = "请确认代录的提案"
    ENTRY_CONFIRMED = "代录的提案已确认"
    ENTRY_DISOWNED = "代录的提案被退回"
    TO_CONSENT = "请表态是否同意撤案"
    CONSENTED = "联名人同意撤案"
    CONSENT_REFUSED = "联名人不同意撤案"
    TO_DECIDE_WITHDRAWAL = "请决定是否准予撤案"
    WITHDRAWAL_ASKED = "提案人申请撤案"
    WITHDRAWAL_DENIED = "撤案申请未获准"
    WITHDRAWAL_DROPPED = "撤案申请已收回"
    WITHDRAWN = "提案已撤案"
    WITHDRAWN_FROM_UNIT = "承办的提案已撤案"
    TO_ACCEPT = "有新提案待受理"
    ACCEPTED = "提案已受理"
    TO_SECOND_REVIEW = "请复审"
    TO_FINAL_REVIEW = "请终审"
    RETURNED = "提案退回修改"
    REJECTED = "提案不予立案"
    MERGED = "提案并案办理"
    FILED = "提案已立案"
    TO_ASSIGN = "有提案待交办"
    HANDLED_BY = "提案已交办"
    ASSIGNED = "新的承办任务"
    ASSIGNED_TO_UNIT = "本单位有新的承办任务"
    ACKNOWLEDGED = "承办单位已签收"
    DEEMED_ACKNOWLEDGED = "逾期视为签收"
    OBJECTED = "承办单位申请调整"
    RELEASED = "调整申请已同意"
    OBJECTION_DENIED = "调整申请未同意"
    TO_CONFIRM = "请确认沟通情况"
    CONFIRMED = "沟通已确认"
    DISPUTED = "沟通被指不属实"
    WAIVED = "委员表示不需要沟通"
    CO_OPINION = "会办意见已到"
    TO_UNIT_REVIEW = "答复待复核"
    TO_SIGN = "答复待签发"
    SENT_BACK = "答复被退回"
    TO_ISSUE = "答复已审定"
    DELIVERED = "承办单位已答复"
    ISSUED = "答复已送达"
    RATED = "委员已评价"
    RATED_TO_UNIT = "委员评价了本单位"
    REHANDLE = "二次办理通知"
    HANDLED_AGAIN = "提案将重新办理"
    DISSENTED = "二次办理后仍不满意"
    CLOSED = "提案已办结"
