//! Computes the states in which a power cut can leave a directory, from the system calls that changed it.
//!
//! Only synced data is certain. A sync of a file makes its content certain, and a sync of the directory makes the names
//! in it certain. A power cut may keep any part of later changes. It may keep any of the changes of names, even without
//! earlier ones. It may leave nothing of a file's content, half of it, all of it, or zeros instead. A rename is atomic.
//! No existing file system loses so much.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::strace::Call;

/// The names and contents of the files in a directory.
pub(crate) type State = BTreeMap<String, Vec<u8>>;

/// The highest number of unsynced changes of names for which every subset is tried. If there are more changes, only the
/// cases are tried in which a cut keeps the first n changes.
const ANY_OF: usize = 8;

/// The content of the directory, and the part of the content that is certain.
pub(crate) struct Disk {
    directory: String,
    files: Vec<File>,
    names: BTreeMap<String, usize>,
    certain_names: BTreeMap<String, usize>,
    /// The changes of names since the last sync of the directory.
    changes: Vec<Change>,
    /// The open descriptors of the process. Each belongs to a file in the directory, or to the directory itself
    /// (`None`).
    open: BTreeMap<i64, Option<usize>>,
}

#[derive(Default)]
struct File {
    content: Vec<u8>,
    certain: Vec<u8>,
}

enum Change {
    Enter(String, usize),
    Remove(String),
    Rename(String, String, usize),
}

impl Disk {
    /// Reads a directory. Its current content is certain.
    pub(crate) fn of(directory: &Path) -> Self {
        let mut disk = Self {
            directory: directory.to_str().unwrap().to_owned(),
            files: Vec::new(),
            names: BTreeMap::new(),
            certain_names: BTreeMap::new(),
            changes: Vec::new(),
            open: BTreeMap::new(),
        };
        for entry in fs::read_dir(directory).unwrap() {
            let entry = entry.unwrap();
            let content = fs::read(entry.path()).unwrap();
            disk.names.insert(entry.file_name().into_string().unwrap(), disk.files.len());
            disk.files.push(File { certain: content.clone(), content });
        }
        disk.certain_names = disk.names.clone();
        disk
    }

    /// Follows one system call of the process. Returns `true` if the call changed something in the directory.
    pub(crate) fn follow(&mut self, call: &Call) -> bool {
        let Some(returned) = returned(call) else { return false };
        let texts = texts(&call.arguments);
        let names: Vec<Option<String>> = texts.iter().map(|text| self.name(text)).collect();
        let descriptor = call.arguments.split([',', '<']).next().and_then(|number| number.trim().parse::<i64>().ok());
        match (call.name.as_str(), names.as_slice()) {
            ("open" | "openat" | "creat", _) => {
                self.open.remove(&returned);
                if texts.first().is_some_and(|path| path == self.directory.as_bytes()) {
                    self.open.insert(returned, None);
                }
                let Some(Some(name)) = names.first() else { return false };
                self.follow_open(name, returned, call.arguments.contains("O_TRUNC"))
            }
            ("close", _) => {
                descriptor.map(|number| self.open.remove(&number));
                false
            }
            ("write" | "pwrite64", _) => {
                let Some(Some(Some(file))) = descriptor.map(|number| self.open.get(&number).copied()) else {
                    return false;
                };
                let written = usize::try_from(returned).unwrap();
                self.files[file].content.extend_from_slice(&texts[0][..written]);
                true
            }
            ("fsync" | "fdatasync", _) => match descriptor.and_then(|number| self.open.get(&number).copied()) {
                Some(Some(file)) => {
                    self.files[file].certain = self.files[file].content.clone();
                    true
                }
                Some(None) => {
                    self.certain_names = self.names.clone();
                    self.changes.clear();
                    true
                }
                None => false,
            },
            ("rename" | "renameat" | "renameat2", [Some(from), Some(to)]) => {
                let file = self.names.remove(from).unwrap();
                self.names.insert(to.clone(), file);
                self.changes.push(Change::Rename(from.clone(), to.clone(), file));
                true
            }
            ("link" | "linkat", [Some(from), Some(to)]) => {
                let file = self.names[from];
                self.enter(to, file);
                true
            }
            ("unlink" | "unlinkat", [Some(name)]) => {
                self.names.remove(name);
                self.changes.push(Change::Remove(name.clone()));
                true
            }
            ("ftruncate" | "writev" | "pwritev" | "truncate" | "copy_file_range" | "sendfile", _) => {
                panic!("this test cannot follow the system call `{}`: {call:?}", call.name)
            }
            _ => false,
        }
    }

    /// Follows a call that opens a file. Returns `true` if the call created the file.
    fn follow_open(&mut self, name: &str, descriptor: i64, truncates: bool) -> bool {
        let is_new = !self.names.contains_key(name);
        if is_new {
            self.enter(name, self.files.len());
            self.files.push(File::default());
        }
        let file = self.names[name];
        if truncates {
            self.files[file].content.clear();
        }
        self.open.insert(descriptor, Some(file));
        is_new
    }

    /// Returns all states that a power cut at the present moment may leave.
    pub(crate) fn after_power_cut(&self) -> BTreeSet<State> {
        let count = self.changes.len();
        let kept: Vec<u32> = if count <= ANY_OF {
            (0..1 << count).collect()
        } else {
            (0..=u32::try_from(count).unwrap()).map(|first| (1 << first) - 1).collect()
        };
        kept.into_iter().flat_map(|kept| self.with_contents(&self.names_with(kept))).collect()
    }

    fn enter(&mut self, name: &str, file: usize) {
        self.names.insert(name.to_owned(), file);
        self.changes.push(Change::Enter(name.to_owned(), file));
    }

    /// Returns the name that a path has within the directory.
    fn name(&self, path: &[u8]) -> Option<String> {
        let name = path.strip_prefix(self.directory.as_bytes())?.strip_prefix(b"/")?;
        Some(String::from_utf8(name.to_vec()).unwrap())
    }

    /// Returns the names after a power cut that keeps exactly the changes whose bits are set in `kept`.
    fn names_with(&self, kept: u32) -> BTreeMap<String, usize> {
        let mut names = self.certain_names.clone();
        for (number, change) in self.changes.iter().enumerate() {
            if kept & 1 << number == 0 {
                continue;
            }
            match change {
                Change::Enter(name, file) => drop(names.insert(name.clone(), *file)),
                Change::Remove(name) => drop(names.remove(name)),
                Change::Rename(from, to, file) => {
                    names.remove(from);
                    names.insert(to.clone(), *file);
                }
            }
        }
        names
    }

    /// Returns the states with these names: one for each combination of contents that the files may have.
    fn with_contents(&self, names: &BTreeMap<String, usize>) -> Vec<State> {
        let mut states = vec![State::new()];
        for (name, file) in names {
            let contents = self.files[*file].contents();
            let with = |state: &State| {
                contents
                    .iter()
                    .map(|content| {
                        let mut state = state.clone();
                        state.insert(name.clone(), content.clone());
                        state
                    })
                    .collect::<Vec<_>>()
            };
            states = states.iter().flat_map(with).collect();
        }
        states
    }
}

impl File {
    fn contents(&self) -> BTreeSet<Vec<u8>> {
        let mut contents = BTreeSet::from([self.certain.clone()]);
        if self.certain != self.content {
            let half = self.content[..self.content.len() / 2].to_vec();
            contents.extend([Vec::new(), half, vec![0; self.content.len()], self.content.clone()]);
        }
        contents
    }
}

/// Returns the number that a call returned, or `None` if it failed.
fn returned(call: &Call) -> Option<i64> {
    let number = call.result.split(|c: char| c != '-' && !c.is_ascii_digit()).next()?;
    number.parse().ok().filter(|number| *number >= 0)
}

/// Returns the strings in a call's arguments. strace writes them as `"\x2f\x74"`.
pub(crate) fn texts(arguments: &str) -> Vec<Vec<u8>> {
    let quoted = arguments.split('"').skip(1).step_by(2);
    let bytes = |text: &str| text.split("\\x").skip(1).map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect();
    quoted.map(bytes).collect()
}
