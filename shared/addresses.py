"""Says when two e-mail addresses are the same one. Pure."""

import unicodedata


def normalised(address: str) -> str:
    """One spelling for what RFC 5321 §2.4 calls the same mailbox: the domain in small letters, the local part as it
    is, since only its own server may say that letters of either size mean the same.

    >>> normalised("Ada.Lovelace@Patients.EXAMPLE")
    'Ada.Lovelace@patients.example'
    """
    local, at, domain = unicodedata.normalize("NFC", address.strip()).rpartition("@")
    return local + at + domain.lower()
