#include "sample_changes.h"
#include "sample_text.h"

namespace bench {
namespace {

using domain::Change;
using domain::Field;
using domain::ObjectKind;
using domain::Written;

constexpr std::int64_t kFirstDay = 19'700;  // late in 2023
constexpr std::uint64_t kDays = 1'800;
constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::uint64_t kCommonSyllables = 220;

}  // namespace

base::ObjectId SampleChanges::id() {
    m_earlierSave = m_random();
    base::ObjectId out;
    for (auto& byte : out.mutableView()) byte = static_cast<std::uint8_t>(m_random() >> 32);
    return out;
}

std::int64_t SampleChanges::day() {
    return kFirstDay + static_cast<std::int64_t>(below(kDays));
}

/// Words that no phrase foresees: half of them from the most frequent syllables.
std::string SampleChanges::syllables(std::size_t count) {
    const Phrases& all = bench::syllables();
    std::string out;
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) out += ' ';
        out += all[below(chance(40) ? kCommonSyllables : all.size())];
    }
    return out;
}

std::string SampleChanges::report() {
    std::string out;
    switch (below(7)) {
        case 0:
            return std::string(pick(sentences()));
        case 1:
            return syllables(6 + below(10)) + ", " + std::string(pick(endings()));
        case 2:
            return std::string(pick(openings())) + " " + std::string(pick(partners())) + " về " +
                   syllables(6 + below(8));
        case 3:
            return std::string(pick(openings())) + " " + syllables(3 + below(6)) + "; " +
                   std::string(pick(endings()));
        case 4:
            return syllables(4 + below(14));
        case 5:
            return std::string(pick(openings())) + " " + std::string(pick(matters())) + ", " +
                   std::string(pick(endings()));
        default:
            break;
    }
    out = std::string(pick(openings())) + " " + std::string(pick(partners())) + " về " +
          std::string(pick(matters()));
    if (chance(50)) out += ", " + std::string(pick(endings()));
    return out;
}

std::string SampleChanges::person() {
    std::string out(pick(surnames()));
    out += " " + std::string(pick(middleNames()));
    if (chance(20)) out += " " + std::string(pick(middleNames()));
    return out + " " + std::string(pick(givenNames()));
}

std::string SampleChanges::documentText() {
    std::string out = std::to_string(1 + below(below(3) == 0 ? 400 : 6000)) + "/" +
                      std::string(pick(documentKinds()));
    if (!chance(30)) return out;
    return out + " ngày " + std::to_string(1 + below(28)) + "/" + std::to_string(1 + below(12)) +
           "/" + std::to_string(2024 + below(4));
}

domain::FieldWrite SampleChanges::write(Field field, domain::Value value, bool replaces) {
    domain::FieldWrite out{field, std::move(value), {}};
    constexpr unsigned kOneSavePercent = 80;  // that the whole form was written by one earlier save
    if (replaces) out.replaces.push_back(chance(kOneSavePercent) ? m_earlierSave : m_random());
    return out;
}

/// An officer's form, saved: the short values first, then the texts.
Change SampleChanges::save() {
    Written out{ObjectKind::Assignment, id(), {}};
    bool again = chance(35);
    auto number = [&](Field field, std::int64_t value) {
        out.fields.push_back(write(field, value, again));
    };
    auto text = [&](Field field, std::string value) {
        out.fields.push_back(write(field, std::move(value), again));
    };
    number(Field::Status, 1 + static_cast<std::int64_t>(below(10)));
    number(Field::Percent, static_cast<std::int64_t>(chance(40) ? below(21) * 5 : below(101)));
    number(Field::ReportedAt,
           day() * kDayMs + static_cast<std::int64_t>(below(chance(50) ? 86'400 : 86'400'000)) *
                                (chance(70) ? 1000 : 1) % kDayMs);
    number(chance(70) ? Field::AssignmentDeadline : Field::CompletedOn, day());
    number(Field::AssignmentOrder, static_cast<std::int64_t>(below(chance(50) ? 400 : 20'000)));
    text(Field::Performer, person());
    text(Field::DocumentText, documentText());
    text(Field::Result, report());
    if (!chance(70)) {  // some fields were left as they are
        std::erase_if(out.fields, [&](const auto&) { return chance(40); });
        if (out.fields.empty()) text(Field::Result, report());
    }
    return out;
}

Change SampleChanges::completion() {
    Written out{ObjectKind::Assignment, id(), {}};
    bool again = chance(50);
    out.fields.push_back(write(Field::Result, report(), again));
    out.fields.push_back(write(Field::CompletedOn, day(), again && chance(20)));
    out.fields.push_back(
        write(Field::Status, static_cast<std::int64_t>(domain::Status::Completed), again));
    return out;
}

Change SampleChanges::note() {
    auto kind = static_cast<domain::NoteKind>(chance(80) ? 1 : 1 + below(3));
    return domain::Noted{ObjectKind::Assignment, id(), kind, report()};
}

Change SampleChanges::small() {
    Written out{ObjectKind::Assignment, id(), {}};
    bool again = chance(60);
    switch (below(5)) {
        case 0:
            out.fields.push_back(
                write(Field::Status, 1 + static_cast<std::int64_t>(below(10)), again));
            break;
        case 1:
            out.fields.push_back(write(Field::Result, report(), again));
            break;
        case 2:
            out.fields.push_back(write(Field::AssignmentDeadline, day(), again));
            break;
        case 3:
            out.fields.push_back(write(Field::Performer,
                                       std::string(chance(50) ? pick(units()) : pick(surnames())),
                                       again));
            break;
        default:
            out.fields.push_back(
                write(Field::Percent, static_cast<std::int64_t>(below(101)), again));
            out.fields.push_back(write(Field::Result, report(), again));
    }
    return out;
}

Change SampleChanges::assignment() {
    Written out{ObjectKind::Assignment, id(), {}};
    out.fields.push_back(write(Field::AssignmentTask, std::vector<base::ObjectId>{id()}, false));
    out.fields.push_back(
        write(Field::AssignmentOrder, static_cast<std::int64_t>(below(900)), false));
    out.fields.push_back(
        write(Field::Status, static_cast<std::int64_t>(domain::Status::Assigned), false));
    return out;
}

Change SampleChanges::task() {
    Written out{ObjectKind::Task, id(), {}};
    auto add = [&](Field field, domain::Value value) {
        out.fields.push_back(write(field, std::move(value), false));
    };
    add(Field::TaskContent, std::string(pick(orders())) + " về " + std::string(pick(matters())));
    add(Field::TaskDocuments, std::vector<base::ObjectId>{id()});
    add(Field::TaskNumber, std::to_string(1 + below(300)));
    add(Field::TaskDeadline, day());
    add(Field::TaskDeadlineKind, 1 + static_cast<std::int64_t>(below(4)));
    add(Field::TaskLeadRaw, std::string(pick(units())));
    add(Field::TaskOrder, static_cast<std::int64_t>(below(900)));
    return out;
}

std::vector<Change> SampleChanges::act() {
    std::uint64_t kind = below(100);
    if (kind < 55) return {save()};
    if (kind < 70) return {completion()};
    if (kind < 84) return {note()};
    if (kind < 92) return {small()};
    if (kind < 95) return {completion(), note()};
    if (kind < 97) return {task(), assignment()};
    std::vector<Change> out;
    for (std::uint64_t n = 2 + below(3); n > 0; --n) out.push_back(save());
    return out;
}

}  // namespace bench
