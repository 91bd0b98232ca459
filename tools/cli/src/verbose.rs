//! Writes the library's log to stderr. Leaves out the logs of other crates, because at level `trace` ureq logs whole
//! requests, which contain keys.

use log::LevelFilter;
use std::io::Write;

/// Starts the log. Call it only once in a process.
pub(crate) fn log_to_stderr() {
    let mut logger = env_logger::Builder::new();
    logger.filter_level(LevelFilter::Off).filter_module("polar_license", LevelFilter::Debug);
    logger.format(|line, record| {
        let level = record.level().as_str().to_ascii_lowercase();
        writeln!(line, "{level}: {}", record.args())
    });
    logger.init();
}
