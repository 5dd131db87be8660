#pragma once
// Expected failures are values: Result<T> is either a T or an Error that says what to do.

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace base {

/// What kind of failure; the name of a code (`codeName`) is what `--json` prints and scripts rely
/// on.
enum class Code {
    Usage,              // the command line is wrong
    InvalidInput,       // a table, an invitation, a date: something a person gave
    NotFound,           // no such object
    NoPassphrase,       // none given and no terminal to ask at
    WrongPassphrase,    // the key slot does not open
    Unreachable,        // no connection to the server
    Cut,                // the connection ended before the session did
    HomeBusy,           // another process holds this home or data folder
    UnknownUnit,        // no unit with that code
    InvitationExpired,  // the invitation's time is over
    InvitationUsed,     // a device was already enrolled with it
    Refused,            // the other side refused, with its reason
    ServerPaused,       // the server takes no new work for now; a later try goes through
    NotPermitted,       // the roles of this officer do not allow it
    WaitingForKey,      // enrolled, but the office has not granted the scope key yet
    Malformed,          // bytes from outside that are not what they should be
    BadSignature,       // a signature or authentication tag that does not verify
    Limit,              // over a named limit
    DeviceRevoked,      // the province revoked this device, and its data was removed
    Forked,             // history that contradicts what was verified before
    Unsupported,        // from a newer version
    Corrupt,            // own stored data fails authentication
    Io,                 // disk or operating system
    Internal,           // a rule of ours was broken; nothing was written
};

std::string_view codeName(Code code);

/// One sentence for a person: what was attempted, on what, what to do.
struct Error {
    Code code;
    std::string message;
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> fail(Code code, std::string message) {
    return tl::unexpected<Error>(Error{code, std::move(message)});
}

}  // namespace base

// Propagates an error to the caller: `TRY(auto x, f());` binds the value, `CHECK_OK(f());` only
// looks for the error.
#define TS_CONCAT_(a, b) a##b
#define TS_CONCAT(a, b) TS_CONCAT_(a, b)
#define TRY_IMPL_(tmp, target, expression)                                  \
    auto tmp = (expression);                                                \
    if (!tmp) return tl::unexpected<::base::Error>(std::move(tmp).error()); \
    target = std::move(*tmp)
#define TRY(target, ...) TRY_IMPL_(TS_CONCAT(tryResult_, __COUNTER__), target, (__VA_ARGS__))
#define CHECK_OK_IMPL_(tmp, expression)                                         \
    do {                                                                        \
        auto tmp = (expression);                                                \
        if (!tmp) return tl::unexpected<::base::Error>(std::move(tmp).error()); \
    } while (false)
#define CHECK_OK(...) CHECK_OK_IMPL_(TS_CONCAT(checkOk_, __COUNTER__), (__VA_ARGS__))
