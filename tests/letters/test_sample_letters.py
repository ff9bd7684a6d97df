"""``manage.py sample_letters``: an office looks at its letters."""

import io

import pytest
from django.core.management import CommandError, call_command

from apps.letters.samples import SAMPLES


def test_every_letter_is_written(tmp_path):
    out = io.StringIO()
    call_command("sample_letters", str(tmp_path / "letters"), stdout=out)
    written = {path.stem: path.read_bytes() for path in (tmp_path / "letters").iterdir()}
    assert written.keys() == SAMPLES.keys()
    assert all(pdf.startswith(b"%PDF-") for pdf in written.values())
    assert "信用修复承诺书" in out.getvalue()


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "letters").write_text("in the way")
    with pytest.raises(CommandError, match="letters"):
        call_command("sample_letters", str(tmp_path / "letters"))
