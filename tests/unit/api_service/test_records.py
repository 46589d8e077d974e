"""The signature of records."""

import json

import jwt
import pytest
from jwt.api_jws import PyJWS

from api_service.ops.core.records import RecordKey


def test_whoever_has_the_public_key_verifies_a_record() -> None:
    key = RecordKey("s" * 32)
    public = jwt.PyJWK({**key.jwk, "alg": "EdDSA"}).key

    signed = key.sign({"told": ["é"]})

    assert json.loads(PyJWS().decode(signed, public, algorithms=["EdDSA"])) == {"told": ["é"]}
    head, payload, signature = signed.split(".")
    forged = f"{head}.{payload[:-2]}AA.{signature}"
    with pytest.raises(jwt.InvalidSignatureError):
        PyJWS().decode(forged, public, algorithms=["EdDSA"])


def test_the_same_secret_gives_the_same_key_and_another_one_another() -> None:
    assert RecordKey("s" * 32).jwk == RecordKey("s" * 32).jwk != RecordKey("t" * 32).jwk
