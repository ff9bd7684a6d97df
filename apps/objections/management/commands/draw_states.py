"""``manage.py draw_states``: the lawful ways of a case, drawn from the code into the docs."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.objections import drawing


class Command(BaseCommand):
    help = "Write docs/states.md: the lawful ways of each kind of case."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        drawing.PLACE.write_text(drawing.drawing(), encoding="utf-8")
        self.stdout.write(str(drawing.PLACE))
