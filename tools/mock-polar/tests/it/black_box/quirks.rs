//! What a stand-in for Polar gets wrong when it does the obvious: measured on Polar's own server.

use mock_polar::{DEMO_KEY_ONE_DEVICE, DEMO_KEY_PLAIN, DEMO_KEY_REVOKED, DEMO_KEY_TEN_USES, Endpoint};
use serde_json::{Value, json};

use super::polar::Polar;
use crate::wire::{Reply, activation, exchange, path, validate, validate_with};

const JSON: (&str, &str) = ("Content-Type", "application/json");
const ORIGIN: (&str, &str) = ("Origin", "https://app.example");

/// Sends a body to an address of the server, with its length.
fn send(polar: &Polar, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let length = body.len().to_string();
    let headers = [headers, &[("Content-Length", length.as_str())]].concat();
    exchange(polar.address(), "POST", path, &headers, body).unwrap()
}

fn send_json(polar: &Polar, endpoint: Endpoint, body: &str) -> Reply {
    send(polar, path(endpoint), &[JSON], body.as_bytes())
}

/// A request to validate, with this text in the place of more fields.
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
fn an_increment_beyond_64_bits_or_of_thousands_of_digits_is_422() {
    let polar = Polar::start().unwrap();
    let kind = |value: &str| {
        let body = text_of_validate(&polar, DEMO_KEY_TEN_USES, &format!(r#","increment_usage":{value}"#));
        problem(&send_json(&polar, Endpoint::Validate, &body))["type"].clone()
    };
    for too_large in ["1e20", "-1e20", &format!("\"{}\"", "1".repeat(4301))] {
        assert_eq!(kind(too_large), "int_parsing_size", "{too_large}");
    }
    for malformed in ["\"5.\"", "\".0\"", "\"1e3\""] {
        assert_eq!(kind(malformed), "int_parsing", "{malformed}");
    }
    assert_eq!(validate_with(&polar, DEMO_KEY_TEN_USES, json!({ "increment_usage": "5.0" })).status, 200);
    assert_eq!(polar.usage(DEMO_KEY_TEN_USES), 5);
}

#[test]
fn a_condition_of_501_digits_is_taken_for_an_integer() {
    let polar = Polar::start().unwrap();
    let activate = |value: String| {
        polar.reset();
        let mut body = activation(&polar, DEMO_KEY_ONE_DEVICE);
        body["conditions"] = json!({ "c": value });
        crate::wire::post(&polar, Endpoint::Activate, &body).status
    };
    assert_eq!(activate("1".repeat(501)), 200);
    assert_eq!(activate(format!("0.{}", "1".repeat(501))), 200, "and another for a float");
    assert_eq!(activate("x".repeat(501)), 422);
    assert_eq!(activate("1".repeat(500)), 200, "this one is a string");
    assert!(polar.activations(DEMO_KEY_ONE_DEVICE)[0].conditions["c"].is_string());
}

#[test]
fn each_of_51_invalid_conditions_is_complained_about() {
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
fn a_lone_surrogate_fails_only_where_it_is_used() {
    let polar = Polar::start().unwrap();
    let organization = polar.organization();
    let label = |key: &str| {
        let body = format!(r#"{{"key":"{key}","organization_id":"{organization}","label":"\ud800"}}"#);
        send_json(&polar, Endpoint::Activate, &body).status
    };
    assert_eq!((label(DEMO_KEY_REVOKED), label("UNKNOWN"), label(DEMO_KEY_ONE_DEVICE)), (403, 404, 500));
    let key = |organization: &str| {
        let body = format!(r#"{{"key":"\ud800","organization_id":"{organization}"}}"#);
        send_json(&polar, Endpoint::Validate, &body).status
    };
    assert_eq!((key("acme"), key(&organization)), (422, 500));
}

#[test]
fn invalid_utf_8_as_text_fails() {
    let polar = Polar::start().unwrap();
    for headers in [&[("Content-Type", "text/plain")][..], &[]] {
        assert_eq!(send(&polar, path(Endpoint::Validate), headers, b"\"\xe9\"").status, 500);
    }
    assert_eq!(send(&polar, path(Endpoint::Validate), &[JSON], b"\"\xe9\"").status, 400, "as JSON");
}

#[test]
fn bodies_in_utf_16_and_utf_32_are_read() {
    let polar = Polar::start().unwrap();
    let body = text_of_validate(&polar, DEMO_KEY_PLAIN, "");
    for body in [
        body.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        body.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        body.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect::<Vec<u8>>(),
        format!("\u{FEFF}{body}").encode_utf16().flat_map(u16::to_le_bytes).collect(),
    ] {
        assert_eq!(send(&polar, path(Endpoint::Validate), &[JSON], &body).status, 200);
    }
}

#[test]
fn very_deep_nesting_is_500_or_422() {
    let polar = Polar::start().unwrap();
    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(send_json(&polar, Endpoint::Validate, &format!("{open}{close}")).status, 500);
    assert_eq!(send_json(&polar, Endpoint::Validate, &open).status, 422);
    let ignored = text_of_validate(&polar, DEMO_KEY_PLAIN, &format!(r#","other":{open}{close}"#));
    assert_eq!(send_json(&polar, Endpoint::Validate, &ignored).status, 200, "nobody writes it");
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
fn what_needs_a_token_is_401_without_one() {
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

#[test]
fn an_unknown_method_is_400_with_a_text() {
    let polar = Polar::start().unwrap();
    for method in ["BREW", "get"] {
        let reply = exchange(polar.address(), method, path(Endpoint::Validate), &[], b"").unwrap();
        assert_eq!((reply.status, reply.text().as_str()), (400, "Invalid HTTP request received."));
        assert_eq!(reply.header("polar-version"), None);
    }
    assert_eq!(exchange(polar.address(), "PROPFIND", path(Endpoint::Validate), &[], b"").unwrap().status, 405);
}

#[test]
fn large_numbers_are_echoed_as_they_were_sent() {
    let polar = Polar::start().unwrap();
    let digits = "1234567890".repeat(6);
    let reply = send_json(&polar, Endpoint::Validate, &format!(r#"{{"key":{digits}}}"#));
    assert!(reply.status == 422 && reply.text().contains(&format!(r#""input":{digits}"#)), "{}", reply.text());
    let organization = polar.organization();
    let meta = format!(
        r#"{{"key":"{DEMO_KEY_ONE_DEVICE}","organization_id":"{organization}","label":"x","meta":{{"a":1e16,"b":1e22}}}}"#
    );
    let activated = send_json(&polar, Endpoint::Activate, &meta);
    assert!(activated.text().contains(r#""meta":{"a":1e+16,"b":1e+22}"#), "{}", activated.text());
    let seat = activated.json()["id"].clone();
    let validated = validate_with(&polar, DEMO_KEY_ONE_DEVICE, json!({ "activation_id": seat }));
    assert!(validated.text().contains(r#""meta":{"a":10000000000000000,"#), "later: {}", validated.text());
}

#[test]
fn an_undashed_uuid_in_braces_has_a_group_count() {
    let polar = Polar::start().unwrap();
    let organization = polar.organization();
    let validate = |organization: String| {
        let body = json!({ "key": DEMO_KEY_PLAIN, "organization_id": organization });
        crate::wire::post(&polar, Endpoint::Validate, &body)
    };
    assert_eq!(validate(format!("{{{organization}}}")).status, 200);
    let problem = problem(&validate(format!("{{{}}}", organization.replace('-', ""))));
    assert_eq!(problem["msg"], "Input should be a valid UUID, invalid group count: expected 5, found 1");
}

#[test]
fn conditions_that_polar_cannot_keep_exactly_never_match_again() {
    let polar = Polar::start().unwrap();
    let matches = |value: &str| {
        polar.reset();
        let organization = polar.organization();
        let body = format!(
            r#"{{"key":"{DEMO_KEY_ONE_DEVICE}","organization_id":"{organization}","label":"x","conditions":{{"c":{value}}}}}"#
        );
        let seat = send_json(&polar, Endpoint::Activate, &body).json()["id"].as_str().unwrap().to_owned();
        let more = format!(r#","activation_id":"{seat}","conditions":{{"c":{value}}}"#);
        send_json(&polar, Endpoint::Validate, &text_of_validate(&polar, DEMO_KEY_ONE_DEVICE, &more)).status
    };
    assert_eq!([matches("9007199254740992"), matches("1e15"), matches("0.5")], [200, 200, 200]);
    assert_eq!([matches("9007199254740993"), matches("1e23")], [404, 404]);
}
