"""``manage.py sample_letters FOLDER``: every letter of the office, about an invented case."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.letters.errors import LetterError
from apps.letters.rendering import render
from apps.letters.samples import SAMPLES


class Command(BaseCommand):
    help = "Write one PDF of each letter, about an invented case, into a folder. Needs no database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="made if it is not there; files of the same names are replaced")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, letter in SAMPLES.items():
                path = folder / f"{name}.pdf"
                path.write_bytes(render(letter))
                self.stdout.write(f"{path}  {letter.title}")
        except OSError as error:
            raise CommandError(f"cannot write {error.filename}: {error.strerror}") from error
        except LetterError as error:
            raise CommandError(str(error)) from error
