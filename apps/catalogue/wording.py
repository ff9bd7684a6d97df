"""A field's rule in words, for the help text of a form and the comment of a file column."""

from django.utils.translation import gettext as _

from . import shapes, values
from .shapes import FieldSpec, ItemSpec

EXAMPLES = {
    "uscc": "91350100M000100Y43",
    "organisation_code": "59467239-9",
    "registration_number": "110108000000016",
    "tax_number": "91350100M000100Y43",
}
"""Codes of the published standards (GB 32100-2015, GB 11714) and of GS 15-2006 with a right check digit."""


def rule_of(
    spec: FieldSpec, item: ItemSpec | None = None, language: str = "zh-hans", *, in_file: bool = False
) -> list[str]:
    """The rule in sentences of the active language: obligation, form, example.

    ``item`` names a condition's field. ``in_file``: for a column of a file, which shows neither choices nor a star.
    """
    sentences = []
    if spec.required:
        sentences += [_("Required.")] if in_file else []
    elif spec.required_if:
        condition = item.by_code.get(spec.required_if.field) if item else None
        words = {
            "field": condition.label_in(language) if condition else spec.required_if.field,
            "values": "、".join(spec.required_if.contains),
        }
        sentences.append(_("Required when “%(field)s” has %(values)s.") % words)
    sentences += _in_file(spec) if in_file else _in_form(spec)
    if help_text := spec.help_in(language):
        sentences.append(help_text)
    return sentences


def _in_form(spec: FieldSpec) -> list[str]:
    match spec.type:
        case shapes.CHOICE | shapes.CHOICES | shapes.BOOLEAN:
            return []
        case shapes.CODE if spec.code_scheme in EXAMPLES:
            return [_("For example %(example)s.") % {"example": EXAMPLES[spec.code_scheme]}]
    return _in_file(spec)


def _in_file(spec: FieldSpec) -> list[str]:
    match spec.type:
        case shapes.DATE:
            return [_("Date, such as 2026/01/05.")]
        case shapes.AMOUNT:
            words = {"unit": values.unit_name(spec.unit), "example": "1.5" if spec.unit == "wan_yuan" else "15000"}
            return [_("Amount in %(unit)s, such as %(example)s.") % words, *_decimals(spec)]
        case shapes.CHOICE:
            return [_("One of: %(choices)s.") % {"choices": "、".join(spec.choices)}, *_note(spec)]
        case shapes.CHOICES:
            words = {"choices": "、".join(spec.choices), "separator": spec.separator or ";"}
            return [_("One or several of: %(choices)s; parted by “%(separator)s”.") % words, *_note(spec)]
        case shapes.BOOLEAN:
            return [_("是 or 否.")]
        case shapes.CODE if spec.code_scheme in EXAMPLES:
            example = {"example": EXAMPLES[spec.code_scheme]}
            return [_("For example %(example)s.") % example, _("Format the column as text.")]
        case _ if spec.max_length:
            return [_("At most %(limit)s characters.") % {"limit": spec.max_length}]
    return []


def _decimals(spec: FieldSpec) -> list[str]:
    return [] if spec.decimals is None else [_("At most %(limit)s decimal places.") % {"limit": spec.decimals}]


def _note(spec: FieldSpec) -> list[str]:
    return [_("其他 may carry a note: 其他-note.")] if shapes.OTHER in spec.choices else []
