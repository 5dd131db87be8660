#include <fmt/format.h>
#include "cli/fingerprints.h"
#include "cli/verbs.h"
#include "cli/words.h"
#include "office/administration.h"
#include "office/queue.h"

namespace cli {
namespace {

using domain::Field;
using domain::ObjectKind;
using replica::QueueItem;

/// The id as people copy it: of two that begin alike the first letters do not suffice. An author
/// chooses what he writes, so he can make two that begin alike; then more are asked for.
constexpr std::size_t kIdLetters = 12;

std::string_view nameOf(QueueItem::Kind kind) {
    return kind == QueueItem::Kind::Right ? "right" : "quarantine";
}

/// What a change says, whoever signed for it.
std::string saying(const domain::Change& change) {
    if (auto* stated = std::get_if<domain::Stated>(&change))
        return lineOf(domain::Change(stated->written));
    return lineOf(change);
}

std::vector<std::string> sayings(const QueueItem& item) {
    std::vector<std::string> out;
    for (const replica::QueuedChange& queued : item.changes) {
        std::string line = saying(queued.change);
        if (!queued.reason.empty()) line += " (cannot be adopted: " + queued.reason + ")";
        out.push_back(std::move(line));
    }
    return out;
}

std::optional<replica::ObjectKey> objectOf(const base::ScopeId& scope,
                                           const domain::Change& change) {
    if (auto* stated = std::get_if<domain::Stated>(&change))
        return replica::ObjectKey{scope, stated->written.kind, stated->written.id};
    if (auto* written = std::get_if<domain::Written>(&change))
        return replica::ObjectKey{scope, written->kind, written->id};
    if (auto* noted = std::get_if<domain::Noted>(&change))
        return replica::ObjectKey{scope, noted->kind, noted->id};
    return {};
}

/// What the task says that the first change is about; empty if that is not known here.
Result<std::string> titleOf(replica::Replica& replica, const QueueItem& item) {
    if (item.changes.empty()) return std::string();
    auto key = objectOf(item.scope, item.changes.front().change);
    if (!key) return std::string();
    TRY(auto row, replica.row(*key));
    if (row && key->kind == ObjectKind::Assignment) {
        const domain::Value* task = row->shown(Field::AssignmentTask);
        auto* ids = task == nullptr ? nullptr : std::get_if<std::vector<base::ObjectId>>(task);
        if (ids == nullptr || ids->empty()) return std::string();
        TRY(row, replica.row({item.scope, ObjectKind::Task, ids->front()}));
    }
    return row ? row->text(Field::TaskContent) : std::string();
}

struct Words {
    std::string unit, unitName, officer, device, title;
};

Result<Words> wordsOf(replica::Replica& replica, const QueueItem& item) {
    const domain::Directory& directory = replica.directory().directory();
    const domain::Unit* unit = directory.unitOfScope(item.what.scope);
    Words out;
    if (unit != nullptr) out.unit = unit->code;
    if (unit != nullptr) out.unitName = unit->name;
    out.officer = officersOf(directory.device(item.what.device), item.arrived);
    out.device = item.what.device.hex();
    TRY(out.title, titleOf(replica, item));
    return out;
}

Json jsonOf(const QueueItem& item, const Words& words) {
    const bool isOrdered = item.kind == QueueItem::Kind::Right;
    const std::string cannot = office::reasonNotAdoptable(item);
    const Json arrived = base::toIsoTime(item.arrived);
    Json out;
    out["kind"] = nameOf(item.kind);
    out["entry"] = item.entry.hex();
    out["act"] = item.what.act.hex();
    out["versions"] = item.versions;
    out["held_back"] = item.isHeldBack;
    out["unit"] = words.unit.empty() ? Json() : Json(words.unit);
    out["officer"] = words.officer;
    out["device"] = words.device;
    out["claimed_at"] = base::toIsoTime(item.claimed);
    out["not_before"] = item.notBefore == 0 ? Json() : Json(base::toIsoTime(item.notBefore));
    out["received_at"] = isOrdered ? arrived : Json();
    out["arrived_at"] = isOrdered ? Json() : arrived;
    out["reason"] = item.reason;
    out["changes"] = sayings(item);
    out["unreadable"] = item.unreadable.empty() ? Json() : Json(item.unreadable);
    out["not_adoptable"] = cannot.empty() ? Json() : Json(cannot);
    out["title"] = words.title;
    return out;
}

std::string textOf(const QueueItem& item, const Words& words) {
    std::string out = fmt::format(
        "{}  {} {}\n    {}, device {}; written {} by its clock, arrived {}\n    Why it waits: {}\n",
        item.entry.hex().substr(0, kIdLetters), words.unit, words.unitName, words.officer,
        words.device.substr(0, 10), base::toVietnameseTime(item.claimed),
        base::toVietnameseTime(item.arrived), item.reason);
    if (item.versions > 1) {
        out += fmt::format(
            "    {} versions of this act wait, by its author's choice: what is decided about one "
            "holds for all of them.\n",
            item.versions);
    }
    if (item.isHeldBack) out += "    Nobody decides about it: the device sends it again itself.\n";
    if (!words.title.empty()) out += "    Task: " + indented(words.title) + "\n";
    for (const std::string& line : sayings(item)) out += "    - " + indented(line) + "\n";
    if (!item.unreadable.empty()) out += "    It cannot be read: " + item.unreadable + "\n";
    return out;
}

Json decidedJson(const office::Decided& decided) {
    return Json{{"entry", decided.entry.hex()}, {"about", decided.item.entry.hex()}};
}

}  // namespace

Result<Answer> officeQueue(const Context& context, const std::string& entry) {
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    std::vector<QueueItem> items;
    if (entry.empty()) {
        TRY(items, office::queue(*replica));
    } else {
        TRY(QueueItem one, office::queued(*replica, entry));
        items.push_back(std::move(one));
    }
    Answer out;
    out.json["items"] = Json::array();
    for (const QueueItem& item : items) {
        TRY(Words words, wordsOf(*replica, item));
        out.json["items"].push_back(jsonOf(item, words));
        out.text += textOf(item, words) + "\n";
    }
    out.text += items.empty()   ? std::string("Nothing waits for a decision.\n")
                : entry.empty() ? counted(items.size(), "entry waits", "entries wait") +
                                      ": thongsuot office adopt ENTRY makes one the office's own, "
                                      "thongsuot office refuse ENTRY --reason TEXT settles it.\n"
                                : std::string();
    return out;
}

Result<Answer> officeAdopt(const Context& context, const std::string& entry) {
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    TRY(office::Decided decided, office::adopt(*replica, entry));
    TRY(Words words, wordsOf(*replica, decided.item));
    Answer out;
    out.json = decidedJson(decided);
    out.json["adopted"] = decided.changes;
    out.json["changes"] = sayings(decided.item);
    out.json["left_out"] = decided.leftOut;
    out.text = fmt::format("Adopted: the office answers for what {} wrote ({}).", words.officer,
                           words.unit);
    if (decided.leftOut > 0) {
        out.text += fmt::format(" {} left out, which never had the right.",
                                counted(decided.leftOut, "change was", "changes were"));
    }
    out.text += " It is sent with the next sync.\n";
    for (const std::string& line : sayings(decided.item))
        out.text += "    - " + indented(line) + "\n";
    return out;
}

Result<Answer> officeRefuse(const Context& context, const std::string& entry,
                            const std::string& reason) {
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    TRY(office::Decided decided, office::refuse(*replica, entry, reason));
    TRY(Words words, wordsOf(*replica, decided.item));
    Answer out;
    out.json = decidedJson(decided);
    out.text = fmt::format(
        "Refused: what {} wrote ({}) stays without effect; the unit reads why in thongsuot audit "
        "list. It is sent with the next sync.\n",
        words.officer, words.unit);
    return out;
}

Status tellQueue(replica::Replica& replica, Answer& out) {
    if (!office::isOffice(replica)) return {};
    TRY(const std::size_t waiting, replica.queueSize());
    TRY(const std::size_t heldBack, replica.heldBackSize());
    out.json["queue"] = waiting;
    out.json["held_back"] = heldBack;
    if (waiting > 0) {
        out.text += counted(waiting, "entry waits", "entries wait") +
                    " for a decision: see thongsuot office queue.\n";
    }
    if (heldBack > 0) {
        out.text += fmt::format(
            "The server keeps {} apart of devices that may write: if that stays so after they have "
            "synchronised, tell its operator; see thongsuot office queue.\n",
            counted(heldBack, "entry", "entries"));
    }
    if (replica.hasQueueOverflow()) {
        out.text +=
            "More of them lie at the server than this device has room for: decide about these, "
            "then synchronise again.\n";
    }
    return {};
}

}  // namespace cli
