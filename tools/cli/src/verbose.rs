//! Writes the library's log to stderr. No other crate's: ureq logs whole requests at level `trace`, keys included.

use log::LevelFilter;
use std::io::Write;

/// Starts logging. Call it once per process.
pub(crate) fn log_to_stderr() {
    let mut logger = env_logger::Builder::new();
    logger.filter_level(LevelFilter::Off).filter_module("polar_license", LevelFilter::Debug);
    logger.format(|line, record| {
        let level = record.level().as_str().to_ascii_lowercase();
        writeln!(line, "{level}: {}", record.args())
    });
    logger.init();
}
