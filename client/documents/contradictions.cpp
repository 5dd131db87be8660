#include "documents/contradictions.h"
#include <algorithm>

namespace documents {
namespace {

using Kind = Problem::Kind;

/// The earliest day among the documents cited: work done before it was done before all of them.
std::optional<base::Date> firstDocumentDay(const ImportRow& row) {
    std::optional<base::Date> first;
    for (const domain::DocumentRef& document : row.documents) {
        if (document.date && (!first || *document.date < *first)) first = document.date;
    }
    return first;
}

bool isStandingWork(const ImportRow& row) {
    return domain::isStanding(row.deadline) || domain::saysStanding(row.kindRaw);
}

/// Within the month or quarter of the field there is no contradiction.
bool agrees(const domain::Deadline& deadline, base::Date named) {
    using DeadlineKind = domain::Deadline::Kind;
    if (!deadline.last) return false;
    if (deadline.kind == DeadlineKind::Date) return named == *deadline.last;
    base::Civil last = base::civilOf(*deadline.last);
    base::Civil day = base::civilOf(named);
    int months = deadline.kind == DeadlineKind::Quarter ? 3 : 1;
    return day.year == last.year && day.month <= last.month && day.month > last.month - months;
}

void compareDeadline(const ImportRow& row, std::vector<Contradiction>& out) {
    auto named = domain::deadlinesInText(row.content);
    if (named.size() != 1 || agrees(row.deadline, named[0])) return;
    std::string day = base::toVietnamese(named[0]);
    if (row.deadline.kind == domain::Deadline::Kind::None) {
        out.push_back({Kind::DeadlineDiffersFromText, Column::Content,
                       "Nội dung nêu hạn " + day + " nhưng không có thời hạn trong cột riêng"});
    } else {
        out.push_back({Kind::DeadlineDiffersFromText, Column::Deadline,
                       "Nội dung nêu hạn " + day + " khác với cột thời hạn"});
    }
}

}  // namespace

std::vector<Contradiction> contradictionsOf(const ImportRow& row, bool hasStatus,
                                            std::optional<base::Date> today) {
    std::vector<Contradiction> out;
    auto add = [&](Kind kind, Column column, std::string message) {
        out.push_back({kind, column, std::move(message)});
    };
    bool done = row.status == Status::Completed;
    if (hasStatus && row.statusRaw.empty())
        add(Kind::StatusBlank, Column::Status, "Chưa ghi trạng thái thực hiện");
    if (done && row.completedRaw.empty())
        add(Kind::DoneWithoutDate, Column::CompletedOn,
            "Đã hoàn thành nhưng không có ngày hoàn thành");
    if (row.completedOn && row.status && !done)
        add(Kind::DateWhileInProgress, Column::CompletedOn,
            "Có ngày hoàn thành nhưng trạng thái chưa phải là đã hoàn thành");
    auto document = firstDocumentDay(row);
    if (row.completedOn && document && *row.completedOn < *document)
        add(Kind::CompletedBeforeDocument, Column::CompletedOn,
            "Ngày hoàn thành trước ngày của văn bản giao (" + base::toVietnamese(*document) + ")");
    if (row.completedOn && today && *row.completedOn > *today)
        add(Kind::CompletedInFuture, Column::CompletedOn, "Ngày hoàn thành ở tương lai");
    if (done && isStandingWork(row))
        add(Kind::DoneButStanding, Column::Deadline,
            "Đã hoàn thành nhưng là nhiệm vụ thường xuyên hoặc định kỳ");
    compareDeadline(row, out);
    return out;
}

}  // namespace documents
