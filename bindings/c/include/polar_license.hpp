// License keys sold through Polar (https://polar.sh), for C++17. This header wraps polar_license.h in RAII classes. It
// is header-only, and needs nothing but the library. The customer portal is in polar_license_portal.hpp.
//
//     polar::license license{polar::options{ORGANIZATION, "com.acme.app"}.feature("export", {PRO})};
//     try {
//         if (key) license.activate(*key);
//     } catch (const polar::error &error) {
//         show(error.message());                           // what to do; what() is for logs
//     }
//     const polar::decision decision = license.refresh();  // does not throw if there is no network
//     if (decision.allows("export")) export_file();
//     else show(decision.explain("export"));               // no license, or one for another plan
//
// Objects own what they hold. They can be moved but not copied, and an object that was moved from must not be used. The
// strings of a decision are views into the decision. For threads, blocking and callbacks see the functions in
// polar_license.h. If an exception leaves a callback, the callback counts as failed.
//
// Errors: a function that can fail throws polar::error. It has an overload that takes a polar::failure. The overload
// does not throw, but stores the failure there and returns a default result. Without exceptions (-fno-exceptions) only
// the overloads exist. A constructor that fails without throwing leaves an object that converts to false and allows
// nothing.
#ifndef POLAR_LICENSE_HPP
#define POLAR_LICENSE_HPP

#include "polar_license.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(__cpp_exceptions)
#include <stdexcept>
#define POLAR_LICENSE_TRY try
#define POLAR_LICENSE_CATCH catch (...)
#else
#define POLAR_LICENSE_TRY if (true)
#define POLAR_LICENSE_CATCH else
#endif

namespace polar {

/// A duration in milliseconds, the unit of the library.
using milliseconds = std::chrono::milliseconds;
/// A moment on the system's clock.
using time_point = std::chrono::system_clock::time_point;

// Generated from the tables of the core: do not edit.

/// The kind of an error, or ok if there is none. A later version may have more kinds: treat an unknown kind as a
/// failure.
enum class error_kind : std::int32_t {
    ok = POLAR_LICENSE_OK,
    invalid_argument = POLAR_LICENSE_ERR_INVALID_ARGUMENT,
    invalid_config = POLAR_LICENSE_ERR_INVALID_CONFIG,
    network = POLAR_LICENSE_ERR_NETWORK,
    timeout = POLAR_LICENSE_ERR_TIMEOUT,
    rate_limited = POLAR_LICENSE_ERR_RATE_LIMITED,
    server = POLAR_LICENSE_ERR_SERVER,
    refused = POLAR_LICENSE_ERR_REFUSED,
    usage_exhausted = POLAR_LICENSE_ERR_USAGE_EXHAUSTED,
    storage = POLAR_LICENSE_ERR_STORAGE,
    cancelled = POLAR_LICENSE_ERR_CANCELLED,
    not_activated = POLAR_LICENSE_ERR_NOT_ACTIVATED,
    seat_uncertain = POLAR_LICENSE_ERR_SEAT_UNCERTAIN,
    internal = POLAR_LICENSE_ERR_INTERNAL,
    unsupported = POLAR_LICENSE_ERR_UNSUPPORTED,
};

/// The state of a license. A later version may have more states: only decision_view::allowed() says whether the app may
/// run.
enum class state : std::int32_t {
    unlicensed = POLAR_LICENSE_STATE_UNLICENSED,
    denied = POLAR_LICENSE_STATE_DENIED,
    clock_suspect = POLAR_LICENSE_STATE_CLOCK_SUSPECT,
    expired = POLAR_LICENSE_STATE_EXPIRED,
    active = POLAR_LICENSE_STATE_ACTIVE,
    grace = POLAR_LICENSE_STATE_GRACE,
    lapsed = POLAR_LICENSE_STATE_LAPSED,
    trial = POLAR_LICENSE_STATE_TRIAL,
};

/// The reason for a state, or for the refusal of an operation. A later version may have more reasons.
enum class reason : std::int32_t {
    unset = POLAR_LICENSE_REASON_UNSET,
    no_license = POLAR_LICENSE_REASON_NO_LICENSE,
    tampered = POLAR_LICENSE_REASON_TAMPERED,
    other_device = POLAR_LICENSE_REASON_OTHER_DEVICE,
    other_product = POLAR_LICENSE_REASON_OTHER_PRODUCT,
    newer_format = POLAR_LICENSE_REASON_NEWER_FORMAT,
    storage = POLAR_LICENSE_REASON_STORAGE,
    not_found = POLAR_LICENSE_REASON_NOT_FOUND,
    inactive = POLAR_LICENSE_REASON_INACTIVE,
    expired = POLAR_LICENSE_REASON_EXPIRED,
    conditions = POLAR_LICENSE_REASON_CONDITIONS,
    refused = POLAR_LICENSE_REASON_REFUSED,
    activation_required = POLAR_LICENSE_REASON_ACTIVATION_REQUIRED,
    activation_limit = POLAR_LICENSE_REASON_ACTIVATION_LIMIT,
    benefit = POLAR_LICENSE_REASON_BENEFIT,
    updates_ended = POLAR_LICENSE_REASON_UPDATES_ENDED,
    trial_ended = POLAR_LICENSE_REASON_TRIAL_ENDED,
};

/// The next step that the user can take. A later version may have more steps.
enum class next_step : std::int32_t {
    none = POLAR_LICENSE_NEXT_NONE,
    connect = POLAR_LICENSE_NEXT_CONNECT,
    enter_key = POLAR_LICENSE_NEXT_ENTER_KEY,
    activate = POLAR_LICENSE_NEXT_ACTIVATE,
    move = POLAR_LICENSE_NEXT_MOVE,
    renew = POLAR_LICENSE_NEXT_RENEW,
    contact_vendor = POLAR_LICENSE_NEXT_CONTACT_VENDOR,
    manage_devices = POLAR_LICENSE_NEXT_MANAGE_DEVICES,
    buy = POLAR_LICENSE_NEXT_BUY,
    offline_request = POLAR_LICENSE_NEXT_OFFLINE_REQUEST,
};

/// The outcome of releasing a seat. A later version may have more outcomes.
enum class deactivated : std::int32_t {
    released = POLAR_LICENSE_DEACTIVATED_RELEASED,
    unknown = POLAR_LICENSE_DEACTIVATED_UNKNOWN,
    not_needed = POLAR_LICENSE_DEACTIVATED_NOT_NEEDED,
    key_unknown = POLAR_LICENSE_DEACTIVATED_KEY_UNKNOWN,
};

/// The event for which an operation waits. A later version may have more events.
enum class stage : std::int32_t {
    open = POLAR_LICENSE_STAGE_OPEN,
    paying = POLAR_LICENSE_STAGE_PAYING,
    granting = POLAR_LICENSE_STAGE_GRANTING,
};

// End of what is generated.

namespace detail {

inline std::optional<std::int64_t> number(std::int64_t value)
{
    return value == POLAR_LICENSE_ABSENT ? std::nullopt : std::optional{value};
}

inline std::optional<milliseconds> duration(std::int64_t value)
{
    return value == POLAR_LICENSE_ABSENT ? std::nullopt : std::optional{milliseconds{value}};
}

inline std::optional<time_point> moment(std::int64_t value)
{
    if (value == POLAR_LICENSE_ABSENT)
        return std::nullopt;
    return time_point{std::chrono::duration_cast<time_point::duration>(milliseconds{value})};
}

inline std::optional<std::string_view> string(const char *value)
{
    return value == nullptr ? std::nullopt : std::optional<std::string_view>{value};
}

/// Destroys user data that has the type T.
template <class T> void destroy(void *data) { delete static_cast<T *>(data); }

} // namespace detail

/// A view of a decision that another object owns; for example, a failure owns a decision. Do not use the view after
/// that object is destroyed. If a change callback receives a view, do not use it after the callback has returned.
class decision_view {
  public:
    explicit decision_view(const polar_license_decision *decision = nullptr) : handle(decision) {}

    bool allows(const std::string &feature) const { return polar_license_decision_allows(handle, feature.c_str()) != 0; }
    /// Returns why the feature is on or off, in one sentence for the user.
    std::string_view explain(const std::string &feature) const
    {
        return polar_license_decision_explain(handle, feature.c_str());
    }
    /// Returns why the feature is on or off as one JSON object, with the reason and the next step.
    std::string_view explain_json(const std::string &feature) const
    {
        return detail::string(polar_license_decision_explain_json(handle, feature.c_str())).value_or("");
    }
    polar::state state() const { return polar::state{polar_license_decision_state(handle)}; }
    polar::reason reason() const { return polar::reason{polar_license_decision_reason(handle)}; }
    polar::next_step next_step() const { return polar::next_step{polar_license_decision_next_step(handle)}; }
    /// One sentence for the user. It is in English unless the options provide another sentence.
    std::string_view message() const { return polar_license_decision_message(handle); }
    /// The kind of the problem that the decision reports, or error_kind::ok if there is none. A problem does not
    /// prevent a decision, and access does not depend on it.
    error_kind problem_kind() const { return error_kind{polar_license_decision_problem_kind(handle)}; }
    // Generated from the members of a decision: do not edit.
    /// Whether the app may run.
    bool allowed() const { return polar_license_decision_allowed(handle) != 0; }
    /// `****-` and the last six characters of the key; null if no license is stored.
    std::optional<std::string_view> display_key() const
    {
        return detail::string(polar_license_decision_display_key(handle));
    }
    /// The id of the benefit to which the key belongs.
    std::optional<std::string_view> benefit_id() const
    {
        return detail::string(polar_license_decision_benefit_id(handle));
    }
    /// The seat taken by this device, if the key has an activation limit.
    std::optional<std::string_view> activation_id() const
    {
        return detail::string(polar_license_decision_activation_id(handle));
    }
    /// The label of this device's seat, as the customer sees it; null if the key needs no seat.
    std::optional<std::string_view> activation_label() const
    {
        return detail::string(polar_license_decision_activation_label(handle));
    }
    /// The time at which the key expires.
    std::optional<time_point> expires_at() const
    {
        return detail::moment(polar_license_decision_expires_at_ms(handle));
    }
    /// The last day of updates, in UTC, such as `2027-11-21`: the license includes the versions of the app that were
    /// built on this day or earlier.
    std::optional<std::string_view> updates_until() const
    {
        return detail::string(polar_license_decision_updates_until(handle));
    }
    /// The time of Polar's last confirmation.
    std::optional<time_point> confirmed_at() const
    {
        return detail::moment(polar_license_decision_confirmed_at_ms(handle));
    }
    /// The time at which access ends unless Polar confirms the license before.
    std::optional<time_point> refresh_at() const
    {
        return detail::moment(polar_license_decision_refresh_at_ms(handle));
    }
    /// The time until which access lasts if Polar is not reached.
    std::optional<time_point> grace_ends_at() const
    {
        return detail::moment(polar_license_decision_grace_ends_at_ms(handle));
    }
    /// Whether the license was imported on a computer without a network, and Polar has not confirmed it to this device
    /// since the import.
    bool air_gapped() const { return polar_license_decision_air_gapped(handle) != 0; }
    /// The time at which an imported license ends; null unless `airGapped` is true.
    std::optional<time_point> offline_ends_at() const
    {
        return detail::moment(polar_license_decision_offline_ends_at_ms(handle));
    }
    /// The time at which the trial of this device ends, or at which it has ended; null if no trial was started, or if a
    /// license is stored.
    std::optional<time_point> trial_ends_at() const
    {
        return detail::moment(polar_license_decision_trial_ends_at_ms(handle));
    }
    /// The usage at the time of Polar's last confirmation.
    std::optional<std::int64_t> usage() const { return detail::number(polar_license_decision_usage(handle)); }
    /// The total number of uses that the key allows; null if there is no limit.
    std::optional<std::int64_t> limit_usage() const
    {
        return detail::number(polar_license_decision_limit_usage(handle));
    }
    /// The number of devices that may be active at once; null if the key needs no activation.
    std::optional<std::int64_t> limit_activations() const
    {
        return detail::number(polar_license_decision_limit_activations(handle));
    }
    /// The purchase of the key, as of the last confirmation: a subscription or an order.
    std::optional<std::string_view> purchase_kind() const
    {
        return detail::string(polar_license_decision_purchase_kind(handle));
    }
    /// The status.
    std::optional<std::string_view> purchase_status() const
    {
        return detail::string(polar_license_decision_purchase_status(handle));
    }
    /// The end of the current period.
    std::optional<time_point> purchase_current_period_end() const
    {
        return detail::moment(polar_license_decision_purchase_current_period_end_ms(handle));
    }
    /// The time at which the subscription ends or has ended, if that is known.
    std::optional<time_point> purchase_ends_at() const
    {
        return detail::moment(polar_license_decision_purchase_ends_at_ms(handle));
    }
    /// Whether the subscription ends with the current period instead of renewing.
    bool purchase_cancels_at_period_end() const
    {
        return polar_license_decision_purchase_cancels_at_period_end(handle) != 0;
    }
    /// Whether the order was paid.
    bool purchase_paid() const { return polar_license_decision_purchase_paid(handle) != 0; }
    /// The time at which the order was placed.
    std::optional<time_point> purchase_created_at() const
    {
        return detail::moment(polar_license_decision_purchase_created_at_ms(handle));
    }
    /// The vendor's page for the next step, if the settings have one.
    std::optional<std::string_view> next_url() const { return detail::string(polar_license_decision_next_url(handle)); }
    /// Whether the app should notify the user: a stored license does not allow access, access ends soon, or a problem
    /// concerns the user.
    bool notice() const { return polar_license_decision_notice(handle) != 0; }
    /// The time from which the app should tell the user what to do before access ends: - some days before
    /// `graceEndsAt`: go online; - if `airGapped` is true, two weeks before `offlineEndsAt`: make a new request; - in a
    /// trial, some days before `trialEndsAt`: buy a license.
    std::optional<time_point> notice_at() const { return detail::moment(polar_license_decision_notice_at_ms(handle)); }
    /// The sentence for the user, in English unless the configuration replaces it.
    std::optional<std::string_view> problem_message() const
    {
        return detail::string(polar_license_decision_problem_message(handle));
    }
    /// One line for developers and logs.
    std::optional<std::string_view> problem_detail() const
    {
        return detail::string(polar_license_decision_problem_detail(handle));
    }
    /// The time to wait before trying again, if it is known.
    std::optional<milliseconds> problem_retry_after() const
    {
        return detail::duration(polar_license_decision_problem_retry_after_ms(handle));
    }
    /// Whether Polar may have applied the request although no answer arrived.
    bool problem_maybe_applied() const { return polar_license_decision_problem_maybe_applied(handle) != 0; }
    // End of the generated members.
    /// The whole decision as one JSON object.
    std::string_view json() const { return detail::string(polar_license_decision_json(handle)).value_or(""); }
    /// Whether there is a decision.
    explicit operator bool() const { return handle != nullptr; }
    const polar_license_decision *get() const { return handle; }

  protected:
    const polar_license_decision *handle;
};

/// A decision that this object owns. The decision that a failed function returns is empty, and allows nothing.
class decision : public decision_view {
  public:
    decision() = default;
    explicit decision(polar_license_decision *owned) : decision_view(owned) {}
    decision(decision &&other) noexcept : decision_view(std::exchange(other.handle, nullptr)) {}
    decision &operator=(decision &&other) noexcept
    {
        std::swap(handle, other.handle);
        return *this;
    }
    ~decision() { polar_license_decision_free(const_cast<polar_license_decision *>(handle)); }
};

/// A text that a user carries from one computer to another: a request, an answer or a return. Answers and returns contain
/// the license key: do not log them. The text is wiped when this object is destroyed. An object without a text converts
/// to false.
class offline_text {
  public:
    offline_text() = default;
    explicit offline_text(polar_license_offline_text *owned) : handle(owned) {}
    offline_text(offline_text &&other) noexcept : handle(std::exchange(other.handle, nullptr)) {}
    offline_text &operator=(offline_text &&other) noexcept
    {
        std::swap(handle, other.handle);
        return *this;
    }
    ~offline_text() { polar_license_offline_text_free(handle); }

    /// The text, as long as this object lives.
    std::string_view view() const { return detail::string(polar_license_offline_text_string(handle)).value_or(""); }
    explicit operator bool() const { return handle != nullptr; }
    const polar_license_offline_text *get() const { return handle; }

  private:
    polar_license_offline_text *handle = nullptr;
};

/// The answer to the request of a computer that is never online.
struct offline_answer {
    /// The decision for the other computer.
    polar::decision decision;
    /// The text to import there. It contains the license key.
    offline_text text;
};

/// The return of a license from a computer that is never online.
struct offline_return {
    /// The decision after the license was removed from this device.
    polar::decision decision;
    /// The text that releases the seat on a computer with a network. It contains the license key. It converts to false
    /// if the license took no seat, so there is nothing to release.
    offline_text text;
};

/// The release of the seats that another computer has given up.
struct offline_release {
    /// The decision of the other computer.
    polar::decision decision;
    /// The outcome for the seats.
    polar::deactivated deactivated;
};

/// The reason why a call failed. It converts to false if the call succeeded. Copies share one error.
class failure {
  public:
    failure() = default;
    failure(std::int32_t kind, polar_license_error *owned) : number(kind)
    {
        if (owned != nullptr)
            inside = {owned, polar_license_error_free};
    }
    /// Creates a failure from an error that belongs to another object. The failure keeps that object alive.
    explicit failure(std::shared_ptr<const polar_license_error> part)
        : number(polar_license_error_kind(part.get())), inside(std::move(part))
    {
    }

    explicit operator bool() const { return kind() != error_kind::ok; }
    error_kind kind() const { return error_kind{number}; }
    /// One sentence for the user. It is in English unless the options provide another sentence.
    std::string_view message() const
    {
        return inside ? polar_license_error_message(inside.get()) : polar_license_kind_name(number);
    }
    /// One line for developers and logs.
    std::string_view detail() const
    {
        return inside ? polar_license_error_detail(inside.get()) : polar_license_kind_name(number);
    }
    polar::reason reason() const { return polar::reason{polar_license_error_reason(inside.get())}; }
    /// The next step that the user can take after the failure. This can differ from the next step of decision(), which
    /// is about the license on this device.
    polar::next_step next_step() const { return polar::next_step{polar_license_error_next_step(inside.get())}; }
    /// The vendor's page for the next step.
    std::optional<std::string_view> next_url() const { return detail::string(polar_license_error_next_url(inside.get())); }
    std::optional<milliseconds> retry_after() const
    {
        return detail::duration(polar_license_error_retry_after_ms(inside.get()));
    }
    bool maybe_applied() const { return polar_license_error_maybe_applied(inside.get()) != 0; }
    /// The decision after the failure. It lives as long as this failure or one of its copies.
    decision_view decision() const { return decision_view{polar_license_error_decision(inside.get())}; }
    std::string_view json() const { return detail::string(polar_license_error_json(inside.get())).value_or(""); }

  private:
    std::int32_t number = POLAR_LICENSE_OK;
    std::shared_ptr<const polar_license_error> inside;
};

#if defined(__cpp_exceptions)
/// The exception for a failure. what() returns the failure's detail, for developers and logs. message() is for the
/// user.
class error : public std::runtime_error {
  public:
    explicit error(polar::failure failure)
        : std::runtime_error(std::string{failure.detail()}), why(std::move(failure))
    {
    }
    const polar::failure &failure() const { return why; }
    error_kind kind() const { return why.kind(); }
    std::string_view message() const { return why.message(); }
    std::string_view detail() const { return why.detail(); }
    polar::reason reason() const { return why.reason(); }
    polar::next_step next_step() const { return why.next_step(); }
    std::optional<std::string_view> next_url() const { return why.next_url(); }
    std::optional<milliseconds> retry_after() const { return why.retry_after(); }
    bool maybe_applied() const { return why.maybe_applied(); }
    decision_view decision() const { return why.decision(); }

  private:
    polar::failure why;
};

namespace detail {
inline void check(const failure &failure)
{
    if (failure)
        throw error{failure};
}

template <class Call> auto or_throw(Call call)
{
    failure failure;
    auto result = call(failure);
    check(failure);
    return result;
}
} // namespace detail
#endif

/// A store that the app provides. For the requirements see the store callbacks in polar_license.h.
struct store {
    virtual ~store() = default;
    /// Copies the bytes that were saved last to `record`, or leaves `record` empty if nothing is stored, and returns
    /// true. Returns false or throws if the bytes could not be read.
    virtual bool load(std::optional<std::vector<std::uint8_t>> &record) = 0;
    virtual bool save(const std::uint8_t *bytes, std::size_t length, bool durable) = 0;
    virtual bool remove() = 0;
};

/// A request to send. Do not log any part of it: it contains the license key, or secrets of the customer portal.
struct request {
    /// "POST" or, for the customer portal, also "GET".
    std::string_view method;
    std::string_view url;
    std::string_view body;
    std::vector<std::pair<std::string_view, std::string_view>> headers;
    milliseconds timeout;
};

/// Returns how many seconds to wait before the next request, according to the headers Retry-After, RateLimit-Reset and
/// Date of a reply. Returns std::nullopt if the headers do not ask for a wait. Store the result in
/// response::retry_after_s. Pass a null pointer for a header that the reply does not have.
inline std::optional<std::uint32_t> retry_after_s(const char *retry_after, const char *ratelimit_reset, const char *date)
{
    const std::int64_t seconds = polar_license_retry_after_s(retry_after, ratelimit_reset, date);
    if (seconds < 0)
        return std::nullopt;
    return static_cast<std::uint32_t>(seconds);
}

/// The outcome of a request: a reply, or the reason why there is none.
struct response {
    /// The status of the reply, or 0 if there was none.
    int http_status = 0;
    std::optional<std::uint32_t> retry_after_s;
    /// The header Location, which only the customer portal reads. Do not follow it.
    std::string location;
    std::string body;
    /// If there was no reply: whether Polar may have received the request. False only if Polar certainly received
    /// nothing.
    bool maybe_sent = true;
    bool timed_out = false;
    /// If there was no reply: whether the app cancelled the request.
    bool cancelled = false;
    /// One line for developers and logs, without the key.
    std::string problem;
};

/// A network stack that the app provides. If it throws, the library assumes that the request may have been sent.
using transport = std::function<response(const request &)>;

/// A clock for tests. It returns the time of two clocks: of a wall clock, and of a clock that only goes forward.
using clock = std::function<std::pair<time_point, milliseconds>()>;

namespace detail {

using store_box = std::shared_ptr<store>;

inline std::int32_t load(void *data, polar_license_record *record) noexcept
{
    POLAR_LICENSE_TRY
    {
        std::optional<std::vector<std::uint8_t>> bytes;
        if (!(*static_cast<store_box *>(data))->load(bytes))
            return 1;
        return bytes ? polar_license_record_set(record, bytes->data(), bytes->size()) : 0;
    }
    POLAR_LICENSE_CATCH { return 1; }
}

inline std::int32_t save(void *data, const std::uint8_t *bytes, std::size_t length, std::int32_t durable) noexcept
{
    POLAR_LICENSE_TRY { return (*static_cast<store_box *>(data))->save(bytes, length, durable != 0) ? 0 : 1; }
    POLAR_LICENSE_CATCH { return 1; }
}

inline std::int32_t remove(void *data) noexcept
{
    POLAR_LICENSE_TRY { return (*static_cast<store_box *>(data))->remove() ? 0 : 1; }
    POLAR_LICENSE_CATCH { return 1; }
}

inline void post(void *data, const polar_license_request *from, polar_license_response *to) noexcept
{
    POLAR_LICENSE_TRY
    {
        request request;
        request.method = polar_license_request_method(from);
        request.url = polar_license_request_url(from);
        request.body = polar_license_request_body(from);
        request.timeout = milliseconds{polar_license_request_timeout_ms(from)};
        for (std::size_t i = 0; const char *name = polar_license_request_header_name(from, i); i++)
            request.headers.emplace_back(name, polar_license_request_header_value(from, i));
        const response response = (*static_cast<transport *>(data))(request);
        if (response.http_status == 0) {
            const std::int32_t failure = response.cancelled   ? POLAR_LICENSE_FAILED_CANCELLED
                                         : response.timed_out ? POLAR_LICENSE_FAILED_TIMEOUT
                                                              : POLAR_LICENSE_FAILED_NETWORK;
            polar_license_response_fail(to, failure, response.maybe_sent ? 1 : 0,
                                        response.problem.empty() ? nullptr : response.problem.c_str());
        } else {
            if (!response.location.empty())
                polar_license_response_set_location(to, response.location.c_str());
            polar_license_response_set(
                to, response.http_status, response.retry_after_s ? std::int64_t{*response.retry_after_s} : -1,
                reinterpret_cast<const std::uint8_t *>(response.body.data()), response.body.size());
        }
    }
    POLAR_LICENSE_CATCH {}
}

inline void tell(void *data, std::int64_t *wall_ms, std::uint64_t *mono_ms) noexcept
{
    POLAR_LICENSE_TRY
    {
        const auto [wall, mono] = (*static_cast<clock *>(data))();
        *wall_ms = std::chrono::duration_cast<milliseconds>(wall.time_since_epoch()).count();
        *mono_ms = static_cast<std::uint64_t>(mono.count());
    }
    POLAR_LICENSE_CATCH {}
}

} // namespace detail

/// The configuration of an app; see polar_license_options_... in polar_license.h. Mistakes are reported when the
/// license is opened. Only one thread may use the options at a time.
class options {
  public:
    options(const std::string &organization_id, const std::string &app_id)
        : handle(polar_license_options_new(organization_id.c_str(), app_id.c_str()))
    {
    }
    /// Reads the settings from one JSON object; see polar_license_options_from_json().
    static options from_json(const std::string &settings)
    {
        return options{polar_license_options_from_json(settings.c_str())};
    }
    options(options &&other) noexcept : handle(std::exchange(other.handle, nullptr)) {}
    options &operator=(options &&other) noexcept
    {
        std::swap(handle, other.handle);
        return *this;
    }
    ~options() { polar_license_options_free(handle); }

    // Generated from the settings of the core: do not edit.
    /// Sets the Polar server: `production` (the default), `sandbox`, or the address of another server, which must be
    /// `https` unless it is on this machine.
    options &environment(const std::string &environment)
    {
        return set(polar_license_options_set_environment(handle, environment.c_str()));
    }
    /// Adds one of the benefits whose keys are accepted.
    options &benefit(const std::string &benefit)
    {
        return set(polar_license_options_add_benefit(handle, benefit.c_str()));
    }
    /// Adds a value to one of the features of the app.
    options &feature(const std::string &name, std::initializer_list<std::string> values)
    {
        return feature<std::initializer_list<std::string>>(name, values);
    }
    /// `values` is any range of strings, such as a vector. It cannot be a single string.
    template <class Range, class = std::enable_if_t<!std::is_convertible_v<const Range &, std::string_view>>>
    options &feature(const std::string &name, const Range &values)
    {
        for (const auto &value : values)
            polar_license_options_add_feature(handle, name.c_str(), std::string{value}.c_str());
        return *this;
    }
    /// Sets whether a seat works only on the device that took it.
    options &bind_device(bool bind_device) { return set(polar_license_options_set_bind_device(handle, bind_device)); }
    /// Sets the time after which Polar is asked to confirm the license again.
    options &refresh_interval(milliseconds refresh_interval)
    {
        return set(polar_license_options_set_refresh_interval_ms(handle, count(refresh_interval)));
    }
    /// Sets the time for which access lasts without a confirmation.
    options &offline_grace(milliseconds offline_grace)
    {
        return set(polar_license_options_set_offline_grace_ms(handle, count(offline_grace)));
    }
    /// Sets the number of days for which a license is valid on a computer that is never online.
    options &air_gap_days(std::uint32_t air_gap_days)
    {
        return set(polar_license_options_set_air_gap_days(handle, air_gap_days));
    }
    /// Sets the number of days for which people can try the app before they buy a license.
    options &trial_days(std::uint32_t trial_days)
    {
        return set(polar_license_options_set_trial_days(handle, trial_days));
    }
    /// Adds one of the features that the trial includes.
    options &trial_feature(const std::string &trial_feature)
    {
        return set(polar_license_options_add_trial_feature(handle, trial_feature.c_str()));
    }
    /// Sets the longest time that `validate` waits.
    options &timeout(milliseconds timeout) { return set(polar_license_options_set_timeout_ms(handle, count(timeout))); }
    /// Sets the label of an activation, which the vendor and the customer see.
    options &label(const std::string &label) { return set(polar_license_options_set_label(handle, label.c_str())); }
    /// Adds one of the conditions that Polar stores with an activation.
    options &condition(const std::string &name, const std::string &value)
    {
        return set(polar_license_options_set_condition(handle, name.c_str(), value.c_str()));
    }
    options &condition(const std::string &name, std::int64_t value)
    {
        return set(polar_license_options_set_condition_integer(handle, name.c_str(), value));
    }
    options &condition(const std::string &name, double value)
    {
        return set(polar_license_options_set_condition_number(handle, name.c_str(), value));
    }
    options &condition(const std::string &name, bool value)
    {
        return set(polar_license_options_set_condition_bool(handle, name.c_str(), value));
    }
    options &condition(const std::string &name, const char *value) { return condition(name, std::string{value}); }
    options &condition(const std::string &name, int value) { return condition(name, std::int64_t{value}); }
    /// Adds one of the notes that Polar stores with an activation.
    options &meta(const std::string &name, const std::string &value)
    {
        return set(polar_license_options_set_meta(handle, name.c_str(), value.c_str()));
    }
    options &meta(const std::string &name, std::int64_t value)
    {
        return set(polar_license_options_set_meta_integer(handle, name.c_str(), value));
    }
    options &meta(const std::string &name, double value)
    {
        return set(polar_license_options_set_meta_number(handle, name.c_str(), value));
    }
    options &meta(const std::string &name, bool value)
    {
        return set(polar_license_options_set_meta_bool(handle, name.c_str(), value));
    }
    options &meta(const std::string &name, const char *value) { return meta(name, std::string{value}); }
    options &meta(const std::string &name, int value) { return meta(name, std::int64_t{value}); }
    /// Sets an identifier for this device, which replaces the identifier that the library finds.
    options &device_id(const std::string &device_id)
    {
        return set(polar_license_options_set_device_id(handle, device_id.c_str()));
    }
    /// Sets a secret that is compiled into the app and seals the record.
    options &app_secret(const std::string &app_secret)
    {
        return set(polar_license_options_set_app_secret(handle, app_secret.c_str()));
    }
    /// Adds one of the secrets of earlier versions of the app.
    options &previous_app_secret(const std::string &previous_app_secret)
    {
        return set(polar_license_options_add_previous_app_secret(handle, previous_app_secret.c_str()));
    }
    /// Sets the versions of the app that a license includes: only versions that were built within `days` days after the
    /// purchase.
    options &updates(std::uint32_t days, const std::string &built)
    {
        return set(polar_license_options_set_updates(handle, days, built.c_str()));
    }
    /// Sets the page for buying or renewing a license: an `https` address.
    options &purchase_url(const std::string &purchase_url)
    {
        return set(polar_license_options_set_purchase_url(handle, purchase_url.c_str()));
    }
    /// Sets the page on which customers see and remove their devices, such as your organization's customer portal at
    /// Polar: an `https` address.
    options &portal_url(const std::string &portal_url)
    {
        return set(polar_license_options_set_portal_url(handle, portal_url.c_str()));
    }
    /// Sets the way to contact the vendor: an `https` address, or an e-mail address with `mailto:`.
    options &support_url(const std::string &support_url)
    {
        return set(polar_license_options_set_support_url(handle, support_url.c_str()));
    }
    /// Adds the values of a JSON object to the sentences that replace the English ones.
    options &texts(const std::string &catalogue)
    {
        return set(polar_license_options_set_texts(handle, catalogue.c_str()));
    }
    options &text(const std::string &code, const std::string &sentence)
    {
        return set(polar_license_options_set_text(handle, code.c_str(), sentence.c_str()));
    }
    // End of what is generated.

    /// Stores the license in this directory. `directory` is UTF-8.
    options &directory(const std::string &directory)
    {
        return set(polar_license_options_set_directory(handle, directory.c_str()));
    }
    options &memory_store() { return set(polar_license_options_set_memory_store(handle)); }
    options &store(std::shared_ptr<polar::store> store)
    {
        return set(polar_license_options_set_store(handle, detail::load, detail::save, detail::remove,
                                                   new detail::store_box(std::move(store)),
                                                   detail::destroy<detail::store_box>));
    }
    options &transport(polar::transport transport)
    {
        return set(polar_license_options_set_transport(handle, detail::post, new polar::transport(std::move(transport)),
                                                       detail::destroy<polar::transport>));
    }
    options &clock(polar::clock clock)
    {
        return set(polar_license_options_set_clock(handle, detail::tell, new polar::clock(std::move(clock)),
                                                   detail::destroy<polar::clock>));
    }
    const polar_license_options *get() const { return handle; }

  private:
    explicit options(polar_license_options *owned) : handle(owned) {}
    /// Ignores the result of a setter: the library remembers a mistake, and reports it when the license is opened.
    options &set(std::int32_t) { return *this; }
    static std::uint64_t count(milliseconds duration)
    {
        return duration.count() < 0 ? 0 : static_cast<std::uint64_t>(duration.count());
    }

    polar_license_options *handle;
};

/// A subscription to changes. After this object is destroyed, its callback is no longer called. It must not outlive its
/// license.
class subscription {
  public:
    subscription() = default;
    subscription(const polar_license *opened, std::uint64_t number) : license(opened), id(number) {}
    subscription(subscription &&other) noexcept : license(std::exchange(other.license, nullptr)), id(other.id) {}
    subscription &operator=(subscription &&other) noexcept
    {
        std::swap(license, other.license);
        std::swap(id, other.id);
        return *this;
    }
    ~subscription()
    {
        if (license != nullptr)
            polar_license_off_change(license, id);
    }

  private:
    const polar_license *license = nullptr;
    std::uint64_t id = 0;
};

/// A license on this device. Every function may be called from any thread, except the constructor, the destructor and
/// moves.
class license {
  public:
    license(const options &options, failure &failure) noexcept
    {
        polar_license_error *error = nullptr;
        const std::int32_t kind = polar_license_open(options.get(), &handle, &error);
        failure = polar::failure{kind, error};
    }
    license(license &&other) noexcept : handle(std::exchange(other.handle, nullptr)) {}
    license &operator=(license &&other) noexcept
    {
        std::swap(handle, other.handle);
        return *this;
    }
    ~license() { polar_license_free(handle); }

    decision activate(const std::string &key, failure &failure, bool replace_previous = false)
    {
        return activate(key.c_str(), replace_previous, failure);
    }
    /// Activates the stored key again.
    decision reactivate(failure &failure, bool replace_previous = false)
    {
        return activate(nullptr, replace_previous, failure);
    }
    /// Always asks Polar.
    decision validate() { return decide(polar_license_validate); }
    /// Asks Polar if a request is due, or if access is not allowed; call it at start.
    decision refresh() { return decide(polar_license_refresh); }
    /// Never asks Polar.
    decision current() const { return decide(polar_license_current); }
    bool allowed() const { return polar_license_allowed(handle) != 0; }
    bool allows(const std::string &feature) const { return polar_license_allows(handle, feature.c_str()) != 0; }
    /// Returns whether the license includes a version that was built on the day `built`, such as "2026-11-21". Fails if
    /// the text is not a day. In this case the result is true.
    bool covers(const std::string &built, failure &failure) const
    {
        std::int32_t covered = 1;
        polar_license_error *error = nullptr;
        const std::int32_t kind = polar_license_covers(handle, built.c_str(), &covered, &error);
        failure = polar::failure{kind, error};
        return covered != 0;
    }
    decision consume(std::uint32_t count, failure &failure)
    {
        return try_to(failure, [&](auto **result, auto **error) {
            return polar_license_consume(handle, count, result, error);
        });
    }
    polar::deactivated deactivate(failure &failure)
    {
        std::int32_t outcome = POLAR_LICENSE_DEACTIVATED_UNKNOWN;
        try_to(failure, [&](auto **, auto **error) { return polar_license_deactivate(handle, &outcome, error); });
        return polar::deactivated{outcome};
    }
    void forget(failure &failure)
    {
        try_to(failure, [&](auto **, auto **error) { return polar_license_forget(handle, error); });
    }
    /// Creates a request for a license. Call it on a computer that is never online. On a computer with a network and
    /// the same options, offline_answer() answers the request. Requires the option air_gap_days. Never asks Polar.
    offline_text offline_request(failure &failure)
    {
        offline_text request;
        try_to(failure, [&](auto **, auto **error) {
            return carry_to(request, [&](auto **text) { return polar_license_offline_request(handle, text, error); });
        });
        return request;
    }
    /// Answers the request of a computer that is never online: activates the key for that computer. This license does
    /// not change, and must not have a store of the app. If it fails and maybe_applied() is true, call it again with
    /// the same request. Always asks Polar.
    polar::offline_answer offline_answer(const std::string &request, const std::string &key, failure &failure)
    {
        polar::offline_answer answer;
        answer.decision = try_to(failure, [&](auto **decision, auto **error) {
            return carry_to(answer.text, [&](auto **text) {
                return polar_license_offline_answer(handle, request.c_str(), key.c_str(), text, decision, error);
            });
        });
        return answer;
    }
    /// Imports the answer to the latest request of this computer, which is never online. Never asks Polar.
    decision offline_import(const std::string &answer, failure &failure)
    {
        return try_to(failure, [&](auto **result, auto **error) {
            return polar_license_offline_import(handle, answer.c_str(), result, error);
        });
    }
    /// Removes the license from this computer, which is never online. Take the returned text to a computer with a
    /// network, where offline_release() frees the seat. If the text is lost, call this function again. Never asks
    /// Polar.
    polar::offline_return offline_return(failure &failure)
    {
        polar::offline_return returned;
        returned.decision = try_to(failure, [&](auto **decision, auto **error) {
            return carry_to(returned.text, [&](auto **text) {
                return polar_license_offline_return(handle, text, decision, error);
            });
        });
        return returned;
    }
    /// Releases the seats that a computer without a network has given up with offline_return(). This license does not
    /// change, and must not have a store of the app. Always asks Polar.
    polar::offline_release offline_release(const std::string &returned, failure &failure)
    {
        std::int32_t outcome = POLAR_LICENSE_DEACTIVATED_UNKNOWN;
        polar::decision decision = try_to(failure, [&](auto **result, auto **error) {
            return polar_license_offline_release(handle, returned.c_str(), &outcome, result, error);
        });
        return {std::move(decision), polar::deactivated{outcome}};
    }
    /// Starts the trial. Never asks Polar.
    decision start_trial(failure &failure)
    {
        return try_to(failure, [&](auto **result, auto **error) {
            return polar_license_start_trial(handle, result, error);
        });
    }
    void start_auto_refresh(failure &failure)
    {
        try_to(failure, [&](auto **, auto **error) { return polar_license_start_auto_refresh(handle, error); });
    }
    void stop_auto_refresh() { polar_license_stop_auto_refresh(handle); }
    void cancel() { polar_license_cancel(handle); }

    /// Calls `listener` after every operation that changed the decision, with the current decision and the previous
    /// one. If the decision changes only because time passes, `listener` is called after the next operation.
    /// `start_auto_refresh` makes the library start such an operation when the decision changes. Does nothing if the
    /// listener is empty.
    [[nodiscard]] subscription on_change(std::function<void(decision_view decision, decision_view before)> listener)
    {
        using function = std::function<void(decision_view, decision_view)>;
        const auto call = [](void *data, const polar_license_decision *decision,
                             const polar_license_decision *before) noexcept {
            POLAR_LICENSE_TRY { (*static_cast<function *>(data))(decision_view{decision}, decision_view{before}); }
            POLAR_LICENSE_CATCH {}
        };
        if (!listener)
            return {};
        std::uint64_t id = 0;
        const std::int32_t kind = polar_license_on_change(handle, +call, new function(std::move(listener)),
                                                          detail::destroy<function>, &id);
        return kind == POLAR_LICENSE_OK ? subscription{handle, id} : subscription{};
    }

#if defined(__cpp_exceptions)
    explicit license(const options &options)
    {
        polar_license_error *error = nullptr;
        const std::int32_t kind = polar_license_open(options.get(), &handle, &error);
        detail::check(failure{kind, error});
    }
    decision activate(const std::string &key, bool replace_previous = false)
    {
        return detail::or_throw([&](failure &failure) { return activate(key, failure, replace_previous); });
    }
    decision reactivate(bool replace_previous = false)
    {
        return detail::or_throw([&](failure &failure) { return reactivate(failure, replace_previous); });
    }
    decision consume(std::uint32_t count)
    {
        return detail::or_throw([&](failure &failure) { return consume(count, failure); });
    }
    bool covers(const std::string &built) const
    {
        return detail::or_throw([&](failure &failure) { return covers(built, failure); });
    }
    polar::deactivated deactivate()
    {
        return detail::or_throw([&](failure &failure) { return deactivate(failure); });
    }
    void forget()
    {
        detail::or_throw([&](failure &failure) { forget(failure); return 0; });
    }
    offline_text offline_request()
    {
        return detail::or_throw([&](failure &failure) { return offline_request(failure); });
    }
    polar::offline_answer offline_answer(const std::string &request, const std::string &key)
    {
        return detail::or_throw([&](failure &failure) { return offline_answer(request, key, failure); });
    }
    decision offline_import(const std::string &answer)
    {
        return detail::or_throw([&](failure &failure) { return offline_import(answer, failure); });
    }
    polar::offline_return offline_return()
    {
        return detail::or_throw([&](failure &failure) { return offline_return(failure); });
    }
    polar::offline_release offline_release(const std::string &returned)
    {
        return detail::or_throw([&](failure &failure) { return offline_release(returned, failure); });
    }
    decision start_trial()
    {
        return detail::or_throw([&](failure &failure) { return start_trial(failure); });
    }
    void start_auto_refresh()
    {
        detail::or_throw([&](failure &failure) { start_auto_refresh(failure); return 0; });
    }
#endif

    explicit operator bool() const { return handle != nullptr; }
    const polar_license *get() const { return handle; }

  private:
    decision activate(const char *key, bool replace_previous, failure &failure)
    {
        const std::uint32_t flags = replace_previous ? POLAR_LICENSE_REPLACE_PREVIOUS : 0;
        return try_to(failure, [&](auto **result, auto **error) {
            return polar_license_activate_with(handle, key, flags, result, error);
        });
    }

    decision decide(std::int32_t (*ask)(const polar_license *, polar_license_decision **)) const
    {
        polar_license_decision *result = nullptr;
        ask(handle, &result);
        return decision{result};
    }

    template <class Call> decision try_to(failure &failure, Call call)
    {
        polar_license_decision *result = nullptr;
        polar_license_error *error = nullptr;
        const std::int32_t kind = call(&result, &error);
        failure = polar::failure{kind, error};
        return decision{result};
    }

    /// Calls a function that creates a text for another computer, and stores the text in `text`.
    template <class Call> static std::int32_t carry_to(offline_text &text, Call call)
    {
        polar_license_offline_text *created = nullptr;
        const std::int32_t kind = call(&created);
        text = offline_text{created};
        return kind;
    }

    polar_license *handle = nullptr;
};

/// Passes the library's log lines up to `level` (one of POLAR_LICENSE_LOG_...) to `sink`. An empty `sink` ends logging.
/// Applies to the whole process. `sink` must not call this library.
inline error_kind set_log(std::int32_t level, std::function<void(std::int32_t, std::string_view, std::string_view)> sink)
{
    using function = std::function<void(std::int32_t, std::string_view, std::string_view)>;
    const auto call = [](void *data, std::int32_t severity, const char *target, const char *message) noexcept {
        POLAR_LICENSE_TRY { (*static_cast<function *>(data))(severity, target, message); }
        POLAR_LICENSE_CATCH {}
    };
    if (!sink)
        return error_kind{polar_license_set_log(level, nullptr, nullptr, nullptr)};
    return error_kind{polar_license_set_log(level, +call, new function(std::move(sink)), detail::destroy<function>)};
}

/// The version of the library that is running.
inline std::string_view version() { return polar_license_version(); }

} // namespace polar

#undef POLAR_LICENSE_TRY
#undef POLAR_LICENSE_CATCH
#endif
