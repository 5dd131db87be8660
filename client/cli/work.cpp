#include <fmt/format.h>
#include <algorithm>
#include <limits>
#include <set>
#include "base/text.h"
#include "cli/fingerprints.h"
#include "cli/verbs.h"
#include "cli/words.h"
#include "office/assign.h"
#include "replica/assignments.h"
#include "sync/officers.h"
#include "sync/sync.h"

namespace cli {
namespace {

using base::Code;
using base::fail;
using domain::Field;

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
    out["due_soon"] = a.isDueSoon;
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
        if (field == Field::Status) return domain::statusName(domain::statusFromNumber(*number));
        auto date = isDay(field) ? domain::dateFromNumber(*number) : std::nullopt;
        return date ? Json(base::toIso(*date)) : Json(*number);
    }
    return Json();
}

/// Whoever could act on the device by then: the device has signed, none of its officers.
std::string officerOf(const domain::Directory& directory,
                      const replica::Replica::HistoryItem& item) {
    return officersOf(directory.device(item.device), item.received);
}

/// Who has signed a write in person; nobody signs other changes.
std::optional<std::string> signerOf(const domain::Directory& directory,
                                    const replica::Replica::HistoryItem& item) {
    auto* stated = std::get_if<domain::Stated>(&item.change);
    const domain::Device* device = directory.device(item.device);
    if (stated == nullptr || device == nullptr) return {};
    const domain::Officer* officer = device->officer(stated->officer);
    return officer == nullptr ? std::nullopt : std::optional(officer->name);
}

Json signerJson(const domain::Directory& directory, const replica::Replica::HistoryItem& item) {
    auto signer = signerOf(directory, item);
    return signer ? Json(*signer) : Json();
}

/// The signer, or else whoever could act on the device.
std::string whoOf(const domain::Directory& directory, const replica::Replica::HistoryItem& item) {
    auto signer = signerOf(directory, item);
    return signer ? *signer + " (signed)" : officerOf(directory, item);
}

/// The last change of its entry that wrote this value.
const replica::Replica::HistoryItem* writerOf(
    const std::vector<replica::Replica::HistoryItem>& history, Field field,
    const domain::LiveValue& live) {
    const replica::Replica::HistoryItem* out = nullptr;
    for (const auto& item : history) {
        const domain::Written* written = domain::writtenIn(item.change);
        if (written == nullptr || item.writeId != live.writes.back().id) continue;
        bool hasField = std::any_of(written->fields.begin(), written->fields.end(),
                                    [&](const auto& write) { return write.field == field; });
        if (hasField) out = &item;
    }
    return out;
}

/// Who has signed the completion that is shown: its status, day and result, all in one write.
std::optional<std::string> completionSignerOf(
    const domain::Directory& directory, const replica::AssignmentInfo& a,
    const std::vector<replica::Replica::HistoryItem>& history) {
    if (a.status != domain::Status::Completed) return {};
    std::set<const replica::Replica::HistoryItem*> writers;
    for (Field field : {Field::Status, Field::CompletedOn, Field::Result}) {
        const domain::FieldState* state = a.row.field(field);
        if (state != nullptr && !state->live.empty())
            writers.insert(writerOf(history, field, state->live.back()));
    }
    const bool isOne = writers.size() == 1 && *writers.begin() != nullptr;
    return isOne ? signerOf(directory, **writers.begin()) : std::nullopt;
}

/// What a change wrote, with the names that scripts know.
std::string summaryOf(const domain::Change& change) {
    if (auto* noted = std::get_if<domain::Noted>(&change)) return noted->text;
    std::string out;
    if (const domain::Written* written = domain::writtenIn(change)) {
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

/// Whose work it was, where the office has adopted it.
Json adoptedFrom(const domain::Directory& directory, const replica::Replica::HistoryItem& item) {
    if (!item.adopted) return {};
    const domain::Device* device = directory.device(item.adopted->device);
    return Json{{"entry", item.adopted->entry.hex()},
                {"officer", officersOf(device)},
                {"device", item.adopted->device.hex()},
                {"claimed_at", base::toIsoTime(item.adopted->claimed)}};
}

/// The same before the line of a history.
std::string adoptedText(const domain::Directory& directory,
                        const replica::Replica::HistoryItem& item) {
    if (!item.adopted) return {};
    return fmt::format("[adopted from {}, device {}, written {}] ",
                       officersOf(directory.device(item.adopted->device)),
                       item.adopted->device.hex().substr(0, 10),
                       base::toVietnameseTime(item.adopted->claimed));
}

Json historyJson(replica::Replica& replica,
                 const std::vector<replica::Replica::HistoryItem>& items) {
    Json out = Json::array();
    for (const auto& item : items) {
        Json one;
        one["entry"] = item.entry.hex();
        // A signed write is a write; who has signed it stands beside it.
        one["change"] =
            domain::writtenIn(item.change) != nullptr ? "written" : domain::changeName(item.change);
        one["officer"] = officerOf(replica.directory().directory(), item);
        one["device"] = item.device.hex();
        one["claimed_at"] = base::toIsoTime(item.claimed);
        one["not_before"] = item.notBefore == 0 ? Json() : Json(base::toIsoTime(item.notBefore));
        one["received_at"] = item.received ? Json(base::toIsoTime(*item.received)) : Json();
        one["summary"] = summaryOf(item.change);
        one["signed_by"] = signerJson(replica.directory().directory(), item);
        one["adopted_from"] = adoptedFrom(replica.directory().directory(), item);
        out.push_back(one);
    }
    return out;
}

/// What the office has adopted of an assignment, an entry a line.
std::string adoptionsText(const domain::Directory& directory,
                          const std::vector<replica::Replica::HistoryItem>& history) {
    std::string out;
    std::set<base::Hash> told;
    for (const auto& item : history) {
        if (!item.adopted || !told.insert(item.adopted->entry).second) continue;
        out += fmt::format(
            "  {} wrote it on the device {}, {}; {} adopted it{}\n",
            officersOf(directory.device(item.adopted->device)),
            item.adopted->device.hex().substr(0, 10), base::toVietnameseTime(item.adopted->claimed),
            officerOf(directory, item),
            item.received ? " on " + base::toVietnameseTime(*item.received) : ", not sent yet");
    }
    return out.empty() ? out : "\nAdopted by the office:\n" + out;
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
            if (const auto* item = writerOf(history, state.field, live)) {
                const domain::Directory& directory = replica.directory().directory();
                one["officer"] = officerOf(directory, *item);
                one["device"] = item->device.hex();
                one["claimed_at"] = base::toIsoTime(item->claimed);
                one["received_at"] =
                    item->received ? Json(base::toIsoTime(*item->received)) : Json();
                one["signed_by"] = signerJson(directory, *item);
                one["adopted_from"] = adoptedFrom(directory, *item);
            }
            values.push_back(one);
        }
        out[info == nullptr ? std::to_string(static_cast<unsigned>(state.field))
                            : std::string(info->name)] = Json{{"values", values}};
    }
    return out;
}

/// Who wrote each value of the fields in conflict, and when.
std::string conflictsText(replica::Replica& replica, const replica::AssignmentInfo& a,
                          const std::vector<replica::Replica::HistoryItem>& history) {
    std::string out =
        "\nCONFLICT: these fields hold several values; all are kept until someone decides.\nTo "
        "decide about result, day and status: thongsuot task complete " +
        a.key.id.hex().substr(0, 10) + " --result … --completed …, which replaces them.\n";
    for (const domain::FieldState& state : a.row.fields()) {
        if (state.live.size() < 2) continue;
        for (const domain::LiveValue& live : state.live) {
            out += fmt::format("  {}: {}\n", wordsOf(state.field),
                               indented(wordsOf(state.field, live.value)));
            if (const auto* item = writerOf(history, state.field, live)) {
                out += fmt::format(
                    "      {}, device {}, {}\n", whoOf(replica.directory().directory(), *item),
                    item->device.hex().substr(0, 8), base::toVietnameseTime(item->claimed));
            }
        }
    }
    return out;
}

/// An assignment and what is needed to work on it.
struct Opened {
    std::unique_ptr<Home> home;
    replica::Replica* replica = nullptr;
    base::Date today;
    replica::AssignmentInfo assignment;
};

Result<Opened> openAssignment(const Context& context, const std::string& id) {
    Opened out;
    TRY(out.home, context.openHome());
    TRY(out.replica, out.home->replica());
    out.today = base::localDate(out.home->clock().nowMs());
    TRY(out.assignment, replica::findAssignment(*out.replica, id, out.today));
    return out;
}

/// Writes a change of an assignment as one entry and says so.
Result<Answer> writeEntry(const Opened& opened, domain::Change change, const std::string& said) {
    replica::Replica& replica = *opened.replica;
    const replica::ObjectKey& key = opened.assignment.key;
    bool revoked = syncing::isRevoked(replica);
    auto entry = replica.append({key.scope, {std::move(change)}});
    if (!entry && entry.error().code == Code::NotPermitted && revoked) {
        return fail(Code::NotPermitted,
                    "The province has revoked this device: it takes no more work, and nothing was "
                    "written. What was written before is kept on it.");
    }
    if (!entry) return tl::unexpected(entry.error());
    Answer out;
    out.json["entry"] = entry->hex();
    out.json["id"] = key.id.hex();
    if (revoked) {
        out.json["warning"] =
            "The province has revoked this device: this is kept on this machine only and will not "
            "be sent.";
        out.text = said +
                   "\nThe province has revoked this device: this is kept on this machine "
                   "only and will NOT be sent. Ask the office for a new invitation, and enrol with "
                   "it in another home (--home).\n";
    } else {
        out.text = said + " Saved on this machine; it is sent with the next sync.\n";
    }
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

}  // namespace

Result<Answer> taskList(const Context& context, const TaskList& options) {
    replica::AssignmentFilter filter;
    filter.unit = options.unit;
    filter.search = options.search;
    if (!options.status.empty()) {
        std::string name = options.status;  // "in progress", as the text shows it, is a status too
        std::replace(name.begin(), name.end(), ' ', '_');
        filter.status = domain::statusFromName(name);
        if (!filter.status)
            return fail(Code::Usage,
                        "There is no status \"" + options.status + "\"; see task list --help.");
    }
    if (!options.timeliness.empty()) {
        // "overdue" and "late" say enough.
        for (const char* prefix : {"", "in_progress_", "completed_"}) {
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
    filter.withProof = context.format() == Format::Scripts;  // only there is it told
    TRY(auto list, replica::listAssignments(*replica, filter, asOf));
    Answer out;
    out.json = Json::array();
    TextTable table({"ID", "UNIT", "DEADLINE", "STATUS", "TIMELINESS", "", "TASK"});
    for (const replica::AssignmentInfo& a : list) {
        out.json.push_back(jsonOf(a));
        std::string marks = std::string(a.isDueSoon ? "due soon " : "") +
                            (a.pending ? "not sent " : "") + (a.conflicts > 0 ? "CONFLICT " : "") +
                            (a.isDoubtful ? "check" : "");
        table.add({a.key.id.hex().substr(0, 10), a.unit,
                   a.deadline ? base::toVietnamese(*a.deadline) : a.deadlineRaw,
                   std::string(wordsOf(a.status)), std::string(wordsOf(a.timeliness)), marks,
                   a.content});
    }
    out.text = table.text(28) + "\n" + counted(list.size(), "assignment") + ".\n";
    return out;
}

Result<Answer> taskShow(const Context& context, const std::string& id) {
    TRY(Opened opened, openAssignment(context, id));
    replica::Replica* replica = opened.replica;
    const replica::AssignmentInfo& a = opened.assignment;
    TRY(auto history, replica->history(a.key));
    Answer out;
    out.json = jsonOf(a);
    out.json["fields"] = fieldsJson(*replica, a, history);
    out.json["notes"] = Json::array();
    std::string notes;
    for (const auto& item : history) {
        auto* noted = std::get_if<domain::Noted>(&item.change);
        if (noted == nullptr) continue;
        std::string officer = officerOf(replica->directory().directory(), item);
        out.json["notes"].push_back(
            Json{{"text", noted->text},
                 {"officer", officer},
                 {"device", item.device.hex()},
                 {"claimed_at", base::toIsoTime(item.claimed)},
                 {"received_at", item.received ? Json(base::toIsoTime(*item.received)) : Json()},
                 {"adopted_from", adoptedFrom(replica->directory().directory(), item)}});
        notes += fmt::format("  {} · {}{}\n    {}\n", base::toVietnameseTime(item.claimed), officer,
                             item.received ? "" : " · not sent yet", indented(noted->text));
    }
    out.json["history"] = historyJson(*replica, history);
    const domain::Directory& directory = replica->directory().directory();
    const auto signer = completionSignerOf(directory, a, history);
    out.json["signed_by"] = signer ? Json(*signer) : Json();
    std::string documents;
    for (const std::string& code : a.documents) documents += (documents.empty() ? "" : ", ") + code;
    out.text = fmt::format(
        "{}\n\nid          {}\nunit        {}\ndocuments   {}\ndeadline    {}\nstatus      {} "
        "({}){}\ncompleted   {}{}\nresult      {}\n",
        indented(a.content), a.key.id.hex(), a.unit, documents,
        a.deadline ? base::toVietnamese(*a.deadline) +
                         (a.deadlineRaw.empty() ? "" : "   (as written: " + a.deadlineRaw + ")")
                   : a.deadlineRaw,
        wordsOf(a.status), std::string(wordsOf(a.timeliness)) + (a.isDueSoon ? ", due soon" : ""),
        a.pending ? ", not sent yet" : "", a.completedOn ? base::toVietnamese(*a.completedOn) : "",
        signer ? ", signed by " + *signer : "", indented(a.result));
    if (a.isDoubtful) {
        out.text +=
            "\nCHECK: a cell of this row in the table could not be read with certainty; it stands "
            "here as it was written. The office corrects the table and imports it again.\n";
    }
    if (a.conflicts > 0) out.text += conflictsText(*replica, a, history);
    if (!notes.empty()) out.text += "\nProgress:\n" + notes;
    out.text += adoptionsText(directory, history);
    return out;
}

Result<Answer> taskHistory(const Context& context, const std::string& id) {
    TRY(Opened opened, openAssignment(context, id));
    replica::Replica* replica = opened.replica;
    const replica::AssignmentInfo& a = opened.assignment;
    TRY(auto history, replica->history(a.key));
    Answer out;
    out.json = historyJson(*replica, history);
    TRY(auto ofTask, replica->history({a.key.scope, domain::ObjectKind::Task, a.task}));
    if (!ofTask.empty()) ofTask.erase(ofTask.begin());  // how it came to be says the assignment's
    for (auto& item : ofTask) history.push_back(std::move(item));
    std::stable_sort(history.begin(), history.end(), [](const auto& x, const auto& y) {
        constexpr base::TimeMs kNever = std::numeric_limits<base::TimeMs>::max();
        return x.received.value_or(kNever) < y.received.value_or(kNever);
    });
    TextTable table({"WRITTEN", "RECEIVED", "ENTRY", "OFFICER", "WHAT"});
    for (const auto& item : history) {
        table.add({base::toVietnameseTime(item.claimed),
                   item.received ? base::toVietnameseTime(*item.received) : "not sent yet",
                   item.entry.hex().substr(0, 10), whoOf(replica->directory().directory(), item),
                   adoptedText(replica->directory().directory(), item) + lineOf(item.change)});
    }
    out.text = table.text(24, TextTable::kUncut);
    return out;
}

Result<Answer> taskProgress(const Context& context, const std::string& id,
                            const std::string& text) {
    TRY(std::string note, textArgument(text, "text"));
    TRY(Opened opened, openAssignment(context, id));
    return writeEntry(opened,
                      domain::Noted{domain::ObjectKind::Assignment, opened.assignment.key.id,
                                    domain::NoteKind::Progress, note},
                      "Progress noted.");
}

Result<Answer> taskComplete(const Context& context, const TaskComplete& options) {
    TRY(std::string text, textArgument(options.result, "result"));
    TRY(base::Date day, dayArgument(options.completed, base::SystemClock()));
    TRY(Opened opened, openAssignment(context, options.id));
    const replica::AssignmentInfo& a = opened.assignment;
    const std::string isFuture = "The day of completion, " + base::toVietnamese(day) +
                                 ", lies in the future: today is " +
                                 base::toVietnamese(opened.today) + " by this machine's clock.";
    const bool isAsked = day > opened.today && context.canAsk();
    if (isAsked && !context.isYes(isFuture + " Sign it nevertheless? [y/N] "))
        return fail(Code::InvalidInput, "Nothing was signed.");
    TRY(syncing::DeviceOfficer officer, syncing::signerOf(*opened.replica, options.officer));
    domain::Written change{domain::ObjectKind::Assignment, a.key.id, {}};
    change.fields.push_back(domain::writeOver(&a.row, Field::Result, text));
    change.fields.push_back(domain::writeOver(&a.row, Field::CompletedOn, std::int64_t{day.days}));
    change.fields.push_back(domain::writeOver(
        &a.row, Field::Status, static_cast<std::int64_t>(domain::Status::Completed)));
    TRY(domain::Change stated, opened.replica->state(a.key.scope, std::move(change), officer.key));
    TRY(Answer out, writeEntry(opened, std::move(stated),
                               "Marked as completed on " + base::toVietnamese(day) +
                                   " and signed by " + officer.name + "."));
    out.json["signed_by"] = officer.name;
    // A warning, not a refusal (offices do write days ahead): the clock of this machine may be
    // wrong.
    if (day > opened.today) {
        std::string before = out.json.value("warning", "");
        out.json["warning"] = before.empty() ? isFuture : before + " " + isFuture;
        out.text += "Warning: " + isFuture +
                    " If it is a mistake, run task complete again with the right --completed.\n";
    }
    return out;
}

Result<Answer> taskAssign(const Context& context, const std::string& id, const std::string& to) {
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    TRY(auto units, office::unitsOf(replica->directory().directory(), to));
    TRY(office::Assigned done, office::assignTask(*replica, id, units));
    Answer out;
    out.json = Json{{"created", done.created}, {"existing", done.existing}};
    out.text = fmt::format("Assigned to {}; {} had it before. It is sent with the next sync.\n",
                           counted(done.created, "unit"), done.existing);
    return out;
}

}  // namespace cli
