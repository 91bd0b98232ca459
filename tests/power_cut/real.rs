//! Power cuts of real file systems, each in an image. The kernel simulates the cut: unsynced data is lost, the journal
//! is kept. Needs root, loop devices and the tools of XFS. If one of them is missing, the test prints that and is
//! skipped.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use super::skipped::skipped;
use super::{Side, may_hold, opened_by_rust};

/// The file systems. Each consists of its name, the command that creates it, and the options with which it is mounted.
const SYSTEMS: [(&str, &[&str], &str); 3] = [
    ("xfs", &["mkfs.xfs", "-q", "-f"], "loop"),
    // with these options, ext4 replaces a file before the new data is written, unless the data was synced
    ("ext4, noauto_da_alloc", &["mkfs.ext4", "-q", "-F"], "loop,noauto_da_alloc"),
    ("ext4, data=writeback", &["mkfs.ext4", "-q", "-F"], "loop,noauto_da_alloc,data=writeback"),
];

/// The size of the image, which is a sparse file. XFS needs at least this size.
const BYTES: u64 = 320 * 1024 * 1024;

/// Stories of two steps. The first step is a durable save, the second a step just before the power cut.
const STORIES: [[&str; 2]; 3] = [["save a", "save b relaxed"], ["save a", "save b"], ["save a", "remove"]];

#[test]
fn a_power_cut_of_a_real_file_system_leaves_a_whole_record() {
    let mut cuts = 0;
    for (name, make, options) in SYSTEMS {
        let folder = tempfile::tempdir().unwrap();
        let Some(mount) = Mount::new(folder.path(), make, options) else {
            skipped(&format!("this machine cannot make and mount {name}"));
            continue;
        };
        for side in [Side::Rust, Side::Node] {
            for (number, steps) in STORIES.iter().enumerate() {
                let directory = mount.path.join(format!("{side:?}{number}"));
                let status = side.story(&directory, steps).stdout(Stdio::null()).status().unwrap();
                assert!(status.success(), "{steps:?} by {side:?} on {name}");
                mount.cut_power();
                let opened = opened_by_rust(&directory);
                let allowed = may_hold(steps, "nothing", steps.len());
                let is_right = allowed.iter().any(|record| opened == format!("{record}, then 3000 z"));
                assert!(is_right, "{steps:?} by {side:?} on {name}: found `{opened}` instead of {allowed:?}");
                cuts += 1;
            }
        }
    }
    println!("real file systems: {cuts} power cuts survived");
}

/// A mounted image. Dropping it unmounts the image.
struct Mount<'a> {
    path: std::path::PathBuf,
    image: std::path::PathBuf,
    options: &'a str,
}

impl<'a> Mount<'a> {
    /// Creates and mounts an image, and tries to cut its power. Returns `None` if this machine cannot do that.
    fn new(folder: &Path, make: &[&str], options: &'a str) -> Option<Self> {
        let (path, image) = (folder.join("mounted"), folder.join("image"));
        std::fs::create_dir(&path).unwrap();
        File::create(&image).unwrap().set_len(BYTES).unwrap();
        let (program, flags) = make.split_first()?;
        if !run(Command::new(program).args(flags).arg(&image)) {
            return None;
        }
        let mount = Self { path, image, options };
        (mount.mount() && mount.shut_down() && mount.unmount() && mount.mount()).then_some(mount)
    }

    fn mount(&self) -> bool {
        run(Command::new("mount").args(["-o", self.options]).arg(&self.image).arg(&self.path))
    }

    fn unmount(&self) -> bool {
        run(Command::new("umount").arg(&self.path))
    }

    /// Shuts the file system down. It writes its journal, and then nothing more.
    fn shut_down(&self) -> bool {
        run(Command::new("xfs_io").args(["-x", "-c", "shutdown -f"]).arg(&self.path))
    }

    fn cut_power(&self) {
        assert!(self.shut_down() && self.unmount() && self.mount(), "the power of `{}` was cut", self.options);
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        // unmounting fails if the image was never mounted
        self.unmount();
    }
}

fn run(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}
