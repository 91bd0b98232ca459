//! Tests the file store with other threads and processes, dead processes, full disks and missing permissions.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use super::super::file_lock::TOKEN_BYTES;
use super::super::files::DiskStep::{Remove, Rename, SyncDirectory, SyncFile, Write};
use super::super::files::tests::{Scratch, disk_steps, fail_next};
use super::super::files::{create_private, create_private_directory};
use super::*;

static OLD: [u8; 70_000] = [b'o'; 70_000];
static NEW: [u8; 50_000] = [b'n'; 50_000];

fn new_store(scratch: &Scratch) -> FileStore {
    store_in(&scratch.0.join("data"))
}

/// Returns the names of the files in the store's directory.
fn names(scratch: &Scratch) -> Vec<String> {
    let entries = fs::read_dir(scratch.0.join("data")).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn lock_path(store: &FileStore) -> PathBuf {
    store.directory.join(format!("{}.lock", store.name))
}

fn store_in(directory: &Path) -> FileStore {
    FileStore::new(directory, "com.acme.app", [1; 8], [2; 8])
}

fn save(store: &FileStore, record: &[u8]) {
    store.save(record, Durability::Relaxed).unwrap();
}

fn load(store: &FileStore) -> Option<Vec<u8>> {
    store.load().unwrap()
}

/// Moves a file's modification time back by `seconds`, or forward if `seconds` is negative.
fn age(path: &Path, seconds: i64) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    let modified = file.metadata().unwrap().modified().unwrap();
    let shift = Duration::from_secs(seconds.unsigned_abs());
    let then = if seconds < 0 { modified + shift } else { modified - shift };
    file.set_modified(then).unwrap();
}

/// Creates the files that a process leaves behind when it is killed during a save.
fn die_while_saving(store: &FileStore, token: &str, seconds_ago: i64) {
    create_private_directory(&store.directory).unwrap();
    fs::write(lock_path(store), token).unwrap();
    fs::write(store.lock.side_path(token, "tmp"), "half a rec").unwrap();
    age(&lock_path(store), seconds_ago);
}

#[test]
fn names_are_safe_and_tell_records_apart() {
    let tail = "-0102030405060708-ffffffffffffffff.license";
    let name = |app: &str| file_name(app, [1, 2, 3, 4, 5, 6, 7, 8], [255; 8]);
    assert_eq!(name("com.acme.app"), format!("com.acme.app{tail}"));
    assert_eq!(name("../..\\a b/\0c:d"), format!("_._.._a_b__c_d{tail}"));
    assert_eq!(name(".hidden"), format!("_hidden{tail}"));
    assert_eq!(name("Ä𝄞-_"), format!("__-_{tail}"));
    assert_eq!(name(&"x".repeat(200)), format!("{}{tail}", "x".repeat(64)));
    // eCryptfs, which encrypts home directories on older versions of Ubuntu, limits file names to 143 bytes.
    let token = hex(&[0; TOKEN_BYTES]);
    assert!(format!("{}.{token}.tmp", name(&"x".repeat(64))).len() <= 143);
}

#[test]
fn a_record_is_kept_replaced_and_removed() {
    let scratch = Scratch::new();
    let store = new_store(&scratch);
    assert_eq!(load(&store), None);
    store.remove().unwrap();
    assert!(!scratch.0.join("data").exists(), "nothing is made before there is something to keep");
    store.save(&OLD, Durability::Synced).unwrap();
    store.save(&NEW, Durability::Relaxed).unwrap();
    assert_eq!(load(&store).unwrap(), NEW);
    assert_eq!(load(&new_store(&scratch)).unwrap(), NEW);
    assert_eq!(names(&scratch), [store.name.as_str()]);
    store.remove().unwrap();
    assert_eq!(load(&store), None);
    store.remove().unwrap();
    assert_eq!(names(&scratch), [""; 0]);
}

/// A file system may write a rename to the disk before the data of the renamed file. XFS does this, and so does ext4
/// with `noauto_da_alloc`. After a power cut, such a file is empty. So the data must be synced before the rename.
#[test]
fn the_data_is_synced_before_every_rename_and_only_the_directory_may_be_relaxed() {
    let scratch = Scratch::new();
    let store = new_store(&scratch);
    create_private_directory(&store.directory).unwrap();
    let saving = |durability| disk_steps(|| store.save(b"a", durability).unwrap());
    // The last step of each list removes the lock.
    assert_eq!(saving(Durability::Synced), [Write, SyncFile, Rename, SyncDirectory, Remove]);
    assert_eq!(saving(Durability::Relaxed), [Write, SyncFile, Rename, Remove]);
    assert_eq!(disk_steps(|| store.remove().unwrap()), [Remove, SyncDirectory, Remove]);
    save(&FileStore::new(&store.directory, "com.acme.app", [1; 8], [3; 8]), b"another device's");
    assert_eq!(disk_steps(|| store.remove().unwrap()), [Write, SyncFile, Rename, SyncDirectory, Remove]);
}

/// After a power cut, the lock of a dead process may be missing, while the other files of that process still exist.
#[test]
fn the_first_save_removes_what_dead_processes_left_without_a_lock() {
    let scratch = Scratch::new();
    let store = new_store(&scratch);
    create_private_directory(&store.directory).unwrap();
    let (dead, name) = ("0123456789abcdef", store.name.clone());
    let leave = |name: &str, seconds_ago| {
        fs::write(store.directory.join(name), "half a rec").unwrap();
        age(&store.directory.join(name), seconds_ago);
    };
    leave(&format!("{name}.{dead}.tmp"), 0);
    for extension in ["old", "take1", "take99"] {
        leave(&format!("{name}.{dead}.{extension}"), 11);
        leave(&format!("{name}.asking.{dead}.{extension}"), 11);
    }
    let stay = [
        format!("{name}.{dead}.bak"),
        format!("{name}.asking.lock"),
        format!("{name}.fedcba9876543210.old"),
        format!("{name}.tmp"),
        format!("{}.{dead}.tmp", name.replace("0202", "0303")),
    ];
    for stays in &stay {
        leave(stays, if stays.ends_with("old") { 9 } else { 11 });
    }
    save(&store, b"a");
    let mut expected: Vec<String> = stay.into_iter().chain([name]).collect();
    expected.sort();
    assert_eq!(names(&scratch), expected);
}

#[test]
fn a_lock_holder_can_load_save_and_remove() {
    let scratch = Scratch::new();
    let store = new_store(&scratch);
    let mut runs = 0;
    store
        .locked(&mut || {
            runs += 1;
            assert_eq!(load(&store), None);
            save(&store, b"a");
            assert_eq!(names(&scratch), [store.name.clone(), format!("{}.lock", store.name)]);
            store.remove().unwrap();
            save(&store, b"b");
        })
        .unwrap();
    assert_eq!((runs, load(&store)), (1, Some(b"b".to_vec())));
    assert_eq!(names(&scratch), [store.name.as_str()]);
}

#[test]
fn locking_twice_in_one_thread_is_an_error_and_not_a_deadlock() {
    let scratch = Scratch::new();
    let store = new_store(&scratch);
    let mut inner = Ok(());
    store.locked(&mut || inner = store.locked(&mut || panic!("ran"))).unwrap();
    assert_eq!(inner.unwrap_err().to_string(), "this thread has locked the license file already");
}

#[test]
fn work_that_panics_unlocks() {
    let scratch = Scratch::new();
    let store = new_store(&scratch);
    let panicked =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| store.locked(&mut || panic!("on purpose"))));
    assert!(panicked.is_err());
    save(&store, b"a");
    assert_eq!(names(&scratch), [store.name.as_str()]);
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new();
    let store = new_store(&scratch);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    store
        .locked(&mut || {
            save(&store, b"a");
            assert_eq!(mode(&lock_path(&store)), 0o600);
        })
        .unwrap();
    assert_eq!(mode(&store.path()), 0o600);
    assert_eq!(mode(&store.directory), 0o700);
}

#[cfg(unix)]
#[test]
fn links_to_directories_and_from_a_planted_name_are_fine() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.0.join("real")).unwrap();
    std::os::unix::fs::symlink(scratch.0.join("real"), scratch.0.join("data")).unwrap();
    let store = new_store(&scratch);
    fs::write(scratch.0.join("victim"), "untouched").unwrap();
    std::os::unix::fs::symlink(scratch.0.join("victim"), store.path()).unwrap();
    save(&store, b"a");
    assert_eq!(load(&store).unwrap(), b"a");
    assert_eq!(fs::read(scratch.0.join("victim")).unwrap(), b"untouched");
}

#[test]
fn a_file_too_long_to_be_a_record_is_read_to_the_limit() {
    let scratch = Scratch::new();
    let store = new_store(&scratch);
    save(&store, &vec![7; 3_000_000]);
    assert_eq!(load(&store).unwrap(), vec![7; 1 << 20]);
}

#[test]
fn another_devices_newest_record_is_offered_and_never_touched() {
    let scratch = Scratch::new();
    let store = new_store(&scratch);
    let sibling = |app, product, device, record: &[u8], seconds| {
        let other = FileStore::new(&store.directory, app, product, device);
        save(&other, record);
        age(&other.path(), seconds);
        other
    };
    let older = sibling("com.acme.app", [1; 8], [3; 8], b"older", 200);
    let newer = sibling("com.acme.app", [1; 8], [4; 8], b"newer", 100);
    sibling("com.acme.app", [9; 8], [2; 8], b"other product", 0);
    sibling("com.acme.app-0101010101010101", [1; 8], [2; 8], b"other app", 0);
    fs::write(store.lock.side_path("0", "tmp"), "x").unwrap();
    assert_eq!(load(&store).unwrap(), b"newer");
    fs::remove_file(newer.path()).unwrap();
    fs::create_dir(newer.path()).unwrap();
    assert_eq!(load(&store).unwrap(), b"older", "one that cannot be read is passed over");
    save(&store, b"own");
    assert_eq!(load(&store).unwrap(), b"own");
    store.remove().unwrap();
    assert_eq!(load(&store), None, "what was removed here does not bring up another device's");
    assert_eq!(load(&older).unwrap(), b"older", "nor is its absence another device's record");
    fs::remove_file(store.path()).unwrap();
    store.remove().unwrap();
    assert_eq!(load(&store), None, "what was only offered can be declined");
}

#[test]
fn a_dead_holders_lock_is_taken_over_and_its_half_written_record_removed() {
    for seconds in [11, 1_000_000, -60, -1_000_000] {
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        save(&store, &OLD);
        die_while_saving(&store, "0123456789abcdef", seconds);
        assert_eq!(load(&store).unwrap(), OLD);
        save(&store, &NEW);
        assert_eq!(load(&store).unwrap(), NEW);
        assert_eq!(names(&scratch), [store.name.as_str()]);
    }
}

#[test]
fn a_lock_whose_holder_died_before_writing_its_token_is_taken_over() {
    let scratch = Scratch::new();
    let store = new_store(&scratch);
    save(&store, b"a");
    fs::write(lock_path(&store), "").unwrap();
    age(&lock_path(&store), 11);
    save(&store, b"b");
    assert_eq!(names(&scratch), [store.name.as_str()]);
}

/// Makes a file, a directory or a link as old as a stale lock. Does not follow a link.
#[cfg(unix)]
fn make_old(path: &Path) {
    let touched = Command::new("touch").args(["-h", "-t", "202001010000"]).arg(path).status().unwrap();
    assert!(touched.success());
}

/// Acquires the lock without waiting.
fn lock_at_once(store: &FileStore) -> Result<(), StoreError> {
    let mut runs = 0;
    store.locked_within(Duration::ZERO, &mut || runs += 1).inspect(|()| assert_eq!(runs, 1))
}

#[cfg(unix)]
#[test]
fn a_lock_that_is_no_file_is_judged_by_its_age() {
    let make = |kind: &str, path: &Path| match kind {
        "directory" => fs::create_dir(path).unwrap(),
        "filled directory" => fs::create_dir_all(path.join("x")).unwrap(),
        "dangling link" => std::os::unix::fs::symlink("nowhere", path).unwrap(),
        _ => assert!(Command::new("mkfifo").arg(path).status().unwrap().success()),
    };
    for kind in ["directory", "filled directory", "dangling link", "pipe"] {
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        save(&store, b"a");
        make(kind, &lock_path(&store));
        let error = lock_at_once(&store).expect_err(kind).to_string();
        assert_eq!(error, "another process has locked the license file; try again in a few seconds", "{kind}");
        make_old(&lock_path(&store));
        lock_at_once(&store).expect(kind);
        // A filled directory stays, because this library must not delete its content.
        let left = if kind == "filled directory" { 2 } else { 1 };
        assert_eq!(names(&scratch).len(), left, "{:?}", names(&scratch));
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_in_place_of_a_held_lock_blocks_nobody() {
    let scratch = Scratch::new();
    let store = new_store(&scratch);
    let work = &mut || {
        fs::remove_file(lock_path(&store)).unwrap();
        assert!(Command::new("mkfifo").arg(lock_path(&store)).status().unwrap().success());
        assert!(store.save(b"a", Durability::Synced).is_err());
    };
    store.locked(work).unwrap();
    assert_eq!(load(&store), None);
}

#[test]
fn claims_of_any_number_of_dead_takers_are_overcome() {
    for claims in [1, 8, 9, 10, 40] {
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        die_while_saving(&store, "0123456789abcdef", 11);
        for claim in 1..=claims {
            let claim = store.lock.side_path("0123456789abcdef", &format!("take{claim}"));
            create_private(&claim).unwrap();
            age(&claim, 11);
        }
        lock_at_once(&store).unwrap();
        assert_eq!(names(&scratch), [""; 0], "after {claims} claims");
    }
}

#[test]
fn a_lock_that_this_process_failed_to_delete_is_its_own() {
    let scratch = Scratch::new();
    let store = new_store(&scratch);
    for next in [&store, &new_store(&scratch)] {
        store.locked(&mut || fail_next(&[Remove, Remove])).unwrap();
        assert!(lock_path(&store).exists());
        lock_at_once(next).unwrap();
        assert_eq!(names(&scratch), [""; 0]);
    }
}

#[test]
fn a_deletion_that_fails_once_leaves_no_lock() {
    let scratch = Scratch::new();
    new_store(&scratch).locked(&mut || fail_next(&[Remove])).unwrap();
    assert_eq!(names(&scratch), [""; 0]);
}

#[test]
fn a_removal_succeeds_even_if_the_directory_cannot_be_synced() {
    let scratch = Scratch::new();
    let store = new_store(&scratch);
    save(&store, b"a");
    fail_next(&[SyncDirectory]);
    store.remove().unwrap();
    assert_eq!(load(&store), None);
    save(&FileStore::new(&store.directory, "com.acme.app", [1; 8], [3; 8]), b"another device's");
    fail_next(&[SyncDirectory]);
    store.remove().unwrap();
    assert_eq!(load(&store), None);
}

#[test]
fn a_save_that_fails_at_any_step_before_the_last_keeps_the_old_record() {
    let scratch = Scratch::new();
    let store = new_store(&scratch);
    store.save(b"old", Durability::Synced).unwrap();
    for step in [Write, SyncFile, Rename] {
        fail_next(&[step]);
        let error = store.save(b"new", Durability::Relaxed).unwrap_err().to_string();
        assert!(error.starts_with("could not write the license file: "), "{error}");
        assert_eq!((load(&store).unwrap(), names(&scratch)), (b"old".to_vec(), vec![store.name.clone()]), "{step:?}");
    }
    fail_next(&[SyncDirectory]);
    assert!(store.save(b"new", Durability::Synced).is_err(), "it may not be on the disk yet");
}

#[test]
fn a_token_is_not_trusted_as_a_path() {
    let scratch = Scratch::new();
    let store = new_store(&scratch);
    save(&store, b"a");
    let victim = store.lock.side_path("x/../../victim", "tmp");
    fs::create_dir(store.directory.join(format!("{}.x", store.name))).unwrap();
    fs::write(&victim, "untouched").unwrap();
    fs::write(lock_path(&store), "x/../../victim").unwrap();
    age(&lock_path(&store), 11);
    save(&store, b"b");
    assert!(victim.exists());
}

#[test]
fn a_living_holder_keeps_its_lock() {
    let scratch = Scratch::new();
    let store = new_store(&scratch);
    save(&store, &OLD);
    die_while_saving(&store, "0123456789abcdef", 2);
    let error = store.locked(&mut || panic!("ran")).unwrap_err().to_string();
    assert!(error.starts_with("another process has locked the license file; "), "{error}");
    assert_eq!(load(&store).unwrap(), OLD);
    assert_eq!(fs::read(lock_path(&store)).unwrap(), b"0123456789abcdef");
    assert_eq!(names(&scratch).len(), 3, "{:?}", names(&scratch));
}

#[test]
fn a_process_that_lost_the_lock_changes_nothing() {
    let scratch = Scratch::new();
    let store = new_store(&scratch);
    save(&store, &OLD);
    store
        .locked(&mut || {
            fs::write(lock_path(&store), "fedcba9876543210").unwrap();
            for result in [store.save(&NEW, Durability::Synced), store.remove()] {
                let error = result.unwrap_err().to_string();
                assert_eq!(error, "another process took over the lock of the license file; try again");
            }
        })
        .unwrap();
    assert_eq!(load(&store).unwrap(), OLD);
    assert_eq!(fs::read(lock_path(&store)).unwrap(), b"fedcba9876543210", "it is somebody else's to delete");
    assert_eq!(names(&scratch).len(), 2);
}

#[test]
fn of_many_that_take_over_at_once_one_wins() {
    const TAKERS: usize = 4;
    for _ in 0..100 {
        let scratch = Scratch::new();
        die_while_saving(&new_store(&scratch), "0123456789abcdef", 11);
        let start = Barrier::new(TAKERS);
        let inside = AtomicU32::new(0);
        let count = AtomicU32::new(0);
        thread::scope(|scope| {
            for _ in 0..TAKERS {
                scope.spawn(|| {
                    let store = new_store(&scratch);
                    start.wait();
                    let mut work = || {
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two at once");
                        save(&store, b"a");
                        count.fetch_add(1, Ordering::SeqCst);
                        inside.fetch_sub(1, Ordering::SeqCst);
                    };
                    // On a busy disk, one thread's save may take longer than another thread waits for the lock.
                    assert!((0..10).any(|_| store.locked(&mut work).is_ok()), "the lock is never free");
                });
            }
        });
        assert_eq!(count.load(Ordering::SeqCst), TAKERS as u32);
        assert_eq!(names(&scratch), [new_store(&scratch).name.as_str()]);
    }
}

/// The number of additions that each thread makes. In the test with several processes, each process makes twice as
/// many. All additions together must take less time than the longest wait for the lock. On Windows the number is
/// smaller, because these tests also run under Wine, where every file operation asks a server and is slow.
const TIMES: u32 = if cfg!(windows) { 10 } else { 50 };

/// Adds one to the number in the record, `times` times.
fn count_up(store: &FileStore, times: u32) {
    for _ in 0..times {
        let mut add = || {
            let count: u32 = load(store).map_or(0, |record| String::from_utf8(record).unwrap().parse().unwrap());
            save(store, (count + 1).to_string().as_bytes());
        };
        // On a busy disk, another thread or process may hold the lock for longer than this thread waits. So this thread
        // tries up to ten times.
        assert!((0..10).any(|_| store.locked(&mut add).is_ok()), "the lock is never free");
    }
}

#[test]
fn threads_of_one_store_lose_no_update() {
    let scratch = Scratch::new();
    let store = new_store(&scratch);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| count_up(&store, TIMES));
        }
    });
    assert_eq!(load(&store).unwrap(), (4 * TIMES).to_string().as_bytes());
}

/// A reader must not make a writer fail. This could happen on Windows, which refuses to replace or delete a file that
/// is open somewhere.
#[test]
fn readers_disturb_no_writer() {
    const ROUNDS: usize = 200;
    let scratch = Scratch::new();
    let store = new_store(&scratch);
    save(&store, &OLD);
    let start = Barrier::new(2);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            for _ in 0..ROUNDS {
                start.wait();
                for _ in 0..10 {
                    let record = load(&store).unwrap();
                    assert!(record == OLD || record == NEW, "{} bytes", record.len());
                    let _ = fs::read(lock_path(&store));
                }
            }
        });
        let mut failures = Vec::new();
        for round in 0..ROUNDS {
            start.wait();
            let record = if round % 2 == 0 { &NEW[..] } else { &OLD };
            failures.extend(store.save(record, Durability::Relaxed).err());
        }
        reader.join().unwrap();
        assert!(failures.is_empty(), "{} of {ROUNDS}: {:?}", failures.len(), failures.first());
    });
    assert_eq!(names(&scratch), [store.name.as_str()]);
}

/// Returns the command that runs one test of this file in a separate process. That process gets the directory in an
/// environment variable.
fn child(test: &str, directory: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", "--nocapture", &format!("blocking::file_store::tests::{test}")])
        .env("POLAR_LICENSE_TEST_STORE", directory);
    command
}

fn child_store() -> Option<FileStore> {
    env::var_os("POLAR_LICENSE_TEST_STORE").map(|directory| store_in(Path::new(&directory)))
}

#[test]
fn processes_lose_no_update() {
    if let Some(store) = child_store() {
        return count_up(&store, 2 * TIMES);
    }
    let scratch = Scratch::new();
    let store = new_store(&scratch);
    let start = || child("processes_lose_no_update", &store.directory).stdout(Stdio::null()).spawn().unwrap();
    let children = [start(), start()];
    count_up(&store, 2 * TIMES);
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(load(&store).unwrap(), (6 * TIMES).to_string().as_bytes());
    assert_eq!(names(&scratch), [store.name.as_str()]);
}

#[test]
fn a_process_killed_while_saving_leaves_a_whole_record() {
    if let Some(store) = child_store() {
        loop {
            for record in [&OLD[..], &NEW[..]] {
                store.save(record, Durability::Synced).unwrap();
                println!("saved");
            }
        }
    }
    let scratch = Scratch::new();
    let store = new_store(&scratch);
    for round in 0..25 {
        let mut child: Child = child("a_process_killed_while_saving_leaves_a_whole_record", &store.directory)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        for _ in 0..=round % 5 {
            assert!(lines.any(|line| line.ends_with("saved")), "the child failed");
        }
        // The child may be at any point of its next save when it is killed.
        child.kill().unwrap();
        child.wait().unwrap();
        let record = load(&store).unwrap();
        assert!(record == OLD || record == NEW, "{} bytes", record.len());
        if lock_path(&store).exists() {
            age(&lock_path(&store), 11);
        }
    }
    save(&store, b"a");
    assert_eq!(load(&store).unwrap(), b"a");
    assert_eq!(names(&scratch), [store.name.as_str()]);
}

#[cfg(unix)]
#[test]
fn a_full_disk_loses_nothing() {
    if let Some(store) = child_store() {
        let before = load(&store);
        let error = store.save(&NEW, Durability::Synced).unwrap_err().to_string();
        assert!(error.ends_with("the license file: no space left; free some and try again"), "{error}");
        assert_eq!(load(&store), before);
        return;
    }
    // The limit applies to the size of each file. With one block, a lock can be written, but a record cannot. With zero
    // blocks, nothing can be written.
    for blocks in ["1", "0"] {
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        save(&store, &OLD);
        let test = child("a_full_disk_loses_nothing", &store.directory);
        let status = Command::new("sh")
            // A write beyond the limit raises the signal XFSZ, which would end the process. With the trap, the write
            // fails instead.
            .args(["-c", "trap '' XFSZ; ulimit -f \"$0\" && exec \"$@\"", blocks])
            .arg(test.get_program())
            .args(test.get_args())
            .env("POLAR_LICENSE_TEST_STORE", &store.directory)
            .output()
            .unwrap();
        assert!(status.status.success(), "{status:?}");
        assert_eq!(load(&store).unwrap(), OLD);
        assert_eq!(names(&scratch), [store.name.as_str()]);
    }
}

#[cfg(unix)]
#[test]
fn a_directory_without_permission_is_an_error() {
    use std::os::unix::fs::PermissionsExt;
    if let Some(store) = child_store() {
        let error = store.save(&NEW, Durability::Synced).unwrap_err().to_string();
        assert!(error.contains("the license file: permission denied; let this user"), "{error}");
        println!("refused");
        return;
    }
    let scratch = Scratch::new();
    let store = new_store(&scratch);
    save(&store, &OLD);
    fs::set_permissions(&store.directory, fs::Permissions::from_mode(0o555)).unwrap();
    let mut child = child("a_directory_without_permission_is_an_error", &store.directory);
    if create_private(&store.directory.join("x")).is_ok() {
        // Root can write even without permission. So if this process is root, the child runs as the user `nobody`, if
        // that user can run the program.
        std::os::unix::process::CommandExt::uid(&mut child, 65534);
    }
    if let Ok(output) = child.output() {
        assert!(output.status.success(), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("refused"), "{output:?}");
    }
    fs::set_permissions(&store.directory, fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(load(&store).unwrap(), OLD);
}

#[cfg(unix)]
const NOBODY: u32 = 65534;

#[cfg(unix)]
fn is_root(scratch: &Scratch) -> bool {
    std::os::unix::fs::MetadataExt::uid(&fs::metadata(&scratch.0).unwrap()) == 0
}

/// Runs `test` in a child process that is not root, and returns its output. If this process is root, the child is the
/// user `nobody`. Returns `None` if that user cannot run this program.
#[cfg(unix)]
fn output_without_privileges(test: &str, scratch: &Scratch) -> Option<String> {
    let mut child = child(test, &new_store(scratch).directory);
    if is_root(scratch) {
        std::os::unix::process::CommandExt::uid(&mut child, NOBODY);
    }
    let output = child.output().ok()?;
    assert!(output.status.success(), "{output:?}");
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Creates a stale lock with the permissions `lock_mode`, in a directory with the permissions `directory_mode`.
#[cfg(unix)]
fn leave_lock(store: &FileStore, directory_mode: u32, lock_mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    create_private_directory(&store.directory).unwrap();
    fs::write(lock_path(store), "0123456789abcdef").unwrap();
    make_old(&lock_path(store));
    fs::set_permissions(lock_path(store), fs::Permissions::from_mode(lock_mode)).unwrap();
    fs::set_permissions(&store.directory, fs::Permissions::from_mode(directory_mode)).unwrap();
}

#[cfg(unix)]
#[test]
fn a_lock_that_this_user_cannot_read_is_taken_over() {
    if let Some(store) = child_store() {
        assert!(fs::read(lock_path(&store)).is_err(), "this user can read everything");
        lock_at_once(&store).unwrap();
        return println!("locked");
    }
    let scratch = Scratch::new();
    let store = new_store(&scratch);
    leave_lock(&store, 0o700, 0);
    if is_root(&scratch) {
        std::os::unix::fs::chown(&store.directory, Some(NOBODY), None).unwrap();
    }
    if let Some(said) = output_without_privileges("a_lock_that_this_user_cannot_read_is_taken_over", &scratch) {
        assert!(said.contains("locked"), "{said}");
        assert_eq!(names(&scratch), [""; 0]);
    }
}

#[cfg(unix)]
#[test]
fn a_lock_that_this_user_can_never_take_over_is_reported_at_once() {
    use std::os::unix::fs::PermissionsExt;
    if let Some(store) = child_store() {
        return println!("{}", lock_at_once(&store).unwrap_err());
    }
    // In a directory with the sticky bit, a user can remove only their own files. Only root can set up this case,
    // because it needs a lock that belongs to another user.
    let sticky = (0o1777, "a lock that this user may not remove was left behind; delete the file ending in `.lock`");
    let read_only = (0o555, "could not lock the license file: permission denied; let this user read and write");
    for (mode, expected) in [sticky, read_only] {
        let scratch = Scratch::new();
        let store = new_store(&scratch);
        leave_lock(&store, mode, 0o600);
        if mode == 0o555 || is_root(&scratch) {
            let said =
                output_without_privileges("a_lock_that_this_user_can_never_take_over_is_reported_at_once", &scratch);
            assert!(said.is_none_or(|said| said.contains(expected)), "{expected}");
            assert_eq!(names(&scratch).len(), 1, "{:?}", names(&scratch));
        }
        fs::set_permissions(&store.directory, fs::Permissions::from_mode(0o700)).unwrap();
    }
}

#[test]
fn obstacles_are_named_in_errors() {
    let scratch = Scratch::new();
    let store = new_store(&scratch);
    fs::write(&store.directory, "a file").unwrap();
    let error = store.save(b"a", Durability::Synced).unwrap_err().to_string();
    assert_eq!(
        error,
        "could not make the license directory: a file is where the license directory should be; move it away, or \
         choose another directory"
    );
    assert!(store.locked(&mut || panic!("ran")).is_err());
    fs::remove_file(&store.directory).unwrap();

    fs::create_dir_all(store.path()).unwrap();
    let expected = "something else is where the license file should be; move it away";
    assert_eq!(store.load().unwrap_err().to_string(), format!("could not read the license file: {expected}"));
    assert!(store.save(b"a", Durability::Synced).is_err());
    assert!(store.remove().is_err());
    assert_eq!(names(&scratch), [store.name.as_str()], "no other file stays behind");
    fs::remove_dir(store.path()).unwrap();

    fs::create_dir(lock_path(&store)).unwrap();
    assert!(store.save(b"a", Durability::Synced).is_err());
}

#[test]
fn errors_and_debug_name_no_path() {
    let scratch = Scratch::new();
    let store = new_store(&scratch);
    fs::write(&store.directory, "a file").unwrap();
    let error = store.save(b"a", Durability::Synced).unwrap_err();
    for text in [format!("{error} {error:?}"), format!("{store:?}")] {
        assert!(!text.contains("polar-license-test"), "{text}");
    }
}

#[cfg(unix)]
#[test]
fn data_is_kept_where_each_system_keeps_it() {
    let home = || Some(PathBuf::from("/home/u"));
    let none = |_: &str| None;
    let xdg = |value: &'static str| move |name: &str| (name == "XDG_DATA_HOME").then(|| value.into());
    let path = |text: &str| Some(PathBuf::from(text));
    assert_eq!(directory_on(System::Other, none, home()), path("/home/u/.local/share/polar-license"));
    assert_eq!(directory_on(System::Other, xdg("/data"), home()), path("/data/polar-license"));
    assert_eq!(directory_on(System::Other, xdg("/data"), None), path("/data/polar-license"));
    assert_eq!(directory_on(System::Other, xdg("data"), home()), path("/home/u/.local/share/polar-license"));
    assert_eq!(directory_on(System::Other, xdg(""), home()), path("/home/u/.local/share/polar-license"));
    assert_eq!(directory_on(System::Other, none, None), None);
    assert_eq!(directory_on(System::Other, none, path("")), None);
    let mac = path("/home/u/Library/Application Support/polar-license");
    assert_eq!(directory_on(System::Apple, xdg("/data"), home()), mac);
    let local = |name: &str| (name == "LOCALAPPDATA").then(|| "/local".into());
    assert_eq!(directory_on(System::Windows, local, home()), path("/local/polar-license"));
    assert_eq!(directory_on(System::Windows, none, home()), None);
}
