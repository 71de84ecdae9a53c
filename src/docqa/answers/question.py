"""What can be asked: not nothing, and not a pasted text."""

from __future__ import annotations

from docqa.errors import QuestionError

#: A question has at most so many words: more is a pasted text, not a question.
QUESTION_WORDS = 150


def check_question(question: str) -> str:
    """The question without blanks around it. Raises `QuestionError` when it is empty or too long."""
    # Bytes of the command line that are no text arrive as half characters, which no tokenizer takes.
    stripped = " ".join(question.encode("utf-8", "replace").decode("utf-8").split())
    words = len(stripped.split())
    if not any(character.isalnum() for character in stripped):
        raise QuestionError("The question is empty; ask something, such as: docqa ask 'Who signed the treaty?'")
    if words > QUESTION_WORDS or len(stripped) > QUESTION_WORDS * 12:
        raise QuestionError(
            f"The question has {words} words and {len(stripped)} characters; it may have {QUESTION_WORDS} words. "
            "Ask one thing at a time."
        )
    return stripped
