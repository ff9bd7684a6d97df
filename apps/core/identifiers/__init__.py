"""Identifiers of subjects: checks, cleaning, proposals. Pure; built on the ISO 7064 modules of python-stdnum."""

from .checks import IdentifierCheck
from .cleaning import CleanedCode, clean_code
from .older import (
    check_organisation_code,
    check_registration_number,
    check_tax_number,
    crosswalk,
    organisation_code_of_tax_number,
)
from .persons import birth_date_of, check_certificate, check_resident_identity
from .repairs import Proposal, propose_uscc
from .uscc import check_uscc, division_of, organisation_code_of, organisation_kind, subject_kind

__all__ = [
    "CHECKS",
    "CleanedCode",
    "IdentifierCheck",
    "Proposal",
    "birth_date_of",
    "check_certificate",
    "check_organisation_code",
    "check_registration_number",
    "check_resident_identity",
    "check_tax_number",
    "check_uscc",
    "clean_code",
    "crosswalk",
    "division_of",
    "organisation_code_of",
    "organisation_code_of_tax_number",
    "organisation_kind",
    "propose_uscc",
    "subject_kind",
]

CHECKS = {
    "uscc": check_uscc,
    "organisation_code": check_organisation_code,
    "registration_number": check_registration_number,
    "tax_number": check_tax_number,
}
"""Checks by scheme, for identifiers of organisations; documents of persons go through `check_certificate`."""
