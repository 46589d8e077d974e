"""Words and formats for clients, chosen together by their locale: mails, in-app notifications, link pages, calendars.

`Languages` is made once at start and finds the `Language` of a client. A `Language` gives every text, date, time and
zone name. So no sentence stands around a date of another language.
"""

from shared.wording.bidi import Phrase
from shared.wording.language import Language
from shared.wording.languages import Languages
from shared.wording.loading import builtin, load

__all__ = ["Language", "Languages", "Phrase", "builtin", "load"]
