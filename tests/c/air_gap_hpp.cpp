// Carries a license to a computer that is never online (A), and back, with polar_license.hpp. Another computer (B) has a
// network. Arguments: the address of Polar, a directory, and a key with one seat.
#include "polar_license.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <thread>

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            std::exit(1); \
        } \
    } while (0)

static polar::options computer(const std::string &address, const std::string &directory, const std::string &name)
{
    polar::options options{"de300000-0000-4000-8000-000000000001", "com.acme.app"};
    options.environment(address).directory(directory + "/" + name).device_id(name);
    options.app_secret("hush").air_gap_days(365).feature("export", {"de300000-0000-4000-8000-0000000000b1"});
    return options;
}

/// A request that A sends fails the test.
static polar::response send_from_a(const polar::request &)
{
    CHECK(!"a computer without a network sent a request");
    return {};
}

/// Returns the kind of the error that the call throws.
template <class Call> static polar::error_kind thrown(Call call)
{
    try {
        call();
    } catch (const polar::error &error) {
        CHECK(!error.message().empty());
        return error.kind();
    }
    return polar::error_kind::ok;
}

/// Checks that several threads get the same request.
static std::string request_from_many_threads(polar::license &a)
{
    std::array<std::string, 4> requests;
    std::vector<std::thread> threads;
    for (std::string &request : requests)
        threads.emplace_back([&] { request = a.offline_request().view(); });
    for (std::thread &thread : threads)
        thread.join();
    for (const std::string &request : requests)
        CHECK(request == requests[0] && request.find("REQUEST1-") == 0);
    return requests[0];
}

static void license_goes_to_a(polar::license &a, polar::license &b, const std::string &key)
{
    const std::string request = request_from_many_threads(a);
    polar::failure failure;
    CHECK(a.offline_request(failure).view() == request && !failure);

    CHECK(thrown([&] { b.offline_answer(request, "MISTYPED"); }) == polar::error_kind::refused);
    const polar::offline_answer none = b.offline_answer("REQUEST1-0", key, failure);
    CHECK(failure.kind() == polar::error_kind::invalid_argument && !none.decision && !none.text && none.text.view().empty());

    polar::offline_answer answer = b.offline_answer(request, key);
    CHECK(answer.decision.allows("export") && answer.decision.activation_id());
    CHECK(answer.text && answer.text.view().find(key) == std::string_view::npos);
    CHECK(!b.allowed()); // B's own license does not change

    CHECK(thrown([&] { a.offline_import(request); }) == polar::error_kind::invalid_argument);
    CHECK(!a.allowed());
    const polar::offline_text moved = std::move(answer.text);
    const polar::decision imported = a.offline_import(std::string{moved.view()});
    CHECK(imported.allows("export") && imported.air_gapped() && imported.offline_ends_at());
    CHECK(a.offline_import(std::string{moved.view()}, failure).allowed() && !failure); // again, which changes nothing
    CHECK(a.refresh().allowed());
}

static void license_returns_from_a(polar::license &a, polar::license &b)
{
    const polar::offline_return returned = a.offline_return();
    CHECK(returned.text && !returned.decision.allowed());
    polar::failure failure;
    CHECK(a.offline_return(failure).text.view() == returned.text.view() && !failure); // again, because the text was lost

    CHECK(thrown([&] { b.offline_release("RETURN1-0"); }) == polar::error_kind::invalid_argument);
    const polar::offline_release released = b.offline_release(std::string{returned.text.view()});
    CHECK(released.deactivated == polar::deactivated::released && !released.decision.allowed());
    const polar::offline_release again = b.offline_release(std::string{returned.text.view()}, failure);
    CHECK(!failure && again.decision);
    CHECK(!b.offline_release("", failure).decision && failure.kind() == polar::error_kind::invalid_argument);
}

/// The license whose answer is ended while Polar is asked.
static polar_license *answering;

/// Checks that an answer ends as cancelled if its first request to Polar calls `end`.
static void answer_ends(polar::options options, const std::string &request, void (*end)())
{
    options.transport([end](const polar::request &) {
        end();
        return polar::response{};
    });
    CHECK(polar_license_open(options.get(), &answering, nullptr) == POLAR_LICENSE_OK);
    polar_license_offline_text *answer = nullptr;
    CHECK(polar_license_offline_answer(answering, request.c_str(), "A-KEY", &answer, nullptr, nullptr)
          == POLAR_LICENSE_ERR_CANCELLED);
    CHECK(answer == nullptr);
}

int main(int count, char **arguments)
{
    static_assert(!std::is_copy_constructible_v<polar::offline_text>);
    static_assert(std::is_nothrow_move_constructible_v<polar::offline_text>);
    CHECK(count == 4);
    const std::string address = arguments[1], directory = arguments[2], key = arguments[3];
    polar::options options = computer(address, directory, "A");
    polar::license a{options.transport(send_from_a)}, b{computer(address, directory, "B")};
    const std::string request{a.offline_request().view()};
    answer_ends(computer(address, directory, "B"), request, [] { polar_license_cancel(answering); });
    polar_license_free(answering);
    answer_ends(computer(address, directory, "B"), request, [] { polar_license_free(answering); });
    license_goes_to_a(a, b, key);
    license_returns_from_a(a, b);
    CHECK(thrown([&] { b.offline_return(); }) == polar::error_kind::not_activated);
    std::puts("ok");
}
