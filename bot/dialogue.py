"""Questions asked one after another, kept as data: the process may die between any two messages.

A dialogue is a list of `Ask`. Going back, skipping, correcting one part, laying aside and taking up again are done here,
once for all dialogues; what an answer leads to is in bot/progress.py.
The words people may type at any time: 取消 上一步 撤回 示例 再说一遍 预览 提交 存草稿 继续 完 跳过 修改.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

from bot.asking import about, reminder, text_of
from bot.progress import Progress
from bot.questions import Ask, Choice, Dialogue, Exchange, Pick, Several, bare, counted, pieces
from bot.turn import Turn
from bot.undo import came_twice, forget, remember, remember_attached, restore, stands_as_before
from bot.wecom import updates
from models.conversation import Conversation
from models.errors import Refused

LONGEST = 20_000  # characters of one answer in several messages
DAYS_LATER = timedelta(days=1)  # after which one is told where it stood
WITH_WORDS = (updates.Picture, updates.Voice, updates.File)  # what may be kept beside an answer


class Dialogues(Progress):
    """Every dialogue of the office, and the words that steer them."""

    pick_kind = Pick

    def __init__(self, dialogues: Iterable[Dialogue]) -> None:
        super().__init__(dialogues)
        self._words: dict[str, Callable[[Exchange, Dialogue], None]] = {
            "取消": self._cancel,
            "上一步": self._back,
            "预览": self._preview,
            "存草稿": self._lay_aside,
            "跳过": self._skip,
            "完": self._end_of_several,
            "撤回": self._undo,
            "示例": self._example,
            "再说一遍": self._again,
        }
        self._at_the_end = {"提交", "修改"}  # words of the preview: typed earlier, they lead there

    # --- opening and finding ------------------------------------------------------------------------------------------

    def open(
        self,
        turn: Turn,
        name: str,
        subject: str = "",
        answers: dict[str, Any] | None = None,
        step: str = "",
        *,
        silent: bool = False,
    ) -> None:
        """Begin a dialogue: what was open before is laid aside (or dropped, where that would make no sense).

        `silent`: the first question is not put, for its answer is there already.
        """
        if current := self.current(turn):
            self.step_aside(current)
        dialogue = self.by_name[name]
        subject = dialogue.subject(subject)
        if dialogue.one_each and (begun := self.begun_about(turn, name, subject)):
            if dialogue.taken_up_at:
                begun.conversation.step = dialogue.taken_up_at
            if silent:
                self.take_up(begun)
            else:
                self.resume(begun)
            return
        if answers is None:
            answers, step = dialogue.begin(turn, subject)
        conversation = Conversation(
            person=turn.actor.userid,
            dialogue=name,
            subject=subject,
            step=step or dialogue.steps[0].name,
            answers=answers,
            response_code=turn.response_code,
            updated_at=turn.now,
        )
        turn.response_code = ""  # kept for the end, when the card can tell what became of it
        exchange = self.begun(turn, conversation)
        if silent:
            return
        if not dialogue.step(conversation.step).when(exchange):
            self._advance(exchange, dialogue)
        else:
            self.ask(exchange, first=True)

    def begin_aside(self, turn: Turn, name: str, subject: str, answers: dict[str, Any], step: str) -> None:
        """Another one for later, beside the one that is open."""
        dialogue = self.by_name[name]
        row = Conversation(
            person=turn.actor.userid,
            dialogue=name,
            subject=subject,
            step=step,
            answers=answers,
            open=False,
            updated_at=turn.now,
        )
        dialogue.keep(self.begun(turn, row))

    def resume(self, exchange: Exchange) -> None:
        """Take up what was laid aside: the question is asked again."""
        if not exchange.conversation.open:
            if exchange.turn.now - exchange.conversation.updated_at >= DAYS_LATER:
                exchange.note = self.by_name[exchange.conversation.dialogue].stood(exchange)
            self.take_up(exchange)
        self.ask(exchange)

    def take_up(self, exchange: Exchange) -> None:
        """Let it be the open one, without a word."""
        current = self.current(exchange.turn)
        if current and current.conversation.id != exchange.conversation.id:
            self.step_aside(current)
            exchange.turn.session.flush()  # one is closed before the other opens: the index allows one
        exchange.conversation.open = True
        self.touch(exchange)

    # --- hearing ------------------------------------------------------------------------------------------------------

    def offers(self, words: str, turn: Turn) -> bool:
        """Whether the open question has a choice of this very name: then the word answers it, whatever else it means."""
        exchange = self.current(turn)
        if exchange is None:
            return False
        ask = self.by_name[exchange.conversation.dialogue].step(exchange.conversation.step)
        return any(words == choice.label for choice in ask.choices_for(exchange))

    def hear(self, text: str, turn: Turn) -> bool:
        """Words for the open dialogue; False when there is none and they are none of its words."""
        exchange = self.current(turn)
        words = bare(text)
        if exchange is None:
            if words in self._words:
                raise Refused(
                    f"现在没有可以“{words}”的事。发送“我要提案”写提案，“继续”接着写没写完的，“待办”看等您办的事。"
                )
            return False
        dialogue = self.by_name[exchange.conversation.dialogue]
        if steer := self._words.get(words):
            steer(exchange, dialogue)
        elif came_twice(exchange, text, several=bool(dialogue.step(exchange.conversation.step).several)):
            turn.say("这条刚才已经收到了，没有重复记。")
        elif self._own(exchange, dialogue, text):
            return True
        elif words in self._at_the_end and dialogue.has_preview and exchange.conversation.step != "preview":
            self._preview(exchange, dialogue)
        else:
            remember(exchange, text)
            self._answer(exchange, dialogue, text)
        return True

    def _own(self, exchange: Exchange, dialogue: Dialogue, text: str) -> bool:
        """Words of the dialogue itself (删除 2), at whatever question: it says what it did, and "" when it has said so."""
        before = exchange.conversation.undo
        remember(exchange, text)
        told = dialogue.words(exchange, text)
        if told is None or stands_as_before(exchange):  # nothing to take back: 撤回 is still about what came before
            exchange.conversation.undo = before
        if told is None:
            return False
        if exchange.conversation not in exchange.turn.session:  # the words have ended it
            return True
        dialogue.keep(exchange)
        self.touch(exchange)
        if told and exchange.conversation.step == "preview":
            exchange.note = f"{told}\n"
            self.ask(exchange)
        elif told:
            exchange.turn.say(told)
        return True

    def hear_other(self, update: updates.Update, turn: Turn) -> None:
        """A picture, a voice or the like: nothing is lost, nothing is taken for an answer."""
        exchange = self.current(turn)
        if exchange is None:
            raise Refused("收到了，不过这里只能读文字。发送“帮助”看能做什么。")
        attach = self.by_name[exchange.conversation.dialogue].attach
        if attach and isinstance(update, WITH_WORDS):
            words, key = attach(exchange, update)
            remember_attached(exchange, key)
            self.touch(exchange)
            turn.say(words)
            return
        how = "语音请在手机上长按“转文字”后再发。" if isinstance(update, updates.Voice) else "请用文字回答。"
        turn.say(f"这一步需要文字，{how}")
        self.ask(exchange)

    def pick(self, pressed: tuple[Pick, Any], turn: Turn) -> None:
        """A choice pressed on a card; a card of an earlier question is told so."""
        pick, _ = pressed
        exchange = self.current(turn)
        if exchange is None or exchange.conversation.id != pick.conversation or exchange.conversation.step != pick.step:
            turn.card_now("这个问题已经答过")
            if exchange is None:
                turn.say("这个问题已经答过了。发送“继续”接着写没写完的，“待办”看等您办的事。")
                return
            turn.say("这个问题已经答过了，现在请回答：")
            self.ask(exchange)
            return
        dialogue = self.by_name[exchange.conversation.dialogue]
        ask = dialogue.step(pick.step)
        label = next((c.label for c in ask.choices_for(exchange) if c.value == pick.value), None)
        if label is None:
            turn.card_now("这个选项已经没有了")
            self.ask(exchange)
            return
        turn.card_now(f"已选：{label}")
        remember(exchange, label)
        self._take(exchange, dialogue, ask, ask.picked(pick.value))

    def _answer(self, exchange: Exchange, dialogue: Dialogue, text: str) -> None:
        ask = dialogue.step(exchange.conversation.step)
        if ask.several:
            self._one_of_several(exchange, dialogue, ask, text)
            return
        value = self._chosen(ask.choices_for(exchange), bare(text))
        if value is not None and not exchange.turn.actor.in_words:
            label = next(c.label for c in ask.choices_for(exchange) if c.value == value)
            exchange.turn.settle_cards(about(exchange, ask), f"已答：{label}")
        self._take(exchange, dialogue, ask, ask.accept(exchange, text) if value is None else ask.picked(value))

    @staticmethod
    def _chosen(choices: Sequence[Choice], words: str) -> str | None:
        for place, choice in enumerate(choices, 1):
            if words in {str(place), choice.label, *choice.also}:
                return choice.value
        return None

    def _one_of_several(self, exchange: Exchange, dialogue: Dialogue, ask: Ask, text: str) -> None:
        if sum(map(len, exchange.so_far or [])) + len(text) > LONGEST:
            raise Refused("内容太长了，这一条没有记下。请回复“完”结束这一步，更多材料请联系提案委提交。")
        item = ask.accept(exchange, text)
        if isinstance(item, Several):
            self._take(exchange, dialogue, ask, item)
            return
        new = item if isinstance(item, list) else [item]
        so_far = [*(exchange.so_far or []), *new]
        exchange.put(pieces(ask.name), so_far)
        self.touch(exchange)
        if ask.several == "list":
            many = f"{len(new)}条，共{len(so_far)}条" if len(new) > 1 else f"第{len(so_far)}条"
            exchange.turn.say(f"记下{many}。请写下一条；都写完了回复“完”。")
        else:
            exchange.turn.say(f"收到，共{counted(*so_far)}字。可以接着发；写完了回复“完”。")

    # --- steering -----------------------------------------------------------------------------------------------------

    def _end_of_several(self, exchange: Exchange, dialogue: Dialogue) -> None:
        ask = dialogue.step(exchange.conversation.step)
        if ask.on_end is not None:
            remember(exchange, "完")
            self._take(exchange, dialogue, ask, ask.on_end)
            return
        if not ask.several:
            raise Refused(f"这一步不用“完”，直接回答就好。{reminder(exchange, ask)}")
        said = exchange.so_far or []
        if not said:
            if exchange.answers.get(ask.name):  # said before, nothing new: keep it
                self._advance(exchange, dialogue)
                return
            raise Refused(f"还没有写{ask.label}，请先发来内容，再回复“完”。")
        remember(exchange, "完")
        self._take(exchange, dialogue, ask, said if ask.several == "list" else "\n".join(said))

    def _skip(self, exchange: Exchange, dialogue: Dialogue) -> None:
        ask = dialogue.step(exchange.conversation.step)
        if not ask.optional:
            raise Refused(f"{ask.label}不能跳过。{reminder(exchange, ask)}")
        remember(exchange, "跳过")
        exchange.put(ask.name, None)
        dialogue.keep(exchange)
        self._advance(exchange, dialogue)

    def _back(self, exchange: Exchange, dialogue: Dialogue) -> None:
        here = dialogue.step(exchange.conversation.step)
        before = [ask for ask in dialogue.steps[: dialogue.steps.index(here)] if ask.when(exchange)]
        if not before:
            raise Refused(f"已经是第一步了。{text_of(exchange, here)}")
        self._go(exchange, dialogue, before[-1])
        self.ask(exchange)

    def _undo(self, exchange: Exchange, dialogue: Dialogue) -> None:
        before = exchange.conversation.undo
        if not before:
            raise Refused("没有可以撤回的了，撤回只管最后一条。要改前面的，请回复“上一步”或“修改”。")
        if key := before.get("attached"):
            forget(exchange)
            exchange.turn.say(dialogue.detach(exchange, key))
            return
        restore(exchange, before)
        dialogue.keep(exchange)
        self.touch(exchange)
        exchange.note = f"已撤回“{before['said']}”。"
        self.ask(exchange)

    def _example(self, exchange: Exchange, dialogue: Dialogue) -> None:
        ask = dialogue.step(exchange.conversation.step)
        if not ask.example:
            raise Refused(f"这一步没有示例，直接回答就好。{reminder(exchange, ask)}")
        exchange.turn.say(f"示例：{ask.example}")

    def _again(self, exchange: Exchange, dialogue: Dialogue) -> None:
        self.ask(exchange)

    def _preview(self, exchange: Exchange, dialogue: Dialogue) -> None:
        last = dialogue.steps[-1]
        if not dialogue.has_preview:
            raise Refused("这里没有可预览的内容，请直接回答问题；不办了回复“取消”。")
        back = exchange.conversation.step
        if missing := self._missing(exchange, dialogue):
            exchange.turn.say(f"{text_of(exchange, last)}\n\n还差：{'、'.join(missing)}。")
            self.ask(exchange)
            return
        exchange.conversation.back_to = "" if back == "preview" else exchange.conversation.back_to
        self._go(exchange, dialogue, last)
        self.ask(exchange)

    def _missing(self, exchange: Exchange, dialogue: Dialogue) -> list[str]:
        return [ask.label for ask in dialogue.missing(exchange)]

    def _lay_aside(self, exchange: Exchange, dialogue: Dialogue) -> None:
        if not dialogue.parkable:
            raise Refused("这件事很短，不用存；请直接回答，不办了回复“取消”。")
        self.lay_aside(exchange)

    def lay_aside(self, exchange: Exchange) -> None:
        """Keep it for later, and say how to go on."""
        title = self.title(exchange)
        self.step_aside(exchange)
        exchange.turn.say(f"{title}已存好，随时回复“继续”接着写。")

    def open_over(self, exchange: Exchange, name: str) -> None:
        """A small question about a dialogue: that one is laid aside, its id is the new one's subject."""
        self.step_aside(exchange)
        self.open(exchange.turn, name, str(exchange.conversation.id))

    def _cancel(self, exchange: Exchange, dialogue: Dialogue) -> None:
        title = dialogue.title(exchange)
        self.step_aside(exchange)
        kept = "已停下并存为草稿，回复“继续”可以接着写。" if dialogue.parkable else "已取消，什么都没有改变。"
        exchange.turn.say(f"{title}{kept}")

    def correct(self, exchange: Exchange, step: str) -> None:
        """Take it up at one step for a single correction, and come back to where it stood."""
        dialogue = self.by_name[exchange.conversation.dialogue]
        if not exchange.conversation.open:
            exchange.conversation.open = True
            remember(exchange, "修改")
        exchange.conversation.back_to = exchange.conversation.step
        self._go(exchange, dialogue, dialogue.step(step))
        self.ask(exchange)
