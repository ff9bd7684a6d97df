"""Terms that several apps share."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SubjectKind(models.TextChoices):
    """Whom a record is about."""

    LEGAL_ENTITY = "legal_entity", _("legal person or other organisation")
    INDIVIDUAL_BUSINESS = "individual_business", _("individual business")
    NATURAL_PERSON = "natural_person", _("natural person")
