//! Tests behavior that nobody would expect of Polar, but that was measured on Polar's own server.

use mock_polar::{DEMO_KEY_ONE_DEVICE, DEMO_KEY_PLAIN, DEMO_KEY_TEN_USES, Endpoint};
use serde_json::{Value, json};

use super::polar::Polar;
use crate::wire::{JSON, Reply, activation, exchange, path, validate, validate_with};

const ORIGIN: (&str, &str) = ("Origin", "https://app.example");

/// Posts a body to a path, with the header `content-length`.
fn send(polar: &Polar, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let length = body.len().to_string();
    let headers = [headers, &[("Content-Length", length.as_str())]].concat();
    exchange(polar.address(), "POST", path, &headers, body).unwrap()
}

/// Returns the body of a validation. `more` is JSON text with further fields, and begins with a comma unless it is
/// empty.
fn text_of_validate(polar: &Polar, key: &str, more: &str) -> String {
    format!(r#"{{"key":"{key}","organization_id":"{}"{more}}}"#, polar.organization())
}

fn problem(reply: &Reply) -> Value {
    assert_eq!(reply.status, 422, "{}", reply.text());
    reply.json()["detail"][0].clone()
}

#[test]
fn a_json_body_without_content_type_is_rejected_and_nothing_is_carried_out() {
    let polar = Polar::start().unwrap();
    let valid = activation(&polar, DEMO_KEY_ONE_DEVICE).to_string();
    for body in [valid.as_str(), "{", "null"] {
        for headers in [&[][..], &[("Content-Type", "")]] {
            let problem = problem(&send(&polar, path(Endpoint::Activate), headers, body.as_bytes()));
            assert_eq!((&problem["type"], &problem["loc"]), (&json!("model_attributes_type"), &json!(["body"])));
            assert_eq!(problem["input"], body);
        }
    }
    assert!(polar.activations(DEMO_KEY_ONE_DEVICE).is_empty());
}

#[test]
fn an_invalid_bearer_token_is_refused_on_any_path() {
    let polar = Polar::start().unwrap();
    let body = activation(&polar, DEMO_KEY_PLAIN).to_string();
    for path in [path(Endpoint::Validate), "/v1/customer-portal/license-keys/", "/v1/nothing", "/elsewhere"] {
        for token in ["Bearer polar_cst_garbage", "bearer x"] {
            let reply = send(&polar, path, &[JSON, ORIGIN, ("Authorization", token)], body.as_bytes());
            assert_eq!((reply.status, &reply.json()["error"]), (401, &json!("invalid_token")), "{path}");
            assert!(reply.json()["error_description"].is_string() && reply.json().get("detail").is_none());
            assert!(reply.header("www-authenticate").unwrap().contains("error=\"invalid_token\""));
            assert_eq!((reply.header("cache-control"), reply.header("pragma")), (Some("no-store"), Some("no-cache")));
            assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
        }
    }
    for other in ["Basic eDp5", "Bearer", "Bearer ", "Token x"] {
        let reply = send(&polar, path(Endpoint::Validate), &[JSON, ("Authorization", other)], body.as_bytes());
        assert_eq!(reply.status, 200, "{other}");
    }
    assert_eq!(polar.key(DEMO_KEY_PLAIN).validations, 4);
}

#[test]
fn a_slash_too_many_or_too_few_is_redirected_to_an_absolute_location() {
    let polar = Polar::start().unwrap();
    let keys = "/v1/customer-portal/license-keys";
    for (from, to) in [
        (format!("{keys}/validate/"), format!("{keys}/validate")),
        (format!("{keys}/validate/?a=b%20c&d"), format!("{keys}/validate?a=b%20c&d")),
        (keys.to_owned(), format!("{keys}/")),
        (format!("{keys}/x/rotate/"), format!("{keys}/x/rotate")),
    ] {
        let reply = send(&polar, &from, &[JSON], b"{}");
        assert_eq!(reply.status, 307, "{from}");
        assert_eq!(reply.header("location"), Some(format!("{}{to}", polar.url()).as_str()));
        assert!(reply.body.is_empty() && reply.header("content-type").is_none());
    }
}

#[test]
fn a_redirect_counts_for_the_rate_limit() {
    let polar = Polar::builder().rate_limit(true).start().unwrap();
    polar.freeze_clock(polar.now());
    let slash = format!("{}/", path(Endpoint::Validate));
    let statuses: Vec<u16> = (0..4).map(|_| send(&polar, &slash, &[JSON], b"{}").status).collect();
    assert_eq!(statuses, [307, 307, 307, 429]);
}

#[test]
fn a_post_without_body_and_length_is_411_and_does_not_count() {
    let polar = Polar::builder().rate_limit(true).start().unwrap();
    polar.freeze_clock(polar.now());
    for method in ["POST", "PUT", "PATCH"] {
        for _ in 0..3 {
            let reply = exchange(polar.address(), method, path(Endpoint::Validate), &[ORIGIN], b"").unwrap();
            assert_eq!((reply.status, &reply.json()["error"]), (411, &json!("LengthRequired")));
            assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
        }
    }
    assert_eq!(validate(&polar, DEMO_KEY_PLAIN).status, 200);
}

#[test]
fn a_chunked_body_is_411_with_polars_text_and_no_cache_control() {
    let polar = Polar::start().unwrap();
    let body = text_of_validate(&polar, DEMO_KEY_PLAIN, "");
    let chunked = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let headers = [JSON, ("Transfer-Encoding", "chunked")];
    let reply = exchange(polar.address(), "POST", path(Endpoint::Validate), &headers, chunked.as_bytes()).unwrap();
    let expected = json!({ "error": "LengthRequired", "detail": "A Content-Length header is required." });
    assert_eq!((reply.status, reply.json()), (411, expected));
    assert_eq!((reply.header("cache-control"), reply.header("polar-version")), (None, Some("2026-10")));
}

#[test]
fn a_body_over_10_mib_is_413() {
    let polar = Polar::start().unwrap();
    let limit = 10 * 1024 * 1024;
    let body = |size: usize| {
        let body = text_of_validate(&polar, DEMO_KEY_PLAIN, "");
        let padding = " ".repeat(size - body.len());
        send(&polar, path(Endpoint::Validate), &[JSON], format!("{body}{padding}").as_bytes())
    };
    assert_eq!(body(limit).status, 200);
    let large = body(limit + 1);
    assert_eq!((large.status, &large.json()["error"]), (413, &json!("RequestBodyTooLarge")));
    assert_eq!(large.header("cache-control"), None);
    assert_eq!(polar.requests()[1].body.len(), limit, "what is kept of it");
    assert_eq!(validate(&polar, DEMO_KEY_PLAIN).status, 200, "the server goes on");
}

#[test]
fn an_increment_may_be_a_string_or_a_float_without_fraction() {
    let polar = Polar::start().unwrap();
    let validate = |value: Value| validate_with(&polar, DEMO_KEY_TEN_USES, json!({ "increment_usage": value }));
    for (malformed, kind) in [(json!("5."), "int_parsing"), (json!(1.5), "int_from_float"), (json!([]), "int_type")] {
        assert_eq!(problem(&validate(malformed))["type"], kind);
    }
    assert_eq!((validate(json!("2")).status, validate(json!(3.0)).status), (200, 200));
    assert_eq!(polar.usage(DEMO_KEY_TEN_USES), 5);
}

#[test]
fn a_body_that_is_not_utf_8_is_400() {
    let polar = Polar::start().unwrap();
    let reply = send(&polar, path(Endpoint::Validate), &[JSON], b"\"\xe9\"");
    assert_eq!((reply.status, reply.json()), (400, json!({ "detail": "There was an error parsing the body" })));
}

#[test]
fn each_of_51_invalid_conditions_is_reported() {
    let polar = Polar::start().unwrap();
    let problems = |value: Value| {
        let conditions: serde_json::Map<_, _> = (0..51).map(|n| (format!("c{n}"), value.clone())).collect();
        let reply = validate_with(&polar, DEMO_KEY_PLAIN, json!({ "conditions": conditions }));
        reply.json()["detail"].as_array().unwrap().len()
    };
    assert_eq!(problems(json!(null)), 204);
    assert_eq!(problems(json!(1)), 1, "that there are too many");
}

#[test]
fn preflights_are_compared_as_text() {
    let polar = Polar::start().unwrap();
    let preflight = |headers: &[(&str, &str)]| {
        let reply = exchange(polar.address(), "OPTIONS", path(Endpoint::Validate), &[&[ORIGIN], headers].concat(), b"");
        let reply = reply.unwrap();
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
        (reply.status, reply.text())
    };
    const METHOD: &str = "Access-Control-Request-Method";
    const HEADERS: &str = "Access-Control-Request-Headers";
    const PRIVATE: &str = "Access-Control-Request-Private-Network";
    let refused = |what: &str| (400, format!("Disallowed CORS {what}"));
    assert_eq!(preflight(&[(METHOD, "POST"), (HEADERS, "content-type, Polar-Version")]), (200, "OK".to_owned()));
    for method in ["post", "", "BREW"] {
        assert_eq!(preflight(&[(METHOD, method)]), refused("method"), "`{method}`");
    }
    for headers in ["", "content-type,", "x-custom"] {
        assert_eq!(preflight(&[(METHOD, "POST"), (HEADERS, headers)]), refused("headers"), "`{headers}`");
    }
    assert_eq!(preflight(&[(METHOD, "POST"), (PRIVATE, "true")]), refused("private-network"));
    assert_eq!(
        preflight(&[(METHOD, "put"), (HEADERS, "a,b"), (PRIVATE, "x")]),
        refused("method, headers, private-network")
    );
}

#[test]
fn an_empty_polar_version_is_the_default() {
    let polar = Polar::start().unwrap();
    let body = text_of_validate(&polar, DEMO_KEY_PLAIN, "");
    for (version, status) in [("", 200), ("   ", 200), ("2026-10", 200), ("2026-4", 404)] {
        let reply = send(&polar, path(Endpoint::Validate), &[JSON, ("Polar-Version", version)], body.as_bytes());
        assert_eq!(reply.status, status, "`{version}`");
    }
}

#[test]
fn paths_below_api_and_percent_encoded_paths_are_understood() {
    let polar = Polar::start().unwrap();
    let body = text_of_validate(&polar, DEMO_KEY_PLAIN, "");
    for path in ["/api/v1/customer-portal/license-keys/validate", "/v1/customer-portal/license%2Dkeys%2Fvalid%61te"] {
        let reply = send(&polar, path, &[JSON], body.as_bytes());
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.header("x-polar-deprecation-notice").is_some(), path.starts_with("/api"));
    }
    assert!(polar.requests().iter().all(|request| request.endpoint() == Some(Endpoint::Validate)));
    assert_eq!(send(&polar, "/api/v2", &[JSON], b"{}").status, 404);
}

#[test]
fn endpoints_that_need_a_token_are_401_without_one() {
    let polar = Polar::start().unwrap();
    let id = "de300000-0000-4000-8000-000000001001";
    for (method, path) in [
        ("POST", format!("/v1/customer-portal/license-keys/{id}/rotate")),
        ("GET", "/v1/customer-portal/license-keys/".to_owned()),
        ("GET", format!("/v1/customer-portal/license-keys/{id}")),
        ("GET", "/v1/license-keys/".to_owned()),
        ("PATCH", format!("/v1/license-keys/{id}")),
        ("POST", "/v1/license-keys/validate".to_owned()),
    ] {
        let reply = exchange(polar.address(), method, &path, &[("Content-Length", "0")], b"").unwrap();
        assert_eq!((reply.status, &reply.json()["error"]), (401, &json!("Unauthorized")), "{method} {path}");
        assert_eq!(reply.header("www-authenticate"), Some("Bearer realm=\"polar\""));
    }
}
