#pragma once
// What happened, in words, and a hash over all of it: the same seed tells the same story, byte for
// byte.

#include <deque>
#include <string>
#include <type_traits>
#include <vector>

#include "base/clock.h"
#include "crypto/crypto.h"

namespace sim {

using base::Bytes;
using base::ByteView;

/// A broken invariant; ends the seed.
struct Violation {
    std::string what;
};

class Story {
public:
    enum class Print { No, Yes };
    Story(const base::TimeMs& time, Print print) : m_time(time), m_print(print) {}

    void tell(const std::string& event);
    /// Bytes that must be the same in every run, e.g. a message.
    void mix(base::ByteView bytes);
    base::Hash hash() const { return m_hash; }
    std::vector<std::string> lastEvents() const { return {m_events.begin(), m_events.end()}; }

private:
    const base::TimeMs& m_time;
    Print m_print;
    base::Hash m_hash;
    std::deque<std::string> m_events;
};

[[noreturn]] void violated(const std::string& what);
inline void must(bool holds, const std::string& what) {
    if (!holds) violated(what);
}
template <class T>
T must(base::Result<T> result, const std::string& what) {
    if (!result) violated(what + ": " + result.error().message);
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// The first letters of an identifier, for the story.
template <class Id>
std::string brief(const Id& id) {
    return id.hex().substr(0, 8);
}

}  // namespace sim
