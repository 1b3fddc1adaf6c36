"""What a rep says about a deal on the page Today."""

from outreach.forms.endings import ClosingForm, LetGoForm
from outreach.forms.moments import PauseForm, SnoozeForm
from outreach.forms.touches import TouchForm
from outreach.forms.ways import AnotherWayForm, MissingAddressForm

__all__ = [
    "AnotherWayForm",
    "ClosingForm",
    "LetGoForm",
    "MissingAddressForm",
    "PauseForm",
    "SnoozeForm",
    "TouchForm",
]
