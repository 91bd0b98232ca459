//! The programs and servers that several figures share. They are built and started when the first figure needs them.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::TempDir;
use xshell::{Cmd, Shell, cmd};

use super::row::Role;
use crate::local_polar::LocalPolar;
use crate::target::Target;
use crate::{cli_package, npm_package, shell, workspace};

pub(crate) const MANIFEST: &str = "bench/Cargo.toml";

/// A measured program. Its crate has the same name, and so does the feature in `bench/Cargo.toml` that enables the
/// program.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) role: Role,
    pub(crate) server: Server,
}

/// The server that answers a program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Server {
    /// The local Polar.
    Polar,
    /// `bench/js/server.mjs`, which speaks the protocols of the alternatives that do not use Polar.
    Peers,
}

/// This project's program.
pub(crate) const OURS: Program = Program { name: "polar-license", role: Role::Ours, server: Server::Polar };

/// The program that only sends one request, as an app's developer would write it by hand.
pub(crate) const BARE: Program = Program { name: "ureq", role: Role::Baseline, server: Server::Polar };

/// The alternatives in Rust.
pub(crate) const PEERS: [Program; 4] =
    [peer("keygen-rs"), peer("keylight"), peer("licenseseat"), peer("rustify-licensing")];

const fn peer(name: &'static str) -> Program {
    Program { name, role: Role::Peer, server: Server::Peers }
}

/// Returns all measured programs.
pub(crate) fn programs() -> impl Iterator<Item = &'static Program> {
    [&BARE, &OURS].into_iter().chain(&PEERS)
}

/// The programs, servers and folders that one run of the benchmarks uses.
pub(crate) struct Setting<'a> {
    pub(crate) sh: &'a Shell,
    scratch: TempDir,
    /// The names of the programs that this run has built.
    up_to_date: RefCell<BTreeSet<&'static str>>,
    command: OnceCell<PathBuf>,
    polar: OnceCell<LocalPolar>,
    peers: OnceCell<LocalPolar>,
    licensed: OnceCell<PathBuf>,
    simulation: OnceCell<String>,
    npm_peers: OnceCell<()>,
}

impl<'a> Setting<'a> {
    pub(crate) fn new(sh: &'a Shell) -> Result<Self> {
        Ok(Self {
            sh,
            scratch: tempfile::tempdir()?,
            up_to_date: RefCell::default(),
            command: OnceCell::new(),
            polar: OnceCell::new(),
            peers: OnceCell::new(),
            licensed: OnceCell::new(),
            simulation: OnceCell::new(),
            npm_peers: OnceCell::new(),
        })
    }

    /// Returns an empty folder.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.scratch.path().join(name);
        self.sh.remove_path(&folder)?;
        Ok(self.sh.create_dir(folder)?)
    }

    /// Returns the command `polar-license`, built as it is shipped.
    pub(crate) fn command(&self) -> Result<&Path> {
        let command = once(&self.command, || cli_package::build(self.sh, &Target::host(self.sh)?))?;
        Ok(command)
    }

    /// Returns the address of a server, and starts the server if it is not running.
    pub(crate) fn url(&self, server: Server) -> Result<&str> {
        let running = match server {
            Server::Polar => once(&self.polar, || {
                let command = self.command()?;
                LocalPolar::serve(cmd!(self.sh, "{command} serve --port 0 --json"))
            }),
            Server::Peers => once(&self.peers, || LocalPolar::serve(cmd!(self.sh, "node bench/js/server.mjs"))),
        };
        Ok(running?.url())
    }

    /// Returns how many requests a server has received.
    pub(crate) fn requests(&self, server: Server) -> Result<u32> {
        let url = self.url(server)?;
        Ok(cmd!(self.sh, "node bench/js/requests.mjs {url}").quiet().read()?.parse()?)
    }

    /// Returns the folder into which cargo builds a program. Each program has a folder of its own, so that a program
    /// can be built from scratch without building the others again.
    fn output(&self, program: &Program) -> Result<PathBuf> {
        Ok(workspace::target()?.join("bench/programs").join(program.name))
    }

    /// Builds a program in release mode, and returns its path. Later calls in the same run do not build the program
    /// again.
    pub(crate) fn build(&self, program: &Program) -> Result<PathBuf> {
        let (name, folder) = (program.name, self.output(program)?);
        if !self.up_to_date.borrow().contains(name) {
            let build = shell::cargo(self.sh, "build --quiet --locked --release --manifest-path").arg(MANIFEST);
            build.args(["--features", name, "--bin", name, "--target-dir"]).arg(&folder).run()?;
            self.up_to_date.borrow_mut().insert(name);
        }
        Ok(folder.join("release").join(name))
    }

    /// Builds a program from scratch.
    pub(crate) fn build_anew(&self, program: &Program) -> Result<PathBuf> {
        self.up_to_date.borrow_mut().remove(program.name);
        self.sh.remove_path(self.output(program)?)?;
        self.build(program)
    }

    /// Returns a command for a process that is measured.
    pub(crate) fn process(&self, program: impl AsRef<Path>) -> Cmd<'a> {
        // `cargo run` sets this variable. Without this line, the measured process would search more folders for its
        // libraries than a user's process does.
        self.sh.cmd(program).env_remove("LD_LIBRARY_PATH").quiet()
    }

    /// Returns a folder with an activated license. The operation `validate` stores its copies of the license there.
    pub(crate) fn licensed(&self) -> Result<&Path> {
        let folder = once(&self.licensed, || {
            let folder = self.folder("licensed")?;
            let program = self.build(&OURS)?;
            let activate = cmd!(self.sh, "{program} activate 1").env("FOLDER", &folder);
            activate.env("URL", self.url(Server::Polar)?).run()?;
            Ok(folder)
        })?;
        Ok(folder)
    }

    /// Returns a command that performs an operation of a program `count` times. The program gets the address of the
    /// server that it calls.
    pub(crate) fn command_of(&self, program: &Program, operation: &str, count: u32) -> Result<Cmd<'a>> {
        let folder = match program.role {
            Role::Ours => self.licensed()?.to_owned(),
            Role::Peer | Role::Baseline => self.folder(program.name)?,
        };
        let command = self.process(self.build(program)?).args([operation, &count.to_string()]);
        Ok(command.env("FOLDER", folder).env("URL", self.url(program.server)?))
    }

    /// Runs the simulation in `tests/scale/program.rs`, and returns its results as JSON.
    pub(crate) fn simulation(&self) -> Result<&str> {
        let bench = "bench --quiet --locked --package polar-license --bench scale -- --json";
        Ok(once(&self.simulation, || Ok(shell::cargo(self.sh, bench).read()?))?)
    }

    /// Installs the alternatives on npm, and this project's bundler.
    pub(crate) fn install_npm_peers(&self) -> Result<()> {
        let install = || {
            npm_package::install_tools(self.sh)?;
            let _inside = self.sh.push_dir(workspace::root().join("bench"));
            Ok(npm_package::npm(self.sh).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).run()?)
        };
        once(&self.npm_peers, install).copied()
    }
}

/// Returns the value of the cell, and computes it first if the cell is empty.
fn once<T>(cell: &OnceCell<T>, compute: impl FnOnce() -> Result<T>) -> Result<&T> {
    if cell.get().is_none() {
        let computed = compute()?;
        // `cell` is still empty, because `compute` does not use it; so `set` succeeds
        let _ = cell.set(computed);
    }
    cell.get().context("the cell was filled above")
}
