//! The outputs, as `docs/formats.md` of the project describes them.

mod attachment_row;
mod chunk;
mod commit;
mod deflate;
mod digests;
mod email_row;
mod fault_line;
mod folders_csv;
mod json;
mod lines;
mod manifest;
mod object_folder;
mod objects;
mod plan;
mod pool;
mod queue;
mod row;
mod time;
mod twin;
mod unit;

pub use attachment_row::ATTACHMENT_COLUMNS;
pub use chunk::{Chunk, Counts, Part, TEXT_FILES};
pub use commit::{Committed, Committer, Limits};
pub use digests::Extra;
pub use email_row::{EMAIL_COLUMNS, item_id};
pub use fault_line::fault_line;
pub use folders_csv::{FolderCounts, folders_csv};
pub use json::json_string;
pub use manifest::{Manifest, SourceFacts, manifest_json, sorted_json};
pub use object_folder::{ObjectFolder, key};
pub use objects::ObjectWriter;
pub use plan::Plan;
pub use pool::Pool;
pub use queue::Queue;
pub use unit::{Shared, Unit, Worker};
