"""What a letter says, read from its PDF."""

import io
import re

from pypdf import PdfReader


def pages(pdf: bytes) -> list[str]:
    """Text of each page, without the spaces and line ends of the layout."""
    return [re.sub(r"[\s\u200b]+", "", page.extract_text()) for page in PdfReader(io.BytesIO(pdf)).pages]


def text(pdf: bytes) -> str:
    """Text of the whole letter, without its page numbers."""
    return "".join(re.sub(r"—\d+—", "", page) for page in pages(pdf))
