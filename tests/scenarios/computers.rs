//! The records of the computers in a scenario. Computer A has a store of the app's own, whose bytes a scenario can edit.
//! Every other computer has the usual file store in a folder, because a client with a store of the app's own cannot act
//! for another computer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fmt, fs, process};

use super::super::format::{A, Step, StoreStep};
use super::{Stored, World};

/// Records by the names of their files. The record of computer A has no file, and its name is empty.
pub(crate) type Records = BTreeMap<String, Vec<u8>>;

/// A process of the app, and the computer on which it runs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ProcessName {
    pub(super) computer: String,
    process: String,
}

/// A folder with records. It is removed when this value is dropped.
pub(super) struct Folder(PathBuf);

impl ProcessName {
    pub(super) fn of(step: &Step) -> Self {
        let process = step.process.as_deref().unwrap_or("main");
        Self { computer: step.computer().to_owned(), process: process.to_owned() }
    }
}

impl fmt::Display for ProcessName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { computer, process } = self;
        if computer == A { f.write_str(process) } else { write!(f, "{process} on {computer}") }
    }
}

impl Folder {
    pub(super) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("polar-license-scenario-{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Returns the records. Locks are not among them, because a lock ends with its process.
    fn records(&self) -> Records {
        let paths = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().path());
        let records = paths.filter(|path| path.extension().is_some_and(|extension| extension == "license"));
        let named = |path: PathBuf| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap());
        records.map(named).collect()
    }

    fn replace(&self, records: &Records) {
        self.records().keys().for_each(|name| fs::remove_file(self.0.join(name)).unwrap());
        records.iter().for_each(|(name, record)| fs::write(self.0.join(name), record).unwrap());
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl World {
    /// Returns the folder of a computer, or `None` for computer A.
    pub(super) fn folder(&self, computer: &str) -> Option<PathBuf> {
        let mut folders = self.folders.lock().unwrap();
        (computer != A).then(|| folders.entry(computer.to_owned()).or_insert_with(Folder::new).path().to_owned())
    }

    /// Returns what a computer stores.
    pub(super) fn records(&self, computer: &str) -> Records {
        match self.folders.lock().unwrap().get(computer) {
            Some(folder) => folder.records(),
            None if computer == A => {
                self.store.lock().unwrap().bytes.iter().map(|record| (String::new(), record.clone())).collect()
            }
            None => Records::new(),
        }
    }

    /// Replaces what a computer stores.
    pub(super) fn replace_records(&self, computer: &str, records: &Records) {
        match self.folders.lock().unwrap().get(computer) {
            Some(folder) => folder.replace(records),
            None => self.store.lock().unwrap().bytes = records.values().next().cloned(),
        }
    }

    /// Edits what a computer stores. On a computer with a folder, only whole records can be kept, put back and removed.
    pub(super) fn edit_store(&self, step: &StoreStep, computer: &str, place: &str) {
        if let Some(name) = &step.keep {
            let records = self.records(computer);
            self.kept.lock().unwrap().insert((computer.to_owned(), name.clone()), records);
        }
        if let Some(name) = &step.put {
            let kept = self.kept.lock().unwrap().get(&(computer.to_owned(), name.clone())).cloned();
            self.replace_records(computer, &kept.unwrap_or_else(|| panic!("nothing was kept as `{name}`")));
        }
        if step.remove {
            self.replace_records(computer, &Records::new());
        }
        if computer == A {
            self.store.lock().unwrap().edit(step).unwrap_or_else(|what| self.fail(place, what));
        }
    }
}

impl Stored {
    fn edit(&mut self, step: &StoreStep) -> Result<(), &'static str> {
        if let Some(fails) = step.fails {
            self.fails = fails;
            self.writes = None;
        }
        if step.writes.is_some() {
            self.writes = step.writes;
        }
        if let Some(text) = &step.text {
            self.bytes = Some(text.clone().into_bytes());
        }
        if step.flip.is_none() && step.set.is_none() && step.truncate.is_none() {
            return Ok(());
        }
        let bytes = self.bytes.as_mut().ok_or("nothing is stored that could be edited")?;
        if let Some(at) = step.flip {
            let length = i64::try_from(bytes.len()).unwrap();
            bytes[usize::try_from(if at < 0 { length + at } else { at }).unwrap()] ^= 1;
        }
        if let Some((at, to)) = step.set {
            bytes[at] = to;
        }
        if let Some(length) = step.truncate {
            bytes.truncate(length);
        }
        Ok(())
    }
}
