// The customer portal for C++17: for customers who lost the key, have a dead machine, or have just bought. Header only,
// over the functions polar_license_portal_... in polar_license.h, which say what blocks and for how long.
//
//     polar::portal portal{license};
//     show(portal.request_code(ask("The e-mail address of the purchase?")).message());
//     polar::session session = portal.authenticate(ask("The code from the e-mail?"));
//     polar::restored restored = session.restore();
//     if (restored.kind() == polar::restored_kind::no_seat) {
//         session.release(choose(restored.devices().listed()));
//         restored = session.activate(restored.key());
//     }
//
// Copies share one reply of the library. A part, such as a key of a list or a device of a result, keeps its reply alive,
// and a string_view lives as long as one of them. An object that a failed function returned, or that the default
// constructor created, converts to false and is empty. Wipe your own copies of secrets that you pass in: codes, tokens,
// addresses. This header wipes its own.
//
// A portal, its sessions and its checkouts must not be used once the license is gone. license.cancel() ends what they
// wait for. Errors are as in polar_license.hpp: functions throw polar::error, or set the polar::failure that is passed
// to them.
//
// The classes and methods are generated from the core's descriptions: see tests/cpp_portal in the sources.
#ifndef POLAR_LICENSE_PORTAL_HPP
#define POLAR_LICENSE_PORTAL_HPP

#include "polar_license.hpp"

#if defined(__cpp_exceptions)
#define POLAR_LICENSE_TRY try
#define POLAR_LICENSE_CATCH catch (...)
#else
#define POLAR_LICENSE_TRY if (true)
#define POLAR_LICENSE_CATCH else
#endif

namespace polar {

/// The confirmation that the user was told that the old key stops working at once on all devices, and wants that.
struct confirmed_by_user {};

/// The progress of an operation that waits for somebody else.
struct progress {
    /// The event that is awaited.
    polar::stage stage;
    /// The time that the operation has waited.
    milliseconds waited;
    /// The time until Polar is asked again.
    milliseconds next_in;
};

/// Called before each wait, on the thread that waits; false, or an exception, ends the operation.
using progress_callback = std::function<bool(const progress &)>;

namespace detail {

inline std::string_view text(const char *value) { return value == nullptr ? std::string_view{} : value; }

inline std::int32_t report(void *data, std::int32_t stage, std::uint64_t waited, std::uint64_t next_in) noexcept
{
    POLAR_LICENSE_TRY
    {
        const auto ms = [](std::uint64_t value) { return milliseconds{static_cast<milliseconds::rep>(value)}; };
        return (*static_cast<const progress_callback *>(data))({polar::stage{stage}, ms(waited), ms(next_in)}) ? 0 : 1;
    }
    POLAR_LICENSE_CATCH { return 1; }
}

inline std::uint64_t count(milliseconds time)
{
    return time.count() < 0 ? 0 : static_cast<std::uint64_t>(time.count());
}

using shared_reply = std::shared_ptr<const polar_license_reply>;

inline shared_reply owned(polar_license_reply *object)
{
    return object == nullptr ? nullptr : shared_reply(object, polar_license_reply_free);
}

/// Wipes the memory that it frees, because requests contain codes and tokens.
template <class T> struct wiping_allocator {
    using value_type = T;
    wiping_allocator() = default;
    template <class U> wiping_allocator(const wiping_allocator<U> &) noexcept {}
    T *allocate(std::size_t count) { return std::allocator<T>{}.allocate(count); }
    void deallocate(T *memory, std::size_t count) noexcept
    {
        volatile char *bytes = reinterpret_cast<volatile char *>(memory);
        for (std::size_t i = 0; i < count * sizeof(T); i++)
            bytes[i] = 0;
        std::allocator<T>{}.deallocate(memory, count);
    }
    bool operator==(const wiping_allocator &) const { return true; }
    bool operator!=(const wiping_allocator &) const { return false; }
};

using wiped_string = std::basic_string<char, std::char_traits<char>, wiping_allocator<char>>;

/// A request in JSON.
class request {
  public:
    explicit request(const char *call) : json("{\"call\":") { quote(call); }

    request &add(const char *name, std::string_view value)
    {
        member(name);
        quote(value);
        return *this;
    }
    request &add(const char *name, std::uint32_t handle)
    {
        member(name);
        json += std::to_string(handle);
        return *this;
    }
    request &add(const char *name, milliseconds time)
    {
        member(name);
        json += std::to_string(count(time));
        return *this;
    }
    request &add(const char *name, bool value)
    {
        member(name);
        json += value ? "true" : "false";
        return *this;
    }
    wiped_string text() const { return json + "}"; }

  private:
    void member(const char *name)
    {
        json += ',';
        quote(name);
        json += ':';
    }
    void quote(std::string_view value)
    {
        constexpr char digits[] = "0123456789abcdef";
        json += '"';
        for (const char c : value) {
            const auto code = static_cast<unsigned char>(c);
            if (code < 0x20) {
                json += "\\u00";
                json += digits[code >> 4];
                json += digits[code & 15];
                continue;
            }
            if (c == '"' || c == '\\')
                json += '\\';
            json += c;
        }
        json += '"';
    }

    wiped_string json;
};

/// An object in a reply, which it keeps alive.
class part {
  public:
    part() = default;
    explicit part(detail::shared_reply whole, std::string pointer = {})
        : reply(std::move(whole)), at(std::move(pointer))
    {
    }

    explicit operator bool() const { return polar_license_reply_json(reply.get(), at.c_str()) != nullptr; }
    /// The object as JSON.
    std::string_view json() const { return detail::text(polar_license_reply_json(reply.get(), at.c_str())); }
    /// The number that stands for it in requests; 0 if it has none.
    std::uint32_t handle() const { return polar_license_reply_handle(reply.get(), at.c_str()); }

    std::optional<std::string_view> text(const char *member) const
    {
        return string(polar_license_reply_text(reply.get(), pointer(member).c_str()));
    }
    std::optional<std::int64_t> number(const char *member) const
    {
        return detail::number(polar_license_reply_number(reply.get(), pointer(member).c_str()));
    }
    std::optional<milliseconds> duration(const char *member) const
    {
        return detail::duration(polar_license_reply_number(reply.get(), pointer(member).c_str()));
    }
    std::optional<time_point> moment(const char *member) const
    {
        return detail::moment(polar_license_reply_time_ms(reply.get(), pointer(member).c_str()));
    }
    template <class Code> Code code(const char *member) const
    {
        Code value{};
        read_name(text(member).value_or(""), value);
        return value;
    }
    template <class T> T one(const char *member) const { return T{reply, pointer(member)}; }
    template <class T> std::vector<T> all(const char *member) const
    {
        std::vector<T> items;
        for (std::size_t i = 0; i < polar_license_reply_count(reply.get(), pointer(member).c_str()); i++)
            items.push_back(T{reply, pointer(member) + "/" + std::to_string(i)});
        return items;
    }

  protected:
    detail::shared_reply reply;

  private:
    std::string pointer(const char *member) const { return at + member; }

    std::string at;
};

/// Something that runs operations.
class caller {
  public:
    caller() = default;
    explicit caller(const polar_license *object) : license(object) {}

  protected:
    detail::shared_reply call(const request &request, polar::failure &failure,
                              const progress_callback &on_progress = {}) const
    {
        polar_license_reply *reply = nullptr;
        polar_license_error *error = nullptr;
        const auto data = const_cast<progress_callback *>(&on_progress);
        const std::int32_t kind = polar_license_portal_call(license, request.text().c_str(),
                                                            on_progress ? report : nullptr, data, &reply, &error);
        failure = polar::failure{kind, error};
        return owned(reply);
    }

    const polar_license *license = nullptr;
};

} // namespace detail

/// Whether a license key of the customer's can be used. A later version may have more.
enum class key_status : std::int32_t {
    /// A status that this version does not know.
    unknown = 0,
    /// The key can be used.
    granted = 1,
    /// The key has expired, by the clock of this device.
    expired = 2,
    /// The purchase was refunded, the subscription has ended, or the seat was taken back.
    revoked = 3,
    /// The vendor has disabled the key.
    disabled = 4,
};

inline void read_name(std::string_view name, key_status &value)
{
    value = key_status::unknown;
    if (name == "granted")
        value = key_status::granted;
    if (name == "expired")
        value = key_status::expired;
    if (name == "revoked")
        value = key_status::revoked;
    if (name == "disabled")
        value = key_status::disabled;
}

inline void read_name(std::string_view name, deactivated &value)
{
    value = deactivated::unknown;
    if (name == "released")
        value = deactivated::released;
    if (name == "not_needed")
        value = deactivated::not_needed;
    if (name == "key_unknown")
        value = deactivated::key_unknown;
}

/// The error of an operation.
class refusal : public detail::part {
  public:
    using part::part;

    /// The stable code.
    std::string_view kind() const { return text("/kind").value_or(std::string_view{}); }
    /// The reason why Polar or the configuration denied the request, if the kind is refused.
    std::optional<std::string_view> reason() const { return text("/reason"); }
    /// One sentence for the user, in English unless the settings replace it.
    std::string_view message() const { return text("/message").value_or(std::string_view{}); }
    /// One line for developers and logs.
    std::string_view detail() const { return text("/detail").value_or(std::string_view{}); }
    /// The time to wait before trying again, if it is known.
    std::optional<milliseconds> retry_after() const { return duration("/retryAfterMs"); }
    /// Whether Polar may have applied the request although no answer arrived.
    bool maybe_applied() const { return number("/maybeApplied").value_or(0) != 0; }
    /// The next step that the user can take.
    std::string_view next_step() const { return text("/nextStep").value_or(std::string_view{}); }
    /// The vendor's page for the next step, if the settings have one.
    std::optional<std::string_view> next_url() const { return text("/nextUrl"); }
};

/// One of several customers with the same address, such as a team.
class customer : public detail::part {
  public:
    using part::part;

    /// The customer's name, if it has one.
    std::optional<std::string_view> name() const { return text("/name"); }
};

/// The alternatives of code_request. A later version may have more.
enum class code_request_kind : std::int32_t {
    /// There is none, or one of a later version.
    unknown = 0,
    /// An e-mail may be on its way. Polar does not tell whether the address is known.
    sent = 1,
    /// Several customers have this address: let the user choose one, and request a code for that one.
    choose = 2,
};

inline void read_name(std::string_view name, code_request_kind &value)
{
    value = code_request_kind::unknown;
    if (name == "sent")
        value = code_request_kind::sent;
    if (name == "choose")
        value = code_request_kind::choose;
}

/// The outcome of a request for a code: an e-mail is on its way if the address is known, or the user has to choose.
class code_request : public detail::part {
  public:
    using part::part;

    /// The alternative that it is; the members of others are empty.
    code_request_kind kind() const { return code<code_request_kind>("/kind"); }
    /// The address that the code was requested for.
    std::string_view email() const { return text("/email").value_or(std::string_view{}); }
    /// The sentence to show to the user, which contains the address.
    std::string_view message() const { return text("/message").value_or(std::string_view{}); }
    /// The customers to choose from.
    std::vector<customer> customers() const { return all<customer>("/customers"); }
};

/// A purchase that is paid, and the outcome of the request for a code for its buyer.
class purchase : public detail::part {
  public:
    using part::part;

    /// The outcome of that request: an e-mail is on its way, or the user has to choose a customer.
    polar::code_request code() const { return one<polar::code_request>("/code"); }
};

/// A license key of the customer's, for this app. Of the key itself only the last six characters can be seen.
class license_key : public detail::part {
  public:
    using part::part;

    /// Polar's id of the key, which distinguishes it from others in a list. It is not the key, and not secret.
    std::string_view id() const { return text("/id").value_or(std::string_view{}); }
    /// ****- and the last six characters.
    std::string_view display_key() const { return text("/displayKey").value_or(std::string_view{}); }
    /// Whether the key can be used. Its expiry is judged by this device's clock, which may be wrong.
    key_status status() const { return code<key_status>("/status"); }
    /// The id of the benefit that the key was sold as.
    std::string_view benefit_id() const { return text("/benefitId").value_or(std::string_view{}); }
    /// The number of devices that may be active at once; none if the key needs no activation.
    std::optional<std::int64_t> limit_activations() const { return number("/limitActivations"); }
    /// The most usage that may be consumed; none for no limit.
    std::optional<std::int64_t> limit_usage() const { return number("/limitUsage"); }
    /// The usage that was consumed.
    std::int64_t usage() const { return number("/usage").value_or(std::int64_t{}); }
    /// The time at which the key was issued.
    time_point created_at() const { return moment("/createdAt").value_or(time_point{}); }
    /// The time at which the key expires; none for never.
    std::optional<time_point> expires_at() const { return moment("/expiresAt"); }
    /// Whether it was the key of the license on this device when it was read.
    bool is_here() const { return number("/isHere").value_or(0) != 0; }
};

/// A device on which a license key is active.
class device : public detail::part {
  public:
    using part::part;

    /// Polar's id of the activation, which distinguishes it from others in a list.
    std::string_view id() const { return text("/id").value_or(std::string_view{}); }
    /// The name of the device when it was activated.
    std::string_view label() const { return text("/label").value_or(std::string_view{}); }
    /// The time at which it was activated.
    time_point since() const { return moment("/since").value_or(time_point{}); }
    /// Whether it is the device that this app runs on.
    bool is_this() const { return number("/isThis").value_or(0) != 0; }
};

/// The alternatives of devices. A later version may have more.
enum class devices_kind : std::int32_t {
    /// There is none, or one of a later version.
    unknown = 0,
    /// The devices are listed.
    listed = 1,
    /// No device is shown: the vendor does not show them to customers, or there is none.
    hidden = 2,
};

inline void read_name(std::string_view name, devices_kind &value)
{
    value = devices_kind::unknown;
    if (name == "listed")
        value = devices_kind::listed;
    if (name == "hidden")
        value = devices_kind::hidden;
}

/// The devices of a license key, or that none are shown.
class devices : public detail::part {
  public:
    using part::part;

    /// The alternative that it is; the members of others are empty.
    devices_kind kind() const { return code<devices_kind>("/kind"); }
    /// The devices, the oldest first.
    std::vector<device> listed() const { return all<device>("/devices"); }
    /// Whether there are devices for certain: every seat is taken, or this device has one.
    bool is_certain() const { return number("/isCertain").value_or(0) != 0; }
    /// The page where customers of this vendor manage their purchases; none if it is unknown.
    std::optional<std::string_view> page() const { return text("/page"); }
    /// The sentence to show to the user. It does not contain the page, which is a link beside it.
    std::string_view message() const { return text("/message").value_or(std::string_view{}); }
};

/// The alternatives of restored. A later version may have more.
enum class restored_kind : std::int32_t {
    /// There is none, or one of a later version.
    unknown = 0,
    /// The license is active on this device; the current decision describes it.
    licensed = 1,
    /// Several license keys are suitable: let the user choose one, and activate it.
    choose = 2,
    /// The key is in use on as many devices as it allows: let the user choose one to release, and then activate the
    /// key.
    no_seat = 3,
};

inline void read_name(std::string_view name, restored_kind &value)
{
    value = restored_kind::unknown;
    if (name == "licensed")
        value = restored_kind::licensed;
    if (name == "choose")
        value = restored_kind::choose;
    if (name == "no_seat")
        value = restored_kind::no_seat;
}

/// The outcome of restoring a license. Only licensed means that the license is here.
class restored : public detail::part {
  public:
    using part::part;

    /// The alternative that it is; the members of others are empty.
    restored_kind kind() const { return code<restored_kind>("/kind"); }
    /// The keys to choose from, the best first.
    std::vector<license_key> keys() const { return all<license_key>("/keys"); }
    /// The license key without a free seat.
    polar::license_key key() const { return one<polar::license_key>("/key"); }
    /// The devices that have its seats.
    polar::devices devices() const { return one<polar::devices>("/devices"); }
    /// The error of the activation: refused, for activation_limit.
    refusal error() const { return one<refusal>("/error"); }
};

/// The operations of a customer for an hour. The customer's token is wiped with the last copy: let it live as long as
/// its dialog.
class session : public detail::part, private detail::caller {
  public:
    session() = default;
    session(const polar_license *object, detail::shared_reply whole) : part(std::move(whole)), caller(object) {}

    /// Returns the customer's license keys for this organization and the benefits that the configuration accepts.
    /// Usable keys come first, and among them those with the latest expiry.
    /// Fails with refused if the session has ended.
    std::vector<license_key> license_keys(polar::failure &failure) const
    {
        return detail::part{call(detail::request{"licenseKeys"}.add("session", handle()), failure)}.all<license_key>("/keys");
    }
    /// Returns those license keys that can be used, in the order of license_keys; at least one. If all have expired by
    /// this device's clock, which may be wrong, returns the key with the latest expiry: Polar decides when it is
    /// activated.
    /// Fails with refused and a reason if the customer has no key for this app or none that can be used; with refused
    /// and no reason if the session has ended.
    std::vector<license_key> usable_keys(polar::failure &failure) const
    {
        return detail::part{call(detail::request{"usableKeys"}.add("session", handle()), failure)}.all<license_key>("/keys");
    }
    /// Activates the customer's license key on this device: the one that is active here, or the only one that can be
    /// used. Returns several usable keys to choose from, or the devices if no seat is free. If all keys have expired by
    /// this device's clock, which may be wrong, Polar is asked about the one with the latest expiry; an expired key
    /// takes no seat.
    /// Fails with refused and a reason if the customer has no key for this app or none that can be used; with refused
    /// and no reason if the session has ended; otherwise like the license's activate.
    polar::restored restore(polar::failure &failure) const
    {
        return polar::restored{call(detail::request{"restore"}.add("session", handle()), failure)};
    }
    /// Restores the license like restore, and waits up to five minutes for a key that is still on its way, after an
    /// invitation was accepted.
    /// Fails with timeout if the key has not arrived; otherwise like restore.
    polar::restored restore_when_granted(polar::failure &failure, const progress_callback &on_progress = {}) const
    {
        return polar::restored{call(detail::request{"restoreWhenGranted"}.add("session", handle()), failure, on_progress)};
    }
    /// Activates the key of a purchase, and waits up to five minutes for it. Fails like restore_when_granted.
    polar::restored restore_purchase(const purchase &purchase, polar::failure &failure, const progress_callback &on_progress = {}) const
    {
        return polar::restored{call(detail::request{"restorePurchase"}.add("session", handle()).add("purchase", purchase.handle()), failure, on_progress)};
    }
    /// Activates one of several suitable keys. Fails like restore.
    polar::restored activate(const license_key &key, polar::failure &failure) const
    {
        return polar::restored{call(detail::request{"activate"}.add("session", handle()).add("key", key.handle()), failure)};
    }
    /// Returns the devices on which a key is active, or that the vendor does not show them.
    /// Fails with refused if the session has ended, or the key does not belong to the customer any more.
    polar::devices devices(const license_key &key, polar::failure &failure) const
    {
        return polar::devices{call(detail::request{"devices"}.add("session", handle()).add("key", key.handle()), failure)};
    }
    /// Releases the seat of a device. Does not send the session's token. For this device it does the same as the
    /// license's deactivate. Returns unknown if Polar does not know the seat, or not any more.
    /// Fails with network, timeout, server or rate_limited if Polar did not answer. Then the seat may have been
    /// released: list the devices again.
    polar::deactivated release(const device &device, polar::failure &failure) const
    {
        return detail::part{call(detail::request{"release"}.add("session", handle()).add("device", device.handle()), failure)}.code<polar::deactivated>("/deactivated");
    }
    /// Replaces a license key with a new one. The old key stops working at once on all devices of the customer, which
    /// then need the new one. Seats are kept. Ask the user first. If the license here belongs to this key, even to an
    /// earlier text of it, it continues with the new key, which is stored before this returns.
    /// Fails with storage if nothing can be stored here. Any error that may have been applied means that the key may
    /// have been replaced: list the keys again.
    polar::license_key rotate(const license_key &key, confirmed_by_user, polar::failure &failure) const
    {
        return polar::license_key{call(detail::request{"rotate"}.add("session", handle()).add("key", key.handle()).add("confirmedByUser", true), failure)};
    }

#if defined(__cpp_exceptions)
    std::vector<license_key> license_keys() const
    {
        return detail::or_throw([&](polar::failure &failure) { return license_keys(failure); });
    }
    std::vector<license_key> usable_keys() const
    {
        return detail::or_throw([&](polar::failure &failure) { return usable_keys(failure); });
    }
    polar::restored restore() const
    {
        return detail::or_throw([&](polar::failure &failure) { return restore(failure); });
    }
    polar::restored restore_when_granted(const progress_callback &on_progress = {}) const
    {
        return detail::or_throw([&](polar::failure &failure) { return restore_when_granted(failure, on_progress); });
    }
    polar::restored restore_purchase(const purchase &purchase, const progress_callback &on_progress = {}) const
    {
        return detail::or_throw([&](polar::failure &failure) { return restore_purchase(purchase, failure, on_progress); });
    }
    polar::restored activate(const license_key &key) const
    {
        return detail::or_throw([&](polar::failure &failure) { return activate(key, failure); });
    }
    polar::devices devices(const license_key &key) const
    {
        return detail::or_throw([&](polar::failure &failure) { return devices(key, failure); });
    }
    polar::deactivated release(const device &device) const
    {
        return detail::or_throw([&](polar::failure &failure) { return release(device, failure); });
    }
    polar::license_key rotate(const license_key &key, confirmed_by_user) const
    {
        return detail::or_throw([&](polar::failure &failure) { return rotate(key, confirmed_by_user{}, failure); });
    }
#endif
};

/// A purchase in progress.
class checkout : public detail::part, private detail::caller {
  public:
    checkout() = default;
    checkout(const polar_license *object, detail::shared_reply whole) : part(std::move(whole)), caller(object) {}

    /// The address to open in a browser. It contains a secret: pass it to nothing else.
    std::string address() const { return std::string{detail::text(polar_license_reply_address(reply.get()))}; }
    /// Waits until the purchase is paid, and then makes Polar e-mail a code to the buyer. Waits half an hour, or no
    /// longer than within. The buyer may close the page meanwhile. May be called again after any error.
    /// Fails with timeout if the purchase was not paid in time; with refused if the payment failed or the checkout is
    /// older than a day; once it is paid, like request_code.
    polar::purchase follow(milliseconds within, polar::failure &failure, const progress_callback &on_progress = {}) const
    {
        return polar::purchase{call(detail::request{"follow"}.add("checkout", handle()).add("withinMs", within), failure, on_progress)};
    }

#if defined(__cpp_exceptions)
    polar::purchase follow(milliseconds within, const progress_callback &on_progress = {}) const
    {
        return detail::or_throw([&](polar::failure &failure) { return follow(within, failure, on_progress); });
    }
#endif
};

/// A page on this computer that a browser goes to after a purchase, for checkouts of the vendor's backend. See
/// polar_license_success_page in polar_license.h.
class success_page {
  public:
    success_page() = default;
    /// Listens on this port of 127.0.0.1, or on any that is free for 0.
    success_page(std::uint16_t port, failure &failure)
    {
        polar_license_success_page *page = nullptr;
        polar_license_error *error = nullptr;
        const std::int32_t kind = polar_license_success_page_listen(port, &page, &error);
        failure = polar::failure{kind, error};
        if (page != nullptr)
            handle = {page, polar_license_success_page_free};
    }
#if defined(__cpp_exceptions)
    explicit success_page(std::uint16_t port)
        : success_page(detail::or_throw([&](failure &failure) { return success_page{port, failure}; }))
    {
    }
#endif
    /// The success URL of the checkout. Only the vendor's backend should know it.
    std::string address() const { return std::string{detail::text(polar_license_success_page_address(get()))}; }
    explicit operator bool() const { return handle != nullptr; }
    const polar_license_success_page *get() const { return handle.get(); }

  private:
    std::shared_ptr<const polar_license_success_page> handle;
};

/// The customer portal of a license.
class portal : private detail::caller {
  public:
    explicit portal(const polar::license &opened) : caller(opened.get()) {}

    /// Waits for a browser, and starts a session with the token that it brings.
    polar::session wait(const success_page &page, milliseconds within, polar::failure &failure) const
    {
        polar_license_reply *reply = nullptr;
        polar_license_error *error = nullptr;
        const std::int32_t kind =
            polar_license_success_page_wait(page.get(), license, detail::count(within), &reply, &error);
        failure = polar::failure{kind, error};
        return polar::session{license, detail::owned(reply)};
    }
#if defined(__cpp_exceptions)
    polar::session wait(const success_page &page, milliseconds within) const
    {
        return detail::or_throw([&](polar::failure &failure) { return wait(page, within, failure); });
    }
#endif
    /// Makes Polar e-mail a code to the address of the purchase. Polar does not tell whether it knows the address: show
    /// message, which contains the address.
    /// Fails with invalid_argument if email is not an e-mail address; with rate_limited and the time to wait if too
    /// many codes were requested or tried; with storage if the try cannot be counted, in which case nothing was sent.
    polar::code_request request_code(std::string_view email, polar::failure &failure) const
    {
        return polar::code_request{call(detail::request{"requestCode"}.add("email", email), failure)};
    }
    /// Makes Polar e-mail a code to one of several customers with the same address. Fails like request_code.
    polar::code_request request_code_for(const customer &customer, polar::failure &failure) const
    {
        return polar::code_request{call(detail::request{"requestCodeFor"}.add("customer", customer.handle()), failure)};
    }
    /// Starts a session with a code from an e-mail. The code is trimmed and converted to capital letters. A text that
    /// cannot be a code is refused without a request.
    /// Fails with invalid_argument if the code is wrong or has expired; otherwise like request_code. If no answer
    /// comes, the code may be used up: request another one.
    polar::session authenticate(std::string_view code, polar::failure &failure) const
    {
        return polar::session{license, call(detail::request{"authenticate"}.add("code", code), failure)};
    }
    /// Starts a session by accepting an invitation to a team. invitation is its token, or the link in its e-mail, and
    /// works once. The key arrives a moment later: continue with restore_when_granted.
    /// Fails with refused if the invitation was used or has expired. If no answer comes, it may have been accepted;
    /// then a code by e-mail starts the session.
    polar::session claim_seat(std::string_view invitation, polar::failure &failure) const
    {
        return polar::session{license, call(detail::request{"claimSeat"}.add("invitation", invitation), failure)};
    }
    /// Starts a session with a token from a success page or the vendor's backend. Sends nothing. A page cannot know who
    /// sent it a token: compare a value that only the app and its own purchase know.
    /// Fails with invalid_argument if token cannot be a token.
    polar::session session_from_token(std::string_view token, polar::failure &failure) const
    {
        return polar::session{license, call(detail::request{"sessionFromToken"}.add("token", token), failure)};
    }
    /// Creates a checkout with the vendor's link, https://buy.polar.sh/polar_cl_.... Open its address in a browser.
    /// Keeps the link's parameters, except those that name the buyer.
    /// Fails with invalid_argument if link is not such a link, and in web pages, which cannot see the target of a link:
    /// use checkout_from_secret there. Fails with refused if Polar does not know the link.
    polar::checkout checkout(std::string_view link, polar::failure &failure) const
    {
        return polar::checkout{license, call(detail::request{"checkout"}.add("link", link), failure)};
    }
    /// Returns a checkout that the vendor's backend has created, by its client secret. Sends nothing.
    /// Fails with invalid_argument if client_secret cannot be a client secret.
    polar::checkout checkout_from_secret(std::string_view client_secret, polar::failure &failure) const
    {
        return polar::checkout{license, call(detail::request{"checkoutFromSecret"}.add("clientSecret", client_secret), failure)};
    }

#if defined(__cpp_exceptions)
    polar::code_request request_code(std::string_view email) const
    {
        return detail::or_throw([&](polar::failure &failure) { return request_code(email, failure); });
    }
    polar::code_request request_code_for(const customer &customer) const
    {
        return detail::or_throw([&](polar::failure &failure) { return request_code_for(customer, failure); });
    }
    polar::session authenticate(std::string_view code) const
    {
        return detail::or_throw([&](polar::failure &failure) { return authenticate(code, failure); });
    }
    polar::session claim_seat(std::string_view invitation) const
    {
        return detail::or_throw([&](polar::failure &failure) { return claim_seat(invitation, failure); });
    }
    polar::session session_from_token(std::string_view token) const
    {
        return detail::or_throw([&](polar::failure &failure) { return session_from_token(token, failure); });
    }
    polar::checkout checkout(std::string_view link) const
    {
        return detail::or_throw([&](polar::failure &failure) { return checkout(link, failure); });
    }
    polar::checkout checkout_from_secret(std::string_view client_secret) const
    {
        return detail::or_throw([&](polar::failure &failure) { return checkout_from_secret(client_secret, failure); });
    }
#endif
};

} // namespace polar

#undef POLAR_LICENSE_TRY
#undef POLAR_LICENSE_CATCH
#endif
