// The customer portal for C++17: a customer who lost the key, has a dead machine, or has just bought, helps himself.
// Over the functions polar_license_portal_... and those beside them in polar_license.h, which say what blocks, and for
// how long; header only, nothing else.
//
//     polar::portal portal{license};
//     show(portal.request_code(ask("The e-mail address of the purchase?")).message());
//     polar::session session = portal.authenticate(ask("The code from the mail?"));
//     polar::restored restored = session.restore();
//     if (restored.outcome() == polar::outcome::no_seat) {
//         session.release(restored.key(), choose(restored.devices().listed()));
//         restored = session.activate(restored.key());
//     }
//
// Copies share what is inside; a part (a key of a list, a device of a result) keeps the whole alive. An object that a
// failed function returned, or that was made by its default constructor, converts to false and has nothing in it.
// Secrets (codes, tokens, addresses) that you pass in are yours to wipe.
//
// A portal, and its sessions and checkouts, must not be used once the license is gone. license.cancel() ends what they
// wait for. Errors are as in polar_license.hpp: functions throw polar::error, or set the polar::failure that they are
// given.
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

/// How restoring a license ended. A later version may have more: only licensed means that the license is here.
enum class outcome : std::int32_t {
    /// There is no result.
    none = 0,
    /// The license is active on this device.
    licensed = POLAR_LICENSE_RESTORED_LICENSED,
    /// Several license keys fit: let the user choose, and activate that one.
    choose = POLAR_LICENSE_RESTORED_CHOOSE,
    /// The key is in use on as many devices as it allows: let the user choose one to release, and activate the key
    /// then.
    no_seat = POLAR_LICENSE_RESTORED_NO_SEAT,
};

/// That the user was told that the old key ends at once, on all devices, and wants that.
struct confirmed_by_user {};

/// What is waited for, and for how long already.
struct progress {
    polar::stage stage;
    milliseconds waited;
    /// When Polar is asked again.
    milliseconds next_in;
};

/// Called before each wait, on the thread that waits; false, or an exception, ends it.
using progress_callback = std::function<bool(const progress &)>;

namespace detail {

/// Something that the library made, freed with the last copy.
template <class T> std::shared_ptr<const T> owned(T *object, void (*free)(T *))
{
    return object == nullptr ? nullptr : std::shared_ptr<const T>(object, free);
}

/// A part, which keeps the whole alive.
template <class T, class Whole> std::shared_ptr<const T> part(const std::shared_ptr<Whole> &whole, const T *object)
{
    return object == nullptr ? nullptr : std::shared_ptr<const T>(whole, object);
}

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

inline polar_license_progress_callback reporter(const progress_callback &on_progress)
{
    return on_progress ? report : nullptr;
}

inline void *data(const progress_callback &on_progress) { return const_cast<progress_callback *>(&on_progress); }

inline std::uint64_t count(milliseconds time)
{
    return time.count() < 0 ? 0 : static_cast<std::uint64_t>(time.count());
}

/// Calls a function that makes a T, or fails.
template <class T, class Call> std::shared_ptr<const T> make(void (*free)(T *), polar::failure &failure, Call call)
{
    T *object = nullptr;
    polar_license_error *error = nullptr;
    const std::int32_t kind = call(&object, &error);
    failure = polar::failure{kind, error};
    return owned(object, free);
}

} // namespace detail

/// A license key of the customer's. Of the key itself only the last six characters can be seen.
class license_key {
  public:
    license_key() = default;
    explicit license_key(std::shared_ptr<const polar_license_key> key) : handle(std::move(key)) {}

    std::string_view masked() const { return detail::text(polar_license_key_masked(get())); }
    key_status status() const { return key_status{polar_license_key_status(get())}; }
    std::string_view benefit_id() const { return detail::text(polar_license_key_benefit_id(get())); }
    /// How many devices it allows; none if it needs no activation.
    std::optional<std::int64_t> limit_activations() const
    {
        return detail::number(polar_license_key_limit_activations(get()));
    }
    std::optional<std::int64_t> limit_usage() const { return detail::number(polar_license_key_limit_usage(get())); }
    std::int64_t usage() const { return detail::number(polar_license_key_usage(get())).value_or(0); }
    std::optional<time_point> created_at() const { return detail::moment(polar_license_key_created_at_ms(get())); }
    std::optional<time_point> expires_at() const { return detail::moment(polar_license_key_expires_at_ms(get())); }
    /// Whether it was the key of the license on this device when it was read.
    bool is_here() const { return polar_license_key_is_here(get()) != 0; }
    explicit operator bool() const { return handle != nullptr; }
    const polar_license_key *get() const { return handle.get(); }

  private:
    std::shared_ptr<const polar_license_key> handle;
};

/// A device that a license key is active on.
class device {
  public:
    device() = default;
    explicit device(std::shared_ptr<const polar_license_device> shared) : handle(std::move(shared)) {}

    std::string_view label() const { return detail::text(polar_license_device_label(get())); }
    std::optional<time_point> since() const { return detail::moment(polar_license_device_since_ms(get())); }
    /// Whether it is the one that this app runs on.
    bool is_this() const { return polar_license_device_is_this(get()) != 0; }
    explicit operator bool() const { return handle != nullptr; }
    const polar_license_device *get() const { return handle.get(); }

  private:
    std::shared_ptr<const polar_license_device> handle;
};

/// The devices of a license key, or that the vendor does not show them.
class devices {
  public:
    devices() = default;
    explicit devices(std::shared_ptr<const polar_license_devices> shared) : handle(std::move(shared)) {}

    /// The oldest first; empty if they are hidden.
    std::vector<device> listed() const
    {
        std::vector<device> all;
        for (std::size_t i = 0; i < polar_license_devices_count(get()); i++)
            all.emplace_back(detail::part(handle, polar_license_devices_at(get(), i)));
        return all;
    }
    /// Whether none is shown: the vendor has switched that off, or there is none.
    bool hidden() const { return polar_license_devices_hidden(get()) != 0; }
    /// Whether there are some for certain, although none is shown.
    bool hidden_certain() const { return polar_license_devices_hidden_certain(get()) != 0; }
    /// One sentence for the user if none is shown.
    std::string_view message() const { return polar_license_devices_message(get()); }
    /// The page where customers manage their purchases, if none is shown.
    std::optional<std::string_view> page() const { return detail::string(polar_license_devices_page(get())); }
    explicit operator bool() const { return handle != nullptr; }
    const polar_license_devices *get() const { return handle.get(); }

  private:
    std::shared_ptr<const polar_license_devices> handle;
};

namespace detail {

template <class Whole>
std::vector<license_key> keys(const std::shared_ptr<Whole> &whole, const polar_license_keys *list)
{
    std::vector<license_key> all;
    for (std::size_t i = 0; i < polar_license_keys_count(list); i++)
        all.emplace_back(part(whole, polar_license_keys_at(list, i)));
    return all;
}

} // namespace detail

/// How restoring a license ended.
class restored {
  public:
    restored() = default;
    explicit restored(std::shared_ptr<const polar_license_restored> shared) : handle(std::move(shared)) {}

    polar::outcome outcome() const { return polar::outcome{polar_license_restored_outcome(get())}; }
    /// If it is licensed; lives as long as this.
    decision_view decision() const { return decision_view{polar_license_restored_decision(get())}; }
    /// Those to choose from, the best first.
    std::vector<license_key> keys() const { return detail::keys(handle, polar_license_restored_keys(get())); }
    /// The key without a free seat.
    license_key key() const { return license_key{detail::part(handle, polar_license_restored_key(get()))}; }
    /// Who has its seats.
    polar::devices devices() const { return polar::devices{detail::part(handle, polar_license_restored_devices(get()))}; }
    /// Why no seat was taken: its message is for the user.
    failure error() const { return failure{detail::part(handle, polar_license_restored_error(get()))}; }
    explicit operator bool() const { return handle != nullptr; }
    const polar_license_restored *get() const { return handle.get(); }

  private:
    std::shared_ptr<const polar_license_restored> handle;
};

/// What became of a request for a code.
class code_request {
  public:
    code_request() = default;
    explicit code_request(std::shared_ptr<const polar_license_code_request> request) : handle(std::move(request)) {}

    /// Whether the address belongs to several customers: call portal::request_code_for() for the one that the user
    /// chooses.
    bool has_choice() const { return polar_license_code_request_outcome(get()) == POLAR_LICENSE_CODE_CHOOSE; }
    /// What to show to the user, the address included; empty if there is a choice. Do not log it.
    std::string_view message() const { return polar_license_code_request_message(get()); }
    std::string_view email() const { return detail::text(polar_license_code_request_email(get())); }
    /// The names of the customers to choose from; some have none.
    std::vector<std::optional<std::string_view>> customers() const
    {
        std::vector<std::optional<std::string_view>> names;
        for (std::size_t i = 0; i < polar_license_code_request_customer_count(get()); i++)
            names.push_back(detail::string(polar_license_code_request_customer_name(get(), i)));
        return names;
    }
    explicit operator bool() const { return handle != nullptr; }
    const polar_license_code_request *get() const { return handle.get(); }

  private:
    std::shared_ptr<const polar_license_code_request> handle;
};

/// A purchase that is paid.
class purchase {
  public:
    purchase() = default;
    explicit purchase(std::shared_ptr<const polar_license_purchase> shared) : handle(std::move(shared)) {}

    /// What became of the code for the buyer's address.
    polar::code_request code_request() const
    {
        return polar::code_request{detail::part(handle, polar_license_purchase_code_request(get()))};
    }
    explicit operator bool() const { return handle != nullptr; }
    const polar_license_purchase *get() const { return handle.get(); }

  private:
    std::shared_ptr<const polar_license_purchase> handle;
};

/// What a customer may do for an hour. Its token is wiped with the last copy: let it live as long as its dialog.
class session {
  public:
    session() = default;
    explicit session(std::shared_ptr<const polar_license_session> shared) : handle(std::move(shared)) {}

    /// Activates the key that fits. Several are returned to choose from; if no seat is free, the devices are.
    polar::restored restore(failure &failure) const
    {
        return restored_by(failure, [&](auto **result, auto **error) {
            return polar_license_session_restore(get(), result, error);
        });
    }
    /// The same, but waits for a key that is on its way.
    polar::restored restore_when_granted(failure &failure, const progress_callback &on_progress = {}) const
    {
        return restored_by(failure, [&](auto **result, auto **error) {
            return polar_license_session_restore_when_granted(get(), detail::reporter(on_progress),
                                                              detail::data(on_progress), result, error);
        });
    }
    /// Activates the key of a purchase, and waits for it.
    polar::restored restore_purchase(const purchase &purchase, failure &failure,
                                     const progress_callback &on_progress = {}) const
    {
        return restored_by(failure, [&](auto **result, auto **error) {
            return polar_license_session_restore_purchase(get(), purchase.get(), detail::reporter(on_progress),
                                                          detail::data(on_progress), result, error);
        });
    }
    /// Activates this key.
    polar::restored activate(const license_key &key, failure &failure) const
    {
        return restored_by(failure, [&](auto **result, auto **error) {
            return polar_license_session_activate(get(), key.get(), result, error);
        });
    }
    std::vector<license_key> license_keys(failure &failure) const
    {
        const auto list = detail::make(polar_license_keys_free, failure, [&](auto **result, auto **error) {
            return polar_license_session_license_keys(get(), result, error);
        });
        return detail::keys(list, list.get());
    }
    /// Those that can be used.
    std::vector<license_key> usable_keys(failure &failure) const
    {
        const auto list = detail::make(polar_license_keys_free, failure, [&](auto **result, auto **error) {
            return polar_license_session_usable_keys(get(), result, error);
        });
        return detail::keys(list, list.get());
    }
    polar::devices devices(const license_key &key, failure &failure) const
    {
        return polar::devices{detail::make(polar_license_devices_free, failure, [&](auto **result, auto **error) {
            return polar_license_session_devices(get(), key.get(), result, error);
        })};
    }
    /// Releases the seat of a device.
    polar::deactivated release(const license_key &key, const device &device, failure &failure) const
    {
        std::int32_t outcome = POLAR_LICENSE_DEACTIVATED_UNKNOWN;
        polar_license_error *error = nullptr;
        const std::int32_t kind = polar_license_session_release(get(), key.get(), device.get(), &outcome, &error);
        failure = polar::failure{kind, error};
        return polar::deactivated{outcome};
    }
    /// Replaces a key; the old one ends at once, on all devices.
    license_key rotate(const license_key &key, confirmed_by_user, failure &failure) const
    {
        return license_key{detail::make(polar_license_key_free, failure, [&](auto **result, auto **error) {
            return polar_license_session_rotate(get(), key.get(), POLAR_LICENSE_CONFIRMED_BY_USER, result, error);
        })};
    }

#if defined(__cpp_exceptions)
    polar::restored restore() const
    {
        return detail::or_throw([&](failure &failure) { return restore(failure); });
    }
    polar::restored restore_when_granted(const progress_callback &on_progress = {}) const
    {
        return detail::or_throw([&](failure &failure) { return restore_when_granted(failure, on_progress); });
    }
    polar::restored restore_purchase(const purchase &purchase, const progress_callback &on_progress = {}) const
    {
        return detail::or_throw([&](failure &failure) { return restore_purchase(purchase, failure, on_progress); });
    }
    polar::restored activate(const license_key &key) const
    {
        return detail::or_throw([&](failure &failure) { return activate(key, failure); });
    }
    std::vector<license_key> license_keys() const
    {
        return detail::or_throw([&](failure &failure) { return license_keys(failure); });
    }
    std::vector<license_key> usable_keys() const
    {
        return detail::or_throw([&](failure &failure) { return usable_keys(failure); });
    }
    polar::devices devices(const license_key &key) const
    {
        return detail::or_throw([&](failure &failure) { return devices(key, failure); });
    }
    polar::deactivated release(const license_key &key, const device &device) const
    {
        return detail::or_throw([&](failure &failure) { return release(key, device, failure); });
    }
    license_key rotate(const license_key &key, confirmed_by_user confirmed) const
    {
        return detail::or_throw([&](failure &failure) { return rotate(key, confirmed, failure); });
    }
#endif

    explicit operator bool() const { return handle != nullptr; }
    const polar_license_session *get() const { return handle.get(); }

  private:
    template <class Call> static polar::restored restored_by(failure &failure, Call call)
    {
        return polar::restored{detail::make(polar_license_restored_free, failure, call)};
    }

    std::shared_ptr<const polar_license_session> handle;
};

/// A purchase under way.
class checkout {
  public:
    checkout() = default;
    explicit checkout(std::shared_ptr<const polar_license_checkout> shared) : handle(std::move(shared)) {}

    /// The address to open in a browser. It holds a secret: give it to nobody else.
    std::string address() const { return std::string{detail::text(polar_license_checkout_address(get()))}; }
    /// Follows it until it is paid, and has a code mailed to the buyer then.
    polar::purchase follow(milliseconds within, failure &failure, const progress_callback &on_progress = {}) const
    {
        return polar::purchase{detail::make(polar_license_purchase_free, failure, [&](auto **result, auto **error) {
            return polar_license_checkout_follow(get(), detail::count(within), detail::reporter(on_progress),
                                                 detail::data(on_progress), result, error);
        })};
    }
#if defined(__cpp_exceptions)
    polar::purchase follow(milliseconds within, const progress_callback &on_progress = {}) const
    {
        return detail::or_throw([&](failure &failure) { return follow(within, failure, on_progress); });
    }
#endif

    explicit operator bool() const { return handle != nullptr; }
    const polar_license_checkout *get() const { return handle.get(); }

  private:
    std::shared_ptr<const polar_license_checkout> handle;
};

/// A page on this computer that a browser goes to after a purchase.
class success_page {
  public:
    success_page() = default;
    success_page(std::uint16_t port, failure &failure)
        : handle(detail::make(polar_license_success_page_free, failure, [&](auto **result, auto **error) {
              return polar_license_success_page_listen(port, result, error);
          }))
    {
    }
#if defined(__cpp_exceptions)
    explicit success_page(std::uint16_t port)
        : success_page(detail::or_throw([&](failure &failure) { return success_page{port, failure}; }))
    {
    }
#endif

    /// The success URL of the checkout, for the vendor's backend alone.
    std::string address() const { return std::string{detail::text(polar_license_success_page_address(get()))}; }
    explicit operator bool() const { return handle != nullptr; }
    const polar_license_success_page *get() const { return handle.get(); }

  private:
    std::shared_ptr<const polar_license_success_page> handle;
};

/// The customer portal of a license. Must not be used once that is gone.
class portal {
  public:
    explicit portal(const polar::license &opened) : license(opened.get()) {}

    /// Has a code mailed to the address of the purchase. Show its message.
    code_request request_code(const std::string &email, failure &failure) const
    {
        return code_request{detail::make(polar_license_code_request_free, failure, [&](auto **result, auto **error) {
            return polar_license_portal_request_code(license, email.c_str(), result, error);
        })};
    }
    /// Has a code mailed for one of several customers with the same address.
    code_request request_code_for(const code_request &chosen_from, std::size_t customer, failure &failure) const
    {
        return code_request{detail::make(polar_license_code_request_free, failure, [&](auto **result, auto **error) {
            return polar_license_portal_request_code_for(license, chosen_from.get(), customer, result, error);
        })};
    }
    /// Begins a session with the code from the mail.
    session authenticate(const std::string &code, failure &failure) const
    {
        return begun(failure, [&](auto **result, auto **error) {
            return polar_license_portal_authenticate(license, code.c_str(), result, error);
        });
    }
    /// Begins a session by accepting an invitation to a team. The key comes a moment later.
    session claim_seat(const std::string &invitation, failure &failure) const
    {
        return begun(failure, [&](auto **result, auto **error) {
            return polar_license_portal_claim_seat(license, invitation.c_str(), result, error);
        });
    }
    /// Begins a session with a token that the vendor's backend hands over.
    session session_from_token(const std::string &token, failure &failure) const
    {
        return begun(failure, [&](auto **result, auto **error) {
            return polar_license_portal_session_from_token(license, token.c_str(), result, error);
        });
    }
    /// Waits for a browser, and begins a session with the token that it brings.
    session wait(const success_page &page, milliseconds within, failure &failure) const
    {
        return begun(failure, [&](auto **result, auto **error) {
            return polar_license_success_page_wait(page.get(), license, detail::count(within), result, error);
        });
    }
    /// Makes a checkout by the vendor's link.
    polar::checkout checkout(const std::string &link, failure &failure) const
    {
        return polar::checkout{detail::make(polar_license_checkout_free, failure, [&](auto **result, auto **error) {
            return polar_license_portal_checkout(license, link.c_str(), result, error);
        })};
    }
    /// A checkout that the vendor's backend has made.
    polar::checkout checkout_from_secret(const std::string &client_secret, failure &failure) const
    {
        return polar::checkout{detail::make(polar_license_checkout_free, failure, [&](auto **result, auto **error) {
            return polar_license_portal_checkout_from_secret(license, client_secret.c_str(), result, error);
        })};
    }

#if defined(__cpp_exceptions)
    code_request request_code(const std::string &email) const
    {
        return detail::or_throw([&](failure &failure) { return request_code(email, failure); });
    }
    code_request request_code_for(const code_request &chosen_from, std::size_t customer) const
    {
        return detail::or_throw([&](failure &failure) { return request_code_for(chosen_from, customer, failure); });
    }
    session authenticate(const std::string &code) const
    {
        return detail::or_throw([&](failure &failure) { return authenticate(code, failure); });
    }
    session claim_seat(const std::string &invitation) const
    {
        return detail::or_throw([&](failure &failure) { return claim_seat(invitation, failure); });
    }
    session session_from_token(const std::string &token) const
    {
        return detail::or_throw([&](failure &failure) { return session_from_token(token, failure); });
    }
    session wait(const success_page &page, milliseconds within) const
    {
        return detail::or_throw([&](failure &failure) { return wait(page, within, failure); });
    }
    polar::checkout checkout(const std::string &link) const
    {
        return detail::or_throw([&](failure &failure) { return checkout(link, failure); });
    }
    polar::checkout checkout_from_secret(const std::string &client_secret) const
    {
        return detail::or_throw([&](failure &failure) { return checkout_from_secret(client_secret, failure); });
    }
#endif

  private:
    template <class Call> static session begun(failure &failure, Call call)
    {
        return session{detail::make(polar_license_session_free, failure, call)};
    }

    const polar_license *license;
};

} // namespace polar

#undef POLAR_LICENSE_TRY
#undef POLAR_LICENSE_CATCH
#endif
