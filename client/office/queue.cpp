#include "office/queue.h"
#include "base/limits.h"
#include "base/text.h"
#include "office/administration.h"
#include "replica/id_prefix.h"

namespace office {
namespace {

using base::Code;
using base::fail;
using base::Status;
using replica::QueueItem;

Status checkDecides(const replica::Replica& replica) {
    if (isOffice(replica)) return {};
    return fail(Code::NotPermitted,
                "Only a device of the province office that does not only read decides about work "
                "that came without the right.");
}

base::Error errorOfDecided(const replica::Replica& replica, const replica::Decision& decision) {
    if (!decision.received) {
        return {Code::InvalidInput,
                "This device has decided about it already; the decision is sent with the next "
                "sync."};
    }
    const domain::Device* by = replica.directory().directory().device(decision.by);
    std::string who;
    if (by != nullptr) {
        for (const domain::Officer& officer : by->officers)
            who += (who.empty() ? "" : " / ") + officer.name;
    }
    return {Code::InvalidInput, "The office has decided about it already: " + who + ", device " +
                                    decision.by.hex().substr(0, 10) + ", on " +
                                    base::toVietnameseTime(*decision.received) +
                                    ". See the history of its task, or thongsuot audit list."};
}

/// The one whose own hash begins so; it alone is opened.
base::Result<QueueItem> itemNamed(replica::Replica& replica, std::string_view prefix) {
    CHECK_OK(checkDecides(replica));
    TRY(std::vector<QueueItem> items, replica.waiting());
    std::vector<base::Hash> entries;
    for (const QueueItem& item : items) entries.push_back(item.entry);
    TRY(std::string digits, replica::idPrefix(prefix));
    auto found = replica::idWithPrefix<base::Hash>(digits, entries, "waiting entry");
    if (!found && found.error().code == Code::NotFound) {
        TRY(auto decision, replica.decisionAbout(digits));
        if (decision) return tl::unexpected(errorOfDecided(replica, *decision));
        return fail(Code::NotFound, "Nothing that begins with " + digits +
                                        " waits for a decision; thongsuot office queue lists what "
                                        "does.");
    }
    if (!found) {
        std::string which;
        for (const base::Hash& entry : entries) {
            if (entry.hex().starts_with(digits))
                which += (which.empty() ? "" : ", ") + entry.hex().substr(0, 16);
        }
        return fail(found.error().code, "Several waiting entries begin with " + digits + ": " +
                                            which + "; give more letters of the id.");
    }
    for (QueueItem& item : items) {
        if (item.entry != *found) continue;
        CHECK_OK(replica.open(item));
        return std::move(item);
    }
    return fail(Code::Internal, "a waiting entry is gone");
}

/// What its device will send again itself must not be settled on a server's word.
Status checkDecidable(const QueueItem& item) {
    if (!item.isHeldBack) return {};
    return fail(Code::InvalidInput,
                "Nobody decides about this entry: its device may write in this ledger itself, and "
                "sends it again. If it stays here after that, the server holds it back: tell its "
                "operator. If the device is gone, revoke it first.");
}

/// As the office says it: nobody else can sign for its officers.
domain::Change asOwn(const domain::Change& change) {
    if (auto* stated = std::get_if<domain::Stated>(&change)) return stated->written;
    return change;
}

base::Result<base::Hash> write(replica::Replica& replica, const replica::Act& act) {
    auto entry = replica.append(act);
    if (!entry && entry.error().code == Code::Limit) {
        return fail(Code::Limit,
                    "The entry is so full that the decision does not fit beside what it says; "
                    "write what it says anew, and refuse it.");
    }
    return entry;
}

}  // namespace

base::Result<std::vector<QueueItem>> queue(replica::Replica& replica) {
    CHECK_OK(checkDecides(replica));
    return replica.queue();
}

base::Result<QueueItem> queued(replica::Replica& replica, std::string_view prefix) {
    return itemNamed(replica, prefix);
}

std::string reasonNotAdoptable(const QueueItem& item) {
    if (item.isHeldBack) return item.reason;
    if (!item.unreadable.empty()) return item.unreadable;
    std::string out = item.changes.empty() ? "it says nothing" : "";
    for (const replica::QueuedChange& queued : item.changes) {
        if (queued.reason.empty()) return {};
        if (out.empty()) out = queued.reason;
    }
    return out;
}

replica::Act decisionOf(const QueueItem& item, domain::Verdict verdict, std::string reason) {
    replica::Act act{item.what.scope, {}};
    for (const replica::QueuedChange& queued : item.changes) {
        const bool isTaken = verdict == domain::Verdict::Adopted && queued.reason.empty();
        if (isTaken) act.changes.push_back(asOwn(queued.change));
    }
    // Last: so a note has the place in its entry, and with it the name, that its author gave it.
    act.changes.emplace_back(
        domain::Judged{item.what.act, item.what.device, verdict, std::move(reason), item.claimed});
    return act;
}

base::Result<Decided> adopt(replica::Replica& replica, std::string_view prefix) {
    Decided out;
    TRY(out.item, itemNamed(replica, prefix));
    CHECK_OK(checkDecidable(out.item));
    if (std::string reason = reasonNotAdoptable(out.item); !reason.empty()) {
        return fail(Code::InvalidInput, "Nothing of this entry can be adopted: " + reason +
                                            ". It waits until the office refuses it.");
    }
    const replica::Act act = decisionOf(out.item, domain::Verdict::Adopted, {});
    out.changes = act.changes.size() - 1;
    out.leftOut = out.item.changes.size() - out.changes;
    TRY(out.entry, write(replica, act));
    return out;
}

base::Result<Decided> refuse(replica::Replica& replica, std::string_view prefix,
                             const std::string& reason) {
    TRY(std::string text, base::toNfc(base::trim(reason)));
    if (text.empty())
        return fail(Code::Usage, "Say why with --reason: the unit reads it in its audit.");
    if (text.size() > base::limits::kReasonBytesMax)
        return fail(Code::Limit, "The reason is longer than 512 bytes; say it shorter.");
    Decided out;
    TRY(out.item, itemNamed(replica, prefix));
    CHECK_OK(checkDecidable(out.item));
    TRY(out.entry, write(replica, decisionOf(out.item, domain::Verdict::Refused, std::move(text))));
    return out;
}

}  // namespace office
