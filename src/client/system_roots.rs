//! Reads the root certificates of a system that keeps them in files. If `SSL_CERT_FILE` or `SSL_CERT_DIR` is set, reads
//! the certificates that these variables name instead. Never reads a file that may be endless, such as a device or a
//! pipe.

use rustls_native_certs::{CertificateResult, load_certs_from_paths, load_native_certs};
use std::path::Path;
use std::{env, fs};

/// The largest size of a file of certificates. All certificates of a system together usually have less than a hundredth
/// of this size.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// Returns the root certificates that were found on this system. There may be none.
pub(crate) fn system_roots() -> CertificateResult {
    if !leaves_file_out() {
        return load_native_certs();
    }
    log::warn!("SSL_CERT_FILE names no file of certificates: it is left out");
    let mut found = CertificateResult::default();
    for directory in env::split_paths(&env::var_os("SSL_CERT_DIR").unwrap_or_default()) {
        found.certs.extend(load_certs_from_paths(None, Some(&directory)).certs);
    }
    found
}

/// Returns `true` if `SSL_CERT_FILE` is set but must not be read. It may name a device or a pipe, which may have no
/// end, or a file that is too long for certificates.
pub(crate) fn leaves_file_out() -> bool {
    let is_usable = |path: &Path| fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() <= MOST_BYTES);
    env::var_os("SSL_CERT_FILE").is_some_and(|path| !is_usable(Path::new(&path)))
}
