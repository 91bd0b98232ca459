use keygen_rs::KeygenClient;
use keygen_rs::license::LicenseValidationRequest;
use polar_license_bench::{KEY, repeat, url};

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    repeat(|| {
        // each call uses a new client, so that no connection is reused; the client does not check a signature
        let client = KeygenClient::builder().account("demo").product("demo").license_key(KEY).api_url(url());
        let client = client.build().unwrap();
        let request = LicenseValidationRequest::for_fingerprint("fingerprint".into());
        let result = runtime.block_on(client.licenses().validate_key(KEY, &request)).unwrap();
        assert!(result.meta.valid);
    });
}
