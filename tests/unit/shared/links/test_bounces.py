"""Tokens of bounce addresses: ours are read in any case of letters, and nothing else is."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shared.links.bounces import LENGTH, BounceTokens, is_proof_of
from shared.links.unsubscribe import UnsubscribeTokens

KEY = "a key of tests that has more than 32 bytes"
TOKENS = BounceTokens(KEY)


@given(st.uuids(), st.text())
def test_a_token_names_its_job_and_proves_its_recipient(job_id: UUID, recipient: str) -> None:
    token = TOKENS.issue(job_id, recipient)

    assert len(token) == LENGTH
    assert len(f"bounces+{token}") <= 64
    for spelt in (token, token.upper(), token.swapcase()):
        found = TOKENS.read(spelt)
        assert found is not None
        assert found.job_id == job_id
        assert is_proof_of(found.proof, recipient)
        assert not is_proof_of(found.proof, recipient + "x")


@given(st.uuids(), st.integers(0, LENGTH - 1), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_token_with_any_other_letter_is_none(job_id: UUID, place: int, letter: str) -> None:
    token = TOKENS.issue(job_id, "ada@patients.example")
    other = token[:place] + letter + token[place + 1 :]

    assert (TOKENS.read(other) is None) == (other != token)


@given(st.text())
def test_any_text_is_no_token(text: str) -> None:
    assert TOKENS.read(text) is None
    assert TOKENS.read(text[:LENGTH].ljust(LENGTH, "a")) is None


def test_no_other_signature_with_the_same_key_is_a_token() -> None:
    assert BounceTokens(KEY + "x").read(TOKENS.issue(UUID(int=1), "")) is None
    assert TOKENS.read(UnsubscribeTokens(KEY).issue("client-1")[:LENGTH]) is None
