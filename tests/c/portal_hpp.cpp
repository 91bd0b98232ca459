// Uses everything in polar_license_portal.hpp. A Polar is inside the program, behind a transport that the program
// provides.
#include "polar_license_portal.hpp"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <thread>
#include <type_traits>

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            std::exit(1); \
        } \
    } while (0)

static const std::string ORGANIZATION = "de300000-0000-4000-8000-000000000001";
static const std::string PRO = "de300000-0000-4000-8000-0000000000b1";
static const std::string FIRST = "de300000-0000-4000-8000-0000000000c1", SECOND = "de300000-0000-4000-8000-0000000000c2";

struct world {
    bool has_second = true, is_granted = true, is_paid = false;
    std::string with_token;
    polar::milliseconds mono{0};
};

static std::string key(const std::string &id, const std::string &text)
{
    return R"({"id":")" + id + R"(","organization_id":")" + ORGANIZATION + R"(","key":")" + text
           + R"(","status":"granted","limit_activations":null,"limit_usage":5,"usage":2,"expires_at":null,"benefit_id":")" + PRO
           + R"(","created_at":"2026-11-20T10:00:00Z","last_validated_at":"2026-11-21T10:00:00Z","activation":null,"activations":[)"
           + (id == FIRST ? "" : R"({"id":")" + FIRST + R"(","label":"Till 7","created_at":"2026-11-20T11:00:00Z"})") + "]}";
}

static polar::response answer(world &world, const polar::request &request)
{
    polar::response response;
    const std::string url{request.url}, body{request.body};
    const auto is = [&](std::string_view method, std::string_view part) {
        return request.method == method && url.find(part) != std::string::npos;
    };
    world.mono += polar::milliseconds{2000};
    response.http_status = 200;
    for (const auto &[name, value] : request.headers)
        if (name == "Authorization") {
            CHECK(value == "Bearer polar_cst_TOKEN" || value == "Bearer polar_mst_TOKEN");
            world.with_token += url.substr(url.find("/v1/")) + '\n';
        }
    CHECK(request.method == "POST" || body.empty());
    if (is("POST", "/customer-session/request")) {
        const bool is_several = body.find("mia@") != std::string::npos && body.find("customer_id") == std::string::npos;
        response.http_status = is_several ? 409 : 202;
        response.body = is_several ? R"({"error":"customer_selection_required","detail":"","customers":[{"id":")" + FIRST
                                         + R"(","name":"Studio Nord"},{"id":")" + SECOND + R"(","name":null}]})"
                                   : "null";
    } else if (is("POST", "/customer-session/authenticate")) {
        response.body = R"({"token":"polar_cst_TOKEN"})";
    } else if (is("POST", "/customer-seats/claim")) {
        response.body = R"({"customer_session_token":"polar_mst_TOKEN"})";
    } else if (is("GET", "/license-keys/?page=")) {
        response.body = R"({"items":[)" + (world.is_granted ? key(FIRST, "LICENSE-KEY-111111") : "")
                        + (world.has_second ? "," + key(SECOND, "LICENSE-KEY-222222") : "")
                        + R"(],"pagination":{"total_count":1,"max_page":1}})";
    } else if (is("POST", "/rotate")) {
        response.body = key(FIRST, "LICENSE-KEY-333333");
    } else if (is("GET", "/license-keys/" + FIRST)) {
        response.body = key(FIRST, "LICENSE-KEY-111111");
    } else if (is("GET", "/license-keys/" + SECOND)) {
        response.body = key(SECOND, "LICENSE-KEY-222222");
    } else if (is("GET", "/benefit-grants/")) {
        response.body = R"({"items":[{"benefit_id":")" + PRO + R"(","properties":{"license_key_id":")" + FIRST + R"("}}]})";
    } else if (is("GET", "/checkout-links/polar_cl_LINK/redirect")) {
        response.http_status = 307;
        response.location = "https://polar.sh/checkout/polar_c_SECRET";
    } else if (is("GET", "/checkouts/client/polar_c_SECRET")) {
        response.body = R"({"id":")" + FIRST + R"(","status":")" + (world.is_paid ? "succeeded" : "open")
                        + R"(","customer_email":"iona@example.com"})";
    } else if (is("POST", "/license-keys/validate")) {
        response.body = key(FIRST, body.find("LICENSE-KEY-333333") == std::string::npos ? "LICENSE-KEY-111111" : "LICENSE-KEY-333333");
    } else if (is("POST", "/license-keys/deactivate")) {
        response.http_status = 204;
    } else {
        std::fprintf(stderr, "%s %s\n", std::string{request.method}.c_str(), url.c_str());
        std::exit(1);
    }
    return response;
}

static polar::options options_of(const std::shared_ptr<world> &world)
{
    polar::options options{ORGANIZATION, "com.acme.app"};
    options.feature("export", {PRO}).device_id("a device").memory_store();
    options.transport([world](const polar::request &request) { return answer(*world, request); });
    options.clock([world] {
        const polar::time_point wall{std::chrono::milliseconds{1795255200000}};
        return std::pair{wall + world->mono, world->mono};
    });
    return options;
}

static void a_lost_key(const polar::license &license, const polar::portal &portal, world &world)
{
    const polar::code_request request = portal.request_code("iona@example.com");
    CHECK(request && request.kind() == polar::code_request_kind::sent && request.email() == "iona@example.com");
    CHECK(request.message().find("iona@example.com") != std::string_view::npos && request.customers().empty());
    const polar::session session = portal.authenticate("AAAAAA");
    const polar::restored several = session.restore();
    CHECK(several.kind() == polar::restored_kind::choose && several.keys().size() == 2 && !several.key());
    CHECK(!several.devices() && !several.error());
    const polar::license_key first = several.keys().front(); // keeps the reply alive
    CHECK(first.display_key() == "****-111111" && first.status() == polar::key_status::granted);
    CHECK(first.benefit_id() == PRO && first.id() == FIRST && first.handle() != 0);
    CHECK(!first.limit_activations() && first.limit_usage() == 5 && first.usage() == 2 && !first.expires_at());
    CHECK(!first.is_here() && first.created_at() != polar::time_point{});
    CHECK(session.activate(first).kind() == polar::restored_kind::licensed && license.allows("export"));
    CHECK(session.restore().kind() == polar::restored_kind::licensed);

    const std::vector<polar::license_key> keys = session.license_keys();
    CHECK(keys.size() == 2 && session.usable_keys().size() == 2);
    const polar::devices none = session.devices(keys[0]), listed = session.devices(keys[1]);
    CHECK(none && none.kind() == polar::devices_kind::listed && none.message() == "" && !none.page());
    CHECK(none.listed().empty() && !none.is_certain());
    const polar::device device = listed.listed().at(0);
    CHECK(device && device.label() == "Till 7" && !device.is_this() && device.since() != polar::time_point{});
    CHECK(session.release(device) == polar::deactivated::released);
    CHECK(session.rotate(keys[0], polar::confirmed_by_user{}).display_key() == "****-333333");
    CHECK(world.with_token.find("validate") == std::string::npos && world.with_token.find("rotate") != std::string::npos);
}

static void a_purchase(const polar::license &license, const polar::portal &portal, world &world)
{
    const polar::checkout checkout = portal.checkout("https://buy.polar.sh/polar_cl_LINK");
    CHECK(checkout.address() == "https://polar.sh/checkout/polar_c_SECRET");
    CHECK(checkout.json().find("SECRET") == std::string_view::npos);
    CHECK(portal.checkout_from_secret("polar_c_SECRET").address() == checkout.address());
    const auto pays = [&](const polar::progress &progress) {
        CHECK(progress.stage == polar::stage::open && progress.next_in.count() > 0 && progress.waited.count() >= 0);
        world.mono += progress.next_in;
        return world.is_paid = true;
    };
    const polar::purchase purchase = checkout.follow(std::chrono::minutes{30}, pays);
    CHECK(purchase.code().email() == "iona@example.com");
    polar::failure failure;
    world.is_paid = false;
    CHECK(!checkout.follow(std::chrono::minutes{30}, failure, [](const polar::progress &) { return false; }));
    CHECK(failure.kind() == polar::error_kind::cancelled);
    const auto throws = [](const polar::progress &) -> bool { throw std::runtime_error("one that throws"); };
    CHECK(!checkout.follow(std::chrono::minutes{30}, failure, throws) && failure);
    CHECK(portal.session_from_token("polar_cst_TOKEN").restore_purchase(purchase).kind() == polar::restored_kind::licensed);
    CHECK(license.allowed());
}

int main()
{
    static_assert(std::is_nothrow_move_constructible_v<polar::session> && std::is_copy_constructible_v<polar::session>);
    const auto in = std::make_shared<world>();
    const polar::license license{options_of(in)};
    const polar::portal portal{license};
    a_lost_key(license, portal, *in);
    a_purchase(license, portal, *in);

    in->mono += std::chrono::minutes{2}; // the limit on codes per minute is over
    const polar::code_request choice = portal.request_code("mia@example.com");
    CHECK(choice.kind() == polar::code_request_kind::choose && choice.customers().size() == 2 && choice.message() == "");
    CHECK(choice.customers()[0].name() == "Studio Nord" && !choice.customers()[1].name());
    CHECK(portal.request_code_for(choice.customers()[1]).kind() == polar::code_request_kind::sent);

    in->has_second = in->is_granted = false;
    const auto is_granted = [&](const polar::progress &progress) {
        CHECK(progress.stage == polar::stage::granting);
        in->mono += progress.next_in;
        return in->is_granted = true;
    };
    CHECK(portal.claim_seat("INVITATION").restore_when_granted(is_granted).kind() == polar::restored_kind::licensed);

    polar::failure failure;
    const polar::success_page page{0};
    CHECK(page.address().find("http://127.0.0.1:") == 0);
    CHECK(!portal.wait(page, polar::milliseconds{0}, failure) && failure.kind() == polar::error_kind::timeout);
    polar::success_page taken{static_cast<std::uint16_t>(std::stoi(page.address().substr(17))), failure};
    CHECK(!taken && failure.kind() == polar::error_kind::internal);

    // The arguments are empty objects.
    const auto is_wrong = [&] { return failure.kind() == polar::error_kind::invalid_argument; };
    const polar::session none = portal.authenticate("no code", failure);
    CHECK(!none && is_wrong() && !none.restore(failure) && is_wrong());
    CHECK(none.license_keys(failure).empty() && is_wrong());
    CHECK(none.usable_keys(failure).empty() && is_wrong());
    CHECK(!portal.session_from_token("polar_cst_TOKEN").activate(polar::license_key{}, failure) && is_wrong());
    CHECK(polar::license_key{}.display_key() == "" && polar::device{}.label() == "" && polar::devices{}.listed().empty());
    CHECK(polar::restored{}.kind() == polar::restored_kind::unknown && !polar::purchase{}.code());
    CHECK(polar::checkout{}.address() == "" && polar::code_request{}.message() == "");
    CHECK(!portal.request_code("a \"quoted\\\n\x01 text", failure) && is_wrong());
    try {
        portal.request_code("no address");
        CHECK(!"sent");
    } catch (const polar::error &error) {
        CHECK(error.kind() == polar::error_kind::invalid_argument);
        CHECK(error.detail().find("no address") == std::string_view::npos);
    }
    std::puts("ok");
}
