"""Only whoever holds the key signs, and only exactly what was signed."""

from node.proof import is_signed, sign
from node.registration.credentials import load_key, new_key_pem


def test_what_the_key_signed_and_nothing_else() -> None:
    key, other = load_key(new_key_pem()), load_key(new_key_pem())
    signature = sign(key, b"a body")
    assert is_signed(key.public_key(), b"a body", signature)
    assert not is_signed(key.public_key(), b"a body ", signature)
    assert not is_signed(other.public_key(), b"a body", signature)
    for wrong in ("", "not base64!", signature[:-4], signature[:-1], "ü"):
        assert not is_signed(key.public_key(), b"a body", wrong)
