//! Chooses the certificates to trust, and reads their files.
//!
//! On Windows and Apple systems, the operating system verifies certificates. On Android, this library trusts the root
//! certificates that are bundled with it. On other systems, it trusts the certificates that `SSL_CERT_FILE` and
//! `SSL_CERT_DIR` name, or the system's root certificates if neither variable is set. If it finds no certificates
//! there, it trusts the bundled ones.

#[cfg(all(unix, not(any(target_vendor = "apple", target_os = "android"))))]
use crate::client::system_roots::system_roots;
use rustls::client::WantsClientCert;
use rustls::{ClientConfig, ConfigBuilder, Error, RootCertStore, WantsVerifier, crypto};
use std::sync::Arc;

/// Returns a configuration that trusts the certificates that the system trusts.
pub(super) fn tls_config() -> Result<ClientConfig, Error> {
    Ok(with_verifier(builder()?)?.with_no_client_auth())
}

/// Returns a configuration that trusts nothing, for connections that are not encrypted.
pub(super) fn no_roots() -> Result<ClientConfig, Error> {
    Ok(builder()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

/// Returns a builder that uses ring, even if the app has set another crypto provider as the default of the process.
fn builder() -> Result<Unverified, Error> {
    let provider = Arc::new(crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()
}

type Unverified = ConfigBuilder<ClientConfig, WantsVerifier>;
type Verified = ConfigBuilder<ClientConfig, WantsClientCert>;

#[cfg(any(windows, target_vendor = "apple"))]
fn with_verifier(builder: Unverified) -> Result<Verified, Error> {
    rustls_platform_verifier::BuilderVerifierExt::with_platform_verifier(builder)
}

#[cfg(all(unix, not(any(target_vendor = "apple", target_os = "android"))))]
fn with_verifier(builder: Unverified) -> Result<Verified, Error> {
    Ok(builder.with_root_certificates(roots(system_roots().certs)))
}

/// Returns the certificates that were found, or the bundled ones if none were found.
#[cfg(all(unix, not(any(target_vendor = "apple", target_os = "android"))))]
fn roots(found: Vec<rustls::pki_types::CertificateDer<'static>>) -> RootCertStore {
    if found.is_empty() {
        log::warn!("this system has no root certificates: using the bundled ones");
        return bundled();
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found);
    roots
}

/// Uses the bundled certificates. Android's own verifier is not used, because it needs the app's Java context.
#[cfg(not(any(windows, all(unix, not(target_os = "android")))))]
fn with_verifier(builder: Unverified) -> Result<Verified, Error> {
    Ok(builder.with_root_certificates(bundled()))
}

#[cfg(not(any(windows, target_vendor = "apple")))]
fn bundled() -> RootCertStore {
    webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect()
}

#[cfg(all(test, unix, not(any(target_vendor = "apple", target_os = "android"))))]
mod tests {
    use super::*;

    #[test]
    fn a_system_without_roots_uses_the_bundled_ones() {
        assert!(bundled().len() > 50);
        assert_eq!(roots(Vec::new()).len(), bundled().len());
    }
}
