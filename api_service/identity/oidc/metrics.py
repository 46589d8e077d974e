"""The metrics of the sign-in by OpenID Connect."""

from prometheus_client import Counter

from api_service.identity.oidc.errors import Reason
from shared.process.metrics import closed

SIGNED_IN = "signed_in"
SIGN_INS = closed(
    Counter(
        "punctual_provider_sign_ins_total",
        "Answers of the OpenID Connect provider, by result.",
        ["outcome"],
    ),
    (SIGNED_IN, *Reason),
)
LOGOUTS = closed(
    Counter(
        "punctual_provider_logouts_total",
        "Back-channel logouts of the OpenID Connect provider: taken, repeated, invalid, or away (its keys could not be"
        " read).",
        ["outcome"],
    ),
    ("taken", "repeated", "invalid", "away"),
)
