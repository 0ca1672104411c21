//! The profiles: which folders a file has, how many mails, how large it gets.

use crate::content::random::Random;
use crate::error::{Result, SynthError};
use crate::mail::charset::Charset;
use crate::mail::compose::Flavour;
use crate::mailbox::nids;

const MEGABYTE: u64 = 1_000_000;

/// Names and default sizes of all profiles, and bytes that a mail of each takes on average.
const PROFILES: &[(Profile, &str, u64, u64)] = &[
    (Profile::Small, "small", 80 * MEGABYTE, 40_000),
    (Profile::Medium, "medium", 500 * MEGABYTE, 60_000),
    (Profile::Large, "large", 2000 * MEGABYTE, 160_000),
    (Profile::Unicode, "unicode", 40 * MEGABYTE, 16_000),
    (Profile::Deep, "deep", 60 * MEGABYTE, 30_000),
    (Profile::Family, "family", 20 * MEGABYTE, 60_000),
    (Profile::BigFolder, "big-folder", 480 * MEGABYTE, 4_800),
    (
        Profile::ManyAttachments,
        "many-attachments",
        100 * MEGABYTE,
        20_000,
    ),
];

/// The most that `--size` asks for.
const SIZE_MAX: u64 = 5_500 * MEGABYTE;
/// Folder levels of the profile `deep`.
const LEVELS: usize = 50;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    Small,
    Medium,
    Large,
    Unicode,
    Deep,
    Family,
    BigFolder,
    ManyAttachments,
}

/// How much to write.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish {
    pub size_bytes: Option<u64>,
    pub divide: Option<u64>,
    pub mails: Option<u64>,
}

/// How many mails, and how large the file should get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    pub mails: u64,
    pub size_bytes: u64,
}

/// A folder before it is written.
#[derive(Clone, Debug)]
pub struct Folder {
    pub nid: u32,
    pub parent: u32,
    pub name: String,
    /// Names of the folders below the root, joined and escaped.
    pub path: String,
    pub mails: u64,
    pub flavour: Flavour,
    pub container_class: &'static str,
}

impl Profile {
    pub fn named(name: &str) -> Result<Self> {
        PROFILES
            .iter()
            .find(|(_, known, ..)| *known == name)
            .map(|(profile, ..)| *profile)
            .ok_or_else(|| {
                let names: Vec<&str> = PROFILES.iter().map(|(_, known, ..)| *known).collect();
                SynthError::usage(
                    format!("there is no profile {name:?}"),
                    format!("profiles: {}", names.join(", ")),
                )
            })
    }

    pub fn name(self) -> &'static str {
        self.row().1
    }

    fn row(self) -> &'static (Self, &'static str, u64, u64) {
        PROFILES
            .iter()
            .find(|(profile, ..)| *profile == self)
            .unwrap_or(&PROFILES[0])
    }

    /// Turns the wish into numbers; a count of mails and a size may be given together.
    pub fn scale(self, wish: Wish) -> Result<Scale> {
        let (_, _, default_size, per_mail) = *self.row();
        if wish.divide == Some(0) || wish.mails == Some(0) || wish.size_bytes == Some(0) {
            return Err(SynthError::usage(
                "zero is no size",
                "give a number of 1 or more",
            ));
        }
        if wish.size_bytes.is_some_and(|size| size > SIZE_MAX) {
            return Err(SynthError::usage(
                "a file of more than 5.5 GB is not offered",
                "give --size 5000000000 or less",
            ));
        }
        let divided = default_size / wish.divide.unwrap_or(1);
        let size_bytes = wish
            .size_bytes
            .unwrap_or_else(|| wish.mails.map_or(divided, |mails| mails * per_mail));
        let mails = wish.mails.unwrap_or((size_bytes / per_mail).max(1));
        Ok(Scale { mails, size_bytes })
    }

    /// The folders in the order in which a reader meets them, the root first.
    pub fn folders(self, mails: u64, charset: Charset, random: &mut Random) -> Vec<Folder> {
        let mut tree = Tree::default();
        let top = tree.add(None, "Top of Outlook data file", Flavour::Business, 0);
        match self {
            Self::Small | Self::Medium | Self::Large => tree.office(top, random),
            Self::Unicode => tree.scripts(top, charset),
            Self::Deep => tree.deep(top),
            Self::Family => {
                tree.add(Some(top), "Families", Flavour::Families, 1);
            }
            Self::BigFolder => {
                tree.add(Some(top), "Inbox", Flavour::Plain, 1);
            }
            Self::ManyAttachments => {
                tree.add(Some(top), "Inbox", Flavour::SmallFiles, 1);
            }
        }
        tree.add(Some(top), "Deleted Items", Flavour::Business, 0);
        tree.finish(mails)
    }
}

/// A tree of folders with weights instead of counts.
#[derive(Default)]
struct Tree {
    folders: Vec<Branch>,
}

struct Branch {
    parent: Option<usize>,
    name: String,
    flavour: Flavour,
    weight: u64,
}

impl Tree {
    fn add(&mut self, parent: Option<usize>, name: &str, flavour: Flavour, weight: u64) -> usize {
        self.folders.push(Branch {
            parent,
            name: name.to_owned(),
            flavour,
            weight,
        });
        self.folders.len() - 1
    }

    fn office(&mut self, top: usize, random: &mut Random) {
        self.add(Some(top), "Calendar", Flavour::Calendar, 2);
        self.add(Some(top), "Contacts", Flavour::Contacts, 2);
        let inbox = self.add(Some(top), "Inbox", Flavour::Business, 40);
        let projects = self.add(Some(inbox), "Projects", Flavour::Business, 4);
        for name in ["North wing", "Claims / Notices", "Back\\slash", "Empty"] {
            let weight = if name == "Empty" {
                0
            } else {
                4 + random.below(8)
            };
            self.add(Some(projects), name, Flavour::Business, weight);
        }
        self.add(Some(inbox), "Newsletters", Flavour::Pictures, 6);
        self.add(Some(top), "Sent Items", Flavour::Business, 20);
        self.add(Some(top), "Tasks", Flavour::Tasks, 1);
    }

    /// Folders named in many scripts, or in Latin letters where the file cannot hold others.
    fn scripts(&mut self, top: usize, charset: Charset) {
        self.add(Some(top), "Inbox", Flavour::Scripts, 30);
        let names = [
            ("Входящие", "Bo\u{ee}te de r\u{e9}ception"),
            ("受信トレイ", "Posteingang"),
            ("דואר נכנס", "Inv\u{e4}nster"),
            ("📁 Ελληνικά", "Entr\u{e9}e \u{df}"),
        ];
        for (name, plain) in names {
            let name = if charset.holds(name) { name } else { plain };
            self.add(Some(top), name, Flavour::Scripts, 10);
        }
    }

    fn deep(&mut self, top: usize) {
        let mut parent = top;
        for level in 1..=LEVELS {
            parent = self.add(
                Some(parent),
                &format!("Level {level:02}"),
                Flavour::Pictures,
                1,
            );
        }
    }

    /// Gives every folder its node, its path and its share of the mails.
    fn finish(self, mails: u64) -> Vec<Folder> {
        let root = Folder {
            nid: nids::ROOT_FOLDER,
            parent: nids::ROOT_FOLDER,
            name: String::new(),
            path: String::new(),
            mails: 0,
            flavour: Flavour::Business,
            container_class: "",
        };
        let total: u64 = self.folders.iter().map(|branch| branch.weight).sum();
        let (mut folders, mut weighed, mut given) = (vec![root], 0, 0);
        for (number, branch) in self.folders.into_iter().enumerate() {
            weighed += branch.weight;
            let until = (mails * weighed).checked_div(total).unwrap_or(0);
            let parent = branch.parent.map_or(0, |index| index + 1);
            folders.push(Folder {
                nid: nids::folder(number),
                parent: folders[parent].nid,
                path: path_below(&folders[parent].path, &branch.name),
                name: branch.name,
                mails: until - given,
                flavour: branch.flavour,
                container_class: container_class(branch.flavour),
            });
            given = until;
        }
        folders
    }
}

fn path_below(parent: &str, name: &str) -> String {
    let escaped = name.replace('\\', "\\\\").replace('/', "\\/");
    if parent.is_empty() {
        escaped
    } else {
        format!("{parent}/{escaped}")
    }
}

fn container_class(flavour: Flavour) -> &'static str {
    match flavour {
        Flavour::Calendar => "IPF.Appointment",
        Flavour::Contacts => "IPF.Contact",
        Flavour::Tasks => "IPF.Task",
        _ => "IPF.Note",
    }
}
