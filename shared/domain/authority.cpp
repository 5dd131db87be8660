#include "domain/authority.h"
#include <algorithm>
#include <set>
#include "base/limits.h"

namespace domain {
namespace {

using Reason = Authority::Reason;

bool isRoot(const AuthoritySet& set) {
    std::set<base::PublicKey> distinct(set.keys.begin(), set.keys.end());
    return distinct.size() == set.keys.size() && set.threshold >= 1 &&
           set.threshold <= set.keys.size() && set.keys.size() <= base::limits::kAuthorityKeysMax &&
           std::all_of(set.keys.begin(), set.keys.end(), crypto::isValidPublicKey);
}

bool signedBy(const AuthoritySet& set, crypto::Context context, ByteView body,
              const std::vector<base::Signature>& signatures) {
    std::size_t valid = 0;
    for (const base::PublicKey& key : set.keys) {
        bool signedIt = std::any_of(
            signatures.begin(), signatures.end(),
            [&](const auto& signature) { return crypto::verify(key, context, body, signature); });
        if (signedIt) ++valid;
    }
    return valid >= set.threshold;
}

/// What a signed change takes in a message, its frame included.
std::size_t sizeOf(const Change& change) {
    constexpr std::size_t kFrameBytes = 64;
    constexpr std::size_t kSignatureBytes = 72;
    auto size = [](const auto& c) {
        return kFrameBytes + c.body.size() + c.signatures.size() * kSignatureBytes;
    };
    if (auto* c = std::get_if<SignedGenesis>(&change)) return size(*c);
    if (auto* c = std::get_if<SignedCharter>(&change)) return size(*c);
    return size(std::get<SignedAuthoritySet>(change));
}

}  // namespace

Reason Authority::apply(const Change& change) {
    if (auto reason = faultOf(change)) return reason;
    if (auto* c = std::get_if<SignedGenesis>(&change)) {
        m_genesis = c->content;
        m_province = provinceIdOf(c->body);
        m_set = {{}, 1, c->content.authorityKeys, c->content.threshold};
        m_charters = {c->content.charter};
    }
    if (auto* c = std::get_if<SignedCharter>(&change)) m_charters.push_back(c->content);
    if (auto* c = std::get_if<SignedAuthoritySet>(&change)) m_set = c->content;
    ++m_version;
    m_changes.push_back(change);
    return {};
}

Reason Authority::faultOf(const Change& change) const {
    if (auto* c = std::get_if<SignedGenesis>(&change)) return faultOf(*c);
    if (auto* c = std::get_if<SignedCharter>(&change)) return faultOf(*c);
    if (auto* c = std::get_if<SignedAuthoritySet>(&change)) return faultOf(*c);
    return "not signed by authority keys";
}

Reason Authority::faultOf(const SignedGenesis& c) const {
    if (m_genesis) return "genesis stands at position 0 only";
    const Genesis& g = c.content;
    AuthoritySet set{{}, 1, g.authorityKeys, g.threshold};
    if (!isRoot(set)) return "genesis names no valid authority keys";
    bool complete = !g.code.empty() && g.charter.version == 1 && g.charter.province.empty() &&
                    g.nonce.size() == 16 && crypto::isValidPublicKey(g.deviceKey) &&
                    crypto::isValidPublicKey(g.officerKey);
    if (!complete) return "genesis is incomplete";
    if (!signedBy(set, crypto::Context::Genesis, c.body, c.signatures))
        return "genesis is not signed by its authority keys";
    return {};
}

Reason Authority::faultOf(const SignedCharter& c) const {
    if (!m_genesis) return "comes before genesis";
    if (c.content.version != m_version + 1) return "a charter out of turn";
    if (c.content.province != base::copy(m_province.view())) return "a charter of another province";
    if (!hasSigned(crypto::Context::Charter, c.body, c.signatures))
        return "not signed by enough authority keys";
    return {};
}

Reason Authority::faultOf(const SignedAuthoritySet& c) const {
    if (!m_genesis) return "comes before genesis";
    if (c.content.version != m_version + 1) return "an authority change out of turn";
    if (c.content.province != base::copy(m_province.view()))
        return "an authority change of another province";
    if (!isRoot(c.content)) return "names no valid authority keys";
    if (!hasSigned(crypto::Context::Charter, c.body, c.signatures))
        return "not signed by enough authority keys";
    return {};
}

bool Authority::hasSigned(crypto::Context context, ByteView body,
                          const std::vector<base::Signature>& signatures) const {
    return m_genesis && signedBy(m_set, context, body, signatures);
}

const Charter* Authority::charterVersion(std::uint32_t version) const {
    for (const Charter& c : m_charters) {
        if (c.version == version) return &c;
    }
    return nullptr;
}

bool Authority::hasNamed(const base::ExchangeKey& noiseKey) const {
    return std::any_of(m_charters.begin(), m_charters.end(),
                       [&](const Charter& c) { return c.noiseKey == noiseKey; });
}

bool Authority::hasReplaced(const base::PublicKey& headKey, std::uint32_t since) const {
    bool isNamed = false;
    for (const Charter& c : m_charters) {
        if (c.headKey != headKey) continue;
        if (c.version >= since) return false;
        isNamed = true;
    }
    return isNamed;
}

std::vector<Change> Authority::changesAfter(std::uint32_t version, std::uint32_t& last) const {
    std::vector<Change> out;
    std::size_t bytes = 0;
    last = version;
    while (last < m_version && bytes < base::limits::kBatchBytesMax &&
           out.size() < base::limits::kChangesMax) {
        out.push_back(m_changes[last]);
        bytes += sizeOf(out.back());
        ++last;
    }
    return out;
}

}  // namespace domain
