//! Records of attachments, in the columns of `docs/formats.md`.

use uuid::Uuid;

use super::email_row::{filetime, item_id};
use super::lines::Lines;
use super::row::Row;
use crate::identity::hash::hex;
use crate::messaging::{Attachment, Place};

/// The columns in their order.
pub const ATTACHMENT_COLUMNS: &str = "id,email_id,pst_file_id,pst_nid,email_node_path,\
attachment_nid,node_path,attachment_index,method,file_name,long_name,short_name,mime_type,\
content_id,is_inline,is_hidden,rendering_position,size_bytes,declared_size,attachment_hash,md5,\
sha1,object_key,created_filetime,modified_filetime,embedded_path,reference\n";

/// Writes the record of an attachment of the message at `place`.
pub fn attachment_row(out: &mut Lines, ingest: Uuid, place: &Place, found: &Attachment) {
    let path = format!("{}/{}", place.node_path, found.nid);
    let mut row = Row::new(out);
    row.plain("id", Some(&item_id(ingest, &path)));
    row.plain("email_id", Some(&item_id(ingest, &place.node_path)));
    row.plain("pst_file_id", Some(&ingest.hyphenated().to_string()));
    row.int("pst_nid", Some(i64::from(place.top.0)));
    row.plain("email_node_path", Some(&place.node_path));
    row.int("attachment_nid", Some(i64::from(found.nid.0)));
    row.plain("node_path", Some(&path));
    row.int("attachment_index", i64::try_from(found.index).ok());
    row.int("method", found.method.map(i64::from));
    names(&mut row, found);
    row.bool("is_inline", found.is_inline);
    row.bool("is_hidden", found.is_hidden);
    row.int(
        "rendering_position",
        found.rendering_position.map(i64::from),
    );
    content(&mut row, found);
    row.int("created_filetime", filetime(found.created));
    row.int("modified_filetime", filetime(found.modified));
    let embedded = found.embedded.map(|inner| format!("{path}/{}", inner.nid));
    row.plain("embedded_path", embedded.as_deref());
    row.text("reference", found.reference.as_deref());
    row.end();
}

fn names(row: &mut Row, found: &Attachment) {
    let candidates = [&found.long_name, &found.short_name, &found.display_name];
    let name = candidates
        .into_iter()
        .flatten()
        .find(|name| !name.is_empty());
    row.text("file_name", name.and_then(|name| base_name(name)));
    row.text("long_name", found.long_name.as_deref());
    row.text("short_name", found.short_name.as_deref());
    row.text("mime_type", found.mime_type.as_deref());
    row.text("content_id", found.content_id.as_deref());
}

/// What follows the last `/` or `\`: a name that somebody saves under must lead nowhere else.
fn base_name(name: &str) -> Option<&str> {
    name.rsplit(['/', '\\'])
        .next()
        .filter(|base| !base.is_empty())
}

fn content(row: &mut Row, found: &Attachment) {
    let content = found.content.as_ref();
    let digits = content.map(|c| hex(&c.sha256));
    row.int(
        "size_bytes",
        content.and_then(|c| i64::try_from(c.size).ok()),
    );
    row.int("declared_size", found.declared_size.map(i64::from));
    row.plain("attachment_hash", digits.as_deref());
    row.hex(
        "md5",
        content
            .and_then(|c| c.md5.as_ref())
            .map(<[u8; 16]>::as_slice),
    );
    row.hex(
        "sha1",
        content
            .and_then(|c| c.sha1.as_ref())
            .map(<[u8; 20]>::as_slice),
    );
    row.plain(
        "object_key",
        digits.map(|d| super::object_folder::key(&d)).as_deref(),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_for_people_is_never_a_path() {
        assert_eq!(base_name("C:\\Windows\\calc.exe"), Some("calc.exe"));
        assert_eq!(base_name("../../etc/passwd"), Some("passwd"));
        assert_eq!(base_name("plain.txt"), Some("plain.txt"));
        assert_eq!(base_name("folder/"), None);
    }
}
