// Uses everything in polar_license.hpp. A Polar is inside the program.
#include "polar_license.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <type_traits>

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            std::exit(1); \
        } \
    } while (0)

static const char *const ORGANIZATION = "de300000-0000-4000-8000-000000000001";
static const char *const PRO = "de300000-0000-4000-8000-0000000000b1";

struct world {
    bool online = true, throws = false, grants = true, cancelled = false;
    polar::milliseconds timeout{0};
    polar::milliseconds mono{0};
    std::vector<std::uint8_t> bytes;
};

struct memory : polar::store {
    explicit memory(std::shared_ptr<world> world) : in(std::move(world)) {}
    bool load(std::optional<std::vector<std::uint8_t>> &record) override
    {
        if (in->throws)
            throw std::runtime_error("a store that throws");
        if (!in->bytes.empty())
            record = in->bytes;
        return true;
    }
    bool save(const std::uint8_t *bytes, std::size_t length, bool) override
    {
        in->bytes.assign(bytes, bytes + length);
        return true;
    }
    bool remove() override
    {
        in->bytes.clear();
        return true;
    }
    std::shared_ptr<world> in;
};

static polar::response answer(world &world, const polar::request &request)
{
    polar::response response;
    world.mono += polar::milliseconds{2000};
    world.timeout = request.timeout;
    if (world.throws)
        throw std::runtime_error("a transport that throws");
    if (!world.online) {
        response.maybe_sent = false;
        response.cancelled = world.cancelled;
        response.problem = "no cable";
        return response;
    }
    CHECK(request.headers.size() == 1 && request.timeout.count() > 0);
    const std::size_t at = request.body.find("\"key\":\"") + 7;
    const std::string key{request.body.substr(at, request.body.find('"', at) - at)};
    response.http_status = world.grants ? 200 : 404;
    response.body = !world.grants
                        ? R"({"error":"ResourceNotFound","detail":"License key has expired."})"
                        : R"({"id":"de300000-0000-4000-8000-0000000000c1","organization_id":")" + std::string{ORGANIZATION}
                              + R"(","key":")" + key
                              + R"(","status":"granted","limit_activations":null,"limit_usage":null,"usage":0,)"
                                R"("expires_at":"2026-12-01T00:00:00Z","benefit_id":")"
                              + PRO + R"(","last_validated_at":"2026-11-21T10:00:00Z","activation":null})";
    return response;
}

static polar::options options_of(const std::shared_ptr<world> &world)
{
    polar::options options{ORGANIZATION, "com.acme.app"};
    options.feature("export", {PRO}).device_id("a device").bind_device(true).label("a test").benefit(PRO);
    options.feature("sync", std::vector<std::string>{PRO}).feature("print", std::array{std::string_view{PRO}});
    options.condition("edition", "plus").condition("major", 3).condition("beta", false).condition("even", 2.0);
    options.meta("from", "C++").meta("major", 3).meta("beta", false).meta("even", -2.0);
    options.app_secret("hush").previous_app_secret("older hush").environment("sandbox");
    options.refresh_interval(std::chrono::hours{10}).offline_grace(std::chrono::hours{48});
    options.timeout(std::chrono::seconds{5}).memory_store().store(std::make_shared<memory>(world));
    options.transport([world](const polar::request &request) { return answer(*world, request); });
    options.clock([world] {
        const polar::time_point wall{std::chrono::milliseconds{1795255200000}};
        return std::pair{wall + world->mono, world->mono};
    });
    return options;
}

static void activates(polar::license &license)
{
    const polar::decision decision = license.activate("MY-KEY-123456");
    CHECK(decision.allowed() && decision.state() == polar::state::active);
    CHECK(decision.allows("export") && decision.allows("sync") && decision.allows("print"));
    CHECK(decision.explain("export") == "Your license includes this feature.");
    CHECK(decision.explain_json("no such feature").find("\"reason\":\"unknown\"") != std::string_view::npos);
    CHECK(decision.display_key() == "****-123456" && !decision.activation_id() && decision.benefit_id() == PRO);
    CHECK(*decision.grace_ends_at() - *decision.confirmed_at() == std::chrono::hours{48});
    const auto until_refresh = *decision.refresh_at() - *decision.confirmed_at();
    CHECK(until_refresh >= std::chrono::hours{9} && until_refresh <= std::chrono::hours{10});
    CHECK(decision.usage() == 0 && !decision.limit_usage() && !decision.limit_activations());
    CHECK(decision.expires_at() && decision.refresh_at() && decision.notice_at() && decision.message() != "");
    CHECK(decision.problem_kind() == polar::error_kind::ok && !decision.problem_message() && !decision.problem_detail());
    CHECK(!decision.notice() && !decision.problem_retry_after() && !decision.problem_maybe_applied());
    CHECK( decision.json().find("\"active\"") != std::string_view::npos);
    CHECK(decision.reason() == polar::reason::unset && decision.next_step() == polar::next_step::none);
}

static void fails(polar::license &license, world &in)
{
    in.online = false;
    CHECK(license.validate().problem_kind() == polar::error_kind::network);
    CHECK(license.current().problem_detail() == "no cable");
    in.cancelled = true;
    CHECK(license.validate().problem_kind() == polar::error_kind::cancelled);
    in.throws = true;
    CHECK(license.validate().problem_kind() == polar::error_kind::network);
    in.throws = false, in.online = true, in.grants = false;
    try {
        license.activate("ANOTHER-KEY");
        CHECK(!"refused");
    } catch (const polar::error &error) {
        CHECK(error.kind() == polar::error_kind::refused && error.reason() == polar::reason::expired);
        CHECK(error.decision().allowed() && !error.maybe_applied() && !error.retry_after());
        CHECK(std::string_view{error.what()} == error.failure().detail() && error.message() != error.what());
        CHECK(error.failure().json().find("\"refused\"") != std::string_view::npos);
    }
}

static void rejects_wrong_options()
{
    try {
        polar::license{polar::options::from_json(R"({"organizationId":"acme","appId":"com.acme.app"})")};
        CHECK(!"opened");
    } catch (const polar::error &error) {
        CHECK(error.kind() == polar::error_kind::invalid_config && error.detail() == error.what());
    }
    try {
        polar::license{polar::options{"acme", "com.acme.app"}};
        CHECK(!"opened");
    } catch (const polar::error &error) {
        CHECK(error.kind() == polar::error_kind::invalid_config);
    }
}

int main()
{
    static_assert(!std::is_copy_constructible_v<polar::license> && std::is_nothrow_move_constructible_v<polar::license>);
    static_assert(!std::is_copy_constructible_v<polar::decision> && !std::is_copy_constructible_v<polar::options>);
    const auto in = std::make_shared<world>();
    polar::license license{options_of(in)};
    int changes = 0;
    polar::subscription subscription = license.on_change([&](polar::decision_view decision, polar::decision_view before) {
        if (changes++ == 0)
            CHECK(decision.allowed() && !before.allowed());
        CHECK(decision.allows("export") == license.allows("export"));
        throw std::runtime_error("a listener that throws");
    });

    activates(license);
    CHECK(changes == 1);

    license.validate();
    CHECK(in->timeout > std::chrono::seconds{0} && in->timeout <= std::chrono::seconds{5});

    polar::license moved{std::move(license)};
    license = std::move(moved);
    subscription = polar::subscription{};
    fails(license, *in);
    polar::failure failure;
    CHECK(!license.consume(0, failure) && failure.kind() == polar::error_kind::invalid_argument);
    CHECK(!license.activate("", failure) && failure);
    in->grants = true;
    CHECK(license.reactivate(failure) && !failure);
    license.start_auto_refresh();
    license.stop_auto_refresh();
    license.cancel();
    CHECK(license.deactivate() == polar::deactivated::not_needed && !license.allowed());
    license.forget();
    try {
        license.deactivate();
        CHECK(!"not activated");
    } catch (const polar::error &error) {
        CHECK(error.kind() == polar::error_kind::not_activated);
    }
    rejects_wrong_options();
    const polar::license none{polar::options{"acme", "com.acme.app"}, failure};
    CHECK(!none && failure && !none.allows("export") && !none.current());

    int lines = 0;
    CHECK(polar::set_log(POLAR_LICENSE_LOG_WARN, [&](int, std::string_view, std::string_view) { lines++; })
          == polar::error_kind::ok);
    license.allows("no such feature");
    CHECK(lines == 1 && polar::set_log(POLAR_LICENSE_LOG_WARN, {}) == polar::error_kind::ok);
    CHECK(polar::version() == polar_license_version());
    std::puts("ok");
}
