"""The SSH public keys of users through the unmodified SDK."""

import ovirtsdk4 as sdk
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from ovirtsdk4 import services, types

from tests.unit.rest.conftest import Described


def new_key(comment: str = "myuser@example.com") -> str:
    public = Ed25519PrivateKey.generate().public_key()
    return f"{public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()} {comment}"


@pytest.fixture
def keys(system: services.SystemService) -> services.SshPublicKeysService:
    (user,) = system.users_service().list(search="name=admin")
    return system.users_service().user_service(user.id).ssh_public_keys_service()


def test_a_key_is_added_exchanged_and_removed(
    system: services.SystemService, keys: services.SshPublicKeysService, described: Described
) -> None:
    content = new_key()
    key = keys.add(types.SshPublicKey(content=f"  {content}\n"))
    assert (key.content, key.user.id) == (content, system.users_service().list()[0].id)
    own = system.users_service().user_service("me").ssh_public_keys_service()
    assert [one.content for one in own.list()] == [content]
    service, other = keys.key_service(key.id), new_key("another")
    assert service.update(types.SshPublicKey(content=other, user=key.user)).content == other
    service.remove()
    assert keys.list() == []
    with pytest.raises(sdk.NotFoundError):
        service.get()
    assert all(described(code) for code in (15002, 15010, 15006))


def test_a_user_may_have_several_keys_and_a_text_too(keys: services.SshPublicKeysService) -> None:
    one, two, three = new_key(), new_key(), new_key()
    made = [keys.add(types.SshPublicKey(content=text)) for text in (f"{one}\n\n{two}\n", three)]
    assert sorted(key.content for key in keys.list()) == sorted([f"{one}\n{two}", three])
    for key in made:
        keys.key_service(key.id).remove()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("ssh-rsa AAA...mu9 myuser@example.com", r"ssh_public_key\.content.*no public key of OpenSSH"),
        ("ssh-ed25519", "no public key of OpenSSH"),
        (f"{new_key()}\nnonsense", "'nonsense'.*no public key of OpenSSH"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "no public key of OpenSSH"),
        (None, r"SshPublicKey \[content\] required for add"),
    ],
)
def test_what_is_no_key_is_refused(keys: services.SshPublicKeysService, content: str | None, message: str) -> None:
    with pytest.raises(sdk.Error, match=message):
        keys.add(types.SshPublicKey(content=content, comment="" if content is None else None))
    assert keys.list() == []


def test_a_key_of_nobody_is_not_there(system: services.SystemService) -> None:
    nobody = system.users_service().user_service("5b3c0000-0000-4000-8000-000000000000").ssh_public_keys_service()
    with pytest.raises(sdk.NotFoundError):
        nobody.list()
