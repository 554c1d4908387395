"""Chats as programs export them: who wrote what and when, and nothing that the programs wrote."""

from __future__ import annotations

import datetime as dt
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.errors import InputError
from emotopy.readers.chat_messages import BLANK, DELETED, FORWARDED, MEDIA, SYSTEM
from emotopy.readers.chats import read_chat
from emotopy.readers.whatsapp import read_whatsapp

pytestmark = pytest.mark.usefixtures("flags")

LAST_DAY = dt.datetime(2024, 12, 31, 23, 59)  # noqa: DTZ001


# WhatsApp -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "head",
    [
        "31/12/2024, 23:59 - ",  # Android, English of Britain, Spanish of Spain
        "31/12/24, 23:59 - ",
        "31.12.24, 23:59 - ",  # German
        "31-12-2024 23:59 - ",  # Dutch
        "31/12/2024 23:59 - ",  # Portuguese
        "31/12/2024 à 23:59 - ",  # French
        "12/31/24, 11:59 PM - ",  # English of America
        "12/31/24, 11:59\u202fPM - ",  # since 2023
        "31/12/2024, 11:59\u00a0p.\u00a0m. - ",  # Spanish of America
        "31/12/2024, 11:59 pm - ",
        "2024-12-31, 11:59 p.m. - ",  # English of Canada
        "2024-12-31, 23:59 - ",  # Swedish
        "2024/12/31, 23:59 - ",
        "2024/12/31 下午11:59 - ",
        "2024. 12. 31. 오후 11:59, ",  # Korean
        "24. 12. 31. 오후 11:59, ",
        "31/12/2024 23:59:00: ",  # old
        "[31/12/2024, 23:59:00] ",  # iOS
        "[31.12.24, 23:59:00] ",
        "[12/31/24, 11:59:00\u202fPM] ",
        "[2024-12-31, 23:59:00] ",
        "[2024/12/31, 23:59:00] ",
        "[31.12.2024 klo 23.59.00] ",  # Finnish
        "\u200e[31.12.24, 23:59:00] ",
    ],
)
def test_a_message_of_whatsapp_is_read_in_every_locale(head):
    """The form of dates and clocks differs; who wrote what and when doesn't."""
    chat = read_whatsapp(f"{head}Anna: So happy: at last!\n{head}Björn Æ: me too\n", "x.txt")
    assert [(one.speaker, one.text, one.time) for one in chat.messages] == [
        ("Anna", "So happy: at last!", LAST_DAY),
        ("Björn Æ", "me too", LAST_DAY),
    ]
    assert chat.left_out == {}
    assert len(chat.notes) == (0 if "2024" in head.split("/")[0].split("-")[0].split(".")[0] or "오" in head else 1)


def test_a_message_of_several_lines_is_one_text():
    """Lines without a head belong to the message before, blank ones and dates in the middle of them too."""
    content = (
        "31/12/2024, 23:59 - Anna: first\n\nsecond: more\n30.12.24, 10:00 was nice\n"
        "[31/12/2024, 23:59:00] Bob: quoted\n31/12/2024, 23:59 - Bob: ok\n"
    )
    anna, bob = read_whatsapp(content.replace("\n", "\r\n"), "x.txt").messages
    assert anna.text == "first\n\nsecond: more\n30.12.24, 10:00 was nice\n[31/12/2024, 23:59:00] Bob: quoted"
    assert bob.text == "ok"


HEAD = "31/12/2024, 23:59 - "


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("Messages and calls are end-to-end encrypted. Tap to learn more.", SYSTEM),
        ("You were added", SYSTEM),
        ('Anna changed the subject to "Rain: again"', SYSTEM),
        ('Anna changed the subject from "Rain" to "Sun: at last"', SYSTEM),
        ("Anna hat den Betreff zu „Regen: schon wieder“ geändert", SYSTEM),
        ("Our group: \u200eMessages and calls are end-to-end encrypted.", SYSTEM),
        ("Our group: \u200eAnna added Bob", SYSTEM),
        ("Anna: \u200eMissed voice call", SYSTEM),
        ("Anna: <Media omitted>", MEDIA),
        ("Anna: <Medien ausgeschlossen>", MEDIA),
        ("Anna: <Multimedia omitido>", MEDIA),
        ("Anna: <Médias omis>", MEDIA),
        ("Anna: <Без медиафайлов>", MEDIA),
        ("Anna: \u200eimage omitted", MEDIA),
        ("Anna: image omitted", MEDIA),
        ("Anna: \u200eBild weggelassen", MEDIA),
        ("Anna: \u200e<attached: 00000012-PHOTO-2024-12-31-23-59-00.jpg>", MEDIA),
        ("Anna: IMG-20241231-WA0001.jpg (file attached)", MEDIA),
        ("Anna: \u200ePTT-20241231-WA0014.opus (archivo adjunto)", MEDIA),
        ("Anna: <Medien ausgeschlossen>\nMy essay.pdf", MEDIA),
        ("Anna: This message was deleted", DELETED),
        ("Anna: \u200eThis message was deleted.", DELETED),
        ("Anna: Du hast diese Nachricht gelöscht.", DELETED),
        ("Anna: ", BLANK),
    ],
)
def test_what_the_program_wrote_is_left_out_and_counted(line, why):
    """Who came and went, media that aren't there, deleted messages: nobody's texts, in whatever language."""
    chat = read_whatsapp(f"{HEAD}{line}\n{HEAD}Bob: hello\n", "x.txt")
    assert [one.text for one in chat.messages] == ["hello"]
    assert chat.left_out == {why: 1}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("IMG-20241231-WA0001.jpg (file attached)\nso happy here", "so happy here"),
        ("\u200eIMG-20241231-WA0001.jpg (file attached)\nso happy\nhere", "so happy\nhere"),
        ("so happy \u200e<This message was edited>", "so happy"),
        ("so happy <Diese Nachricht wurde bearbeitet.>", "so happy"),
        ("look at this \u200e<attached: 0001-PHOTO.jpg>", "look at this"),
        ("thanks @\u2068Bob\u2069", "thanks @Bob"),
        ("I <3 you", "I <3 you"),
        ("the image omitted the best part", "the image omitted the best part"),
        ("note to self: buy milk", "note to self: buy milk"),
    ],
)
def test_what_a_person_wrote_beside_it_is_kept(text, said):
    """Captions, edited messages, mentions; marks of direction are no text."""
    chat = read_whatsapp(f"{HEAD}Anna: {text}\n{HEAD}Bob: hello\n", "x.txt")
    assert [one.text for one in chat.messages] == [said, "hello"]


def test_people_may_talk_of_encryption():
    """Only the opening of a chat is taken for the program's message."""
    lines = [f"{HEAD}Anna: hello {i}\n" for i in range(4)] + [f"{HEAD}Anna: Signal is end-to-end encrypted, you know\n"]
    assert len(read_whatsapp("".join(lines), "x.txt").messages) == 5


@pytest.mark.parametrize(
    "name", ["+49 151 2345678", "~ Anna", "Dr. O’Neil-Smith", 'Bob "Bobby" B', "\u202a+1 555\u202c"]
)
def test_names_are_as_they_stand_without_signs_of_direction(name):
    """Numbers, people who aren't in the address book, quotes that close."""
    (one,) = read_whatsapp(f"{HEAD}{name}: hello\n", "x.txt").messages
    assert one.speaker == name.removeprefix("~ ").strip("\u202a\u202c")


def test_an_order_of_dates_that_cannot_be_told_is_asked_for():
    """No day above 12, or both orders: an error with the flag to say; with it, it is read."""
    content = "01/02/24, 10:00 - Anna: hello\n03/04/24, 10:00 - Bob: hi\n"
    with pytest.raises(InputError) as caught:
        read_whatsapp(content, "x.txt")
    assert (caught.value.file, caught.value.row, caught.value.advice) == ("x.txt", 1, "--date-format")
    first = read_whatsapp(content, "x.txt", "day-first").messages[0]
    assert first.time == dt.datetime(2024, 2, 1, 10)  # noqa: DTZ001
    first = read_whatsapp(content, "x.txt", "month-first").messages[0]
    assert first.time == dt.datetime(2024, 1, 2, 10)  # noqa: DTZ001
    with pytest.raises(InputError) as caught:
        read_whatsapp("31/12/24, 10:00 - A: b\n12/31/24, 10:00 - A: b\n", "x.txt")
    assert caught.value.advice == "--date-format"
    with pytest.raises(InputError) as caught:
        read_whatsapp("31/12/24, 10:00 - A: b\n", "x.txt", "month-first")
    assert (caught.value.row, caught.value.got) == (1, "31/12/24 10:00:00")


@pytest.mark.parametrize("text", ["<" * 50_000, " " * 50_000 + "x", "\u200e" * 50_000, "x." * 50_000, '"' * 50_000])
def test_hostile_messages_take_no_time(text):
    """Messages that nearly are media, marks or names of files are read at once."""
    began = time.monotonic()
    read_whatsapp(f"{HEAD}Anna: {text}\n{HEAD}{text}: hello\n{text}\n", "x.txt")
    assert time.monotonic() - began < 5


NAMES = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=10)
LINES = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"], exclude_characters="<>\u200e"), min_size=1).filter(
    lambda text: text.strip() and not text[0].isspace()
)
SAID = st.lists(LINES, min_size=1, max_size=3).map("\n".join)
TIMES = st.datetimes(min_value=dt.datetime(2010, 1, 1), max_value=dt.datetime(2040, 1, 1))  # noqa: DTZ001


@given(st.lists(st.tuples(NAMES, TIMES, SAID), min_size=1, max_size=5), st.sampled_from(["android", "ios", "us"]))
def test_what_was_said_is_what_is_read(said, kind):
    """Any names, times and texts of several lines, written as each system writes them, come back."""
    forms = {
        "android": "{:%d.%m.%y, %H:%M} - ",
        "ios": "[{:%d/%m/%Y, %H:%M:%S}] ",
        "us": "{:%m/%d/%y, %I:%M\u202f%p} - ",
    }
    content = "".join(f"{forms[kind].format(time)}{name}: {text}\n" for name, time, text in said)
    chat = read_whatsapp(content, "x.txt", "month-first" if kind == "us" else "day-first")
    if any(chat.left_out.values()):  # a text happened to be one of the program's
        return
    whole = [time.replace(microsecond=0, second=time.second if kind == "ios" else 0) for _, time, _ in said]
    assert [one.time for one in chat.messages] == whole
    assert [one.speaker for one in chat.messages] == [name for name, _, _ in said]
    assert [one.text.split() for one in chat.messages] == [text.split() for _, _, text in said]


# Telegram -----------------------------------------------------------------------------------------------------------


def message(**fields):
    """A message as Telegram Desktop exports it."""
    told = {"type": "message", "date": "2024-12-31T23:59:00", "date_unixtime": "1735689540", "from": "Anna"}
    return {"id": 1, **told, "from_id": "user1", "text": "so happy", "text_entities": [], **fields}


def read_json(tmp_path, value, name="result.json"):
    (tmp_path / name).write_text(json.dumps(value, ensure_ascii=False), "utf-8")
    return read_chat(tmp_path / name)


def test_texts_of_telegram_are_strings_or_lists_of_pieces(tmp_path):
    """Links, mentions and bold words are pieces of one text; times are UTC."""
    pieces = ["see ", {"type": "link", "text": "https://example.org"}, {"type": "bold", "text": " now"}, "!"]
    chat = read_json(tmp_path, {"name": "x", "messages": [message(), message(id=2, text=pieces)]})
    assert [one.text for one in chat.messages] == ["so happy", "see https://example.org now!"]
    assert [one.id for one in chat.messages] == ["1", "2"]
    assert chat.messages[0].time == dt.datetime(2024, 12, 31, 23, 59, tzinfo=dt.UTC)


def test_what_is_no_text_of_its_speaker_is_counted(tmp_path):
    """Service messages, photos without words, forwarded and blank messages."""
    others = [
        message(id=2, type="service", action="invite_members"),
        message(id=3, text="", photo="photos/1.jpg"),
        message(id=4, forwarded_from="Bob"),
        message(id=5, text=[]),
        message(id=6, text="a caption", photo="photos/2.jpg"),
    ]
    chat = read_json(tmp_path, {"messages": [message(), *others]})
    assert [one.id for one in chat.messages] == ["1", "6"]
    assert chat.left_out == {SYSTEM: 1, MEDIA: 1, FORWARDED: 1, BLANK: 1}


def test_an_account_of_several_chats_is_one_table_and_told(tmp_path):
    """Ids start with the chat's number; people of one name are told; a deleted account has its id for a name."""
    one = {"name": "a", "messages": [message(), message(id=2, **{"from": None}, from_id="user7")]}
    two = {"name": "b", "messages": [message(from_id="user9")]}
    chat = read_json(tmp_path, {"chats": {"about": "", "list": [one, two]}})
    assert [one.id for one in chat.messages] == ["1/1", "1/2", "2/1"]
    assert [one.speaker for one in chat.messages] == ["Anna", "user7", "Anna"]
    assert len(chat.notes) == 2


@pytest.mark.parametrize(
    ("value", "row", "column"),
    [
        ({"messages": [message(), message(date_unixtime="noon")]}, 2, "date"),
        ({"messages": [{"type": "message", "text": "a", "from": "b"}]}, 1, "date"),
        ({"messages": [message(text=3)]}, 1, "text"),
        ({"messages": [message(text=[{"type": "bold"}])]}, 1, "text"),
        ({"messages": ["hello"]}, 1, None),
        ({"message": []}, None, None),
        ({"chats": {"list": [{}]}}, None, None),
        ({"messages": []}, None, None),
        ({"messages": [message(type="service")]}, None, None),
    ],
)
def test_files_of_another_form_are_named_with_the_place(tmp_path, value, row, column):
    """Which message, and what is wrong with it."""
    with pytest.raises(InputError) as caught:
        read_json(tmp_path, value)
    assert (caught.value.file, caught.value.row, caught.value.column) == ("result.json", row, column)


def test_older_exports_have_local_times_alone(tmp_path):
    """They stay without a zone."""
    old = {key: value for key, value in message().items() if key != "date_unixtime"}
    assert read_json(tmp_path, {"messages": [old]}).messages[0].time == LAST_DAY


# Slack --------------------------------------------------------------------------------------------------------------


def said(ts, **fields):
    """A message as Slack exports it."""
    return {"type": "message", "user": "U1", "text": "so happy", "ts": ts, **fields}


@pytest.fixture
def slack(tmp_path):
    """An export of two channels."""
    files = {
        "users.json": [
            {"id": "U1", "name": "anna", "profile": {"display_name": "Anna", "real_name": "Anna A"}},
            {"id": "U2", "name": "bob", "profile": {"display_name": "", "real_name": "Bob B"}},
        ],
        "channels.json": [{"id": "C1", "name": "general"}],
        "general/2024-12-30.json": [
            said("1735599600.000100"),
            said(
                "1735599600.000200",
                user="U2",
                text="hi <@U1> &amp; <@U9>, see <https://x.org/a|this> <#C1|general> <!here>",
            ),
            said("1735599600.000300", subtype="channel_join", text="<@U2> has joined the channel"),
            said("1735599600.000400", subtype="bot_message", bot_id="B1", text="build failed"),
            said("1735599600.000500", text="", files=[{"name": "x.jpg"}]),
            said("1735599600.000600", subtype="tombstone", text="This message was deleted."),
            said("1735599600.000700", user="U9", text=""),
        ],
        "general/2024-12-31.json": [said("1735686000.000100", user="U8", subtype="me_message", text="waves")],
        "random/2024-12-29.json": [
            said("1735513200.000100", user="U9", user_profile={"real_name": "Cleo"}, text="a < b")
        ],
    }
    for name, value in files.items():
        path = tmp_path / "export" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value), "utf-8")
    return tmp_path / "export"


def test_an_export_of_slack_is_one_table(slack):
    """All days of all channels in the order of time, names in place of ids, links as words, the rest counted."""
    chat = read_chat(slack)
    assert [(one.id, one.speaker, one.text) for one in chat.messages] == [
        ("random/1735513200.000100", "Cleo", "a < b"),
        ("general/1735599600.000100", "Anna", "so happy"),
        ("general/1735599600.000200", "Bob B", "hi @Anna & @U9, see this #general @here"),
        ("general/1735686000.000100", "U8", "waves"),
    ]
    assert chat.messages[1].time == dt.datetime(2024, 12, 30, 23, tzinfo=dt.UTC) + dt.timedelta(microseconds=100)
    assert chat.left_out == {SYSTEM: 2, MEDIA: 1, DELETED: 1, BLANK: 1}
    assert len(chat.notes) == 2


def test_one_channel_or_one_day_of_slack_is_read_with_the_names_above(slack):
    """A folder or a file of the export finds users.json."""
    assert [one.speaker for one in read_chat(slack / "general").messages] == ["Anna", "Bob B", "U8"]
    assert [one.id for one in read_chat(slack / "general" / "2024-12-30.json").messages] == [
        "1735599600.000100",
        "1735599600.000200",
    ]


def test_folders_and_files_of_another_kind_are_named(tmp_path):
    """An empty folder, a list of anything else, a table, another form of order."""
    with pytest.raises(InputError) as caught:
        read_chat(tmp_path)
    assert caught.value.file == tmp_path.name
    with pytest.raises(InputError) as caught:
        read_json(tmp_path, [{"text": "so happy"}], "x.json")
    assert (caught.value.file, caught.value.row, caught.value.column) == ("x.json", 1, "ts")
    (tmp_path / "x.csv").write_text("text,n\nso happy,1\n", "utf-8")
    with pytest.raises(InputError) as caught:
        read_chat(tmp_path / "x.csv")
    assert (caught.value.file, caught.value.row) == ("x.csv", 1)
    assert "text,n" not in caught.value.got
    (tmp_path / "y.json").write_text("{", "utf-8")
    with pytest.raises(InputError) as caught:
        read_chat(tmp_path / "y.json")
    assert caught.value.file == "y.json"
    with pytest.raises(InputError) as caught:
        read_chat(tmp_path / "x.csv", date_format="%d.%m.%Y")
    assert caught.value.got == "%d.%m.%Y"
