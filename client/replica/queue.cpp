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

std::string whyInQuarantine(std::uint8_t why) {
    if (why == wire::kOfRevoked) return "its device was revoked before it arrived";
    if (why == wire::kWithoutRight) return "its device had no right to write in this ledger";
    return "the server kept it apart for a reason that needs a newer program";
}

/// What a change lacks even by the directory that its author had seen.
std::string whyNotAdoptable(const domain::Directory& directory, const base::DeviceId& author,
                            const base::ScopeId& scope, std::uint64_t seen,
                            const domain::Change& change) {
    if (seen > directory.size()) return "its author says to have seen more than there is";
    return domain::reasonWithoutEffect(directory, author, scope, seen, change)
        .value_or(std::string());
}

}  // namespace

bool Replica::decidesHere() const {
    const domain::Directory& directory = m_directory.directory();
    return directory.hasGenesis() &&
           domain::mayJudge(directory, m_identity.device, directory.size());
}

Result<std::vector<QueueItem>> Replica::queue() {
    CHECK_OK(ensureOverlay());
    std::vector<QueueItem> out;
    if (!decidesHere()) return out;
    TRY(auto txn, m_store.read());
    CHECK_OK(eachUndecided(*txn, [&](const Judgeable& what, std::uint64_t position) -> Status {
        TRY(QueueItem item, rightItem(*txn, what, position));
        out.push_back(std::move(item));
        return {};
    }));
    CHECK_OK(eachQuarantined(*txn,
                             [&](const HeldSegment& held, const HeldSegment::Opened& opened,
                                 const ledger::Entry& entry) -> Status {
                                 TRY(QueueItem item,
                                     quarantinedItem(*txn, held, opened.chain.scope, entry,
                                                     judgeableOf(opened.chain, entry)));
                                 out.push_back(std::move(item));
                                 return {};
                             }));
    std::stable_sort(out.begin(), out.end(),
                     [](const auto& a, const auto& b) { return a.arrived < b.arrived; });
    return out;
}

Result<std::size_t> Replica::queueSize() {
    CHECK_OK(ensureOverlay());
    std::size_t out = 0;
    if (!decidesHere()) return out;
    TRY(auto txn, m_store.read());
    auto count = [&](const auto&...) -> Status {
        ++out;
        return {};
    };
    CHECK_OK(eachUndecided(*txn, count));
    CHECK_OK(eachQuarantined(*txn, count));
    return out;
}

Status Replica::eachUndecided(const store::ReadTxn& txn, const UndecidedVisitor& visit) const {
    return View::eachUndecided(txn,
                               [&](const Judgeable& what, std::uint64_t position) -> Result<bool> {
                                   if (!m_overlay.isDecided(what)) CHECK_OK(visit(what, position));
                                   return true;
                               });
}

/// An entry of a ledger that had the right at what its author had seen.
Result<QueueItem> Replica::rightItem(const store::ReadTxn& txn, const Judgeable& what,
                                     std::uint64_t position) const {
    const domain::Directory& directory = m_directory.directory();
    TRY(auto stored, m_tables.recordAt(txn, what.scope, position));
    if (!stored) return fail(Code::Corrupt, "a record that waits for the office is missing");
    TRY(store::OpenedRecord opened, store::openRecord(*stored));
    const auto index = static_cast<std::size_t>(position - opened.first);
    if (index >= opened.entries.size())
        return fail(Code::Corrupt, "an entry that waits for the office is missing");
    const ledger::Entry& entry = opened.entries[index];
    TRY(std::vector<domain::Change> changes, openChanges(entry, what.scope, m_keys));
    QueueItem item;
    item.kind = QueueItem::Kind::Right;
    item.scope = what.scope;
    item.what = what;
    item.claimed = entry.header.claimed;
    TRY(item.notBefore, notBefore(what.scope, entry.header.seen, txn));
    item.arrived = static_cast<base::TimeMs>(opened.at.firstArrival);
    for (domain::Change& change : changes) {
        auto reason = domain::reasonWithoutEffect(directory, what.device, what.scope,
                                                  opened.at.directorySize, change);
        if (!reason) continue;
        std::string lacks = whyNotAdoptable(directory, what.device, what.scope,
                                            entry.header.seen.directorySize, change);
        if (lacks.empty()) item.reason = *reason;
        item.changes.push_back({std::move(change), std::move(lacks)});
    }
    return item;
}

Status Replica::eachQuarantined(const store::ReadTxn& txn, const QuarantinedVisitor& visit) const {
    std::set<Judgeable> listed;  // an act that was written again is one
    return txn.scan(kQuarantined, {}, [&](ByteView, ByteView value) -> Result<bool> {
        TRY(HeldSegment held, HeldSegment::decode(value));
        TRY(HeldSegment::Opened opened, held.open());
        for (const ledger::Entry& entry : opened.entries) {
            const Judgeable what = judgeableOf(opened.chain, entry);
            TRY(const bool isDecided, View::isDecided(txn, what));
            TRY(const bool isHere, isOrdered(txn, opened.chain, entry));
            if (isDecided || isHere || m_overlay.isDecided(what) || !listed.insert(what).second)
                continue;
            CHECK_OK(visit(held, opened, entry));
        }
        return true;
    });
}

/// An entry that stands in no ledger.
Result<QueueItem> Replica::quarantinedItem(const store::ReadTxn& txn, const HeldSegment& held,
                                           const base::ScopeId& scope, const ledger::Entry& entry,
                                           const Judgeable& what) const {
    const domain::Directory& directory = m_directory.directory();
    const bool ofDirectory = scope == directory.directoryScopeId();
    QueueItem item;
    item.scope = scope;
    item.what = what;
    item.claimed = entry.header.claimed;
    TRY(item.notBefore, notBefore(scope, entry.header.seen, txn));
    item.arrived = static_cast<base::TimeMs>(held.at);
    item.reason = whyInQuarantine(held.why);
    auto changes =
        ofDirectory ? session::directoryChanges(entry) : openChanges(entry, scope, m_keys);
    if (!changes) item.unreadable = whyUnreadable(changes.error());
    for (std::size_t i = 0; changes && i < changes->size(); ++i) {
        domain::Change& change = (*changes)[i];
        std::string lacks = ofDirectory
                                ? "the office does again itself what is an act of the directory"
                                : whyNotAdoptable(directory, what.device, scope,
                                                  entry.header.seen.directorySize, change);
        item.changes.push_back({std::move(change), std::move(lacks)});
    }
    return item;
}

}  // namespace replica
