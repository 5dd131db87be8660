#include "session/directory_ledger.h"
#include "base/limits.h"
#include "wire/body.h"
#include "wire/compress.h"

namespace session {

using base::Code;
using base::fail;

Result<std::vector<domain::Change>> directoryChanges(const ledger::Entry& entry) {
    if (entry.header.keyVersion != 0)
        return fail(Code::Malformed, "an encrypted body in the directory");
    if (entry.header.dictionary != 0)
        return fail(Code::Malformed, "a body in the directory that needs a dictionary");
    TRY(base::Bytes plain, wire::decompress(entry.body, 0, base::limits::kPlainBodyBytesMax));
    return wire::decodeBody(plain);
}

Result<base::PublicKey> DirectoryLedger::sealKey(const ledger::Segment& segment) const {
    if (const domain::Device* device = m_directory.device(segment.chain.device)) return device->key;
    auto unknown = [] { return fail(Code::Refused, "an entry of a device that is not enrolled"); };
    bool inDirectory =
        !m_directory.hasGenesis() || segment.chain.scope == m_directory.directoryScopeId();
    if (segment.firstSeq != 0 || !inDirectory) return unknown();
    // The first entry's header and body do not depend on the hashes before it.
    ledger::ChainState start;
    TRY(ledger::Entry entry, ledger::advance(start, segment.entries.front()));
    TRY(std::vector<domain::Change> changes, directoryChanges(entry));
    if (changes.empty()) return unknown();
    if (auto* genesis = std::get_if<domain::SignedGenesis>(&changes[0])) {
        if (m_directory.hasGenesis()) return unknown();
        base::ProvinceId province = domain::provinceIdOf(genesis->body);
        bool fits =
            domain::deviceIdOf(province, genesis->content.deviceKey) == segment.chain.device &&
            domain::directoryScope(province) == segment.chain.scope;
        if (!fits) return unknown();
        return genesis->content.deviceKey;
    }
    const domain::DeviceEnrolled* enrolled = domain::recoveryIn(changes);
    if (enrolled == nullptr) enrolled = std::get_if<domain::DeviceEnrolled>(&changes[0]);
    if (enrolled != nullptr) {
        if (domain::deviceIdOf(m_directory.province(), enrolled->deviceKey) !=
            segment.chain.device) {
            return unknown();
        }
        return enrolled->deviceKey;
    }
    return unknown();
}

Status DirectoryLedger::checkWhole(std::uint64_t size, const Hash& root) const {
    if (this->size() == size && m_roots.back() == root) return {};
    return fail(Code::Corrupt,
                "The stored directory does not end where it says: the store is damaged. Put it "
                "back from a backup, or enrol anew.");
}

Status DirectoryLedger::append(const ledger::ChainId& chain, std::span<const ledger::Entry> entries,
                               const ledger::Arrival& at) {
    for (const ledger::Entry& entry : entries) {
        std::uint64_t position = size();
        TRY(std::vector<domain::Change> changes, directoryChanges(entry));
        const ledger::Seen& seen = entry.header.seen;
        bool isSeenHere = seen.ledgerSize == 0 || seen.epoch < m_epoch ||
                          (seen.ledgerSize <= position &&
                           ledger::shortRoot(m_roots[seen.ledgerSize]) == seen.root);
        if (!isSeenHere) {
            m_withoutEffect.push_back({chain.scope, position, entry.hash, std::string(kSplitView),
                                       std::string(kSplitViewReason)});
        }
        domain::DirectoryAuthor author{position,     static_cast<base::TimeMs>(at.firstArrival),
                                       chain.device, chain.incarnation,
                                       entry.seq,    domain::recoveryIn(changes)};
        const auto ofAct = m_acts.take(chain, entry);
        for (const domain::Change& change : changes) {
            bool isUnknown = std::holds_alternative<domain::UnknownChange>(change);
            if (isUnknown && m_directory.administers(chain.device, position)) {
                return fail(Code::Unsupported,
                            "The province's directory says something that this program is too old "
                            "to understand. Nothing is lost: install the newer version.");
            }
            auto reason =
                ofAct ? std::optional(std::string(*ofAct)) : m_directory.apply(author, change);
            if (!reason) continue;
            m_withoutEffect.push_back({chain.scope, position, entry.hash,
                                       std::string(domain::changeName(change)), *reason});
        }
        ledger::Arrival leafAt{at.arrival, position, at.firstArrival};
        m_frontier.append(ledger::leafHash(entry.hash, leafAt, m_roots.back()));
        m_roots.push_back(m_frontier.root());
        m_arrivals.push_back(at.arrival);
        m_directory.setSize(size());
    }
    return {};
}

}  // namespace session
