"""The glossary of the life-cycle: states, moves, roles, notices. A name is DOMAIN §1's identifier, a value what people read."""

from enum import Enum


class State(Enum):
    """Where a proposal stands (DOMAIN §4.1; the three stages of `under_review` are states of their own)."""

    DRAFT = "草稿"
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
    ACCEPT = "受理"
    PASS = "通过"  # noqa: S105 - no password: the button of a reviewer
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
    "LAPSE": "期限已过",
}


class Role(Enum):
    """Who acts, seen from one proposal or assignment."""

    PROPOSER = "提案人"
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
    DISSENTED = "二次办理后仍不满意"
    CLOSED = "提案已办结"
