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

// ENUMERATIONS

// CLASSES

/// The session of a customer. It lasts an hour. Keep the session only as long as its dialog is open: the customer's
/// token is wiped when the last copy of the session is destroyed.
class session : public detail::part, private detail::caller {
  public:
    session() = default;
    session(const polar_license *object, detail::shared_reply whole) : part(std::move(whole)), caller(object) {}

    // SESSION
};

/// A purchase in progress.
class checkout : public detail::part, private detail::caller {
  public:
    checkout() = default;
    checkout(const polar_license *object, detail::shared_reply whole) : part(std::move(whole)), caller(object) {}

    /// The address to open in a browser. It contains a secret: pass it only to the browser.
    std::string address() const { return std::string{detail::text(polar_license_reply_address(reply.get()))}; }
    // CHECKOUT
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
    // PORTAL
};

} // namespace polar

#undef POLAR_LICENSE_TRY
#undef POLAR_LICENSE_CATCH
#endif
