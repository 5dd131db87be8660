// After a fork: another copy of this device, put back from a backup or copied, has written under
// its name. This copy gives the incarnation up and goes on under a new one:
//
//   1. openIncarnation(): what was pending becomes stranded, in the commit that draws the new
//      incarnation. From then on nothing is written or sent under the old one.
//   2. The next session downloads first. Stranded entries that are ordered after all leave in the
//      commit that stores them (ingest.cpp).
//   3. restate(): when that session has ended, the others are written again, and leave in the
//   commit
//      that makes the new entries durable. A session pushes these like any pending entry.
//
// Whatever ends the process in between, each stranded entry is in exactly one place.

#include <algorithm>
#include "base/limits.h"
#include "ledger/body.h"
#include "replica/replica.h"

namespace replica {
namespace {

using base::Code;
using base::fail;

using KeyName = std::pair<base::ScopeId, std::uint32_t>;

std::string keptBecause(const std::string& reason) {
    std::string out = "could not be written again: " + reason;
    if (out.size() > base::limits::kReasonBytesMax) out.resize(base::limits::kReasonBytesMax);
    return out;
}

/// Applies a directory entry to the directory as it would be; why it must not be written again. A
/// key that another copy has made meanwhile leaves grants and wraps that do not open: such an entry
/// is never written, and does not count half.
std::optional<std::string> faultOfAgain(domain::Directory& directory,
                                        const domain::DirectoryAuthor& author,
                                        const std::vector<domain::Change>& changes,
                                        std::set<KeyName>& staleKeys) {
    domain::Directory trial = directory;
    std::optional<std::string> first;
    bool hasEffect = false;
    bool isStale = false;
    for (const domain::Change& change : changes) {
        auto reason = trial.apply(author, change);
        if (auto* made = std::get_if<domain::KeyMade>(&change)) {
            bool isWrappedInVain =
                staleKeys.contains({trial.provinceUnit().scope, made->provinceVersion}) ||
                staleKeys.contains({made->scope, made->version - 1});
            if (reason || isWrappedInVain) {
                staleKeys.emplace(made->scope, made->version);
                isStale = true;
            }
        }
        if (auto* granted = std::get_if<domain::Granted>(&change))
            isStale = isStale || staleKeys.contains({granted->scope, granted->version});
        hasEffect = hasEffect || !reason;
        if (reason && !first) first = reason;
    }
    if (isStale) {
        for (const domain::Change& change : changes) {
            if (auto* made = std::get_if<domain::KeyMade>(&change))
                staleKeys.emplace(made->scope, made->version);
        }
        return "another copy of this device has changed the keys; do it again if need be";
    }
    if (!hasEffect) return first.value_or("it says nothing");
    directory = std::move(trial);
    directory.setSize(author.position + 1);
    return {};
}

}  // namespace

/// What a round of restating has come to, before it is written.
struct Replica::Restating {
    domain::Directory directory;  // as it would be
    std::set<KeyName> staleKeys;
    std::set<base::ScopeId> waiting;  // for a key; later entries of the unit wait too
    std::map<base::ScopeId, ledger::ChainState> tips;
    std::vector<std::pair<base::ScopeId, PendingEntry>> entries;
    std::vector<std::uint64_t> done;  // ordinals
    std::vector<Stranded> kept;
};

Status Replica::openIncarnation() {
    std::vector<Stranded> stranded;
    for (const auto& [scope, pending] : m_pending) {
        TRY(ledger::ChainState state, orderedTip(scope));
        for (const PendingEntry& p : pending) {
            stranded.push_back({scope, m_identity.incarnation, state, p, {}});
            CHECK_OK(ledger::advance(state, p.bytes));
        }
    }
    std::vector<base::IncarnationId> former = m_former;
    if (former.size() == base::limits::kIncarnationsMax) former.erase(former.begin());
    former.push_back(m_identity.incarnation);
    Bytes formerBytes;
    for (const base::IncarnationId& one : former) base::Writer(formerBytes).raw(one.view());
    Identity next = m_identity;
    next.incarnation = m_random.make<base::IncarnationId>();
    const std::uint8_t known[1] = {1};  // that the server holds nothing of it
    TRY(auto txn, m_store.write());
    for (const Stranded& s : stranded) {
        const auto key = store::orderedKey(s.entry.ordinal);
        CHECK_OK(txn->put(kStranded, key, s.encode()));
        CHECK_OK(txn->erase(kPending, key));
    }
    CHECK_OK(txn->put(kSettings, base::view(kFormerName), formerBytes));
    CHECK_OK(txn->put(kSettings, base::view(kTipsKnownName), known));
    CHECK_OK(txn->put(kSettings, base::view(kIdentityName), next.encode().view()));
    CHECK_OK(txn->commit());
    m_identity = std::move(next);
    m_former = std::move(former);
    m_pending.clear();
    m_tips.clear();
    m_pushFrom.clear();
    m_tipsKnown = true;
    for (Stranded& s : stranded) {
        m_strandedOfAct[s.entry.act] = s.entry.ordinal;
        m_stranded[s.entry.ordinal] = std::move(s);
    }
    ++m_forkCounts.opened;
    m_overlayFresh = false;
    return {};
}

Status Replica::forked() {
    CHECK_OK(openIncarnation());
    return fail(
        Code::Forked,
        "Another copy of this device has written under its name: its data had been put back "
        "or copied. Nothing was lost; synchronise again, and what waits here is written "
        "again.");
}

Status Replica::loadStranded() {
    m_stranded.clear();
    m_strandedOfAct.clear();
    m_nextOrdinal = 0;
    TRY(auto txn, m_store.read());
    return txn->scan(kStranded, {}, [&](ByteView key, ByteView value) -> Result<bool> {
        TRY(Stranded s, Stranded::decode(store::numberOfKey(key), value));
        m_nextOrdinal = s.entry.ordinal + 1;
        m_strandedOfAct[s.entry.act] = s.entry.ordinal;
        m_stranded.emplace(s.entry.ordinal, std::move(s));
        return true;
    });
}

/// The newest incarnation given up that is known to be ordered in this scope, else the last one.
Result<std::optional<ledger::Continues>> Replica::continuesFor(const base::ScopeId& scope) const {
    if (m_former.empty()) return std::optional<ledger::Continues>();
    TRY(auto txn, m_store.read());
    std::optional<ledger::Continues> last;
    for (auto one = m_former.rbegin(); one != m_former.rend(); ++one) {
        const ledger::ChainId chain{scope, m_identity.device, *one};
        TRY(store::ChainTip tip, m_tables.chain(*txn, m_identity.province, chain));
        const ledger::Continues continues{*one, tip.state.nextSeq, tip.state.tip};
        if (continues.seq > 0) return std::optional(continues);
        if (!last) last = continues;
    }
    return last;
}

/// The packed body of a stranded entry, and how it was packed.
Result<Bytes> Replica::textOf(const Stranded& stranded, ledger::Entry& entry) const {
    TRY(entry, stranded.read());
    if (entry.header.keyVersion == 0) return base::copy(entry.body);
    const crypto::SecretKey* key =
        m_keys.find(stranded.scope, static_cast<std::uint32_t>(entry.header.keyVersion));
    if (key == nullptr) return fail(Code::WaitingForKey, "a key is not held");
    Bytes packed;
    CHECK_OK(ledger::openBody(*key, entry, packed));
    return packed;
}

/// Same changes, claimed time and act, in the new chain. Errors are those of this machine.
Status Replica::restateOne(Restating& r, const Stranded& stranded) const {
    const base::ScopeId& scope = stranded.scope;
    if (r.waiting.contains(scope)) return {};
    auto keep = [&](const std::string& reason) -> Status {
        r.kept.push_back(stranded);
        r.kept.back().kept = keptBecause(reason);
        return {};
    };
    ledger::Entry old;
    auto packed = textOf(stranded, old);
    if (!packed && packed.error().code == Code::WaitingForKey) {
        r.waiting.insert(scope);
        return {};
    }
    if (!packed) return keep(packed.error().message);
    if (!r.tips.contains(scope)) {
        auto held = m_tips.find(scope);
        if (held != m_tips.end()) {
            r.tips[scope] = held->second;
        } else {
            TRY(r.tips[scope], orderedTip(scope));
        }
    }
    if (old.header.keyVersion == 0) {
        TRY(std::vector<domain::Change> changes, session::directoryChanges(old));
        domain::DirectoryAuthor author{r.directory.size(), m_clock.nowMs(), m_identity.device,
                                       m_identity.incarnation, r.tips[scope].nextSeq};
        if (auto fault = faultOfAgain(r.directory, author, changes, r.staleKeys))
            return keep(*fault);
    }
    ledger::Header header;
    header.dictionary = old.header.dictionary;
    header.claimed = old.header.claimed;
    header.restates = stranded.entry.act;
    auto again = seal(scope, header, *packed, base::limits::kEntryBytesMax, r.tips[scope]);
    if (!again && again.error().code == Code::WaitingForKey) {
        r.waiting.insert(scope);
        return {};
    }
    if (!again && again.error().code == Code::Limit) return keep(again.error().message);
    if (!again) return tl::unexpected(again.error());
    r.entries.emplace_back(scope, std::move(*again));
    r.done.push_back(stranded.entry.ordinal);
    return {};
}

/// Writes again what waits for it, all in one commit. What still waits for a key is tried again
/// after the next session.
Status Replica::restate() {
    bool waits = std::any_of(m_stranded.begin(), m_stranded.end(),
                             [](const auto& one) { return one.second.kept.empty(); });
    if (!waits) return {};
    Restating r;
    r.directory = m_directory.directory();
    CHECK_OK(projectPending(r.directory));
    for (const auto& [ordinal, stranded] : m_stranded) {
        if (stranded.kept.empty()) CHECK_OK(restateOne(r, stranded));
    }
    if (r.done.empty() && r.kept.empty()) return {};
    TRY(auto txn, m_store.write());
    std::uint64_t ordinal = m_nextOrdinal;
    for (auto& [scope, entry] : r.entries) {
        entry.ordinal = ordinal++;
        CHECK_OK(put(*txn, scope, entry));
    }
    for (std::uint64_t one : r.done) CHECK_OK(txn->erase(kStranded, store::orderedKey(one)));
    for (const Stranded& s : r.kept)
        CHECK_OK(txn->put(kStranded, store::orderedKey(s.entry.ordinal), s.encode()));
    CHECK_OK(txn->commit());
    m_nextOrdinal = ordinal;
    for (auto& [scope, entry] : r.entries) m_pending[scope].push_back(std::move(entry));
    for (const auto& [scope, tip] : r.tips) m_tips[scope] = tip;
    for (std::uint64_t one : r.done) {
        m_strandedOfAct.erase(m_stranded.at(one).entry.act);
        m_stranded.erase(one);
    }
    m_forkCounts.restated += r.done.size();
    m_forkCounts.kept += r.kept.size();
    for (Stranded& s : r.kept) m_stranded[s.entry.ordinal] = std::move(s);
    m_overlayFresh = false;
    return {};
}

Result<std::map<base::DeviceId, std::size_t>> Replica::incarnations() const {
    std::map<base::DeviceId, std::set<base::IncarnationId>> all;
    TRY(auto txn, m_store.read());
    CHECK_OK(txn->scan(store::kChains, {}, [&](ByteView key, ByteView) -> Result<bool> {
        TRY(ledger::ChainId chain, ledger::ChainId::ofKey(key));
        all[chain.device].insert(chain.incarnation);
        return true;
    }));
    std::map<base::DeviceId, std::size_t> out;
    for (const auto& [device, incarnations] : all) out[device] = incarnations.size();
    return out;
}

}  // namespace replica
