//! `folders.csv`: what each folder should hold and what was written.

use crate::messaging::Folder;

/// Messages written and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FolderCounts {
    pub written: u64,
    pub failed: u64,
}

/// One line for each folder, in reading order.
pub fn folders_csv(folders: &[Folder], counts: &[FolderCounts]) -> String {
    let mut out =
        String::from("folder_nid,parent_nid,path,table_rows,message_nodes,written,failed\n");
    for (folder, counts) in folders.iter().zip(counts) {
        out.push_str(&format!(
            "{},{},\"{}\",{},{},{},{}\n",
            folder.nid.0,
            folder.parent.0,
            folder.path.replace('"', "\"\""),
            folder.rows.len(),
            folder.message_nodes,
            counts.written,
            counts.failed,
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ndb::Nid;

    #[test]
    fn a_path_is_quoted() {
        let folder = Folder {
            nid: Nid(2),
            path: "a\"b".into(),
            ..Folder::default()
        };
        let lines = folders_csv(
            &[folder],
            &[FolderCounts {
                written: 1,
                failed: 0,
            }],
        );
        assert!(lines.ends_with("2,0,\"a\"\"b\",0,0,1,0\n"));
    }
}
