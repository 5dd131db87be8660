#include <fmt/format.h>
#include "base/text.h"
#include "cli/verbs.h"
#include "office/assign.h"
#include "office/import.h"

namespace cli {
namespace {

using base::Code;
using base::fail;
using domain::Field;

constexpr std::size_t kUncut = 2000;  // characters: a sentence is never cut

Json dateJson(const std::optional<base::Date>& date) {
    return date ? Json(base::toIso(*date)) : Json();
}

Json jsonOf(const replica::AssignmentInfo& a) {
    Json out;
    out["id"] = a.key.id.hex();
    out["task"] = a.task.hex();
    out["unit"] = a.unit;
    out["documents"] = a.documents;
    out["content"] = a.content;
    out["section"] = a.section;
    out["deadline_raw"] = a.deadlineRaw;
    out["deadline"] = dateJson(a.deadline);
    out["status"] = domain::statusName(a.status);
    out["timeliness"] = domain::timelinessName(a.timeliness);
    out["proof"] = a.proof ? Json(domain::proofName(*a.proof)) : Json();
    out["completed_on"] = dateJson(a.completedOn);
    out["result"] = a.result;
    out["pending"] = a.pending;
    out["conflicts"] = a.conflicts;
    return out;
}

Json valueJson(Field field, const domain::Value& value) {
    if (auto* text = std::get_if<std::string>(&value)) return *text;
    if (auto* ids = std::get_if<std::vector<base::ObjectId>>(&value)) {
        Json out = Json::array();
        for (const base::ObjectId& id : *ids) out.push_back(id.hex());
        return out;
    }
    if (auto* number = std::get_if<std::int64_t>(&value)) {
        bool isDate = field == Field::CompletedOn || field == Field::AssignmentDeadline ||
                      field == Field::TaskDeadline;
        if (field == Field::Status) return domain::statusName(static_cast<domain::Status>(*number));
        if (isDate) return base::toIso(base::Date{static_cast<std::int32_t>(*number)});
        return *number;
    }
    return Json();
}

std::string officerOf(const domain::Directory& directory, const base::DeviceId& device) {
    const domain::Device* d = directory.device(device);
    return d == nullptr || d->officers.empty() ? std::string() : d->officers.front().name;
}

/// One sentence about a change, for history.
std::string summaryOf(const domain::Change& change) {
    if (auto* noted = std::get_if<domain::Noted>(&change)) return noted->text;
    std::string out;
    if (auto* written = std::get_if<domain::Written>(&change)) {
        for (const domain::FieldWrite& w : written->fields) {
            const domain::FieldInfo* info = domain::infoOf(w.field);
            Json value = valueJson(w.field, w.value);
            if (!out.empty()) out += "; ";
            out += fmt::format("{}: {}", info == nullptr ? "?" : info->name,
                               value.is_string() ? value.get<std::string>() : value.dump());
        }
    }
    return out;
}

Json historyJson(replica::Replica& replica,
                 const std::vector<replica::Replica::HistoryItem>& items) {
    Json out = Json::array();
    for (const auto& item : items) {
        Json one;
        one["entry"] = item.entry.hex();
        one["change"] = domain::changeName(item.change);
        one["officer"] = officerOf(replica.directory().directory(), item.device);
        one["device"] = item.device.hex();
        one["claimed_at"] = base::toIsoTime(item.claimed);
        one["not_before"] = item.notBefore == 0 ? Json() : Json(base::toIsoTime(item.notBefore));
        one["received_at"] = item.received ? Json(base::toIsoTime(*item.received)) : Json();
        one["summary"] = summaryOf(item.change);
        out.push_back(one);
    }
    return out;
}

/// Every field with its live values, who wrote each and when.
Json fieldsJson(replica::Replica& replica, const replica::AssignmentInfo& a,
                const std::vector<replica::Replica::HistoryItem>& history) {
    Json out = Json::object();
    for (const domain::FieldState& state : a.row.fields()) {
        const domain::FieldInfo* info = domain::infoOf(state.field);
        Json values = Json::array();
        for (const domain::LiveValue& live : state.live) {
            Json one;
            one["value"] = valueJson(state.field, live.value);
            for (const auto& item : history) {
                if (item.writeId != live.writes.back().id) continue;
                one["officer"] = officerOf(replica.directory().directory(), item.device);
                one["device"] = item.device.hex();
                one["claimed_at"] = base::toIsoTime(item.claimed);
                one["received_at"] = item.received ? Json(base::toIsoTime(*item.received)) : Json();
            }
            values.push_back(one);
        }
        out[info == nullptr ? std::to_string(static_cast<unsigned>(state.field))
                            : std::string(info->name)] = Json{{"values", values}};
    }
    return out;
}

Result<base::Date> today(const Home& home) {
    return base::localDate(home.clock().nowMs());
}

/// Writes fields of an assignment as one entry and says so.
Result<Answer> writeEntry(replica::Replica& replica, const replica::AssignmentInfo& a,
                          domain::Change change, const std::string& said) {
    TRY(base::Hash entry, replica.append({a.key.scope, {std::move(change)}}));
    Answer out;
    out.json["entry"] = entry.hex();
    out.json["id"] = a.key.id.hex();
    out.text = said + " Saved on this machine; it is sent with the next sync.\n";
    return out;
}

Result<std::string> textArgument(const std::string& text, const char* what) {
    TRY(std::string nfc, base::toNfc(base::trim(text)));
    if (nfc.empty()) return fail(Code::Usage, std::string("The ") + what + " is empty.");
    if (nfc.size() > base::limits::kTextBytesMax)
        return fail(Code::Limit,
                    std::string("The ") + what + " is longer than 32 KiB; write it in parts.");
    return nfc;
}

std::string textOf(const office::ImportPlan& plan, const std::string& recipients, bool wrote) {
    std::string out =
        fmt::format("{} tasks from {} documents: {} new, {} changed, {} as before.\n", plan.tasks,
                    plan.documents, plan.created, plan.updated, plan.unchanged);
    out += recipients;
    if (!plan.problems.empty())
        out += fmt::format("\n{} cells to look at:\n", plan.problems.size());
    TextTable table({"CELL", "", "AS WRITTEN", "PROBLEM"});
    for (std::size_t i = 0; i < plan.problems.size(); ++i) {
        const documents::Problem& p = plan.problems[i];
        table.add({p.cell, p.level == documents::Problem::Level::Refused ? "left out" : "doubtful",
                   p.raw, p.message});
    }
    if (!plan.problems.empty()) out += table.text(30, kUncut);
    if (!wrote) {
        out += "\nNothing was written. With --yes instead of --preview the table is imported.\n";
    } else if (plan.acts.empty()) {
        out += "\nNothing new: the table was imported before.\n";
    } else {
        out += "\nSaved on this machine; they are sent with the next sync.\n";
    }
    return out;
}

}  // namespace

Result<Answer> importTable(const Context& context, const Import& options) {
    if (options.preview == options.yes)
        return fail(Code::Usage, "Say --preview to look first or --yes to import.");
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    documents::ReadOptions read;
    if (!options.sheet.empty()) read.sheet = options.sheet;
    TRY(read.today, today(*home));
    TRY(documents::ImportTable table,
        documents::readTable(std::filesystem::path(options.file), read));
    if (replica->ownUnit() == nullptr ||
        !replica->directory().directory().isProvinceUnit(replica->ownUnit()->code)) {
        return fail(Code::NotPermitted, "Only the province office imports task tables.");
    }
    std::vector<std::string> units;
    if (!options.assignTo.empty()) {
        TRY(units, office::unitsOf(replica->directory().directory(), options.assignTo));
    }
    TRY(office::ImportPlan plan, office::planImport(*replica, table, units));
    if (options.yes && !plan.acts.empty()) {
        context.progress(fmt::format("Writing {} entries …", plan.acts.size()));
        CHECK_OK(replica->appendAll(plan.acts, replica::Cost::Bulk));
    }
    Answer out;
    out.json = Json{{"documents", plan.documents}, {"tasks", plan.tasks},
                    {"created", plan.created},     {"updated", plan.updated},
                    {"unchanged", plan.unchanged}, {"problems", Json::array()}};
    for (const documents::Problem& p : plan.problems) {
        bool refused = p.level == documents::Problem::Level::Refused;
        out.json["problems"].push_back(Json{{"cell", p.cell},
                                            {"raw", p.raw},
                                            {"message", p.message},
                                            {"level", refused ? "refused" : "doubtful"}});
    }
    std::string recipients = units.empty()
                                 ? "Without --assign-to the tasks lie with the office itself.\n"
                                 : fmt::format("Assigned to {} units.\n", units.size());
    out.text = textOf(plan, recipients, options.yes);
    return out;
}

Result<Answer> taskList(const Context& context, const TaskList& options) {
    replica::AssignmentFilter filter;
    filter.unit = options.unit;
    filter.search = options.search;
    if (!options.status.empty()) {
        filter.status = domain::statusFromName(options.status);
        if (!filter.status)
            return fail(Code::Usage,
                        "There is no status \"" + options.status + "\"; see task list --help.");
    }
    if (!options.timeliness.empty()) {
        for (const char* prefix :
             {"", "in_progress_", "completed_"}) {  // "overdue" and "late" say enough
            if (!filter.timeliness)
                filter.timeliness = domain::timelinessFromName(prefix + options.timeliness);
        }
        if (!filter.timeliness)
            return fail(Code::Usage, "There is no timeliness \"" + options.timeliness +
                                         "\"; see task list --help.");
    }
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    TRY(base::Date asOf, dayArgument(options.asOf, home->clock()));
    TRY(auto list, replica::listAssignments(*replica, filter, asOf));
    Answer out;
    out.json = Json::array();
    TextTable table({"ID", "UNIT", "DEADLINE", "STATUS", "TIMELINESS", "", "TASK"});
    for (const replica::AssignmentInfo& a : list) {
        out.json.push_back(jsonOf(a));
        std::string marks =
            std::string(a.pending ? "waiting " : "") + (a.conflicts > 0 ? "CONFLICT" : "");
        table.add({a.key.id.hex().substr(0, 10), a.unit,
                   a.deadline ? base::toVietnamese(*a.deadline) : a.deadlineRaw,
                   std::string(domain::statusName(a.status)),
                   std::string(domain::timelinessName(a.timeliness)), marks, a.content});
    }
    out.text = table.text() + fmt::format("\n{} assignments.\n", list.size());
    return out;
}

Result<Answer> taskShow(const Context& context, const std::string& id) {
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    TRY(base::Date asOf, today(*home));
    TRY(replica::AssignmentInfo a, replica::findAssignment(*replica, id, asOf));
    TRY(auto history, replica->history(a.key));
    Answer out;
    out.json = jsonOf(a);
    out.json["fields"] = fieldsJson(*replica, a, history);
    out.json["notes"] = Json::array();
    std::string notes;
    for (const auto& item : history) {
        auto* noted = std::get_if<domain::Noted>(&item.change);
        if (noted == nullptr) continue;
        std::string officer = officerOf(replica->directory().directory(), item.device);
        out.json["notes"].push_back(
            Json{{"text", noted->text},
                 {"officer", officer},
                 {"device", item.device.hex()},
                 {"claimed_at", base::toIsoTime(item.claimed)},
                 {"received_at", item.received ? Json(base::toIsoTime(*item.received)) : Json()}});
        notes += fmt::format("  {} · {}{}\n    {}\n", base::toVietnameseTime(item.claimed), officer,
                             item.received ? "" : " · not sent yet", noted->text);
    }
    out.json["history"] = historyJson(*replica, history);
    std::string documents;
    for (const std::string& code : a.documents) documents += (documents.empty() ? "" : ", ") + code;
    out.text = fmt::format(
        "{}\n\nid          {}\nunit        {}\ndocuments   {}\ndeadline    {}\nstatus      {} "
        "({}){}\ncompleted   {}\nresult      {}\n",
        a.content, a.key.id.hex(), a.unit, documents,
        a.deadline ? base::toVietnamese(*a.deadline) +
                         (a.deadlineRaw.empty() ? "" : "   (as written: " + a.deadlineRaw + ")")
                   : a.deadlineRaw,
        domain::statusName(a.status), domain::timelinessName(a.timeliness),
        a.pending ? ", not sent yet" : "", a.completedOn ? base::toVietnamese(*a.completedOn) : "",
        a.result);
    if (a.conflicts > 0) {
        out.text +=
            "\nCONFLICT: these fields hold several values; all are kept until someone decides.\nTo "
            "decide: thongsuot task complete ID --result … --completed …, which replaces them.\n";
        for (const auto& [name, field] : out.json["fields"].items()) {
            if (field["values"].size() < 2) continue;
            for (const auto& v : field["values"]) {
                out.text += fmt::format(
                    "  {}: {}   ({}, {})\n", name,
                    v["value"].is_string() ? v["value"].get<std::string>() : v["value"].dump(),
                    v.value("officer", ""),
                    v.value("device", "").substr(0, 8) + ", " +
                        v.value("claimed_at", "").substr(0, 16));
            }
        }
    }
    if (!notes.empty()) out.text += "\nProgress:\n" + notes;
    return out;
}

Result<Answer> taskHistory(const Context& context, const std::string& id) {
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    TRY(base::Date asOf, today(*home));
    TRY(replica::AssignmentInfo a, replica::findAssignment(*replica, id, asOf));
    TRY(auto history, replica->history(a.key));
    Answer out;
    out.json = historyJson(*replica, history);
    TextTable table({"CLAIMED", "RECEIVED", "OFFICER", "WHAT"});
    for (const auto& item : history) {
        table.add({base::toVietnameseTime(item.claimed),
                   item.received ? base::toVietnameseTime(*item.received) : "not sent yet",
                   officerOf(replica->directory().directory(), item.device),
                   summaryOf(item.change)});
    }
    out.text = table.text(24, kUncut);
    return out;
}

Result<Answer> taskProgress(const Context& context, const std::string& id,
                            const std::string& text) {
    TRY(std::string note, textArgument(text, "text"));
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    TRY(base::Date asOf, today(*home));
    TRY(replica::AssignmentInfo a, replica::findAssignment(*replica, id, asOf));
    return writeEntry(
        *replica, a,
        domain::Noted{domain::ObjectKind::Assignment, a.key.id, domain::NoteKind::Progress, note},
        "Progress noted.");
}

Result<Answer> taskComplete(const Context& context, const std::string& id,
                            const std::string& result, const std::string& completed) {
    TRY(std::string text, textArgument(result, "result"));
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    TRY(base::Date now, today(*home));
    TRY(base::Date day, dayArgument(completed, home->clock()));
    TRY(replica::AssignmentInfo a, replica::findAssignment(*replica, id, now));
    domain::Written change{domain::ObjectKind::Assignment, a.key.id, {}};
    change.fields.push_back(replica::writeOf(&a.row, Field::Result, text));
    change.fields.push_back(replica::writeOf(&a.row, Field::CompletedOn, std::int64_t{day.days}));
    change.fields.push_back(replica::writeOf(&a.row, Field::Status,
                                             static_cast<std::int64_t>(domain::Status::Completed)));
    std::string said = "Marked as completed on " + base::toVietnamese(day) + ".";
    if (day > now) said += " (That day lies in the future.)";
    return writeEntry(*replica, a, std::move(change), said);
}

Result<Answer> taskAssign(const Context& context, const std::string& id, const std::string& to) {
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    TRY(auto units, office::unitsOf(replica->directory().directory(), to));
    TRY(office::Assigned done, office::assignTask(*replica, id, units));
    Answer out;
    out.json = Json{{"created", done.created}, {"existing", done.existing}};
    out.text =
        fmt::format("Assigned to {} units; {} had it before. It is sent with the next sync.\n",
                    done.created, done.existing);
    return out;
}

}  // namespace cli
