"""Identity documents of natural persons: the kinds of the 2018 standard and their checks. Pure."""

from typing import Final

from apps.core.identifiers import IdentifierCheck, check_certificate

CHECK_KINDS: Final = {
    "身份证": "resident_identity",
    "护照号": "passport",
    "港澳居民来往内地通行证": "hk_macau_permit",
    "台湾居民来往大陆通行证": "taiwan_permit",
    "外国人永久居留身份证": "foreign_permanent_residence",
    "其他": "other_certificate",
}
"""证件类型 as files and PersonalData.DocumentKind spell it -> kind of `core.identifiers.check_certificate`, which is
also what keeps equal numbers of different documents apart in the fingerprint."""


def check_document(document_kind: str, number: str | None) -> IdentifierCheck:
    """Check the number of an identity document. Raises KeyError for a kind outside the standard's list."""
    return check_certificate(CHECK_KINDS[document_kind], number)
