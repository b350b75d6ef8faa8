"""The one expected failure: somebody asks for what the rules do not allow."""


class Refused(Exception):
    """Why not, and what would help, in Chinese words for the person who asked; said in the chat, never logged as an error."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words
