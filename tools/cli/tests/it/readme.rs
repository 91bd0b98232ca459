//! Runs the code blocks of the command's own README, and checks that its tables are complete.

use crate::support::{BINARY, LONG, command, run, start_polar};
use mock_polar::{DEMO_KEY_TWO_DEVICES, DEMO_ORGANIZATION, NewKey};
use polar_license::blocking::diagnosis::Fault;
use std::env;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const EMAIL: &str = "iona.larkspur@example.com";

const README: &str = include_str!("../../README.md");

#[test]
fn every_block_runs() {
    let polar = start_polar();
    let home = tempfile::tempdir().unwrap();
    let variables = [
        ("POLAR_LICENSE_ENVIRONMENT", polar.url()),
        ("POLAR_LICENSE_ORGANIZATION", String::from(DEMO_ORGANIZATION)),
        ("HOME", home.path().display().to_string()),
    ];
    let mut activate = command();
    activate.envs(variables.clone()).env_remove("XDG_DATA_HOME").args(["--organization", DEMO_ORGANIZATION]);
    activate.args(["--app", "com.acme.app", "activate", DEMO_KEY_TWO_DEVICES]);
    let activated = run(activate, "");
    assert_eq!(activated.status, 0, "{activated:?}");

    let blocks: Vec<&str> = README.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(blocks.len(), 5);
    polar.add_key(NewKey::new("pro").email(EMAIL));
    for block in blocks {
        // leaves out the line `cargo install`, so that the block uses the built command
        let lines: Vec<&str> = block.lines().filter(|line| !line.starts_with("cargo install ")).collect();
        let path = env::join_paths(
            Path::new(BINARY)
                .parent()
                .map(Path::to_owned)
                .into_iter()
                .chain(env::split_paths(&env::var_os("PATH").unwrap())),
        );
        let mut sh = Command::new("sh");
        sh.args(["-e", "-c", &lines.join("\n")]).env("PATH", path.unwrap()).envs(variables.clone());
        // a block may write files, which then do not stay in the repository
        sh.current_dir(home.path());
        sh.env_remove("XDG_DATA_HOME").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = sh.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        if block.contains("restore") {
            writeln!(stdin, "{EMAIL}").unwrap();
            assert!(polar.wait_for_mails(1, LONG), "a mail comes");
            writeln!(stdin, "{}", polar.mails()[0].code.clone().unwrap()).unwrap();
        }
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{block}{output:?}");
    }
    for file in ["bash-completion/completions/polar-license", "man/man1/polar-license-doctor.1"] {
        assert!(home.path().join(".local/share").join(file).is_file(), "{file}");
    }
}

#[test]
fn every_fault_is_in_the_table() {
    for fault in Fault::ALL {
        assert!(README.contains(&format!("`{fault}`")), "{fault}");
    }
}
