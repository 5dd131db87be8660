#include "office/assign.h"
#include "office/act_builder.h"
#include "replica/id_prefix.h"

namespace office {
namespace {

using base::Code;
using base::fail;
using domain::Field;
using domain::ObjectKind;

/// Everything shown of a row, to be written elsewhere.
Wanted shownFields(const domain::Row& row) {
    Wanted out;
    for (const domain::FieldState& state : row.fields()) {
        if (const domain::Value* value = row.shown(state.field))
            out.emplace_back(state.field, *value);
    }
    return out;
}

Result<replica::ObjectKey> findTask(replica::Replica& replica, std::string_view id) {
    std::map<base::ObjectId, replica::ObjectKey> tasks;  // by the task's and its assignments' ids
    std::vector<base::ObjectId> ids;
    CHECK_OK(replica.eachRow([&](const base::ScopeId& scope, domain::Row row) -> Result<bool> {
        base::ObjectId task = row.id();
        if (row.kind() == ObjectKind::Assignment) {
            auto named = row.ids(Field::AssignmentTask);
            if (named.empty()) return true;
            task = named.front();
        } else if (row.kind() != ObjectKind::Task) {
            return true;
        }
        bool isNew =
            tasks.emplace(row.id(), replica::ObjectKey{scope, ObjectKind::Task, task}).second;
        if (isNew) ids.push_back(row.id());
        return true;
    }));
    TRY(base::ObjectId found, replica::idWithPrefix<base::ObjectId>(id, ids, "task"));
    return tasks.at(found);
}

}  // namespace

Result<Assigned> assignTask(replica::Replica& replica, std::string_view id,
                            const std::vector<std::string>& units) {
    TRY(replica::ObjectKey source, findTask(replica, id));
    TRY(std::optional<domain::Row> task, replica.row(source));
    if (!task)
        return fail(Code::NotFound,
                    "The task is named by an assignment but has not arrived on this device yet.");
    Assigned out;
    std::vector<replica::Act> acts;
    for (const std::string& code : units) {
        const base::ScopeId& scope = replica.directory().directory().unit(code)->scope;
        ActBuilder builder(scope);
        auto copyRow = [&](const domain::Row& from) -> Status {
            replica::ObjectKey key{scope, from.kind(), from.id()};
            TRY(std::optional<domain::Row> there, replica.row(key));
            auto written = writtenIfChanged(key, there ? &*there : nullptr, shownFields(from));
            if (written) builder.add(std::move(*written));
            return {};
        };
        replica::ObjectKey key{scope, ObjectKind::Assignment,
                               domain::assignmentIdOf(task->id(), scope)};
        TRY(std::optional<domain::Row> there, replica.row(key));
        if (there && !there->ids(Field::AssignmentTask).empty()) {
            ++out.existing;
            continue;
        }
        for (const base::ObjectId& document : task->ids(Field::TaskDocuments)) {
            TRY(std::optional<domain::Row> row,
                replica.row({source.scope, ObjectKind::Document, document}));
            if (row) CHECK_OK(copyRow(*row));
        }
        CHECK_OK(copyRow(*task));
        domain::Written assignment{ObjectKind::Assignment, key.id, {}};
        assignment.fields.push_back(
            {Field::AssignmentTask, std::vector<base::ObjectId>{task->id()}, {}});
        assignment.fields.push_back(
            {Field::Status, static_cast<std::int64_t>(domain::Status::Assigned), {}});
        assignment.fields.push_back(
            {Field::AssignmentOrder, task->number(Field::TaskOrder).value_or(0), {}});
        builder.add(std::move(assignment));
        builder.finish(acts);
        ++out.created;
    }
    if (!acts.empty()) CHECK_OK(replica.appendAll(acts, replica::Cost::Bulk));
    return out;
}

}  // namespace office
