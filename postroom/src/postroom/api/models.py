"""The JSON of answers and bodies, as the description of the service tells it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

Status = Literal["pending", "queued", "processing", "completed", "failed", "cancelled"]
EngineName = Literal["v1", "v2"]


class ErrorBody(BaseModel):
    """What went wrong, where, why, and what helps."""

    code: str
    what: str
    where: str
    why: str
    remedy: str


class ErrorAnswer(BaseModel):
    """Every answer that is not a success."""

    error: ErrorBody


class Upload(BaseModel):
    """A file that was received."""

    id: str
    project_id: str
    case_id: str | None
    file_name: str
    size_bytes: int
    sha256: str
    processing_status: Status
    created_at: str


class IngestAnswer(BaseModel):
    """One row of `pst_files`."""

    id: str
    project_id: str
    case_id: str | None
    file_name: str
    s3_bucket: str
    s3_key: str
    size_bytes: int | None
    sha256: str | None
    engine: EngineName | None
    engine_version: str | None
    processing_status: Status
    error_message: str | None
    processing_started_at: str | None
    processing_completed_at: str | None
    total_emails: int | None
    total_attachments: int | None
    claim_owner: str | None
    claim_attempt: int
    claim_epoch: int
    claim_lease_until: str | None
    progress: str | None
    created_at: str
    item_errors: int
    is_stalled: bool


class Queued(BaseModel):
    """An ingest that was handed to an engine."""

    id: str
    engine: EngineName | None
    processing_status: Status


class TaskState(BaseModel):
    """How far one task of an ingest is."""

    name: str
    state: Literal["waiting", "running", "done", "failed"]
    elapsed_s: float | None
    item_errors: int | None
    counts: dict[str, int]


class IngestStatus(IngestAnswer):
    """An ingest with its tasks; `errors` is the number of items that could not be read."""

    tasks: list[TaskState]
    errors: int


class Ingests(BaseModel):
    """A page of ingests, the newest first."""

    ingests: list[IngestAnswer]
    next: str | None


class Row(BaseModel):
    """A message in a list."""

    id: str
    pst_file_id: str
    subject: str | None
    from_address: str | None
    sender_name: str | None
    to: list[str]
    sent_utc: str | None
    folder: str
    attachment_count: int
    thread_id: str | None
    is_embedded: bool
    tags: list[str]
    pinned_notes: int
    is_duplicate: bool


class Items(BaseModel):
    """A page of messages; `total` counts all that the query finds."""

    items: list[Row]
    next: str | None
    total: int


class Piece(BaseModel):
    """A piece of text around what was found."""

    text: str
    is_match: bool


class Hit(Row):
    """A message that was found, with the text around the words."""

    snippet: list[Piece]
    found_in: str
    attachment_id: str | None


class Found(BaseModel):
    """A page of hits; `unindexed` counts completed ingests that are not in the index."""

    hits: list[Hit]
    next: str | None
    total: int
    unindexed: int


class DocumentState(BaseModel):
    """Whether the text of an attachment could be read."""

    status: Literal["NEW", "READY", "FAILED"]
    error_message: str | None


class Attachment(BaseModel):
    """An attachment of a message."""

    id: str
    file_name: str | None
    mime_type: str | None
    size_bytes: int | None
    attachment_hash: str | None
    is_inline: bool
    method: int | None
    embedded_item_id: str | None
    document: DocumentState | None


class ThreadEntry(BaseModel):
    """A message of the same thread."""

    id: str
    subject: str | None
    from_address: str | None
    sent_utc: str | None
    parent_id: str | None


class Note(BaseModel):
    """What somebody wrote to a message."""

    id: str
    author: str
    body: str
    pinned: bool
    created_at: str
    updated_at: str


class Hashes(BaseModel):
    """The identity of a message."""

    content_hash: str | None
    record_hash: str | None
    family_hash: str | None
    text_hash: str | None
    edrm_mih: str | None


class Item(Row):
    """A message with everything that belongs to it. `body_html` is sanitised."""

    cc: list[str]
    bcc: list[str]
    received_utc: str | None
    message_id: str | None
    headers: str | None
    body_text: str | None
    body_html: str | None
    message_class: str | None
    importance: int | None
    categories: list[str]
    attachments: list[Attachment]
    thread: list[ThreadEntry]
    notes: list[Note]
    meta: dict[str, Any]
    hashes: Hashes


class Folder(BaseModel):
    """A folder and how many messages lie in it."""

    folder: str
    count: int


class Backend(BaseModel):
    """Which engine holds the source; `-` where each has its own and this one did not answer."""

    backend: Literal["sqlite", "postgres_primary", "-"]


class Processors(BaseModel):
    """Which engine can be asked to process."""

    v1: bool
    v2: bool


class Health(BaseModel):
    """Whether the service can work.

    `read_only`: the source moved to PostgreSQL, which is gone, and its file is shown; how much of
    what was written there is not in it, `not_carried`, is then unknown.
    """

    ok: bool
    backend: Backend
    read_only: bool
    not_carried: int | Literal["unknown"] | None
    source_id: str | None
    processors_available: Processors
    version: str


class Stats(BaseModel):
    """What a source holds."""

    source_id: str
    emails: int
    attachments: int
    documents: dict[str, int]
    ingests: dict[str, int]
    item_errors: int
    notes: int
