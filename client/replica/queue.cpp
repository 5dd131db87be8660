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

Result<std::vector<QueueItem>> Replica::queue() {
    CHECK_OK(ensureOverlay());
    std::vector<QueueItem> out;
    const domain::Directory& directory = m_directory.directory();
    const bool isOffice =
        directory.hasGenesis() && domain::mayJudge(directory, m_identity.device, directory.size());
    if (!isOffice) return out;
    TRY(auto txn, m_store.read());
    CHECK_OK(addRightItems(*txn, out));
    CHECK_OK(addQuarantined(*txn, out));
    std::stable_sort(out.begin(), out.end(),
                     [](const auto& a, const auto& b) { return a.arrived < b.arrived; });
    return out;
}

Status Replica::addRightItems(const store::ReadTxn& txn, std::vector<QueueItem>& out) const {
    const domain::Directory& directory = m_directory.directory();
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
            out.push_back(std::move(item));
            return true;
        });
}

Status Replica::addQuarantined(const store::ReadTxn& txn, std::vector<QueueItem>& out) const {
    const domain::Directory& directory = m_directory.directory();
    std::set<Judgeable> listed;  // an act that was written again is one
    return txn.scan(kQuarantined, {}, [&](ByteView, ByteView value) -> Result<bool> {
        TRY(HeldSegment held, HeldSegment::decode(value));
        TRY(HeldSegment::Opened opened, held.open());
        const base::ScopeId& scope = opened.chain.scope;
        const bool ofDirectory = scope == directory.directoryScopeId();
        for (const ledger::Entry& entry : opened.entries) {
            const Judgeable what = judgeableOf(opened.chain, entry);
            TRY(const bool isDecided, View::isDecided(txn, what));
            TRY(const bool isHere, isOrdered(txn, opened.chain, entry));
            if (isDecided || isHere || m_overlay.isDecided(what) || !listed.insert(what).second)
                continue;
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
                std::string lacks =
                    ofDirectory ? "the office does again itself what is an act of the directory"
                                : whyNotAdoptable(directory, what.device, scope,
                                                  entry.header.seen.directorySize, change);
                item.changes.push_back({std::move(change), std::move(lacks)});
            }
            out.push_back(std::move(item));
        }
        return true;
    });
}

}  // namespace replica
