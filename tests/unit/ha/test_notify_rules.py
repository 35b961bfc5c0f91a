"""What is told once, held back, summed up; and which settings are taken."""

import json
from dataclasses import replace

import msgspec
import pytest
from msgspec.structs import replace as replace_struct

from hosted_engine.authority import make_authority
from hosted_engine.ha.notifications import AGAIN_S, HOUR_S, SUMMARY_S, Book, Fact, Message, Notice, Round, admit, learn
from hosted_engine.ha.notify_settings import (
    BadSetting,
    Mail,
    NotifyFileDamaged,
    NotifySettings,
    Security,
    Webhook,
    check,
    parse,
    without_secrets,
)
from hosted_engine.ha.settings_file import format_settings

AUTHORITY = make_authority("branch-7").certificate
MAIL = Mail(
    server="mail.example.org",
    port=587,
    security=Security.STARTTLS,
    sender="trivet@example.org",
    to=("admin@example.org",),
    user="trivet",
    password="hunter2 x",
    authority=AUTHORITY,
)
WEBHOOK = Webhook(url="https://hooks.example.org/T0/sesame-of-the-hook", token="t0ken")
SETTINGS = NotifySettings(mail=MAIL, webhook=WEBHOOK)


def round_of(now: float, value: str, *, stable_s: float = 0.0, of_cluster: bool = False, **place: bool) -> Round:
    usual = {"has_engine": True, "engine_elsewhere": False, "is_first": False}
    fact = Fact(key="x", value=value, text=f"x is {value}", stable_s=stable_s, of_cluster=of_cluster)
    return Round(now=now, facts=(fact,), **(usual | place))


def texts(notices: tuple[Notice, ...]) -> list[str]:
    return [one.text for one in notices]


def test_the_first_value_is_no_news_and_a_change_is_told_once() -> None:
    book, first = learn(Book(), round_of(0, "a"))
    book, changed = learn(book, round_of(1, "b"))
    book, again = learn(book, round_of(2, "b"))
    assert (texts(first), texts(changed), texts(again)) == ([], ["x is b"], [])


def test_what_has_to_settle_is_told_when_it_has_and_a_flap_is_not() -> None:
    book, _ = learn(Book(), round_of(0, "a", stable_s=15))
    told = []
    for now, value in [(1, "b"), (10, "a"), (20, "b"), (34, "b"), (35, "b"), (60, "b")]:
        book, notices = learn(book, round_of(now, value, stable_s=15))
        told += [(now, text) for text in texts(notices)]
    assert told == [(35, "x is b")]


def test_what_nobody_knows_for_a_while_is_no_change() -> None:
    book, _ = learn(Book(), round_of(0, "a"))
    book, nothing = learn(book, replace(round_of(1, "a"), facts=()))
    book, same = learn(book, round_of(2, "a"))
    assert texts(nothing) + texts(same) == []


def test_news_of_the_cluster_are_left_to_the_host_with_the_engine() -> None:
    book, _ = learn(Book(), round_of(0, "a", of_cluster=True))
    elsewhere = {"has_engine": False, "engine_elsewhere": True}
    book, left = learn(book, round_of(1, "b", of_cluster=True, **elsewhere))
    assert texts(left) == []
    started, due = learn(book, round_of(5, "b", of_cluster=True))
    assert texts(due) == ["x is b"]
    book, _ = learn(book, round_of(60, "b", of_cluster=True, **elsewhere))
    book, late = learn(book, round_of(61, "b", of_cluster=True))
    assert texts(late) == []
    assert texts(learn(started, round_of(6, "b", of_cluster=True))[1]) == []


def notice(number: int, now: float, text: str = "") -> Notice:
    return Notice(f"host {number}", text or f"host {number} is lost", now)


def test_the_same_is_not_told_twice_in_ten_minutes() -> None:
    book, first = admit(Book(), (notice(1, 0),), 0, 20)
    book, second = admit(book, (notice(1, 10),), 10, 20)
    assert [len(first), len(second)] == [1, 0]
    book, later = admit(book, (), 10 + SUMMARY_S, 20)
    assert [message.subject for message in later] == ["1 more changes"]
    assert "host 1 is lost" in later[0].body
    _, fresh = admit(book, (notice(1, 10 + SUMMARY_S + AGAIN_S),), 10 + SUMMARY_S + AGAIN_S, 20)
    assert len(fresh) == 1


def test_a_flapping_host_is_summed_up_with_how_it_is_in_the_end() -> None:
    book = Book()
    sent: list[Message] = []
    for turn in range(50):
        text = "node1 is back" if turn % 2 else "node1 is lost"
        book, messages = admit(book, (notice(1, turn, text),), turn, 20)
        sent += messages
    assert [message.subject for message in sent] == ["node1 is lost", "node1 is back"]
    book, messages = admit(book, (), 2 + SUMMARY_S, 20)
    (summed,) = messages
    assert summed.body.endswith("node1 is back (changed 48 times)")
    assert book.postponed == ()


@pytest.mark.parametrize("per_hour", [1, 5, 20])
def test_no_hour_has_more_than_so_many_messages_and_nothing_is_lost(per_hour: int) -> None:
    book, told = Book(), ""
    sent_at: list[int] = []
    for now in range(0, 3 * int(HOUR_S), 20):
        fresh = (notice(now, now),) if now < HOUR_S else ()
        book, messages = admit(book, fresh, now, per_hour)
        sent_at += [now] * len(messages)
        told += "".join(f"{message.subject}\n{message.body}\n" for message in messages)
    for end in range(0, 3 * int(HOUR_S), 20):
        assert sum(1 for at in sent_at if end - HOUR_S < at <= end) <= per_hour
    assert all(f"host {now} is lost" in told for now in range(0, int(HOUR_S), 20))


def test_settings_come_back_as_they_were_written() -> None:
    assert parse(format_settings(SETTINGS)) == SETTINGS
    assert parse(format_settings(NotifySettings(on=False))) == NotifySettings(on=False)


def test_no_secret_is_shown() -> None:
    shown = json.dumps(without_secrets(SETTINGS))
    for secret in ("hunter2", "sesame-of-the-hook", "t0ken"):
        assert secret not in shown
    assert "hooks.example.org" in shown


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"server": "mail example"}, "mail-server"),
        ({"server": ""}, "mail-server"),
        ({"port": 0}, "mail-port"),
        ({"port": 70000}, "mail-port"),
        ({"sender": "trivet"}, "mail-from"),
        ({"sender": "a@b\nBcc: c@d"}, "mail-from"),
        ({"to": ()}, "mail-to"),
        ({"to": ("a@b.org, c@d.org",)}, "mail-to"),
        ({"to": ("a@b.org",) * 21}, "mail-to"),
        ({"password": ""}, "mail-user"),
        ({"user": ""}, "mail-user"),
        ({"password": "a\nb"}, "the mail's password"),
        ({"password": "ü"}, "the mail's password"),
        ({"authority": "no certificate"}, "mail-authority"),
    ],
)
def test_wrong_mail_settings_are_refused_by_name(change: dict[str, object], name: str) -> None:
    with pytest.raises(BadSetting) as caught:
        check(NotifySettings(mail=replace_struct(MAIL, **change)))
    assert caught.value.text.why.startswith(f"{name} ")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.org/T0/secret",
        "https:///T0/secret",
        "https://user:secret@hooks.example.org/",
        "https://hooks.example.org/secret#x",
        "https://hooks.example.org:0/secret",
        "https://hooks.example.org:port/secret",
        "https://hooks.example.org/secret\r\nX: y",
        "https://[secret/",
        "secret",
    ],
)
def test_a_wrong_address_of_a_webhook_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(BadSetting) as caught:
        check(NotifySettings(webhook=Webhook(url=url)))
    assert caught.value.text.why.startswith("the webhook's address ")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        (NotifySettings(per_hour=0), "per-hour"),
        (NotifySettings(per_hour=1000), "per-hour"),
        (NotifySettings(webhook=replace_struct(WEBHOOK, token="ü")), "the webhook's token"),
        (NotifySettings(webhook=replace_struct(WEBHOOK, authority="x")), "webhook-authority"),
    ],
)
def test_other_wrong_settings_are_refused_by_name(settings: NotifySettings, name: str) -> None:
    with pytest.raises(BadSetting) as caught:
        check(settings)
    assert caught.value.text.why.startswith(f"{name} ")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b'{"version": 2, "mail": 7}',
        b'{"version": 1, "colour": "red"}',
        format_settings(SETTINGS).replace(b"https://", b"http://"),
        format_settings(SETTINGS).replace(b"starttls", b"plain"),
    ],
)
def test_a_damaged_file_is_said_and_not_guessed_at(text: bytes) -> None:
    with pytest.raises(NotifyFileDamaged):
        parse(text)


def test_there_is_no_plain_mail() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(msgspec.to_builtins(MAIL) | {"security": "none"}, Mail)
