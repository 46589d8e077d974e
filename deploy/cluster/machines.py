"""The machines of the cluster, by name."""

from typing import Final

NUMBERS: Final = {
    **{f"rabbitmq{number}": 10 + number for number in (1, 2, 3)},
    **{f"postgres{number}": 20 + number for number in (1, 2)},
    **{f"api{number}": 30 + number for number in (1, 2)},
    **{f"notifier{number}": 40 + number for number in (1, 2, 3)},
    "haproxy": 51,
    "mail": 61,
}
"""The last part of each address."""


def of_kind(kind: str) -> list[str]:
    """The names of the machines of a kind, such as "api"."""
    return [name for name in NUMBERS if name.rstrip("0123456789") == kind]
