//! The figures, in the order in which the report shows them. To add a figure, add an entry.

use anyhow::{Result, bail};

use super::figure::{Figure, Precision};
use super::{growth, node, pages, programs, reads, scale, shipped, validate};
use crate::requirements::{
    C_COMPILERS, CARGO_C, CHROMIUM, CMAKE, NODE, OPENSSL, PYTHON_TOOLS, PYTHON_WITH_PIP, Requirement, STRACE, VALGRIND,
    WASM_BINDGEN, WASM_STD,
};

const PAGE: &[&Requirement] = &[&WASM_STD, &WASM_BINDGEN, &NODE];
const PAGE_IN_BROWSER: &[&Requirement] = &[&WASM_STD, &WASM_BINDGEN, &NODE, &CHROMIUM];

pub(crate) const FIGURES: &[Figure] = &[
    Figure {
        name: "read-time",
        title: "Time of one read",
        unit: "ns",
        precision: Precision::Ratio,
        how: "200,000 reads of an open client with a license. `bench/src/bin/polar-license` measures them; the \
              baseline is the `now` of `SystemClock`, which reads both clocks.",
        needs: &[],
        measure: reads::times,
    },
    Figure {
        name: "two-threads-read-time",
        title: "Time of one read on two threads",
        unit: "ns",
        precision: Precision::Ratio,
        how: "200,000 reads on each of two threads that read at the same time; the time of the slower thread. The \
              baseline is one thread alone.",
        needs: &[],
        measure: reads::times_on_two_threads,
    },
    Figure {
        name: "read-instructions",
        title: "Instructions of one read",
        unit: "instructions",
        precision: Precision::Exact,
        how: "`valgrind --tool=callgrind`: 1,001 reads minus one, divided by 1,000.",
        needs: &[&VALGRIND],
        measure: reads::instructions,
    },
    Figure {
        name: "node-read-time",
        title: "Time of one read in Node",
        unit: "ns",
        precision: Precision::Ratio,
        how: "`node bench/js/reads.mjs`: 200,000 reads of a client with a license, and 10,000 of `explain`. The \
              baseline reads both clocks.",
        needs: PAGE,
        measure: node::read_times,
    },
    Figure {
        name: "open-time",
        title: "Time of a cold start",
        unit: "ns",
        precision: Precision::Machine,
        how: "`Client::open`, which reads the record's file and checks its seal, and then `current`. The median of \
              15 rounds of 500 clients.",
        needs: &[],
        measure: reads::open_time,
    },
    Figure {
        name: "open-instructions",
        title: "Instructions of a cold start",
        unit: "instructions",
        precision: Precision::Exact,
        how: "The same by callgrind: 11 cold starts minus one, divided by 10.",
        needs: &[&VALGRIND],
        measure: reads::open_instructions,
    },
    Figure {
        name: "open-system-calls",
        title: "System calls of a cold start",
        unit: "system calls",
        precision: Precision::Exact,
        how: "The same by `strace -f -c`.",
        needs: &[&STRACE],
        measure: reads::open_system_calls,
    },
    Figure {
        name: "status-time",
        title: "Time of the command `status`",
        unit: "ns",
        precision: Precision::Ratio,
        how: "A process that runs `polar-license status` with a license, as the command is shipped. The baseline is \
              a process that does nothing, `/bin/true`. Each round starts 20 of each.",
        needs: &[],
        measure: reads::status_time,
    },
    Figure {
        name: "status-instructions",
        title: "Instructions of the command `status`",
        unit: "instructions",
        precision: Precision::Exact,
        how: "`valgrind --tool=callgrind` of the same process, from its start to its end.",
        needs: &[&VALGRIND],
        measure: reads::status_instructions,
    },
    Figure {
        name: "status-system-calls",
        title: "System calls of the command `status`",
        unit: "system calls",
        precision: Precision::Exact,
        how: "`strace -f -c` of the same process, from its start to its end.",
        needs: &[&STRACE],
        measure: reads::status_system_calls,
    },
    Figure {
        name: "build-seconds",
        title: "CPU time of a clean build",
        unit: "CPU seconds",
        precision: Precision::Machine,
        how: "`cargo build --release` of each program of `bench/src/bin` in an empty folder: the user and system \
              time of all compilers.",
        needs: &[],
        measure: programs::build_seconds,
    },
    Figure {
        name: "program-bytes",
        title: "Size of a program",
        unit: "bytes",
        precision: Precision::Exact,
        how: "The same programs: release mode as cargo sets it, stripped, each with only its crate and what measures \
              it.",
        needs: &[],
        measure: programs::bytes,
    },
    Figure {
        name: "crates",
        title: "Crates in a program",
        unit: "crates",
        precision: Precision::Exact,
        how: "The crates of `cargo tree --edges normal` on Linux, without the program's own. Each version counts.",
        needs: &[],
        measure: programs::crates,
    },
    Figure {
        name: "validate-time",
        title: "Time of one validate",
        unit: "ns",
        precision: Precision::Ratio,
        how: "One `validate` over a new connection to a server on this machine, without TLS, with the record in a \
              file that is synced. Each program of `bench/src/bin` measures 11. keygen-rs checks no signature, and \
              licenseseat reuses its connection.",
        needs: &[&NODE],
        measure: validate::times,
    },
    Figure {
        name: "validate-instructions",
        title: "Instructions of one validate",
        unit: "instructions",
        precision: Precision::Exact,
        how: "The same by callgrind: 11 validates minus one, divided by 10.",
        needs: &[&NODE, &VALGRIND],
        measure: validate::instructions,
    },
    Figure {
        name: "validate-system-calls",
        title: "System calls of one validate",
        unit: "system calls",
        precision: Precision::Exact,
        how: "The same by `strace -f -c`.",
        needs: &[&NODE, &STRACE],
        measure: validate::system_calls,
    },
    Figure {
        name: "validate-requests",
        title: "Requests of one validate",
        unit: "requests",
        precision: Precision::Exact,
        how: "The same, counted by the server.",
        needs: &[&NODE],
        measure: validate::requests,
    },
    Figure {
        name: "node-validate-time",
        title: "Time of one validate in Node",
        unit: "ms",
        precision: Precision::Ratio,
        how: "`node bench/js/validate.mjs`: one `validate` of each package, with the record in memory, in 20 rounds \
              after 3 that do not count. `fetch` keeps its connections open for all of them.",
        needs: PAGE,
        measure: node::validate_times,
    },
    Figure {
        name: "page-bytes",
        title: "Download of a page",
        unit: "bytes",
        precision: Precision::Exact,
        how: "The script, and the WebAssembly where it is a file of its own, bundled and minified by esbuild, each \
              compressed by brotli at its highest quality. A page of this project creates a client; a page of an \
              alternative calls its validate (`node bench/js/sizes.mjs`).",
        needs: PAGE,
        measure: pages::bytes,
    },
    Figure {
        name: "page-cold-time",
        title: "Time to the first decision of a page on a phone",
        unit: "ms",
        precision: Precision::Ratio,
        how: "`node bench/js/pages.mjs cold`: pages in Chromium that have a license, with 1.6 Mbit/s, a delay of 150 \
              ms and a quarter of this machine's speed, in 9 rounds. The time begins when the page begins to load \
              its script. A page of this project reads the stored license; a page of an alternative has to ask \
              Polar.",
        needs: PAGE_IN_BROWSER,
        measure: node::cold_page_times,
    },
    Figure {
        name: "page-warm-time",
        title: "Time to the first decision if the browser has the page in its cache",
        unit: "ms",
        precision: Precision::Ratio,
        how: "The same by `node bench/js/pages.mjs warm`, with the script and the WebAssembly in the browser's cache.",
        needs: PAGE_IN_BROWSER,
        measure: node::warm_page_times,
    },
    Figure {
        name: "npm-packages",
        title: "Packages that npm installs",
        unit: "packages",
        precision: Precision::Exact,
        how: "The package and its dependencies, counted in `bench/package-lock.json`. polar-license has none.",
        needs: PAGE,
        measure: pages::packages,
    },
    Figure {
        name: "shipped-bytes",
        title: "Size of what is shipped",
        unit: "bytes",
        precision: Precision::Exact,
        how: "The outputs of `cargo xtask package`, and the parts of the npm package as a page downloads them \
              (`bindings/wasm/ts/sizes.mjs`).",
        needs: &[&WASM_STD, &WASM_BINDGEN, &NODE, &PYTHON_WITH_PIP, &PYTHON_TOOLS],
        measure: shipped::packages,
    },
    Figure {
        name: "c-bytes",
        title: "Size of the C library and of programs with it",
        unit: "bytes",
        precision: Precision::Exact,
        how: "`examples/c/gate.c`, linked by gcc as pkg-config and CMake say, as the step `c-package` does. The \
              stripped program is linked with `-O2 -s -Wl,--gc-sections`.",
        needs: &[&C_COMPILERS, &CMAKE, &OPENSSL, &CARGO_C],
        measure: shipped::c_programs,
    },
    Figure {
        name: "memory",
        title: "Memory of open clients",
        unit: "bytes",
        precision: Precision::Machine,
        how: "The growth of the resident memory (`VmRSS`) while clients are opened, each with a license in a store \
              of its own in memory. The first client also touches the program's code.",
        needs: &[],
        measure: growth::memory,
    },
    Figure {
        name: "growth-allows",
        title: "`allows` with many features",
        unit: "instructions",
        precision: Precision::Exact,
        how: "By callgrind: 1,001 reads minus one, divided by 1,000.",
        needs: &[&VALGRIND],
        measure: |setting| growth::features(setting, "allows", 1_001),
    },
    Figure {
        name: "growth-current",
        title: "`current` with many features",
        unit: "instructions",
        precision: Precision::Exact,
        how: "By callgrind: 101 reads minus one, divided by 100.",
        needs: &[&VALGRIND],
        measure: |setting| growth::features(setting, "current", 101),
    },
    Figure {
        name: "growth-open",
        title: "A cold start with many features",
        unit: "instructions",
        precision: Precision::Exact,
        how: "By callgrind, with the creation of the configuration: 3 cold starts minus one, divided by 2.",
        needs: &[&VALGRIND],
        measure: |setting| growth::features(setting, "open", 3),
    },
    Figure {
        name: "growth-releases",
        title: "A cold start with many unreleased seats",
        unit: "instructions",
        precision: Precision::Exact,
        how: "By callgrind, with a record of seats whose deactivation has never reached Polar: 11 cold starts minus \
              one, divided by 10. A record has at most 256.",
        needs: &[&VALGRIND],
        measure: growth::releases,
    },
    Figure {
        name: "processes-requests",
        title: "Requests of 1,000 processes that validate one license at once",
        unit: "requests",
        precision: Precision::Machine,
        how: "1,000 processes are started; each opens the same record's file and validates. All must have access. \
              The local Polar counts the requests.",
        needs: &[&NODE],
        measure: growth::requests_of_processes,
    },
    Figure {
        name: "processes-time",
        title: "Time of 1,000 processes that validate one license at once",
        unit: "seconds",
        precision: Precision::Machine,
        how: "The same, until the last process has ended.",
        needs: &[],
        measure: growth::time_of_processes,
    },
    Figure {
        name: "year",
        title: "A year of automatic refresh",
        unit: "requests or saves",
        precision: Precision::Exact,
        how: "One installation in virtual time: `cargo bench --bench scale`. The same seed gives the same figures.",
        needs: &[],
        measure: scale::year,
    },
    Figure {
        name: "scale-peak",
        title: "Requests in Polar's busiest second",
        unit: "requests",
        precision: Precision::Exact,
        how: "The same simulation, with the engine and the local Polar's rules: 100,000 installations of one vendor \
              on a weekday; on a weekday on which Polar is down from ten o'clock to four; when all start within a \
              minute; and 500 machines behind one address that start within two minutes at nine o'clock (of 24 orders \
              of arrival, the one with the longest wait for an activation).",
        needs: &[],
        measure: scale::peaks,
    },
    Figure {
        name: "scale-notices",
        title: "Users who see a notice",
        unit: "users",
        precision: Precision::Exact,
        how: "The same simulation: the users with a license to whom the app shows at any time that something is \
              wrong.",
        needs: &[],
        measure: scale::notices,
    },
    Figure {
        name: "scale-losses",
        title: "Users who lose access",
        unit: "users",
        precision: Precision::Exact,
        how: "The same simulation: the users with a license who have no access at any time.",
        needs: &[],
        measure: scale::losses,
    },
    Figure {
        name: "scale-activations",
        title: "Longest wait for an activation",
        unit: "seconds",
        precision: Precision::Exact,
        how: "The same simulation: from the moment at which a new customer enters a key until the key works, with \
              all attempts. On the weekdays one of 200 customers is new; behind the one address ten are. In the last \
              situation nobody activates.",
        needs: &[],
        measure: scale::activations,
    },
];

/// Returns the figures with these names, or all figures if there are no names.
pub(crate) fn chosen(names: &[String]) -> Result<Vec<&'static Figure>> {
    if let Some(unknown) = names.iter().find(|name| FIGURES.iter().all(|figure| figure.name != **name)) {
        let known: Vec<_> = FIGURES.iter().map(|figure| figure.name).collect();
        bail!("unknown figure `{unknown}`; there are {}", known.join(", "));
    }
    Ok(FIGURES.iter().filter(|figure| names.is_empty() || names.iter().any(|name| name == figure.name)).collect())
}
