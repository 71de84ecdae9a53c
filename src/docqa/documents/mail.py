"""E-mail in a file of its own (.eml): who wrote what to whom and when, then the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
ENCRYPTED = frozenset({"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"})


def read_mail(data: bytes) -> Document:
    """Read a message: its text part, else its HTML part; attachments are left out.

    Raises `DocumentError` when it is empty, no message, encrypted, or holds no text.
    """
    if not data.strip():
        raise DocumentError("DOC-EMPTY", "The file is empty.")
    message = _parse(data)
    if message.get_content_type() in ENCRYPTED and message.get_param("smime-type") != "signed-data":
        raise DocumentError("DOC-ENCRYPTED", "The message is encrypted; save its text from your mail program.")
    page = PageText()
    for name in SHOWN:
        value = _header(message, name)
        if value:
            page.add(f"{name}: {value}")
    _add_body(page, message)
    if page.is_empty:
        raise DocumentError("DOC-NO-TEXT", "The message holds no text.")
    return Document(
        (page.finish(1),),
        _header(message, "Subject"),
        "email",
        decoder_version(),
        author=_author(message),
        language=language_tag(_header(message, "Content-Language")),
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


def _add_body(page: PageText, message: EmailMessage) -> None:
    try:
        body = message.get_body(preferencelist=("plain", "html"))
        payload = body.get_payload(decode=True) if body else None
        charset = body.get_content_charset() if body else None
    except Exception as error:
        # As for headers: the structure of parts is looked through by the same parser.
        raise DocumentError("DOC-DAMAGED", f"The message cannot be read ({reason(error)}).") from error
    if body is None or not isinstance(payload, bytes) or not payload.strip():
        return
    if body.get_content_type() == "text/html":
        add_html(page, _decode(payload, charset) or decode_html(payload))
    else:
        page.add(_decode(payload, charset) or decode(payload))


def _decode(payload: bytes, charset: str | None) -> str | None:
    try:
        return payload.decode(charset) if charset else None
    except (LookupError, ValueError):
        # Of a name that is none, of bytes that are no such text, of a name with a NUL in it.
        return None
