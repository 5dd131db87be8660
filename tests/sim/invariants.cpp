#include "invariants.h"

#include "base/limits.h"
#include "domain/names.h"
#include "wire/compress.h"

namespace sim {
namespace {

constexpr std::size_t kNonceBytes = 12;

bool unpacks(base::ByteView frame) {
    for (std::uint8_t dictionary = 0; dictionary <= wire::kDictionaryNewest; ++dictionary) {
        if (wire::decompress(frame, dictionary, base::limits::kPlainBodyBytesMax)) return true;
    }
    return false;
}

/// A body has a nonce before its text and a tag behind it; without encryption the text between
/// them, or with one of them left out, would be a frame that anybody unpacks.
bool isInPlain(base::ByteView body) {
    if (unpacks(body)) return true;
    if (body.size() < kNonceBytes + crypto::kTagBytes) return false;
    base::ByteView untagged = body.first(body.size() - crypto::kTagBytes);
    return unpacks(untagged) || unpacks(untagged.subspan(kNonceBytes));
}

}  // namespace

void LedgerWatch::onCommit(store::MemoryStore& serverStore) {
    auto txn = must(serverStore.read(), "the server's store is read");
    auto all = must(m_tables.all(*txn), "the server's ledgers are listed");
    if (all.empty()) return;
    if (m_directory.size() == 0) findDirectory(*txn, all);
    m_arrivalCommitted = m_lastArrival;
    // The directory first: records of units name its sizes.
    for (bool isDirectory : {true, false}) {
        for (const auto& [scope, info] : all) {
            if ((scope == m_directoryScope) != isDirectory) continue;
            must(sizeOf(scope) <= info.size(),
                 "1: the ledger " + brief(scope) + " has become shorter");
            read(*txn, scope, info.size());
            must(m_ledgers[scope].frontier == info.frontier,
                 "4: the ledger " + brief(scope) + " has another root than its records");
        }
    }
}

/// The directory is the ledger whose first entry is genesis; every other scope follows from it.
void LedgerWatch::findDirectory(
    const store::ReadTxn& txn,
    const std::vector<std::pair<base::ScopeId, store::LedgerInfo>>& all) {
    for (const auto& [scope, info] : all) {
        auto first = must(m_tables.recordAt(txn, scope, 0), "a first record is read");
        must(first.has_value(), "4: a ledger without a first record");
        ledger::Record record = must(ledger::parseRecord(first->bytes), "a first record is parsed");
        ledger::ChainState state;
        auto entry = ledger::advance(state, record.segment.entries[0]);
        auto changes =
            entry ? session::directoryChanges(*entry) : base::fail(base::Code::Malformed, "");
        if (!changes || changes->empty()) continue;
        auto* genesis = std::get_if<domain::SignedGenesis>(&changes->front());
        if (genesis == nullptr) continue;
        m_province = domain::provinceIdOf(genesis->body);
        m_directoryScope = scope;
        must(domain::directoryScope(m_province) == scope, "4: genesis in the ledger of a unit");
        return;
    }
    violated("4: ledgers without genesis");
}

void LedgerWatch::read(const store::ReadTxn& txn, const base::ScopeId& scope, std::uint64_t size) {
    Ledger& ledger = m_ledgers[scope];
    std::uint64_t from = ledger.frontier.size();
    if (from == size) return;
    must(m_tables.read(txn, scope, from,
                       [&](const store::StoredRecord& stored) -> base::Result<bool> {
                           take(ledger, stored);
                           return true;
                       }),
         "the server's records are read");
    must(ledger.frontier.size() == size, "4: the ledger " + brief(scope) + " has a gap at its end");
}

void LedgerWatch::take(Ledger& ledger, const store::StoredRecord& stored) {
    ledger::Record record = must(ledger::parseRecord(stored.bytes), "a stored record is parsed");
    const ledger::ChainId& chain = record.segment.chain;
    const std::string where =
        " at " + brief(chain.scope) + " position " + std::to_string(stored.first);
    must(stored.first == ledger.frontier.size(), "4: a record out of its place" + where);
    if (!m_chains.contains(chain)) m_chains[chain] = ledger::ChainState::start(m_province, chain);
    ledger::ChainState& state = m_chains[chain];
    must(record.segment.firstSeq == state.nextSeq, "4: a gap or a second body in a chain" + where);
    must(record.segment.prev == state.tip, "4: a wrong prev in a chain" + where);
    base::PublicKey key =
        must(m_directory.sealKey(record.segment), "8: a record of a stranger" + where);
    std::vector<ledger::Entry> entries;
    must(ledger::verifySegment(m_province, key, record.segment, state, entries),
         "4: a record" + where);
    must(record.at.arrival >= ledger.lastArrival, "5: a record that arrived earlier" + where);
    must(record.at.arrival >= m_arrivalCommitted,
         "5: a record that arrived before an earlier commit" + where);
    ledger.lastArrival = record.at.arrival;
    m_lastArrival = std::max(m_lastArrival, record.at.arrival);
    bool isDirectory = chain.scope == m_directoryScope;
    if (isDirectory) {
        must(record.at.directorySize == stored.first,
             "5: a directory record out of its place" + where);
        must(m_directory.append(chain, entries, record.at), "the directory is folded" + where);
    } else {
        must(record.at.directorySize <= m_directory.size(), "5: a record from the future" + where);
        must(record.at.directorySize >= ledger.lastDirectorySize,
             "5: a record from the past" + where);
        ledger.lastDirectorySize = record.at.directorySize;
        checkRights(record);
    }
    for (const ledger::Entry& entry : entries) {
        noteAct(chain, ledger, entry, where);
        ++m_entries[entry.hash];
        ledger.entries.push_back(entry.hash);
        if (!isDirectory) {
            must(!isInPlain(entry.body), "12: a body in plain" + where);
            onBody(chain.scope, entry);
        }
        ledger::Arrival at = record.at;
        if (isDirectory) at.directorySize = ledger.frontier.size();
        ledger.frontier.append(
            ledger::leafHash(entry.hash, at, m_directory.rootAt(at.directorySize)));
        ledger.roots.push_back(ledger.frontier.root());
    }
    must(stored.rootAfter == ledger.roots.back(), "5: a record with a wrong root" + where);
}

/// Nobody writes again what it had seen ordered.
void LedgerWatch::noteAct(const ledger::ChainId& chain, const Ledger& ledger,
                          const ledger::Entry& entry, const std::string& where) {
    if (!entry.header.restates) return;
    const base::Hash& act = *entry.header.restates;
    const std::uint64_t seen = chain.scope == m_directoryScope ? entry.header.seen.directorySize
                                                               : entry.header.seen.ledgerSize;
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(seen, ledger.entries.size()); ++i) {
        must(actOf(ledger.entries[i]) != act,
             "18: an entry is written again that its author had seen ordered" + where);
    }
    m_actOf[entry.hash] = act;
    if (++m_restatings[act] == 2) ++m_actsWrittenTwice;
}

std::size_t LedgerWatch::timesOf(const base::Hash& act) const {
    auto again = m_restatings.find(act);
    return positionsOf(act) + (again == m_restatings.end() ? 0 : again->second);
}

const base::Hash& LedgerWatch::actOf(const base::Hash& entry) const {
    auto it = m_actOf.find(entry);
    return it == m_actOf.end() ? entry : it->second;
}

void LedgerWatch::checkRights(const ledger::Record& record) {
    const ledger::ChainId& chain = record.segment.chain;
    must(m_directory.directory().mayAppend(chain.device, chain.scope, record.at.directorySize),
         "8: device " + brief(chain.device) + " wrote into the ledger " + brief(chain.scope) +
             " without a right");
}

void LedgerWatch::onHead(base::ByteView bytes) {
    ledger::Head head = must(ledger::Head::decode(bytes), "a head is decoded");
    const std::string which = brief(head.scope) + " size " + std::to_string(head.size);
    const domain::Directory& directory = m_directory.directory();
    const domain::Charter* charter = directory.charterVersion(head.charterVersion);
    must(charter != nullptr && head.verify(charter->headKey),
         "5: a head with a wrong signature: " + which);
    must(charter->version == directory.charter().version,
         "14: a head under charter " + std::to_string(charter->version) + " while " +
             std::to_string(directory.charter().version) + " is in force: " + which);
    must(head.size <= sizeOf(head.scope), "3: a head was sent before its commit: " + which);
    must(m_ledgers[head.scope].roots[head.size] == head.root,
         "5: a head with another root: " + which);
    m_heads[{head.scope, head.size}] = head.root;
}

void LedgerWatch::onReplica(ClientNode& client) {
    const std::uint32_t charter = client.replica().authority().version();
    must(charter >= client.newestCharter, "14: " + client.name() + " knew charter " +
                                              std::to_string(client.newestCharter) + ", and now " +
                                              std::to_string(charter));
    client.newestCharter = charter;
    auto status = client.replica().status();
    if (!status) violated(client.name() + " cannot say how it is: " + status.error().message);
    for (const replica::LedgerStatus& s : *status) {
        const std::string which =
            client.name() + ", ledger " + brief(s.scope) + " size " + std::to_string(s.size);
        must(s.size <= sizeOf(s.scope), "5: a replica is longer than the server: " + which);
        if (s.size > 0)
            must(m_ledgers[s.scope].roots[s.size] == s.root,
                 "5: a replica with another root: " + which);
        if (!s.stateDigest) continue;
        auto [known, isNew] = m_digests.emplace(std::pair(s.scope, s.size), *s.stateDigest);
        must(known->second == *s.stateDigest, "6: another state from the same entries: " + which);
    }
}

void LedgerWatch::onBody(const base::ScopeId& scope, const ledger::Entry& entry) {
    Sealed sealed{base::copy(entry.body.first(std::min(kNonceBytes, entry.body.size()))),
                  crypto::hash("", {entry.bytes})};
    auto [it, isNew] = m_bodies.emplace(std::pair(scope, entry.prev), sealed);
    must(isNew || it->second.bytes == sealed.bytes || it->second.nonce != sealed.nonce,
         "11: one key and nonce serve two texts, at " + brief(scope) + " behind " +
             brief(entry.prev));
}

std::uint64_t LedgerWatch::sizeOf(const base::ScopeId& scope) const {
    auto it = m_ledgers.find(scope);
    return it == m_ledgers.end() ? 0 : it->second.frontier.size();
}

std::size_t LedgerWatch::positionsOf(const base::Hash& entry) const {
    auto it = m_entries.find(entry);
    return it == m_entries.end() ? 0 : it->second;
}

const std::vector<base::Hash>& LedgerWatch::entriesOf(const base::ScopeId& scope) const {
    static const std::vector<base::Hash> kNone;
    auto it = m_ledgers.find(scope);
    return it == m_ledgers.end() ? kNone : it->second.entries;
}

std::uint64_t LedgerWatch::entriesOf(const base::DeviceId& device,
                                     const base::IncarnationId& incarnation) const {
    std::uint64_t sum = 0;
    for (const auto& [chain, state] : m_chains) {
        if (chain.device == device && chain.incarnation == incarnation) sum += state.nextSeq;
    }
    return sum;
}

void LedgerWatch::checkHeads(const LedgerWatch& sent) const {
    for (const auto& [place, root] : sent.m_heads) {
        const auto& [scope, size] = place;
        auto it = m_ledgers.find(scope);
        bool fits = it != m_ledgers.end() && size <= it->second.frontier.size() &&
                    it->second.roots[size] == root;
        must(fits, "5: the head of " + brief(scope) + " at " + std::to_string(size) +
                       " is not in the final ledger");
    }
}

}  // namespace sim
