"""The rows of an ingest that parity compares: each table is read once, bodies only hashed.

`text_hash_now` is computed where the body lies, so no body leaves the database.
"""

from __future__ import annotations

from cutline.parity.suite import Apart, Dataset, Reason, Refusal, View

PINNED_PYPFF = "20260926"


def _dataset(
    name: str,
    table: str,
    columns: dict[str, str | tuple[str, str]],
    key: tuple[str, ...],
    owner: str = "",
) -> Dataset:
    """Return the dataset over one table; a pair of expressions is SQLite's and PostgreSQL's."""
    both = {c: (e, e) if isinstance(e, str) else e for c, e in columns.items()}
    queries = {
        engine: f"SELECT {', '.join(f'{e[at]} AS {c}' for c, e in both.items())} FROM {table}"
        for at, engine in enumerate(("sqlite", "postgres"))
    }
    which = "id" if table == "pst_files" else "pst_file_id"
    bound = {"sqlite": ":ingest", "postgres": "CAST(:ingest AS uuid)"}
    return Dataset(
        name,
        {engine: f"{query} WHERE {which} = {bound[engine]}" for engine, query in queries.items()},
        tuple(columns),
        key,
        owner,
    )


def _same(*columns: str) -> dict[str, str | tuple[str, str]]:
    return {column: column for column in columns}


INGEST = _dataset(
    "ingest",
    "pst_files",
    {
        **_same("id", "file_name", "engine", "engine_version", "sha256", "size_bytes"),
        **_same("processing_status", "error_message"),
        "seconds": (
            (
                "round((julianday(processing_completed_at) - julianday(processing_started_at))"
                " * 86400, 3)"
            ),
            "round(extract(epoch FROM processing_completed_at - processing_started_at), 3)",
        ),
    },
    ("id",),
)

EMAILS = _dataset(
    "emails",
    "email_messages",
    {
        **_same(
            "id", "pst_nid", "node_path", "parent_path", "origin", "folder_nid", "folder_index"
        ),
        **_same("pst_message_path", "message_id", "in_reply_to", "email_references"),
        **_same("conversation_index", "content_hash", "record_hash", "text_hash"),
        "text_hash_now": (
            "sha256_text(body_text)",
            "encode(sha256(convert_to(body_text, 'UTF8')), 'hex')",
        ),
        "has_text": ("nullif(body_text <> '', 0)", "nullif(body_text <> '', false)"),
        "headers_present": (
            "CASE WHEN json_extract(metadata, '$.transport_headers_present') THEN 'true' END",
            "nullif(metadata ->> 'transport_headers_present', 'false')",
        ),
        **_same("body_source", "code_page", "thread_id", "parent_message_id"),
    },
    ("node_path",),
    "node_path",
)

ATTACHMENTS = _dataset(
    "attachments",
    "email_attachments",
    {
        **_same("id", "email_id", "pst_nid", "email_node_path", "attachment_nid", "node_path"),
        **_same("attachment_hash", "size_bytes", "s3_bucket", "s3_key"),
    },
    ("node_path",),
    "email_node_path",
)

DOCUMENTS = _dataset(
    "documents_all",
    "documents",
    {
        **_same("id", "attachment_id", "status"),
        "has_text": ("nullif(text_excerpt <> '', 0)", "nullif(text_excerpt <> '', false)"),
    },
    ("id",),
)

ERRORS = _dataset(
    "errors",
    "ingest_errors",
    _same("id", "kind", "node_path", "nid", "folder_nid", "folder_index"),
    ("id",),
)

LINKS = _dataset(
    "links_all",
    "email_thread_links",
    _same("id", "email_id", "parent_email_id"),
    ("id",),
)

DATASETS = (INGEST, EMAILS, ATTACHMENTS, DOCUMENTS, ERRORS, LINKS)

FINDINGS = "('omitted', 'not_in_table', 'orphan')"

_LINKED = (
    "{side}.links_all l JOIN {side}.emails e ON e.id = l.email_id"
    " JOIN {side}.emails p ON p.id = l.parent_email_id"
)

VIEWS = (
    View(
        "attachments_of",
        "SELECT a.node_path, e.content_hash AS email_content_hash FROM {side}.attachments a"
        " LEFT JOIN {side}.emails e ON e.id = a.email_id",
        ("node_path", "email_content_hash"),
        ("node_path",),
    ),
    View(
        "documents",
        "SELECT a.node_path, d.status, d.has_text FROM {side}.documents_all d"
        " JOIN {side}_raw.attachments r ON r.id = d.attachment_id"
        " JOIN {side}.attachments a ON a.id = r.id",
        ("node_path", "status", "has_text"),
        ("node_path",),
    ),
    View(
        "links",
        f"SELECT e.node_path, p.node_path AS parent FROM {_LINKED}",
        ("node_path", "parent"),
        ("node_path",),
    ),
    View(
        "orphans",
        "SELECT e.node_path FROM {side}.emails e"
        " WHERE (e.in_reply_to IS NOT NULL OR e.email_references IS NOT NULL)"
        f" AND e.node_path NOT IN (SELECT e.node_path FROM {_LINKED})",
        ("node_path",),
        ("node_path",),
    ),
    View(
        "unhashed",
        "SELECT e.node_path, CASE WHEN EXISTS (SELECT 1 FROM {side}.errors x"
        f" WHERE x.kind NOT IN {FINDINGS} AND (x.node_path = e.node_path"
        " OR starts_with(x.node_path, e.node_path || '/')"
        " OR (x.nid = e.pst_nid AND e.parent_path IS NULL)"
        " OR (x.folder_nid = e.folder_nid AND x.folder_index = e.folder_index"
        " AND e.parent_path IS NULL))) THEN 'true' END AS has_error,"
        " e.content_hash FROM {side}.emails e",
        ("node_path", "has_error", "content_hash"),
        ("node_path",),
    ),
)

_ITEM_ERROR = (
    "EXISTS (SELECT 1 FROM baseline_raw.errors x WHERE x.kind = 'message'"
    " AND x.folder_nid = c.folder_nid AND x.folder_index = c.folder_index)"
)
_ONE_ROW = (
    "(SELECT count(*) FROM candidate_raw.emails o WHERE o.folder_nid = c.folder_nid"
    " AND o.folder_index = c.folder_index AND o.origin = 'table') = 1"
)
_TOP = "c.parent_path IS NULL AND NOT contains(c.node_path, '/')"

# The extractor records each of these messages, so that a row without its record is an invention.
_FOUND = (
    "EXISTS (SELECT 1 FROM candidate_raw.errors x WHERE x.kind = c.origin AND x.nid = c.pst_nid)"
)

APART = Apart(
    "emails",
    "node_path",
    (
        Reason(
            "embedded",
            "c.origin = 'embedded' AND starts_with(c.node_path, c.parent_path || '/')"
            " AND c.parent_path IN (SELECT node_path FROM candidate_raw.emails)",
            "c.origin = 'embedded' AND b.origin <> c.origin",
        ),
        Reason(
            "v1_item_error",
            f"c.origin = 'table' AND {_TOP} AND {_ITEM_ERROR} AND {_ONE_ROW}",
            f"c.origin = 'table' AND {_ITEM_ERROR}",
        ),
        Reason(
            "v1_folder_error",
            f"c.origin = 'table' AND {_TOP} AND EXISTS (SELECT 1 FROM baseline_raw.errors x"
            " WHERE x.kind = 'folder' AND x.folder_nid = c.folder_nid)",
        ),
        Reason(
            "orphan",
            f"c.origin = 'orphan' AND {_TOP} AND {_FOUND}",
            "c.origin = 'orphan' AND b.origin <> c.origin",
        ),
        Reason(
            "not_in_table",
            f"c.origin = 'not_in_table' AND {_TOP} AND {_FOUND}",
            "c.origin = 'not_in_table' AND b.origin <> c.origin",
        ),
    ),
)

_PAIR = "FROM baseline_raw.ingest b, candidate_raw.ingest c"

REFUSALS = (
    Refusal(
        "baseline",
        "SELECT count(*) = 0 FROM baseline_raw.ingest",
        "the baseline is not there",
        "pst_files has no such ingest",
        "run `postroom status` for the ids of the ingests",
    ),
    Refusal(
        "candidate",
        "SELECT count(*) = 0 FROM candidate_raw.ingest",
        "the candidate is not there",
        "pst_files has no such ingest",
        "run `postroom status` for the ids of the ingests",
    ),
    Refusal(
        "ingest",
        f"SELECT b.id = c.id {_PAIR}",
        "baseline and candidate are the same ingest",
        "what is compared with itself always agrees",
        "name two ingests of the same file, one by each version",
    ),
    Refusal(
        "engine",
        f"SELECT b.engine IS NULL OR c.engine IS NULL OR b.engine = c.engine {_PAIR}",
        "both ingests were made by one engine",
        "what agrees with itself proves nothing of the other",
        "name an ingest by v1 as baseline and one by v2 as candidate",
    ),
    Refusal(
        "engine",
        f"SELECT b.engine <> 'v1' OR c.engine <> 'v2' {_PAIR}",
        "baseline and candidate are the wrong way round",
        "the baseline is v1's and is never filtered, the candidate is v2's",
        "exchange --baseline and --candidate",
    ),
    Refusal(
        "source file",
        f"SELECT b.sha256 IS NULL OR c.sha256 IS NULL OR b.sha256 <> c.sha256 {_PAIR}",
        "the two ingests are not of the same file",
        "their source files have different SHA-256, or one has none",
        "upload the same file twice and ingest it once with each version",
    ),
    Refusal(
        "engine_version",
        f"SELECT NOT regexp_matches(b.engine_version, '(^|\\D){PINNED_PYPFF}(\\D|$)') {_PAIR}",
        f"the baseline was not read by pypff {PINNED_PYPFF}",
        "versions of pypff differ in what they can read",
        f"install libpff-python=={PINNED_PYPFF} and ingest the baseline again",
    ),
)

DESCRIBE = {
    "file": "SELECT file_name FROM {side}_raw.ingest",
    "made by": "SELECT engine || ' ' || engine_version FROM {side}_raw.ingest",
    "source SHA-256": "SELECT sha256 FROM {side}_raw.ingest",
    "source bytes": "SELECT size_bytes FROM {side}_raw.ingest",
}
