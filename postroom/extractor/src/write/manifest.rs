//! `manifest.json`: what was read, what was written, their digests.

use serde_json::{Map, Value, json};

use super::commit::Committed;
use super::folders_csv::FolderCounts;
use crate::messaging::Folder;
use crate::ndb::Header;

/// What is known of the source.
pub struct SourceFacts {
    pub size: u64,
    pub sha256: String,
    pub has_password: bool,
}

/// What the manifest is made of.
pub struct Manifest<'a> {
    pub ingest_id: String,
    pub source: SourceFacts,
    pub header: &'a Header,
    pub committed: &'a Committed,
    pub outputs: &'a [(String, Value)],
    pub folders: &'a [Folder],
    pub folder_counts: &'a [FolderCounts],
    pub associated: u64,
}

/// The manifest, its members sorted.
pub fn manifest_json(manifest: &Manifest) -> Value {
    let committed = manifest.committed;
    let counts = &committed.counts;
    let outputs: Map<String, Value> = manifest.outputs.iter().cloned().collect();
    json!({
        "format": 1,
        "program": concat!("pst-extract ", env!("CARGO_PKG_VERSION")),
        "ingest_id": manifest.ingest_id,
        "source": {
            "size_bytes": manifest.source.size,
            "sha256": manifest.source.sha256,
            "file_format": manifest.header.layout.format.as_str(),
            "version": manifest.header.version,
            "encoding": manifest.header.encoding.as_str(),
            "has_password": manifest.source.has_password,
        },
        "counts": {
            "emails": counts.emails,
            "attachments": counts.attachments,
            "objects": committed.objects,
            "object_bytes": committed.object_bytes,
            "folders": manifest.folders.len(),
            "errors": counts.errors,
            "findings": counts.findings,
            "associated": manifest.associated,
            "by_class": counts.by_class,
            "by_origin": counts.by_origin,
        },
        "folders": folders(manifest),
        "outputs": outputs,
    })
}

fn folders(manifest: &Manifest) -> Map<String, Value> {
    let pairs = manifest.folders.iter().zip(manifest.folder_counts);
    pairs
        .map(|(folder, counts)| {
            let facts = json!({
                "path": folder.path,
                "table_rows": folder.rows.len(),
                "message_nodes": folder.message_nodes,
                "written": counts.written,
                "failed": counts.failed,
            });
            (folder.nid.0.to_string(), facts)
        })
        .collect()
}

/// JSON with sorted members and a line end.
pub fn sorted_json(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
