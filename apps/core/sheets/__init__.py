"""Reading the spreadsheets that people send: csv in any of the usual encodings, xlsx, xls.

``read_sheet`` finds out what a file is by looking at it, finds the header row by the caller's own judgement, and gives
every cell as text under the letter of its column, with the row number a person sees in the spreadsheet program;
``open_sheet`` does the same piece by piece, for files larger than the memory.
"""

from .dates import to_dates
from .guard import Limits, SheetError
from .reading import SheetReader, Source, open_sheet, read_sheet
from .sheet import Merged, Sheet, column_letter, column_position

__all__ = [
    "Limits",
    "Merged",
    "Sheet",
    "SheetError",
    "SheetReader",
    "Source",
    "column_letter",
    "column_position",
    "open_sheet",
    "read_sheet",
    "to_dates",
]
