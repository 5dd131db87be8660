#pragma once
// Timeliness is derived, never stored, for any chosen day; and the figures that must always add up.

#include <array>
#include <optional>
#include <string_view>
#include "base/time.h"
#include "domain/calendar.h"
#include "domain/fields.h"

namespace domain {

/// The nine parts of a summary, and the words of `task list --timeliness`.
enum class Timeliness : std::uint8_t {
    InProgressOnTime,
    InProgressOverdue,
    InProgressNoDeadline,
    CompletedOnTime,
    CompletedLate,
    CompletedUndecided,
    Suspended,
    NotApplicable,
    Unknown,
    Recalled,  // leaves the total
};
std::string_view timelinessName(Timeliness timeliness);
std::optional<Timeliness> timelinessFromName(std::string_view name);

/// Overdue: deadline < asOf. A completion dated after asOf was still in progress then. Done without
/// a date cannot be decided, unless there is no deadline: then it counts as on time.
Timeliness timelinessOf(Status status, std::optional<base::Date> deadline,
                        std::optional<base::Date> completedOn, base::Date asOf);

inline constexpr std::size_t kSummaryParts = 9;
struct Summary {
    std::array<std::uint64_t, kSummaryParts> parts{};
    void add(Timeliness timeliness);
    std::uint64_t total() const;
};

/// How well a completion's time is proven (PROTOCOL.md, section 14).
enum class Proof : std::uint8_t {
    ReceivedInTime,
    SignedInTime,
    ReportedAfter,
    Undecided,
    AsRecorded
};
std::string_view proofName(Proof proof);
struct ProofTimes {
    base::TimeMs claimed = 0;
    base::TimeMs notBefore = 0;            // arrival of the newest thing the author had seen
    std::optional<base::TimeMs> received;  // nothing while pending
    bool imported = false;
};
/// A day ends at 24:00 local time.
Proof proofOf(const ProofTimes& times, std::optional<base::Date> deadline);

}  // namespace domain
