from ci.lab import kvm


def test_a_guest_that_reaches_user_space_lives_and_is_not_waited_for() -> None:
    assert kvm.boots(("sh", "-c", "echo '[ 0.5] Run /init as init process'; exec sleep 600"))


def test_a_guest_that_says_something_else_does_not() -> None:
    assert not kvm.boots(("sh", "-c", "echo 'Linux version 6'; echo 'failed to initialize kvm'"))


def test_a_guest_that_hangs_does_not() -> None:
    kvm_limit, kvm.LIMIT_S = kvm.LIMIT_S, 0.2
    try:
        assert not kvm.boots(("sh", "-c", "echo 'Linux version 6'; exec sleep 600"))
    finally:
        kvm.LIMIT_S = kvm_limit
