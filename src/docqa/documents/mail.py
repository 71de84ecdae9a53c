"""E-mail in a file of its own (.eml): who wrote what to whom and when, then the text; messages within it likewise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docqa.documents.document import Document
from docqa.documents.foreign import in_one_line, reason
from docqa.documents.html import add_html, decode_html
from docqa.documents.page_text import PageText
from docqa.documents.stated import author_line, language_tag
from docqa.documents.text import decode, decoder_version
from docqa.errors import DocumentError

if TYPE_CHECKING:
    from email.message import EmailMessage

#: The lines that a message begins with, in this order.
SHOWN = ("Subject", "From", "To", "Cc", "Date")
#: A file with none of these is no message.
EXPECTED = (*SHOWN, "Received", "Message-ID", "Return-Path", "MIME-Version")
#: No message holds others, or parts of parts, so deep.
DEEPEST = 20
ENCRYPTED = frozenset({"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"})


def read_mail(data: bytes) -> Document:
    """Read a message: its texts, of each its plain form, else its HTML, and those of messages within it.

    Attachments are left out.

    Raises `DocumentError` when it is empty, no message, encrypted, or holds no text.
    """
    if not data.strip():
        raise DocumentError("DOC-EMPTY", "The file is empty.")
    message = _parse(data)
    if message.get_content_type() in ENCRYPTED and message.get_param("smime-type") != "signed-data":
        raise DocumentError("DOC-ENCRYPTED", "The message is encrypted; save its text from your mail program.")
    page, failures = PageText(), list[DocumentError]()
    try:
        is_text = _add_message(page, message, failures, 0)
    except MemoryError:
        raise
    except Exception as error:
        # As for headers: the structure of parts is looked through by the same parser.
        raise DocumentError("DOC-DAMAGED", f"The message cannot be read ({reason(error)}).") from error
    if failures and not is_text:
        raise failures[0]
    if page.is_empty:
        raise DocumentError("DOC-NO-TEXT", "The message holds no text.")
    return Document(
        (page.finish(1),),
        _header(message, "Subject"),
        "email",
        decoder_version(),
        tuple(f"A part of the message could not be read: {failure}" for failure in failures),
        author=_author(message),
        language=language_tag(_header(message, "Content-Language")),
        code=next((failure.code for failure in failures), "DOC-DAMAGED"),
    )


def _parse(data: bytes) -> EmailMessage:
    from email import message_from_bytes, policy

    try:
        message = message_from_bytes(data.lstrip(), policy=policy.default)
    except Exception as error:
        # The parser of headers raises IndexError, ValueError and more on malformed ones.
        raise DocumentError("DOC-DAMAGED", f"The message cannot be read ({reason(error)}).") from error
    if not any(name in message for name in EXPECTED):
        raise DocumentError("DOC-NOT", "The file is not an e-mail message: it does not begin with headers.")
    return message


def _header(message: EmailMessage, name: str) -> str:
    try:
        return in_one_line(message.get(name))
    except Exception:  # noqa: BLE001 - a foreign parser
        # As above, only later: headers are parsed when they are asked for. One of them must not cost the text.
        raw = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
        return in_one_line(raw)


def _author(message: EmailMessage) -> str:
    """The names of the senders; the address of one without a name."""
    try:
        return author_line(sender.display_name or sender.addr_spec for sender in message["From"].addresses)
    except Exception:  # noqa: BLE001 - a foreign parser
        # As above; the header may be missing, too.
        return _header(message, "From")


def _add_message(page: PageText, message: EmailMessage, failures: list[DocumentError], depth: int) -> bool:
    """Add the head of a message and its texts; whether it has any texts."""
    for name in SHOWN:
        value = _header(message, name)
        if value:
            page.add(f"{name}: {value}")
    return _add_part(page, message, failures, depth)


def _add_part(page: PageText, part: EmailMessage, failures: list[DocumentError], depth: int) -> bool:
    """Add the texts of a part and of those within it; whether there are any."""
    kind = part.get_content_type()
    within: list[Any] = list(part.get_payload()) if part.is_multipart() else []
    if depth > DEEPEST:
        failures.append(DocumentError("DOC-DAMAGED", f"Parts lie in each other more than {DEEPEST} deep."))
        return False
    if kind == "message/rfc822" and within:
        return _add_message(page, within[0], failures, depth + 1)
    if kind == "multipart/alternative":
        # The same in several forms: the first of these that says anything.
        return any(_add_part(page, form, failures, depth + 1) for form in sorted(within, key=_preference))
    if kind == "multipart/related":
        # The first shows the others, which are pictures for the most part.
        within = within[:1]
    if within:
        return sum(_add_part(page, inner, failures, depth + 1) for inner in within) > 0
    try:
        return _add_text(page, part, kind)
    except DocumentError as failure:
        failures.append(failure)
        return False


def _preference(part: EmailMessage) -> int:
    return {"text/plain": 0, "text/html": 1}.get(part.get_content_type(), 2)


def _add_text(page: PageText, part: EmailMessage, kind: str) -> bool:
    # What says that it has parts and has none, because the line between them is missing, is a text.
    if kind not in {"text/plain", "text/html"} and not kind.startswith("multipart/"):
        return False
    payload = part.get_payload(decode=True)
    if part.get_content_disposition() == "attachment" or not isinstance(payload, bytes) or not payload.strip():
        return False
    before, charset = page.length, part.get_content_charset()
    if kind == "text/html":
        add_html(page, _decode(payload, charset) or decode_html(payload))
    else:
        page.add(_decode(payload, charset) or decode(payload))
    return page.length > before


def _decode(payload: bytes, charset: str | None) -> str | None:
    try:
        return payload.decode(charset) if charset else None
    except (LookupError, ValueError):
        # Of a name that is none, of bytes that are no such text, of a name with a NUL in it.
        return None
