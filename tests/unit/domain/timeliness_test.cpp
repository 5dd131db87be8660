#include "domain/timeliness.h"
#include <catch2/catch.hpp>

using base::Date;
using domain::Proof;
using domain::Status;
using domain::Summary;
using domain::Timeliness;
using domain::timelinessOf;
using Day = std::optional<Date>;

namespace {

constexpr Date kDeadline{20'331};  // 2025-08-31
constexpr Date before(int days = 1) {
    return Date{kDeadline.days - days};
}
constexpr Date after(int days = 1) {
    return Date{kDeadline.days + days};
}

void is(Timeliness expected, Status status, Day deadline, Day completed, Date asOf) {
    INFO(domain::statusName(status));
    CHECK(domain::timelinessName(timelinessOf(status, deadline, completed, asOf)) ==
          domain::timelinessName(expected));
}

}  // namespace

TEST_CASE("timeliness: work in progress is on time through its deadline's day") {
    for (Status status : {Status::Assigned, Status::Received, Status::InProgress,
                          Status::AwaitingLeader, Status::Submitted, Status::Returned}) {
        is(Timeliness::InProgressOnTime, status, kDeadline, {}, before());
        is(Timeliness::InProgressOnTime, status, kDeadline, {}, kDeadline);
        is(Timeliness::InProgressOverdue, status, kDeadline, {}, after());
        is(Timeliness::InProgressNoDeadline, status, {}, {}, after());
        is(Timeliness::InProgressOverdue, status, kDeadline, before(),
           after());  // a date alone completes nothing
    }
}

TEST_CASE("timeliness: completed work is judged by its date and not by today") {
    is(Timeliness::CompletedOnTime, Status::Completed, kDeadline, kDeadline, after(100));
    is(Timeliness::CompletedOnTime, Status::Completed, kDeadline, before(), after(100));
    is(Timeliness::CompletedLate, Status::Completed, kDeadline, after(), after());
    is(Timeliness::CompletedUndecided, Status::Completed, kDeadline, {}, after());
    is(Timeliness::CompletedUndecided, Status::Completed, kDeadline, {}, before());
    is(Timeliness::CompletedOnTime, Status::Completed, {}, {}, after());
    is(Timeliness::CompletedOnTime, Status::Completed, {}, before(), after());
}

TEST_CASE("timeliness: what was completed later was in progress on the day asked for") {
    is(Timeliness::InProgressOnTime, Status::Completed, kDeadline, after(5), before());
    is(Timeliness::InProgressOverdue, Status::Completed, kDeadline, after(5), after(4));
    is(Timeliness::CompletedLate, Status::Completed, kDeadline, after(5), after(5));
    is(Timeliness::InProgressNoDeadline, Status::Completed, {}, after(5), before());
}

TEST_CASE("timeliness: suspended, not applicable, recalled and unknown stay what they are") {
    for (Day deadline : {Day(), Day(kDeadline)}) {
        for (Day completed : {Day(), Day(before())}) {
            is(Timeliness::Suspended, Status::Suspended, deadline, completed, after());
            is(Timeliness::NotApplicable, Status::NotApplicable, deadline, completed, after());
            is(Timeliness::Recalled, Status::Recalled, deadline, completed, after());
            is(Timeliness::Unknown, Status::Unknown, deadline, completed, after());
        }
    }
}

TEST_CASE("timeliness: nine parts make the total whatever was added, and the recalled leave it") {
    Summary summary;
    std::uint64_t counted = 0;
    for (int status = 1; status <= 11; ++status) {
        for (Day deadline : {Day(), Day(kDeadline), Day(before(40))}) {
            for (Day completed : {Day(), Day(before()), Day(after())}) {
                for (Date asOf : {before(9), kDeadline, after(9)}) {
                    Timeliness one =
                        timelinessOf(static_cast<Status>(status), deadline, completed, asOf);
                    if (one != Timeliness::Recalled) ++counted;
                    summary.add(one);
                }
            }
        }
    }
    CHECK(summary.total() == counted);
    CHECK(counted == 10 * 27);
    for (std::uint64_t part : summary.parts) CHECK(part > 0);
}

TEST_CASE("timeliness: each name names itself") {
    for (int i = 0; i <= static_cast<int>(Timeliness::Recalled); ++i) {
        auto one = static_cast<Timeliness>(i);
        CHECK((domain::timelinessFromName(domain::timelinessName(one)) == one));
    }
    CHECK_FALSE(domain::timelinessFromName("late"));
    for (int i = 1; i <= 11; ++i) {
        auto one = static_cast<Status>(i);
        CHECK((domain::statusFromName(domain::statusName(one)) == one));
    }
    CHECK_FALSE(domain::statusFromName("finished"));
    CHECK(domain::statusName(static_cast<Status>(0)) == "unknown");
    CHECK(domain::statusName(static_cast<Status>(200)) == "unknown");
}

TEST_CASE("proof: a completion's time is graded by what others saw") {
    base::TimeMs end = base::startOfDay(after());  // 24:00 of the deadline's day
    auto grade = [](base::TimeMs claimed, base::TimeMs notBefore,
                    std::optional<base::TimeMs> received, bool imported = false) {
        return std::string(domain::proofName(
            domain::proofOf({claimed, notBefore, received, imported}, kDeadline)));
    };
    CHECK(grade(end - 5, end - 9, end - 1) == "received_in_time");
    CHECK(grade(end + 5, end - 9, end - 1) == "received_in_time");
    CHECK(grade(end - 1, end - 9, end) == "signed_in_time");
    CHECK(grade(end - 1, end - 9, {}) == "signed_in_time");
    CHECK(grade(end - 9, end - 9, end + 9) == "signed_in_time");
    CHECK(grade(end - 10, end - 9, end + 9) ==
          "undecided");  // claims to be older than what it had seen
    CHECK(grade(end, end - 9, end + 9) == "undecided");
    CHECK(grade(end - 1, end, end + 9) == "reported_after");
    CHECK(grade(end - 1, end, {}) == "reported_after");
    CHECK(grade(end - 5, end - 9, end - 1, true) == "as_recorded");
    CHECK((domain::proofOf({1, 0, 5, false}, {}) == Proof::ReceivedInTime));
    CHECK((domain::proofOf({1, 0, {}, false}, {}) == Proof::Undecided));
    CHECK((domain::proofOf({1, 0, 5, true}, {}) == Proof::AsRecorded));
}
