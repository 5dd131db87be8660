#include "replica/assignments.h"
#include <algorithm>
#include "base/text.h"
#include "replica/id_prefix.h"
#include "replica/unit_named.h"

namespace replica {
namespace {

using base::Code;
using base::fail;
using domain::Field;
using domain::ObjectKind;

using Index = std::map<std::pair<base::ScopeId, base::ObjectId>, domain::Row>;

struct Tables {
    Index documents;
    Index tasks;
    std::vector<std::pair<base::ScopeId, domain::Row>> assignments;
};

Result<Tables> readAll(Replica& replica, const std::optional<base::ScopeId>& only) {
    Tables out;
    CHECK_OK(replica.eachRow([&](const base::ScopeId& scope, domain::Row row) -> Result<bool> {
        if (only && scope != *only) return true;
        auto key = std::make_pair(scope, row.id());
        if (row.kind() == ObjectKind::Document)
            out.documents.emplace(key, std::move(row));
        else if (row.kind() == ObjectKind::Task)
            out.tasks.emplace(key, std::move(row));
        else if (row.kind() == ObjectKind::Assignment)
            out.assignments.emplace_back(scope, std::move(row));
        return true;
    }));
    return out;
}

std::optional<base::Date> dateOf(const domain::Row& row, Field field) {
    auto days = row.number(field);
    return days ? domain::dateFromNumber(*days) : std::nullopt;
}

void join(AssignmentInfo& info, const Tables& tables) {
    auto task = tables.tasks.find({info.key.scope, info.task});
    if (task == tables.tasks.end()) return;
    const domain::Row& t = task->second;
    info.content = t.text(Field::TaskContent);
    info.section = t.text(Field::TaskSection);
    info.deadlineRaw = t.text(Field::TaskDeadlineRaw);
    if (!info.deadline) info.deadline = dateOf(t, Field::TaskDeadline);
    info.pending = info.pending || t.hasPending();
    info.isDoubtful = t.shown(Field::TaskDoubtful) != nullptr;
    for (const base::ObjectId& id : t.ids(Field::TaskDocuments)) {
        auto document = tables.documents.find({info.key.scope, id});
        if (document != tables.documents.end())
            info.documents.push_back(document->second.text(Field::DocumentCode));
    }
    if (auto order = t.number(Field::TaskOrder)) info.order = *order;
}

Result<std::optional<domain::Proof>> proofOf(Replica& replica, const AssignmentInfo& info) {
    TRY(auto history, replica.history(info.key));
    const Replica::HistoryItem* last = nullptr;
    bool imported = false;
    for (const auto& item : history) {
        const domain::Written* written = domain::writtenIn(item.change);
        if (written == nullptr) continue;
        bool completes = false;
        bool fromTable = false;
        for (const domain::FieldWrite& w : written->fields) {
            completes = completes || w.field == Field::Status || w.field == Field::CompletedOn;
            fromTable = fromTable || w.field == Field::ImportedStatus ||
                        w.field == Field::ImportedCompletedOn;
        }
        if (!completes) continue;
        last = &item;
        imported = fromTable;
    }
    if (last == nullptr) return std::optional<domain::Proof>();
    domain::ProofTimes times{last->claimed, last->notBefore, last->received, imported};
    return std::optional(domain::proofOf(times, info.deadline));
}

bool matches(const AssignmentInfo& info, const AssignmentFilter& filter,
             const std::string& folded) {
    if (filter.status && info.status != *filter.status) return false;
    if (filter.timeliness && info.timeliness != *filter.timeliness) return false;
    if (folded.empty()) return true;
    std::string text = info.content + " " + info.result + " " + info.section;
    for (const std::string& code : info.documents) text += " " + code;
    return base::foldForSearch(text).find(folded) != std::string::npos;
}

AssignmentInfo infoOf(const domain::Directory& directory, const base::ScopeId& scope,
                      domain::Row row, const Tables& tables, base::Date asOf) {
    AssignmentInfo info;
    info.key = {scope, ObjectKind::Assignment, row.id()};
    if (const domain::Unit* unit = directory.unitOfScope(scope)) info.unit = unit->code;
    auto task = row.ids(Field::AssignmentTask);
    if (!task.empty()) info.task = task.front();
    info.deadline = dateOf(row, Field::AssignmentDeadline);
    auto status = row.number(Field::Status);
    info.status = status ? domain::statusFromNumber(*status) : domain::Status::Assigned;
    info.completedOn = dateOf(row, Field::CompletedOn);
    info.result = row.text(Field::Result);
    info.pending = row.hasPending();
    info.conflicts = row.conflicts();
    join(info, tables);
    info.timeliness = domain::timelinessOf(info.status, info.deadline, info.completedOn, asOf);
    info.isDueSoon = info.timeliness == domain::Timeliness::InProgressOnTime && info.deadline &&
                     directory.calendar().isDueSoon(*info.deadline, asOf);
    info.row = std::move(row);
    return info;
}

}  // namespace

Result<std::vector<AssignmentInfo>> listAssignments(Replica& replica,
                                                    const AssignmentFilter& filter,
                                                    base::Date asOf) {
    const domain::Directory& directory = replica.directory().directory();
    std::optional<base::ScopeId> only;
    if (!filter.unit.empty()) {
        TRY(const domain::Unit* unit, unitNamed(directory, filter.unit));
        only = unit->scope;
    }
    TRY(Tables tables, readAll(replica, only));
    std::string folded = base::foldForSearch(filter.search);
    std::vector<AssignmentInfo> out;
    for (auto& [scope, row] : tables.assignments) {
        AssignmentInfo info = infoOf(directory, scope, std::move(row), tables, asOf);
        if (matches(info, filter, folded)) out.push_back(std::move(info));
    }
    std::stable_sort(out.begin(), out.end(), [](const AssignmentInfo& a, const AssignmentInfo& b) {
        return std::tie(a.unit, a.order) < std::tie(b.unit, b.order);
    });
    if (!filter.withProof) return out;
    for (AssignmentInfo& info : out) {
        if (info.status != domain::Status::Completed) continue;
        TRY(info.proof, proofOf(replica, info));
    }
    return out;
}

Result<AssignmentInfo> findAssignment(Replica& replica, std::string_view id, base::Date asOf) {
    CHECK_OK(replica::idPrefix(id));
    AssignmentFilter all;
    all.withProof = false;
    TRY(auto list, listAssignments(replica, all, asOf));
    std::vector<base::ObjectId> ids;
    ids.reserve(list.size());
    for (const AssignmentInfo& info : list) ids.push_back(info.key.id);
    TRY(base::ObjectId wanted, replica::idWithPrefix<base::ObjectId>(id, ids, "assignment"));
    auto found = std::find_if(list.begin(), list.end(),
                              [&](const AssignmentInfo& info) { return info.key.id == wanted; });
    if (found->status == domain::Status::Completed) {
        TRY(found->proof, proofOf(replica, *found));
    }
    return std::move(*found);
}

Result<std::size_t> countConflicts(Replica& replica) {
    std::size_t out = 0;
    CHECK_OK(replica.eachRow([&](const base::ScopeId&, domain::Row row) -> Result<bool> {
        if (row.kind() == ObjectKind::Assignment && row.conflicts() > 0) ++out;
        return true;
    }));
    return out;
}

Result<Figures> figuresOf(Replica& replica, const std::string& unit, base::Date asOf) {
    AssignmentFilter filter;
    filter.unit = unit;
    filter.withProof = false;
    TRY(auto list, listAssignments(replica, filter, asOf));
    Figures out;
    for (const AssignmentInfo& info : list) {
        out.summary.add(info.timeliness);
        out.dueSoon += info.isDueSoon ? 1 : 0;
        out.conflicts += info.conflicts > 0 ? 1 : 0;
        out.doubtful += info.isDoubtful ? 1 : 0;
    }
    return out;
}

}  // namespace replica
