// The customer portal for C++17: for customers who lost the key, whose device no longer works, or who have just bought
// a license. It is header-only. It wraps the functions polar_license_portal_... in polar_license.h, whose comments say
// which of them block and for how long.
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
// Every result is a reply from the library or part of one, such as a key in a list or a device in a result. Copies and
// parts share one reply and keep it alive. A string_view that an object returns lives until the last object that shares
// the reply is destroyed. An object that a failed function returned, or that the default constructor created, converts
// to false and is empty. Wipe your own copies of the secrets that you pass in: codes, tokens and addresses. This header
// wipes its own copies.
//
// A portal, its sessions and its checkouts must not be used after the license is destroyed. license.cancel() ends the
// operations that are waiting. Errors are reported as in polar_license.hpp: functions throw polar::error, or set the
// polar::failure that is passed to them.
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

/// Confirms two things: the user was told that the old key stops working on all devices at once, and the user wants
/// this.
struct confirmed_by_user {};

/// The progress of an operation that waits for an event, such as a payment.
struct progress {
    /// The event that the app waits for.
    polar::stage stage;
    /// The time for which the operation has waited so far.
    milliseconds waited;
    /// The time until Polar is asked again.
    milliseconds next_in;
};

/// A callback that an operation calls before each wait, on the thread that runs the operation. If the callback returns
/// false or throws, the operation ends.
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

/// An allocator that wipes the memory that it frees, because requests contain codes and tokens.
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

/// A JSON object in a reply. The reply is not freed while a `part` refers to it.
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
    /// The number that stands for the object in requests, or 0 if it has none.
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

/// The base class of objects that run operations.
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

/// Whether one of the customer's license keys can be used. A later version may have more.
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
    /// The reason why Polar or the configuration denied the request. Only an error of the kind refused has a reason.
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

/// One of several customers with the same e-mail address. A customer may be a person or a team.
class customer : public detail::part {
  public:
    using part::part;

    /// The customer's name; none if the customer has none.
    std::optional<std::string_view> name() const { return text("/name"); }
};

/// The alternatives of code_request. A later version may have more.
enum class code_request_kind : std::int32_t {
    /// There is no object, or a later version added its alternative.
    unknown = 0,
    /// An e-mail is on its way if Polar knows the address. Polar does not say whether it does.
    sent = 1,
    /// Several customers have this address. Let the user choose one of them, and request a code for that customer.
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

/// The outcome of requesting a code. Either the code was requested, or the user has to choose a customer first. Polar
/// mails a code only if it knows the address.
class code_request : public detail::part {
  public:
    using part::part;

    /// The alternative of this object. The members of the other alternatives are empty.
    code_request_kind kind() const { return code<code_request_kind>("/kind"); }
    /// The address for which the code was requested.
    std::string_view email() const { return text("/email").value_or(std::string_view{}); }
    /// The sentence to show to the user, which contains the address.
    std::string_view message() const { return text("/message").value_or(std::string_view{}); }
    /// The customers to choose from.
    std::vector<customer> customers() const { return all<customer>("/customers"); }
};

/// A purchase that is paid, and the outcome of requesting a code for the buyer.
class purchase : public detail::part {
  public:
    using part::part;

    /// The result of the request for a code: an e-mail is on its way, or the user has to choose a customer.
    polar::code_request code() const { return one<polar::code_request>("/code"); }
};

/// A license key of the customer for this app. Only the last six characters of the key itself are shown.
class license_key : public detail::part {
  public:
    using part::part;

    /// Polar's id of the key, which distinguishes the key from others in a list. The id is not the key itself, and is
    /// not secret.
    std::string_view id() const { return text("/id").value_or(std::string_view{}); }
    /// ****- and the last six characters of the key.
    std::string_view display_key() const { return text("/displayKey").value_or(std::string_view{}); }
    /// The status, which says whether the key can be used. The status expired depends on this device's clock, which may
    /// be wrong.
    key_status status() const { return code<key_status>("/status"); }
    /// The id of the benefit to which the key belongs.
    std::string_view benefit_id() const { return text("/benefitId").value_or(std::string_view{}); }
    /// The number of devices on which the key may be active at once; none if the key needs no activation.
    std::optional<std::int64_t> limit_activations() const { return number("/limitActivations"); }
    /// The total number of uses that the key allows; none if there is no limit.
    std::optional<std::int64_t> limit_usage() const { return number("/limitUsage"); }
    /// The usage so far.
    std::int64_t usage() const { return number("/usage").value_or(std::int64_t{}); }
    /// The time at which the key was issued.
    time_point created_at() const { return moment("/createdAt").value_or(time_point{}); }
    /// The time at which the key expires; none if it never expires.
    std::optional<time_point> expires_at() const { return moment("/expiresAt"); }
    /// Whether the license on this device used this key when the list was read.
    bool is_here() const { return number("/isHere").value_or(0) != 0; }
};

/// A device on which a license key is active.
class device : public detail::part {
  public:
    using part::part;

    /// Polar's id of the activation, which distinguishes the device from others in a list.
    std::string_view id() const { return text("/id").value_or(std::string_view{}); }
    /// The label that the device had when it was activated.
    std::string_view label() const { return text("/label").value_or(std::string_view{}); }
    /// The time at which the device was activated.
    time_point since() const { return moment("/since").value_or(time_point{}); }
    /// Whether this is the device on which this app runs.
    bool is_this() const { return number("/isThis").value_or(0) != 0; }
};

/// The alternatives of devices. A later version may have more.
enum class devices_kind : std::int32_t {
    /// There is no object, or a later version added its alternative.
    unknown = 0,
    /// The devices are listed.
    listed = 1,
    /// No device is shown: the vendor hides devices from customers, or there are none.
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

/// The devices on which a license key is active: a list, or the reason why none can be shown.
class devices : public detail::part {
  public:
    using part::part;

    /// The alternative of this object. The members of the other alternatives are empty.
    devices_kind kind() const { return code<devices_kind>("/kind"); }
    /// The devices, the oldest first.
    std::vector<device> listed() const { return all<device>("/devices"); }
    /// Whether it is certain that devices have seats: either every seat is taken, or this device has a seat.
    bool is_certain() const { return number("/isCertain").value_or(0) != 0; }
    /// The page on which customers of this vendor manage their purchases; none if its address is unknown or if it is
    /// certain that no device has a seat.
    std::optional<std::string_view> page() const { return text("/page"); }
    /// The sentence to show to the user. The sentence does not contain the address of page; show page as a link beside
    /// the sentence.
    std::string_view message() const { return text("/message").value_or(std::string_view{}); }
};

/// The alternatives of restored. A later version may have more.
enum class restored_kind : std::int32_t {
    /// There is no object, or a later version added its alternative.
    unknown = 0,
    /// The license is active on this device; the current decision describes it.
    licensed = 1,
    /// Several license keys are suitable. Let the user choose one of them, and activate that key.
    choose = 2,
    /// The key is already active on as many devices as it allows. Let the user choose one of these devices. Then
    /// release the seat of that device, and activate the key here.
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

/// The outcome of restoring a license. Only licensed means that this device is licensed now.
class restored : public detail::part {
  public:
    using part::part;

    /// The alternative of this object. The members of the other alternatives are empty.
    restored_kind kind() const { return code<restored_kind>("/kind"); }
    /// The keys to choose from. The best key comes first.
    std::vector<license_key> keys() const { return all<license_key>("/keys"); }
    /// The license key, which has no free seat.
    polar::license_key key() const { return one<polar::license_key>("/key"); }
    /// The devices that occupy the key's seats.
    polar::devices devices() const { return one<polar::devices>("/devices"); }
    /// The error of the activation. Its kind is refused, and its reason is activation_limit.
    refusal error() const { return one<refusal>("/error"); }
};

/// The session of a customer. It lasts an hour. Keep the session only as long as its dialog is open: the customer's
/// token is wiped when the last copy of the session is destroyed.
class session : public detail::part, private detail::caller {
  public:
    session() = default;
    session(const polar_license *object, detail::shared_reply whole) : part(std::move(whole)), caller(object) {}

    /// Returns the customer's license keys that belong to this organization and to a benefit that the configuration
    /// accepts. Usable keys come first, sorted by expiry with the latest first.
    /// Fails with refused if the session has ended.
    std::vector<license_key> license_keys(polar::failure &failure) const
    {
        return detail::part{call(detail::request{"licenseKeys"}.add("session", handle()), failure)}.all<license_key>("/keys");
    }
    /// Returns the keys of license_keys that can be used, in the same order. If no key can be used, the result contains
    /// the expired key with the latest expiry, because this device's clock may be wrong. Polar decides during the
    /// activation whether that key is valid. The result always has at least one key.
    /// Fails with refused and a reason if the customer has neither a usable nor an expired key for this app. Fails with
    /// refused and no reason if the session has ended.
    std::vector<license_key> usable_keys(polar::failure &failure) const
    {
        return detail::part{call(detail::request{"usableKeys"}.add("session", handle()), failure)}.all<license_key>("/keys");
    }
    /// Activates one of the customer's license keys on this device. If the key of the license on this device can be
    /// used, activates that key. Otherwise activates the only key that can be used. If several keys can be used,
    /// returns them instead, so that the user can choose one. If the key has no free seat, returns the key and its
    /// devices.
    /// If no key can be used, but some have expired by this device's clock, asks Polar to activate the expired key with
    /// the latest expiry, because the clock may be wrong. If this key has really expired, Polar refuses it and no seat
    /// is taken.
    /// Fails with refused and a reason if the customer has no key for this app, or no key that can be used. Fails with
    /// refused and no reason if the session has ended. The other failures are those of the license's activate.
    polar::restored restore(polar::failure &failure) const
    {
        return polar::restored{call(detail::request{"restore"}.add("session", handle()), failure)};
    }
    /// Restores the license like restore, but waits up to five minutes if the customer has no usable key yet. Use this
    /// operation after claim_seat, because Polar creates the key a moment after an invitation is accepted.
    /// Fails with timeout if the customer still has no key after this wait. The other failures are those of restore.
    polar::restored restore_when_granted(polar::failure &failure, const progress_callback &on_progress = {}) const
    {
        return polar::restored{call(detail::request{"restoreWhenGranted"}.add("session", handle()), failure, on_progress)};
    }
    /// Activates the key of a purchase, and waits up to five minutes for the key if it does not exist yet. Fails like
    /// restore_when_granted.
    polar::restored restore_purchase(const purchase &purchase, polar::failure &failure, const progress_callback &on_progress = {}) const
    {
        return polar::restored{call(detail::request{"restorePurchase"}.add("session", handle()).add("purchase", purchase.handle()), failure, on_progress)};
    }
    /// Activates key, which the user has chosen from several license keys. Fails like restore.
    polar::restored activate(const license_key &key, polar::failure &failure) const
    {
        return polar::restored{call(detail::request{"activate"}.add("session", handle()).add("key", key.handle()), failure)};
    }
    /// Returns the devices on which a key is active. If Polar shows none, either the vendor hides devices from
    /// customers, or there are none. The result says which of the two is the case, if that can be determined.
    /// Fails with refused if the session has ended, or if the key no longer belongs to the customer.
    polar::devices devices(const license_key &key, polar::failure &failure) const
    {
        return polar::devices{call(detail::request{"devices"}.add("session", handle()).add("key", key.handle()), failure)};
    }
    /// Releases the seat of a device. Does not send the session's token. If the device is this one, does the same as
    /// the license's deactivate. Returns unknown if Polar does not know the seat, for example because the seat was
    /// released before.
    /// Fails with network, timeout or server if no valid answer arrives, and with rate_limited if Polar accepts no
    /// request at the moment. If the error says that the request may have been applied, the seat may have been
    /// released: list the devices again.
    polar::deactivated release(const device &device, polar::failure &failure) const
    {
        return detail::part{call(detail::request{"release"}.add("session", handle()).add("device", device.handle()), failure)}.code<polar::deactivated>("/deactivated");
    }
    /// Replaces a license key with a new one. The old key stops working at once on all devices of the customer. The
    /// devices keep their seats, but need the new key. Ask the user before you call this operation.
    /// If the license on this device belongs to this key, the license continues with the new key, even if the key has
    /// been replaced before and this device did not know that. The new key is stored before this operation returns.
    /// Fails with storage if nothing can be stored on this device. If an error says that the request may have been
    /// applied, the key may have been replaced: list the keys again.
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

    /// The address to open in a browser. It contains a secret: pass it only to the browser.
    std::string address() const { return std::string{detail::text(polar_license_reply_address(reply.get()))}; }
    /// Waits until the purchase is paid, and then makes Polar e-mail a code to the buyer. Waits for at most within, or
    /// for at most half an hour if within is absent. The buyer may close the page during the wait. After any error,
    /// this operation may be called again for the same checkout.
    /// Fails with timeout if the purchase was not paid in time. Fails with refused if the payment failed, or if the
    /// checkout is older than a day. Fails like request_code if the purchase is paid, but no code can be requested.
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

/// A page on this computer that a browser opens after a purchase, for checkouts that the vendor's backend creates. See
/// polar_license_success_page in polar_license.h.
class success_page {
  public:
    success_page() = default;
    /// Listens on this port of 127.0.0.1, or on any free port if `port` is 0.
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
    /// The success URL for the checkout. Only the vendor's backend should know it.
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

    /// Waits until a browser opens `page` with a token, and starts a session with this token.
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
    /// Asks Polar to mail a code to email, the address that was used for the purchase. Polar does not say whether it
    /// knows the address. So show the user the message of the result, which contains the address.
    /// Fails with invalid_argument if email is not an e-mail address. Fails with rate_limited and the time to wait if
    /// too many codes were requested or tried. Fails with storage if the number of requests cannot be stored; in this
    /// case nothing was sent.
    polar::code_request request_code(std::string_view email, polar::failure &failure) const
    {
        return polar::code_request{call(detail::request{"requestCode"}.add("email", email), failure)};
    }
    /// Asks Polar to mail a code for the customer whom the user has chosen from several customers with the same
    /// address. Fails like request_code.
    polar::code_request request_code_for(const customer &customer, polar::failure &failure) const
    {
        return polar::code_request{call(detail::request{"requestCodeFor"}.add("customer", customer.handle()), failure)};
    }
    /// Starts a session with a code from an e-mail. The code is trimmed and converted to capital letters. A text that
    /// cannot be a code is refused without asking Polar.
    /// Fails with invalid_argument if the code is wrong, was used before, or has expired. Otherwise, fails for the same
    /// reasons as request_code. If no answer arrives, the code may have been used up. In this case, request another
    /// code.
    polar::session authenticate(std::string_view code, polar::failure &failure) const
    {
        return polar::session{license, call(detail::request{"authenticate"}.add("code", code), failure)};
    }
    /// Starts a session by accepting an invitation to a team. invitation is the link from the e-mail, or the token in
    /// this link. An invitation works once. Polar creates the license key a moment later, so continue with
    /// restore_when_granted, which waits for the key.
    /// Fails with refused if the invitation was used or has expired. If no answer arrives, Polar may have accepted the
    /// invitation. In this case, start a session with a code by e-mail instead.
    polar::session claim_seat(std::string_view invitation, polar::failure &failure) const
    {
        return polar::session{license, call(detail::request{"claimSeat"}.add("invitation", invitation), failure)};
    }
    /// Starts a session with a token from a success page or the vendor's backend. Sends nothing. Use a token from a
    /// success page only if the page was opened with a secret that the app created for this purchase, such as a random
    /// number in the success URL. Otherwise anybody could open the success page with a token of their own.
    /// Fails with invalid_argument if token cannot be a token.
    polar::session session_from_token(std::string_view token, polar::failure &failure) const
    {
        return polar::session{license, call(detail::request{"sessionFromToken"}.add("token", token), failure)};
    }
    /// Creates a checkout from the vendor's checkout link, https://buy.polar.sh/polar_cl_.... Open the checkout's
    /// address in a browser. The parameters of the link are kept, except for parameters that identify the buyer.
    /// Fails with invalid_argument if link is not a checkout link. Fails with invalid_argument in every web page,
    /// because a web page cannot see where a link leads; use checkout_from_secret there. Fails with refused if Polar
    /// does not know the link.
    polar::checkout checkout(std::string_view link, polar::failure &failure) const
    {
        return polar::checkout{license, call(detail::request{"checkout"}.add("link", link), failure)};
    }
    /// Returns the checkout that the vendor's backend has created and that client_secret identifies. Sends nothing.
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
