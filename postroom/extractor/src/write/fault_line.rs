//! Faults as lines of `errors.ndjson`.

use super::json::json_string;
use crate::error::Fault;

/// Appends the line of a fault.
pub fn fault_line(out: &mut Vec<u8>, fault: &Fault) {
    out.extend_from_slice(b"{\"kind\":");
    json_string(out, fault.kind.as_str());
    out.extend_from_slice(b",\"node_path\":");
    string(out, fault.node_path.as_deref());
    number(out, "folder_nid", fault.folder_nid.map(|n| u64::from(n.0)));
    number(out, "folder_index", fault.folder_index.map(u64::from));
    number(out, "nid", fault.nid.map(|n| u64::from(n.0)));
    number(out, "bid", fault.bid.map(|b| b.0));
    number(out, "offset", fault.offset);
    out.extend_from_slice(b",\"property\":");
    string(out, fault.property.map(|p| format!("{p:08x}")).as_deref());
    out.extend_from_slice(b",\"reason\":");
    json_string(out, &fault.reason);
    out.extend_from_slice(b"}\n");
}

fn string(out: &mut Vec<u8>, value: Option<&str>) {
    match value {
        Some(text) => json_string(out, text),
        None => out.extend_from_slice(b"null"),
    }
}

fn number(out: &mut Vec<u8>, name: &str, value: Option<u64>) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    match value {
        Some(n) => out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes()),
        None => out.extend_from_slice(b"null"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use crate::ndb::Nid;

    #[test]
    fn what_does_not_apply_is_null() {
        let mut out = Vec::new();
        let fault = Fault {
            nid: Some(Nid(0x24)),
            property: Some(0x1000_001F),
            ..Fault::new(Kind::Property, "why \"so\"")
        };
        fault_line(&mut out, &fault);
        let expected = "{\"kind\":\"property\",\"node_path\":null,\"folder_nid\":null,\"folder_index\":null,\
            \"nid\":36,\"bid\":null,\"offset\":null,\"property\":\"1000001f\",\"reason\":\"why \\\"so\\\"\"}\n";
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }
}
