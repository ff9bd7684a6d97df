"""Departments of the city, their people, and who was granted what on which department."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser, Group, Permission
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat, Now, Substr
from django.utils import timezone
from django.utils.translation import get_language, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from apps.audit.history import History
from apps.audit.row_security import Open
from apps.core.identifiers import check_uscc

from .terms import NAMED, Act, Role


class Department(models.Model):
    """A unit of the city. Rows of the platform belong to a department; grants are given on departments.

    ``path`` is the slugs from the root down, ``zhengzhou/market-supervision/``: whoever holds a grant on a
    department holds it on every department whose path begins with this one's.
    """

    class Kind(models.TextChoices):
        GOVERNMENT = "government", _("government")
        COLLECTING = "collecting", _("collecting department")
        DISTRICT = "district", _("district or county")
        BUREAU = "bureau", _("district bureau")
        OFFICE = "office", _("office")

    slug = models.SlugField(_("slug"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=100, unique=True)
    name_en = models.CharField(_("English name"), max_length=150)
    short_name = models.CharField(_("short name"), max_length=20)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    uscc = models.CharField(_("unified social credit code"), max_length=18, unique=True, null=True, blank=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, verbose_name=_("parent"), null=True, blank=True, related_name="children"
    )
    path = models.CharField(_("path"), max_length=400, unique=True, editable=False, db_collation="C")
    division_code = models.CharField(_("division code"), max_length=12, blank=True)
    letter_mark = models.CharField(
        _("mark of its letters"), max_length=20, blank=True, help_text=_("What the numbers of its letters begin with.")
    )
    address = models.CharField(_("address"), max_length=200, blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    four_eyes = models.BooleanField(
        _("four eyes"), default=True, help_text=_("A record is published by somebody who did not enter it.")
    )
    position = models.PositiveIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("active"), default=True)

    history = History()
    row_security = Open(why="the tree of departments is public", public=True)

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ["position", "slug"]
        # The grants. They are given on rows of this table (guardian), never globally.
        permissions = [
            ("view_records", _("see credit records")),
            ("enter_records", _("enter and import credit records")),
            ("review_records", _("review and publish credit records")),
            ("handle_objections", _("handle objections and repair")),
            ("manage_tasks", _("manage the plan's tasks")),
        ]

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" else self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and keep ``path`` true here and in every department below."""
        with transaction.atomic():
            paths = _hold_tree()
            before, above = paths.get(self.pk), paths[self.parent_id] if self.parent_id else ""
            if before and above.startswith(before):
                raise ValidationError({"parent": _("A department cannot stand below itself.")})
            self.path = f"{above}{self.slug}/"
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "path"}
            super().save(*args, **kwargs)
            if before and before != self.path:
                below = Department.objects.filter(path__startswith=before).exclude(pk=self.pk)
                below.update(path=Concat(Value(self.path), Substr(F("path"), len(before) + 1)))

    def clean(self) -> None:
        """Refuse a code that breaks GB 32100 and a parent that stands below this department."""
        if self.uscc:
            check = check_uscc(self.uscc)
            if check.error:
                raise ValidationError(
                    {"uscc": _("“%(code)s” is not a valid unified social credit code.") % {"code": self.uscc}}
                )
            self.uscc = check.value
        with transaction.atomic():
            paths = _hold_tree()
        if self.pk and self.parent_id and paths[self.parent_id].startswith(paths[self.pk]):
            raise ValidationError({"parent": _("A department cannot stand below itself.")})

    def is_within(self, other: "Department") -> bool:
        """Whether this department is ``other`` or stands below it."""
        return self.path.startswith(other.path)


def _hold_tree() -> dict[int, str]:
    """All paths by id, the same until the transaction ends: who moves a department stands on the paths above it.

    Rows that refer to a department do not wait for this."""
    return dict(Department.objects.select_for_update(no_key=True).order_by("pk").values_list("pk", "path"))


class User(AbstractUser):
    """A person who works on the platform, in one department."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField(_("full name"), max_length=50)
    department = models.ForeignKey(
        Department, models.PROTECT, verbose_name=_("department"), null=True, blank=True, related_name="users"
    )
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    language = models.CharField(_("language"), max_length=16, choices=settings.LANGUAGES, blank=True)
    is_staff = models.BooleanField(
        _("may open the desk"), default=True, help_text=_("Whether this person can log in to the workplace at all.")
    )
    is_demo = models.BooleanField(_("demo account"), default=False, editable=False)
    groups = models.ManyToManyField(  # type: ignore[assignment]
        Group,
        through="Membership",
        verbose_name=_("groups"),
        blank=True,
        related_name="user_set",
        related_query_name="user",
    )

    history = History(excluded_fields=["password", "last_login", "language"])
    row_security = Open(why="who is who, and who may what, is read before there is a context")

    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["username"]

    def __str__(self) -> str:
        return f"{self.name} ({self.username})"

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's place in a group."""

    user = models.ForeignKey(User, models.CASCADE, verbose_name=_("user"))
    group = models.ForeignKey(Group, models.CASCADE, verbose_name=_("group"))

    history = History()
    row_security = Open(why="who is who, and who may what, is read before there is a context")

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["user", "group"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} – {getattr(self.group, 'role', self.group)}"


class RoleGroup(models.Model):
    """A group made from a role preset (apps/departments/roles.py) for one department."""

    group = models.OneToOneField(Group, models.CASCADE, verbose_name=_("group"), related_name="role")
    department = models.ForeignKey(Department, models.PROTECT, verbose_name=_("department"), related_name="role_groups")
    role = models.CharField(_("role"), max_length=32, choices=Role)

    history = History()
    row_security = Open(why="who is who, and who may what, is read before there is a context")

    class Meta:
        verbose_name = _("role group")
        verbose_name_plural = _("role groups")
        constraints = [models.UniqueConstraint(fields=["department", "role"], name="role_group_once")]

    def __str__(self) -> str:
        return f"{self.department} – {self.get_role_display()}"


class DepartmentUserObjectPermission(UserObjectPermissionBase):
    """A grant on a department, to a person."""

    content_object = models.ForeignKey(Department, models.CASCADE, verbose_name=_("department"))

    history = History()
    row_security = Open(why="who is who, and who may what, is read before there is a context")

    class Meta(UserObjectPermissionBase.Meta):
        verbose_name = _("grant to a person")
        verbose_name_plural = _("grants to persons")

    def __str__(self) -> str:
        return f"{self.content_object} – {self.user} – {gettext(self.permission.name)}"


class DepartmentGroupObjectPermission(GroupObjectPermissionBase):
    """A grant on a department, to a group."""

    content_object = models.ForeignKey(Department, models.CASCADE, verbose_name=_("department"))

    history = History()
    row_security = Open(why="who is who, and who may what, is read before there is a context")

    class Meta(GroupObjectPermissionBase.Meta):
        verbose_name = _("grant to a group")
        verbose_name_plural = _("grants to groups")

    def __str__(self) -> str:
        return f"{self.content_object} – {self.group} – {gettext(self.permission.name)}"


def _named() -> models.Q:
    """Each act names what it concerns, all of it and nothing else."""
    possible = sorted(set().union(*NAMED.values()))
    condition = models.Q()
    for act, named in NAMED.items():
        condition |= models.Q(act=act.value, **{f"{name}__isnull": name not in named for name in possible})
    return condition


class TwoPersonChange(models.Model):
    """A change that one administrator proposes and another one confirms; until then it has no effect at all.

    The database writes ``proposed_at`` and ``decided_at``, checks both persons, and lets a role, a grant or a move
    come about in the transaction of its confirmation only. What an ``act`` names: ``terms.NAMED``.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting for a second person")
        CONFIRMED = "confirmed", _("confirmed")
        REFUSED = "refused", _("refused")
        TAKEN_BACK = "taken-back", pgettext_lazy("two-person change", "taken back")

    act = models.CharField(_("change"), max_length=16, choices=Act)
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.WAITING)
    person = models.ForeignKey(
        User, models.PROTECT, verbose_name=_("person concerned"), null=True, blank=True, related_name="+"
    )
    group = models.ForeignKey(Group, models.PROTECT, verbose_name=_("group"), null=True, blank=True, related_name="+")
    permission = models.ForeignKey(
        Permission, models.PROTECT, verbose_name=_("right"), null=True, blank=True, related_name="+"
    )
    department = models.ForeignKey(
        Department, models.PROTECT, verbose_name=_("department"), null=True, blank=True, related_name="+"
    )
    parent = models.ForeignKey(
        Department, models.PROTECT, verbose_name=_("new parent"), null=True, blank=True, related_name="+"
    )
    reason = models.CharField(_("reason"), max_length=500)
    proposed_by = models.ForeignKey(User, models.PROTECT, verbose_name=_("proposed by"), related_name="+")
    proposed_at = models.DateTimeField(_("proposed at"), db_default=Now())
    expires_at = models.DateTimeField(
        _("lapses at"), help_text=_("Whoever has not confirmed it by then has it proposed anew.")
    )
    decided_by = models.ForeignKey(
        User, models.PROTECT, verbose_name=_("decided by"), null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    answer = models.CharField(_("reason for the decision"), max_length=500, blank=True)

    history = History()
    row_security = Open(why="who is who, and who may what, is read before there is a context")

    class Meta:
        verbose_name = _("two-person change")
        verbose_name_plural = _("two-person changes")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="named_what_it_concerns", condition=_named()),
            models.CheckConstraint(
                name="two_different_persons",
                condition=models.Q(state__in=["waiting", "taken-back"]) | ~models.Q(decided_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="for_a_third_person",
                condition=models.Q(person__isnull=True)
                | ~models.Q(person=F("proposed_by"))
                & (models.Q(decided_by__isnull=True) | ~models.Q(person=F("decided_by"))),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_act_display()}: {self.what}"

    @property
    def what(self) -> str:
        """Who gets what where, in one line."""
        parts: list[Any] = [self.person] if self.person_id else []
        if self.group is not None:
            parts.append(getattr(self.group, "role", self.group))
        if self.permission is not None:
            parts.append(gettext(self.permission.name))
        if self.department_id:
            parts.append(self.department)
        text = " – ".join(map(str, parts))
        return f"{text} → {self.parent or '–'}" if self.act == Act.MOVE else text

    @property
    def lapsed(self) -> bool:
        """Whether it waited too long: it can no longer be confirmed."""
        return self.state == self.State.WAITING and self.expires_at <= timezone.now()


class LiaisonOfficer(models.Model):
    """The person a department names for the joint conference; kept with dates, because people move on."""

    department = models.ForeignKey(
        Department, models.CASCADE, verbose_name=_("department"), related_name="liaison_officers"
    )
    name = models.CharField(_("full name"), max_length=50)
    post = models.CharField(_("post"), max_length=50, blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    email = models.EmailField(_("email"), blank=True)
    since = models.DateField(_("since"))
    until = models.DateField(_("until"), null=True, blank=True)

    history = History()
    row_security = Open(why="departments name them to each other")

    class Meta:
        verbose_name = _("liaison officer")
        verbose_name_plural = _("liaison officers")
        ordering = ["-since"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(until__isnull=True) | models.Q(until__gte=models.F("since")),
                name="liaison_dates_in_order",
            )
        ]

    def __str__(self) -> str:
        return self.name


class SavedFilter(models.Model):
    """A list page's filters under a name of the user's own choice."""

    user = models.ForeignKey(User, models.CASCADE, verbose_name=_("user"), related_name="saved_filters")
    page = models.CharField(_("page"), max_length=100, help_text=_("The list's model, as app.model."))
    name = models.CharField(_("name"), max_length=50)
    query = models.CharField(_("query"), max_length=2000)

    row_security = Open(why="words of a person's own, no rows")

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        constraints = [models.UniqueConstraint(fields=["user", "page", "name"], name="saved_filter_name_once")]

    def __str__(self) -> str:
        return self.name
