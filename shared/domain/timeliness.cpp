#include "domain/timeliness.h"

namespace domain {
namespace {

constexpr base::TimeMs kDayMs = 86'400'000;

constexpr std::string_view kNames[] = {"in_progress_on_time",
                                       "in_progress_overdue",
                                       "in_progress_no_deadline",
                                       "completed_on_time",
                                       "completed_late",
                                       "completed_undecided",
                                       "suspended",
                                       "not_applicable",
                                       "unknown",
                                       "recalled"};
constexpr std::string_view kProofNames[] = {"received_in_time", "signed_in_time", "reported_after",
                                            "undecided", "as_recorded"};

}  // namespace

std::string_view timelinessName(Timeliness t) {
    return kNames[static_cast<std::size_t>(t)];
}

std::optional<Timeliness> timelinessFromName(std::string_view name) {
    for (std::size_t i = 0; i < std::size(kNames); ++i) {
        if (kNames[i] == name) return static_cast<Timeliness>(i);
    }
    return {};
}

Timeliness timelinessOf(Status status, std::optional<base::Date> deadline,
                        std::optional<base::Date> completedOn, base::Date asOf) {
    switch (status) {
        case Status::Suspended:
            return Timeliness::Suspended;
        case Status::NotApplicable:
            return Timeliness::NotApplicable;
        case Status::Recalled:
            return Timeliness::Recalled;
        case Status::Unknown:
            return Timeliness::Unknown;
        case Status::Completed:
            if (completedOn && *completedOn > asOf) break;
            if (!deadline) return Timeliness::CompletedOnTime;
            if (!completedOn) return Timeliness::CompletedUndecided;
            return *completedOn <= *deadline ? Timeliness::CompletedOnTime
                                             : Timeliness::CompletedLate;
        default:
            break;
    }
    if (!deadline) return Timeliness::InProgressNoDeadline;
    return *deadline < asOf ? Timeliness::InProgressOverdue : Timeliness::InProgressOnTime;
}

void Summary::add(Timeliness timeliness) {
    auto index = static_cast<std::size_t>(timeliness);
    if (index < parts.size()) parts[index] += 1;
}

std::uint64_t Summary::total() const {
    std::uint64_t sum = 0;
    for (std::uint64_t part : parts) sum += part;
    return sum;
}

std::string_view proofName(Proof proof) {
    return kProofNames[static_cast<std::size_t>(proof)];
}

Proof proofOf(const ProofTimes& times, std::optional<base::Date> deadline) {
    if (times.imported) return Proof::AsRecorded;
    if (!deadline) return times.received ? Proof::ReceivedInTime : Proof::Undecided;
    base::TimeMs end = base::startOfDay(*deadline) + kDayMs;
    if (times.received && *times.received < end) return Proof::ReceivedInTime;
    if (times.notBefore >= end) return Proof::ReportedAfter;
    bool insideBracket =
        times.claimed >= times.notBefore && (!times.received || times.claimed <= *times.received);
    if (times.claimed < end && insideBracket) return Proof::SignedInTime;
    return Proof::Undecided;
}

}  // namespace domain
