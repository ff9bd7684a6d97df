"""Reading the spreadsheets that people send: csv in any of the usual encodings, xlsx, xls.

``read_sheet`` finds out what a file is by looking at it, finds the header row by the caller's own judgement, and gives
every cell as text under the letter of its column, with the row number a person sees in the spreadsheet program.
"""

from .dates import to_dates
from .guard import Limits, SheetError
from .reading import read_sheet
from .sheet import Merged, Sheet, column_letter

__all__ = ["Limits", "Merged", "Sheet", "SheetError", "column_letter", "read_sheet", "to_dates"]
