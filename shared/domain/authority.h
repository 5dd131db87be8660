#pragma once
// Who speaks for a province: its authority keys and, by their word, the keys of its server. Folded
// from genesis, charters and authority sets, each signed by the authority keys before it; all share
// one counter of versions, which genesis starts at 1. A directory holds one, and a device may know
// a newer one than its directory from what a server has shown it.
//
// A pure value; what it holds has been verified. Not thread-safe.

#include <optional>
#include "domain/change.h"

namespace domain {

class Authority {
public:
    using Reason = std::optional<std::string>;

    /// Takes genesis, a charter or an authority set; a reason if it does not hold here.
    Reason apply(const Change& change);
    /// What apply() would find wrong.
    Reason faultOf(const Change& change) const;

    bool hasGenesis() const { return m_genesis.has_value(); }
    /// What follows is defined once there is a genesis.
    const ProvinceId& province() const { return m_province; }
    const Genesis& genesis() const { return *m_genesis; }
    /// Of the newest change; 0 without genesis.
    std::uint32_t version() const { return m_version; }
    const Charter& charter() const { return m_charters.back(); }
    const Charter* charterVersion(std::uint32_t version) const;
    /// Whether some charter, not necessarily the newest, named this Noise key.
    bool hasNamed(const base::ExchangeKey& noiseKey) const;
    /// Whether only charters before this version named this head key.
    bool hasReplaced(const base::PublicKey& headKey, std::uint32_t since) const;
    const AuthoritySet& set() const { return m_set; }
    /// Whether enough distinct authority keys have signed the body.
    bool hasSigned(crypto::Context context, ByteView body,
                   const std::vector<base::Signature>& signatures) const;

    /// The changes above a version, in order, genesis included above 0: as many as a message holds,
    /// at least one if there is one. `last` becomes the version of the last of them.
    std::vector<Change> changesAfter(std::uint32_t version, std::uint32_t& last) const;

private:
    Reason faultOf(const SignedGenesis& c) const;
    Reason faultOf(const SignedCharter& c) const;
    Reason faultOf(const SignedAuthoritySet& c) const;

    std::optional<Genesis> m_genesis;
    ProvinceId m_province;
    AuthoritySet m_set;
    std::vector<Charter> m_charters;
    std::uint32_t m_version = 0;
    std::vector<Change> m_changes;  // that of version n at n - 1
};

}  // namespace domain
