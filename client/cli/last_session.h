#pragma once
// How the last sessions with the server went, kept in the home for `status`: whoever saw the answer
// may have closed its window.

#include <optional>
#include <string>
#include "replica/replica.h"

namespace cli {

/// An idle watch writes to the disk once in so many milliseconds.
inline constexpr base::TimeMs kSessionNoteMs = 60'000;

/// The last session that did not end well.
struct Failure {
    base::TimeMs at = 0;  // this machine's clock
    std::string sentence;
};

base::Status noteSync(replica::Replica& replica, const base::Clock& clock);
/// Nothing before the first; this machine's clock.
std::optional<base::TimeMs> lastSync(const replica::Replica& replica);

/// What repeats itself is written once a minute.
base::Status noteFailure(replica::Replica& replica, const base::Clock& clock,
                         const base::Error& error);
/// A session has ended well.
base::Status clearFailure(replica::Replica& replica);
/// Nothing where the last session ended well.
std::optional<Failure> lastFailure(const replica::Replica& replica);

}  // namespace cli
