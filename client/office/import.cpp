#include "office/import.h"
#include <algorithm>
#include <set>
#include "base/limits.h"
#include "base/text.h"
#include "office/act_builder.h"
#include "replica/unit_named.h"

namespace office {
namespace {

using base::Code;
using base::fail;
using documents::Column;
using domain::Field;
using domain::ObjectKind;
using domain::Value;

std::string onOneLine(std::string_view text) {
    std::string out;
    for (char c : base::trim(text)) {
        bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
        if (!blank)
            out.push_back(c);
        else if (!out.empty() && out.back() != ' ')
            out.push_back(' ');
    }
    return out;
}

void want(Wanted& out, Field field, const std::string& text) {
    if (!text.empty()) out.emplace_back(field, text);
}

domain::Status statusOf(const documents::ImportRow& row, bool hasStatusColumn) {
    if (!hasStatusColumn) return domain::Status::Assigned;
    return row.status.value_or(domain::Status::Unknown);
}

/// Which of the columns that an import follows the table has: what has no column says nothing.
struct Known {
    bool deadline = false;
    bool status = false;
    bool completed = false;
};

Known knownOf(const documents::ImportTable& table) {
    auto has = [&](Column column) {
        return std::any_of(table.columns.begin(), table.columns.end(),
                           [&](const documents::FoundColumn& c) { return c.column == column; });
    };
    return {has(Column::Deadline), table.hasStatusColumn, has(Column::CompletedOn)};
}

Value textOrNothing(const std::string& text) {
    return text.empty() ? Value() : Value(text);
}

Value dayOrNothing(const std::optional<base::Date>& day) {
    return day ? Value(std::int64_t{day->days}) : Value();
}

/// A row with the names of its objects.
struct NamedRow {
    const documents::ImportRow* row = nullptr;
    base::ObjectId task;
    std::vector<base::ObjectId> documents;
    std::int64_t order = 0;
};

Wanted documentFields(const domain::DocumentRef& d) {
    Wanted out;
    want(out, Field::DocumentCode, d.displayCode.empty() ? d.asWritten : d.displayCode);
    want(out, Field::DocumentKey, domain::documentKey(d));
    want(out, Field::DocumentType, d.typeName);
    want(out, Field::DocumentSubject, d.subject);
    want(out, Field::DocumentIssuer, d.issuer);
    if (d.date) out.emplace_back(Field::DocumentDate, std::int64_t{d.date->days});
    return out;
}

Wanted taskFields(const NamedRow& n, const Known& known) {
    const documents::ImportRow& r = *n.row;
    Wanted out;
    want(out, Field::TaskContent, r.content);
    if (!n.documents.empty()) out.emplace_back(Field::TaskDocuments, n.documents);
    want(out, Field::TaskSection, r.section);
    want(out, Field::TaskNumber, r.number);
    if (known.deadline) {
        out.emplace_back(Field::TaskDeadlineRaw, textOrNothing(r.deadlineRaw));
        out.emplace_back(Field::TaskDeadline, dayOrNothing(r.deadline.last));
        out.emplace_back(Field::TaskDeadlineKind, static_cast<std::int64_t>(r.deadline.kind));
    }
    want(out, Field::TaskLeadRaw, r.leadRaw);
    want(out, Field::TaskCoordinatingRaw, r.coordinatingRaw);
    out.emplace_back(Field::TaskOrder, n.order);
    out.emplace_back(Field::TaskDoubtful, textOrNothing(r.doubtful ? "doubtful" : ""));
    return out;
}

/// Status, completion and result follow the table only where the table's own cell is new or
/// changed: what the unit has written since stays.
Wanted assignmentFields(const NamedRow& n, const domain::Row* row, const Known& known) {
    const documents::ImportRow& r = *n.row;
    Wanted out;
    out.emplace_back(Field::AssignmentTask, std::vector<base::ObjectId>{n.task});
    out.emplace_back(Field::AssignmentOrder, n.order);
    bool isNew = row == nullptr;
    auto isChanged = [&](Field field, const std::string& cell) {
        return isNew || row->text(field) != cell;
    };
    domain::Status status = statusOf(r, known.status);
    bool statusChanged = known.status && isChanged(Field::ImportedStatus, r.statusRaw);
    if (isNew || statusChanged) out.emplace_back(Field::Status, static_cast<std::int64_t>(status));
    if (statusChanged) out.emplace_back(Field::ImportedStatus, r.statusRaw);
    if (known.completed && isChanged(Field::ImportedCompletedOn, r.completedRaw)) {
        out.emplace_back(Field::ImportedCompletedOn, textOrNothing(r.completedRaw));
        out.emplace_back(Field::CompletedOn, dayOrNothing(r.completedOn));
    }
    if (r.description.empty()) return out;
    bool descriptionChanged = isChanged(Field::ImportedDescription, r.description);
    if (descriptionChanged) out.emplace_back(Field::ImportedDescription, r.description);
    bool hasResult = row != nullptr && !row->text(Field::Result).empty();
    if (status == domain::Status::Completed &&
        (descriptionChanged || (statusChanged && !hasResult)))
        out.emplace_back(Field::Result, r.description);
    return out;
}

/// The columns from which a field is read.
std::vector<Column> columnsOf(Field field) {
    switch (field) {
        case Field::DocumentCode:
        case Field::DocumentKey:
        case Field::DocumentType:
        case Field::TaskDocuments:
            return {Column::DocumentCode, Column::Document};
        case Field::DocumentSubject:
            return {Column::Subject};
        case Field::DocumentIssuer:
            return {Column::Issuer, Column::DocumentCode, Column::Document};
        case Field::TaskSection:
            return {Column::Section};
        case Field::TaskNumber:
            return {Column::Number};
        case Field::TaskDeadlineRaw:
            return {Column::Deadline};
        case Field::TaskLeadRaw:
            return {Column::Lead};
        case Field::TaskCoordinatingRaw:
            return {Column::Coordinating};
        case Field::ImportedCompletedOn:
            return {Column::CompletedOn};
        case Field::ImportedStatus:
        case Field::ImportedDescription:
        case Field::Result: {
            auto narrative = documents::narrativeColumns();
            return {narrative.begin(), narrative.end()};
        }
        default:
            return {Column::Content};
    }
}

/// Why an object cannot be written, and the columns that make it so.
struct TooLong {
    std::vector<Column> columns;
    std::string message;
};

bool fits(ObjectKind kind, const Wanted& wanted, std::size_t size) {
    if (size <= kActBytes) return true;
    domain::Change change = domain::Written{kind, {}, {}};
    for (const auto& [field, value] : wanted)
        std::get<domain::Written>(change).fields.push_back({field, value, {}});
    return replica::fitsEntry(change);
}

std::optional<TooLong> tooLong(ObjectKind kind, const Wanted& wanted) {
    std::size_t size = kFieldBytes;
    std::vector<Column> all;
    for (const auto& [field, value] : wanted) {
        auto columns = columnsOf(field);
        auto* text = std::get_if<std::string>(&value);
        if (text != nullptr && text->size() > base::limits::kTextBytesMax) {
            return TooLong{columns,
                           "Chữ ở đây dài quá 32 KiB nên dòng không được nhập; hãy rút gọn rồi "
                           "nhập lại"};
        }
        auto* ids = std::get_if<std::vector<base::ObjectId>>(&value);
        if (ids != nullptr && ids->size() > base::limits::kListMax) {
            return TooLong{columns,
                           "Ô này dẫn hơn 256 văn bản nên dòng không được nhập; hãy tách thành "
                           "nhiều dòng"};
        }
        if (text != nullptr) all.insert(all.end(), columns.begin(), columns.end());
        size += sizeOf(value);
    }
    if (fits(kind, wanted, size)) return {};
    return TooLong{std::move(all),
                   "Các ô của dòng cộng lại dài quá 64 KiB nên dòng không được nhập; ô này dài "
                   "nhất, hãy rút gọn rồi nhập lại"};
}

/// As if nothing of the row were there yet, so that the verdict does not depend on the unit.
std::optional<TooLong> tooLong(const NamedRow& n, const Known& known) {
    for (const domain::DocumentRef& d : n.row->documents) {
        if (auto found = tooLong(ObjectKind::Document, documentFields(d))) return found;
    }
    if (auto found = tooLong(ObjectKind::Task, taskFields(n, known))) return found;
    return tooLong(ObjectKind::Assignment, assignmentFields(n, nullptr, known));
}

/// The rows that will stand. Rows left out keep their place and their name, so that those behind
/// them are the same objects once the table was corrected.
std::vector<NamedRow> nameRows(const documents::ImportTable& table, ImportPlan& plan) {
    std::map<std::pair<std::string, std::string>, std::uint32_t> occurrences;
    std::vector<NamedRow> out;
    std::int64_t order = 0;  // not the sheet's row: another export of the table may differ
    for (const documents::ImportRow& row : table.rows) {
        NamedRow n;
        n.row = &row;
        n.order = ++order;
        for (const domain::DocumentRef& d : row.documents)
            n.documents.push_back(domain::documentIdOf(domain::documentKey(d)));
        std::string key =
            row.documents.empty() ? std::string() : domain::documentKey(row.documents.front());
        std::string content = onOneLine(row.content);
        n.task = domain::taskIdOf(key, content, occurrences[{key, content}]++);
        if (auto reason = tooLong(n, knownOf(table))) {
            documents::FoundCell at = documents::longestCell(table, row, reason->columns);
            plan.problems.push_back({at.cell, at.raw, reason->message,
                                     documents::Problem::Level::Refused,
                                     documents::Problem::Kind::Structure});
            ++plan.leftOut;
            continue;
        }
        out.push_back(std::move(n));
    }
    documents::sortByRow(plan.problems);
    return out;
}

/// Distinct ones.
std::size_t countDocuments(const std::vector<NamedRow>& rows) {
    std::set<base::ObjectId> ids;
    for (const NamedRow& n : rows) ids.insert(n.documents.begin(), n.documents.end());
    return ids.size();
}

}  // namespace

Result<std::vector<std::string>> unitsOf(const domain::Directory& directory,
                                         std::string_view list) {
    std::vector<std::string> out;
    if (base::foldForSearch(list) == "all") {
        for (const auto& [code, unit] : directory.units()) {
            if (unit.level == domain::UnitLevel::Commune) out.push_back(code);
        }
        if (out.empty())
            return fail(Code::UnknownUnit,
                        "There are no communes yet; import the units and synchronise first.");
        return out;
    }
    while (!list.empty()) {
        std::size_t comma = std::min(list.find(','), list.size());
        std::string code(base::trim(list.substr(0, comma)));
        list.remove_prefix(std::min(comma + 1, list.size()));
        if (code.empty()) continue;
        TRY(const domain::Unit* unit, replica::unitNamed(directory, code));
        if (std::find(out.begin(), out.end(), unit->code) == out.end()) out.push_back(unit->code);
    }
    if (out.empty()) return fail(Code::UnknownUnit, "No unit was named.");
    return out;
}

Result<ImportPlan> planImport(replica::Replica& replica, const documents::ImportTable& table,
                              const std::vector<std::string>& units) {
    const domain::Directory& directory = replica.directory().directory();
    ImportPlan plan;
    plan.problems = table.problems;
    plan.leftOut = table.refusedRows;
    std::vector<NamedRow> rows = nameRows(table, plan);
    plan.documents = countDocuments(rows);
    plan.tasks = rows.size();
    std::vector<std::string> targets = units;
    if (targets.empty()) targets.push_back(directory.provinceUnit().code);
    enum class Fate { Unchanged, Updated, Created };
    std::vector<Fate> fates(rows.size(), Fate::Unchanged);
    const Known known = knownOf(table);
    for (const std::string& code : targets) {
        const base::ScopeId& scope = directory.unit(code)->scope;
        ActBuilder builder(scope);
        std::set<base::ObjectId> done;
        auto put = [&](ObjectKind kind, const base::ObjectId& id,
                       const auto& fieldsOf) -> Result<Fate> {
            replica::ObjectKey key{scope, kind, id};
            TRY(std::optional<domain::Row> row, replica.row(key));
            auto written =
                writtenIfChanged(key, row ? &*row : nullptr, fieldsOf(row ? &*row : nullptr));
            if (!written) return Fate::Unchanged;
            builder.add(std::move(*written));
            return row ? Fate::Updated : Fate::Created;
        };
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const NamedRow& n = rows[i];
            for (std::size_t d = 0; d < n.documents.size(); ++d) {
                if (!done.insert(n.documents[d]).second) continue;
                CHECK_OK(put(ObjectKind::Document, n.documents[d], [&](const domain::Row*) {
                    return documentFields(n.row->documents[d]);
                }));
            }
            TRY(Fate task, put(ObjectKind::Task, n.task,
                               [&](const domain::Row*) { return taskFields(n, known); }));
            TRY(Fate assigned,
                put(ObjectKind::Assignment, domain::assignmentIdOf(n.task, scope),
                    [&](const domain::Row* row) { return assignmentFields(n, row, known); }));
            fates[i] = std::max({fates[i], task, assigned});
        }
        builder.finish(plan.acts);
    }
    for (Fate fate : fates) {
        plan.created += fate == Fate::Created ? 1 : 0;
        plan.updated += fate == Fate::Updated ? 1 : 0;
        plan.unchanged += fate == Fate::Unchanged ? 1 : 0;
    }
    return plan;
}

}  // namespace office
