"""The English words of what is wanted where the balance does not come out even; `notice_words` alone imports it."""

from collections.abc import Mapping
from typing import Final

BALANCE: Final[Mapping[str, str]] = {
    "balance_difference.title": "Explain a difference of the balance",
    "balance_difference.wanted": (
        "The balance of this morning does not come out even. Please find at {office} what is missing, and put it "
        "right; the balance page names it. Completing the task answers for rows that are lost for good."
    ),
    "balance_difference.missing": "{silent} has not yet explained a difference of the balance.",
}
