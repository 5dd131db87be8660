#pragma once
// The directory together with its ledger's history: what it says, its root at every size, and when
// each leaf arrived. Server and replicas feed it the same ordered entries. A pure value: copyable,
// not thread-safe.

#include "domain/directory.h"
#include "ledger/merkle.h"
#include "ledger/record.h"
#include "session/acts.h"

namespace session {

using base::ByteView;
using base::Hash;
using base::Result;
using base::Status;

/// A change that stays in a ledger without effect, for `audit list`.
struct WithoutEffect {
    base::ScopeId scope;
    std::uint64_t position = 0;
    Hash entry;
    std::string change;
    std::string reason;
};

/// The `change` and `reason` of an entry whose author saw another history of its ledger than the
/// one that is held.
inline constexpr std::string_view kSplitView = "seen";
inline constexpr std::string_view kSplitViewReason =
    "its author saw another history of this ledger: the server may show different things to "
    "different people";

/// What records that were ordered again may say of their former histories, by the statement of the
/// epoch (ledger/epoch.h); without one, anything.
struct FormerBounds {
    std::uint64_t since = 0;
    std::uint64_t until = UINT64_MAX;
};

class DirectoryLedger {
public:
    const domain::Directory& directory() const { return m_directory; }
    std::uint64_t size() const { return m_arrivals.size(); }
    const Hash& rootAt(std::uint64_t size) const { return m_roots[size]; }  // size <= size()
    std::uint64_t arrivalOf(std::uint64_t position) const { return m_arrivals[position]; }
    const std::vector<WithoutEffect>& withoutEffect() const { return m_withoutEffect; }
    /// Of what follows: what authors had seen in an earlier epoch says nothing about this one.
    void setEpoch(std::uint32_t epoch) { m_epoch = epoch; }
    void setFormerBounds(const FormerBounds& bounds) { m_formerBounds = bounds; }
    const FormerBounds& formerBounds() const { return m_formerBounds; }

    /// The key that must have sealed this chain: of an enrolled device, or of the device that the
    /// chain's first entry enrols. Refused if there is none.
    Result<base::PublicKey> sealKey(const ledger::Segment& segment) const;

    /// Corrupt unless it has exactly this size and root: a stored ledger was read to its end.
    Status checkWhole(std::uint64_t size, const Hash& root) const;

    /// Applies the entries of one verified record, in order. Malformed if a body cannot be decoded,
    /// Unsupported at an administrator's change of an unknown kind: it may take rights away.
    Status append(const ledger::ChainId& chain, std::span<const ledger::Entry> entries,
                  const ledger::Arrival& at);

private:
    domain::Directory m_directory;
    ledger::Frontier m_frontier;
    std::vector<Hash> m_roots{ledger::LedgerHash::empty()};
    std::vector<std::uint64_t> m_arrivals;
    Acts m_acts;
    std::uint32_t m_epoch = 0;
    FormerBounds m_formerBounds;
    std::vector<WithoutEffect> m_withoutEffect;
};

/// The plain body of a directory entry.
Result<std::vector<domain::Change>> directoryChanges(const ledger::Entry& entry);

}  // namespace session
