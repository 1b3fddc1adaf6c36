"""What a rep says about a deal on the page Today."""

from outreach.forms.calls import CallForm
from outreach.forms.endings import ClosingForm
from outreach.forms.letting_go import DayToComeForm, LetGoForm
from outreach.forms.moments import PauseForm, SnoozeForm
from outreach.forms.touches import TouchForm
from outreach.forms.ways import AnotherWayForm, MissingAddressForm

__all__ = [
    "AnotherWayForm",
    "CallForm",
    "ClosingForm",
    "DayToComeForm",
    "LetGoForm",
    "MissingAddressForm",
    "PauseForm",
    "SnoozeForm",
    "TouchForm",
]
