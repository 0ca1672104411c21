//! A PST with everything that is known of it before the first message is read.

use crate::error::{Fault, Kind, OpenError, ReadError};
use crate::ltp::NameMap;
use crate::messaging::{Faults, Folders, has_password};
use crate::ndb::{Pst, Reader};
use crate::source::Source;

/// Everything that is known before the first message is read.
pub struct Opened {
    pub pst: Pst,
    pub names: NameMap,
    pub folders: Folders,
    pub has_password: bool,
    pub faults: Vec<Fault>,
}

impl Opened {
    /// Reads B-trees, folders and names; what is damaged is among the faults.
    ///
    /// # Errors
    /// If this is no PST that can be read.
    pub fn new(source: Box<dyn Source>) -> Result<Self, OpenError> {
        let (pst, findings) = Pst::open(source)?;
        let mut faults = Faults::default();
        findings
            .into_iter()
            .for_each(|finding| faults.add(finding.into()));
        let reader = Reader::new(&pst);
        let names = NameMap::load(&reader).unwrap_or_else(|error| {
            faults.read(Kind::Structure, named("names of properties", error));
            NameMap::default()
        });
        let has_password = has_password(&reader).unwrap_or_else(|error| {
            faults.read(Kind::Structure, named("message store", error));
            false
        });
        faults.drain(&reader);
        let folders = Folders::load(&reader, &mut faults);
        faults.drain(&reader);
        drop(reader);
        Ok(Self {
            names,
            folders,
            has_password,
            faults: faults.list,
            pst,
        })
    }
}

fn named(what: &str, error: ReadError) -> ReadError {
    ReadError {
        reason: format!("{what}: {}", error.reason),
        ..error
    }
}
