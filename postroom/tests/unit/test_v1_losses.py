"""What v1 makes of items that pypff cannot read whole."""

from __future__ import annotations

import uuid
from types import SimpleNamespace

import pytest
from tests_support.pypff_fake import Attachment, Entry, Item, Message, RecordSet

from postroom.errors import DiskRefused
from postroom.legacy import stored
from postroom.legacy.records import Ingest, record_of
from postroom.legacy.stored import why
from postroom.legacy.walk import Found, Place, walk
from postroom.store import FolderStore

BROKEN = OSError(
    "pypff_x: unable to retrieve data. libpff_y: bad block at: 4. libpff_z: /home/a.pst"
)
SUBJECT = Entry(0x0037, 0x001F, "Plan".encode("utf-16-le"))
BODY = Entry(0x1000, 0x001F, "text".encode("utf-16-le"))
KIND = Entry(0x0C15, 0x0003, b"\1\0\0\0")


@pytest.fixture(autouse=True)
def _fakes_are_messages(monkeypatch):
    monkeypatch.setattr(stored, "pypff", SimpleNamespace(message=Message))


@pytest.fixture
def ingest(tmp_path):
    return Ingest(uuid.UUID(int=1), FolderStore(tmp_path / "store"), tmp_path)


def record(ingest, message):
    place = Place("table", "Inbox", 0x8082, 0, message.identifier)
    return record_of(Found(place, message), ingest)


def message(*entries, **tables):
    return Message(0x200024, [RecordSet([SUBJECT, BODY, *entries])], **tables)


def attachment(nid, content=b"hello", method=1, *more):
    entries = [
        Entry(0x3701, 0x0102, b"as pypff has it" if content else b""),
        Entry(0x3705, 0x0003, bytes((method, 0, 0, 0))),
        *more,
    ]
    return Attachment(nid, [RecordSet(entries)], content)


def hashes(found):
    row = found.message
    return row.content_hash is not None, row.record_hash is not None, row.family_hash is not None


def test_a_whole_message_has_every_hash_and_no_loss(ingest):
    """The frame of the tests below loses nothing by itself."""
    found = record(
        ingest, message(recipient_rows=[RecordSet([KIND])], attached=[attachment(0x8025)])
    )
    assert hashes(found) == (True, True, True)
    assert found.losses == []


@pytest.mark.parametrize(
    ("tag", "expected"),
    [(0x0039, (False, False, False)), (0x0070, (True, False, False)), (0x0FF9, (True, True, True))],
)
def test_a_property_that_cannot_be_read_voids_the_hashes_it_belongs_to(ingest, tag, expected):
    """A hash is of everything that it is made of, or NULL; the loss is recorded either way."""
    found = record(ingest, message(Entry(tag, 0x0040, BROKEN)))
    assert hashes(found) == expected
    [(path, loss)] = found.losses
    assert (path, loss.kind, loss.property) == ("200024", "property", f"{tag:04x}0040")


def test_recipients_that_cannot_be_read_void_both_hashes(ingest):
    """A mail whose To is unknown equals no other."""
    found = record(ingest, message(recipient_rows=BROKEN))
    assert hashes(found) == (False, False, False)
    broken_row = RecordSet([KIND, Entry(0x3003, 0x001F, BROKEN)])
    found = record(ingest, message(recipient_rows=[RecordSet([KIND]), broken_row]))
    assert hashes(found) == (False, False, False)


def test_an_attachment_table_that_cannot_be_read_voids_the_record(ingest):
    """What is attached belongs to the record, not to what the mail says."""
    assert hashes(record(ingest, message(attached=BROKEN))) == (True, False, False)


def test_an_attachment_that_cannot_be_read_is_a_loss_and_the_next_is_read(ingest):
    """Each attachment stands for itself."""
    unread = attachment(0x8045, BROKEN)
    found = record(ingest, message(attached=[BROKEN, unread, attachment(0x8065)]))
    assert hashes(found) == (True, False, False)
    assert found.message.attachment_count == 3
    assert [row.attachment_hash is None for row in found.attachments] == [True, False]
    assert [loss.kind for _, loss in found.losses] == ["attachment", "attachment"]


def test_an_empty_attachment_hashes_the_empty_string(ingest):
    """Empty content is content."""
    [row] = record(ingest, message(attached=[attachment(0x8025, b"")])).attachments
    assert (row.size_bytes, row.attachment_hash[:8]) == (0, "e3b0c442")


def test_an_embedded_message_is_recorded_as_out_of_reach(ingest):
    """v1 cannot look inside, says so, and claims no hash of the family."""
    found = record(ingest, message(attached=[attachment(0x8025, b"heap", 5)]))
    assert hashes(found) == (True, True, False)
    assert [(path, loss.kind) for path, loss in found.losses] == [("200024/8025", "attachment")]
    assert found.attachments[0].attachment_hash is None


def test_the_same_attachment_node_twice_is_one_row_and_a_loss(ingest):
    """An id is never given twice."""
    twice = [attachment(0x8025), attachment(0x8025)]
    found = record(ingest, message(attached=twice))
    assert len(found.attachments) == 1
    assert hashes(found) == (True, False, False)


def test_an_item_without_tables_loses_them_only_if_it_has_any(ingest):
    """pypff gives some classes without recipients and attachments."""
    bare = Item(0x200044, [RecordSet([SUBJECT])])
    assert hashes(record(ingest, bare)) == (True, True, True)
    named = Item(0x200044, [RecordSet([SUBJECT, Entry(0x0E04, 0x001F, b"A\0")])])
    assert hashes(record(ingest, named)) == (False, False, False)


def test_a_moment_after_2_to_the_63_is_null_and_recorded(ingest):
    """A FILETIME that no column holds is not bent."""
    found = record(ingest, message(Entry(0x0039, 0x0040, b"\xff" * 8)))
    assert (found.message.sent_filetime, found.message.sent_utc) == (None, None)
    assert found.message.content_hash is not None
    assert [loss.property for _, loss in found.losses] == ["00390040"]


def test_a_full_disk_ends_the_ingest(ingest, monkeypatch):
    """What cannot be written is not a loss of the mail."""

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(DiskRefused, match="No space left"):
        record(ingest, message(attached=[attachment(0x8025)]))


def test_an_error_of_libpff_is_told_by_its_first_two_sentences():
    """Where it failed and the cause; the rest names the machine that it ran on."""
    assert why(BROKEN) == "pypff_x: unable to retrieve data. libpff_y: bad block at: 4"
    assert why(MemoryError()) == "MemoryError"


class Folder(Item):
    """A folder that holds what it is told, or raises."""

    def __init__(self, nid, messages=(), folders=()):
        super().__init__(nid, [RecordSet([])])
        self.messages, self.folders = messages, folders

    @property
    def number_of_sub_messages(self):
        if isinstance(self.messages, Exception):
            raise self.messages
        return len(self.messages)

    @property
    def number_of_sub_folders(self):
        if isinstance(self.folders, Exception):
            raise self.folders
        return len(self.folders)

    def get_sub_message(self, index):
        if isinstance(self.messages[index], Exception):
            raise self.messages[index]
        return self.messages[index]

    def get_sub_folder(self, index):
        if isinstance(self.folders[index], Exception):
            raise self.folders[index]
        return self.folders[index]


def test_the_walk_records_what_it_cannot_enter_and_goes_on():
    """A damaged folder or message costs itself; orphans that are mail come last."""
    inner = Folder(0x8082, [message(), BROKEN])
    root = Folder(
        0x122, BROKEN, [inner, BROKEN, Folder(0x2223, [message()]), Folder(0x80A2, (), BROKEN)]
    )
    orphans = [Message(0x200084, []), Item(0x80C2, [])]
    file = SimpleNamespace(
        root_folder=root, number_of_orphan_items=2, get_orphan_item=orphans.__getitem__
    )
    found = [(of.place.origin, of.place.path, of.loss and of.loss.kind) for of in walk(file)]
    assert found == [
        ("table", "", "folder"),
        ("table", "", "folder"),
        ("table", "(8082)", None),
        ("table", "(8082)", "message"),
        ("table", "(80a2)", "folder"),
        ("orphan", "(orphaned)", None),
    ]
    lost = [of.place for of in walk(file) if of.loss and of.loss.kind == "message"]
    assert [(place.folder_nid, place.folder_index) for place in lost] == [(0x8082, 1)]


def test_a_folder_that_holds_itself_is_entered_once():
    """A circle of folders ends."""
    root = Folder(0x122, [message()])
    root.folders = [root]
    file = SimpleNamespace(root_folder=root, number_of_orphan_items=0)
    assert len(list(walk(file))) == 1


def test_what_pypff_has_no_memory_for_is_damage_and_costs_itself():
    """It says MemoryError where it cannot make an object of something damaged."""
    broken = MemoryError("pypff_folder: unable to create object")

    class File:
        number_of_orphan_items = 2

        @property
        def root_folder(self):
            raise broken

        def get_orphan_item(self, index):
            if index:
                return Message(0x200084, [])
            raise broken

    found = [(of.place.origin, of.loss and of.loss.kind) for of in walk(File())]
    assert found == [("table", "folder"), ("orphan", "message"), ("orphan", None)]
