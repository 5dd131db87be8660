// What waits for a decision of the office.

#include <algorithm>
#include "replica/replica.h"

namespace replica {
namespace {

using base::Code;
using base::fail;

std::string whyUnreadable(const base::Error& error) {
    if (error.code == Code::WaitingForKey)
        return "the key that opens it is not held here; has this device been synchronised?";
    if (error.code == Code::Unsupported) return "it needs a newer program";
    return "its body is not valid";
}

/// By this replica's own directory, whatever the server says.
std::string whyInQuarantine(const domain::Device* device, bool isHeldBack) {
    if (device != nullptr && device->revokedSince)
        return "its device was revoked before it arrived";
    if (!isHeldBack) return "its device has no right to write in this ledger";
    return "the server keeps it apart although its device may write in this ledger";
}

/// What a change lacks even by the directory that its author had seen.
std::string whyNotAdoptable(const domain::Directory& directory, const base::DeviceId& author,
                            const base::ScopeId& scope, std::uint64_t seen,
                            const domain::Change& change) {
    if (seen > directory.size()) return "its author says to have seen more than there is";
    return domain::reasonWithoutEffect(directory, author, scope, seen, change)
        .value_or(std::string());
}

/// Counts the versions of each act.
void countVersions(std::vector<QueueItem>& items) {
    std::map<Judgeable, std::size_t> versions;
    for (const QueueItem& item : items) ++versions[item.what];
    for (QueueItem& item : items) item.versions = versions[item.what];
}

/// Whether both say the same, so that it is one to whoever decides.
bool saysTheSame(const QueueItem& a, const QueueItem& b) {
    const bool isReadable = a.unreadable.empty() && b.unreadable.empty();
    return isReadable && a.what == b.what && a.scope == b.scope && a.claimed == b.claimed &&
           a.isHeldBack == b.isHeldBack && a.changes == b.changes;
}

}  // namespace

Result<std::vector<QueueItem>> Replica::waiting() {
    CHECK_OK(ensureOverlay());
    std::vector<QueueItem> out;
    if (!decidesHere()) return out;
    TRY(auto txn, m_store.read());
    CHECK_OK(addRightItems(*txn, out));
    CHECK_OK(addQuarantined(*txn, out));
    std::stable_sort(out.begin(), out.end(),
                     [](const auto& a, const auto& b) { return a.arrived < b.arrived; });
    countVersions(out);
    return out;
}

Result<std::size_t> Replica::queueSize() {
    CHECK_OK(ensureOverlay());
    std::set<Judgeable> acts;
    if (!decidesHere()) return acts.size();
    TRY(auto txn, m_store.read());
    CHECK_OK(View::eachUndecided(*txn, [&](const Judgeable& what, std::uint64_t) -> Result<bool> {
        if (!m_overlay.isDecided(what)) acts.insert(what);
        return true;
    }));
    for (const auto& [last, held] : m_quarantined) {
        if (isHeldBack(held.chain)) continue;
        for (const Judgeable& what : held.waiting) {
            if (!m_overlay.isDecided(what)) acts.insert(what);
        }
    }
    return acts.size();
}

Result<std::optional<Decision>> Replica::decisionAbout(std::string_view digits) {
    CHECK_OK(ensureOverlay());
    auto isNamed = [&](const Judgeable& what) { return what.act.hex().starts_with(digits); };
    const std::set<Judgeable>& pending = m_overlay.decided();
    if (std::any_of(pending.begin(), pending.end(), isNamed))
        return std::optional(Decision{m_identity.device, {}});
    std::optional<Decision> out;
    TRY(auto txn, m_store.read());
    CHECK_OK(
        View::eachDecided(*txn, [&](const Judgeable& what, std::uint64_t position) -> Result<bool> {
            if (!isNamed(what)) return true;
            TRY(auto stored, m_tables.recordAt(*txn, what.scope, position));
            if (!stored) return fail(Code::Corrupt, "a decision of the office is missing");
            TRY(store::OpenedRecord opened, store::openRecord(*stored));
            out = {opened.chain.device, static_cast<base::TimeMs>(opened.at.firstArrival)};
            return false;
        }));
    return out;
}

Result<std::size_t> Replica::heldBackSize() {
    CHECK_OK(ensureOverlay());
    std::size_t out = 0;
    if (!decidesHere()) return out;
    for (const auto& [last, held] : m_quarantined) {
        if (isHeldBack(held.chain)) out += held.waiting.size();
    }
    return out;
}

/// What is not opened any more is listed nevertheless: one device could hide another's work else.
Result<std::vector<QueueItem>> Replica::queue(std::size_t bytesMax) {
    TRY(std::vector<QueueItem> items, waiting());
    std::vector<QueueItem> out;
    std::map<Judgeable, std::vector<std::size_t>> listed;
    std::size_t bytes = 0;
    for (QueueItem& item : items) {
        if (bytes < bytesMax) {
            TRY(const std::size_t opened, open(item));
            bytes += opened;
        } else {
            item.unreadable = "too much waits to show all of it at once; ask for this one alone";
        }
        std::vector<std::size_t>& same = listed[item.what];
        const bool isSaid = std::any_of(same.begin(), same.end(),
                                        [&](std::size_t i) { return saysTheSame(out[i], item); });
        if (isSaid) continue;
        same.push_back(out.size());
        out.push_back(std::move(item));
    }
    countVersions(out);
    return out;
}

Result<std::size_t> Replica::open(QueueItem& item) {
    TRY(auto txn, m_store.read());
    item.changes.clear();
    item.unreadable.clear();
    std::size_t bytes = 0;
    CHECK_OK(item.kind == QueueItem::Kind::Right ? openRight(*txn, item, bytes)
                                                 : openQuarantined(*txn, item, bytes));
    return bytes;
}

Status Replica::addRightItems(const store::ReadTxn& txn, std::vector<QueueItem>& out) const {
    return View::eachUndecided(
        txn, [&](const Judgeable& what, std::uint64_t position) -> Result<bool> {
            if (m_overlay.isDecided(what)) return true;
            TRY(auto stored, m_tables.recordAt(txn, what.scope, position));
            if (!stored)
                return fail(Code::Corrupt, "a record that waits for the office is missing");
            TRY(store::OpenedRecord opened, store::openRecord(*stored));
            const auto index = static_cast<std::size_t>(position - opened.first);
            if (index >= opened.entries.size())
                return fail(Code::Corrupt, "an entry that waits for the office is missing");
            const ledger::Entry& entry = opened.entries[index];
            QueueItem item;
            item.kind = QueueItem::Kind::Right;
            item.entry = entry.hash;
            item.scope = what.scope;
            item.what = what;
            item.position = position;
            item.claimed = entry.header.claimed;
            TRY(item.notBefore, notBefore(what.scope, entry.header.seen, txn));
            item.arrived = static_cast<base::TimeMs>(opened.at.firstArrival);
            item.reason = "it had lost its right when it arrived";
            out.push_back(std::move(item));
            return true;
        });
}

Status Replica::openRight(const store::ReadTxn& txn, QueueItem& item, std::size_t& bytes) const {
    const domain::Directory& directory = m_directory.directory();
    TRY(auto stored, m_tables.recordAt(txn, item.scope, item.position));
    if (!stored) return fail(Code::Corrupt, "a record that waits for the office is missing");
    TRY(store::OpenedRecord opened, store::openRecord(*stored));
    const auto index = static_cast<std::size_t>(item.position - opened.first);
    if (index >= opened.entries.size() || opened.entries[index].hash != item.entry)
        return fail(Code::Corrupt, "an entry that waits for the office is missing");
    const ledger::Entry& entry = opened.entries[index];
    auto changes = openChanges(entry, item.scope, m_keys, &bytes);
    if (!changes) {
        item.unreadable = whyUnreadable(changes.error());
        return {};
    }
    const base::DeviceId& author = item.what.device;
    for (domain::Change& change : *changes) {
        auto reason = domain::reasonWithoutEffect(directory, author, item.scope,
                                                  opened.at.directorySize, change);
        if (!reason) continue;
        std::string lacks =
            whyNotAdoptable(directory, author, item.scope, entry.header.seen.directorySize, change);
        if (lacks.empty()) item.reason = *reason;
        item.changes.push_back({std::move(change), std::move(lacks)});
    }
    return {};
}

Status Replica::addQuarantined(const store::ReadTxn& txn, std::vector<QueueItem>& out) const {
    const domain::Directory& directory = m_directory.directory();
    EntriesOf known;
    return txn.scan(kQuarantined, {}, [&](ByteView key, ByteView value) -> Result<bool> {
        TRY(HeldSegment held, HeldSegment::decode(value));
        TRY(HeldSegment::Opened opened, held.open());
        TRY(auto waiting, waitingIn(txn, held, opened, known));
        const bool isBack = isHeldBack(opened.chain);
        for (const HeldSegment::Waiting& one : waiting) {
            if (m_overlay.isDecided(one.what)) continue;
            const ledger::Entry& entry = opened.entries[one.index];
            QueueItem item;
            item.entry = entry.hash;
            item.scope = opened.chain.scope;
            item.what = one.what;
            item.segment = base::Hash::from(key);
            item.claimed = entry.header.claimed;
            TRY(item.notBefore, notBefore(item.scope, entry.header.seen, txn));
            item.arrived = static_cast<base::TimeMs>(held.at);
            item.reason = whyInQuarantine(directory.device(opened.chain.device), isBack);
            item.isHeldBack = isBack;
            item.isFalselyRestated = one.isFalselyRestated;
            out.push_back(std::move(item));
        }
        return true;
    });
}

Status Replica::openQuarantined(const store::ReadTxn& txn, QueueItem& item,
                                std::size_t& bytes) const {
    const domain::Directory& directory = m_directory.directory();
    Bytes value;
    TRY(const bool isThere, txn.get(kQuarantined, item.segment.view(), value));
    if (!isThere) return fail(Code::Corrupt, "what is kept for the office is missing");
    TRY(HeldSegment held, HeldSegment::decode(value));
    TRY(HeldSegment::Opened opened, held.open());
    auto entry = std::find_if(opened.entries.begin(), opened.entries.end(),
                              [&](const ledger::Entry& one) { return one.hash == item.entry; });
    if (entry == opened.entries.end())
        return fail(Code::Corrupt, "what is kept for the office is missing");
    const bool ofDirectory = item.scope == directory.directoryScopeId();
    bytes = entry->bytes.size();  // of the directory, which is not packed
    auto changes = ofDirectory ? session::directoryChanges(*entry)
                               : openChanges(*entry, item.scope, m_keys, &bytes);
    if (!changes) {
        item.unreadable = whyUnreadable(changes.error());
        return {};
    }
    for (domain::Change& change : *changes) {
        std::string lacks = whyNotAdoptable(directory, item.what.device, item.scope,
                                            entry->header.seen.directorySize, change);
        if (ofDirectory) lacks = "the office does again itself what is an act of the directory";
        if (item.isFalselyRestated)
            lacks = "it says to write something again, in a chain that goes on from no other";
        item.changes.push_back({std::move(change), std::move(lacks)});
    }
    return {};
}

}  // namespace replica
