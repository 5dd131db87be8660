// What this device knows of the province's authority keys and of its server's keys.

#include <algorithm>
#include "replica/replica.h"
#include "wire/body.h"

namespace replica {
namespace {

using base::Code;
using base::fail;

std::uint32_t versionOf(const domain::Change& change) {
    if (auto* c = std::get_if<domain::SignedCharter>(&change)) return c->content.version;
    if (auto* c = std::get_if<domain::SignedAuthoritySet>(&change)) return c->content.version;
    return 1;  // genesis
}

}  // namespace

Status Replica::loadAuthority() {
    m_authority = m_directory.directory().authority();
    TRY(std::optional<Bytes> learnt, setting(kLearntName));
    if (!learnt || learnt->empty()) return {};
    base::Reader in(*learnt);
    while (in.remaining() > 0 && in.ok()) {
        TRY(std::vector<domain::Change> changes, wire::decodeBody(in.sized(learnt->size())));
        for (const domain::Change& change : changes) {
            if (versionOf(change) > m_authority.version()) m_authority.apply(change);
        }
    }
    if (in.ok()) return {};
    return fail(Code::Corrupt,
                "What this home knows of the province's keys cannot be read: it is damaged. Put it "
                "back from a backup; nothing was changed.");
}

Bytes Replica::encodeLearnt(const domain::Authority& authority, std::uint32_t after) {
    Bytes learnt;
    while (after < authority.version())
        base::Writer(learnt).sized(wire::encodeBody(authority.changesAfter(after, after)));
    return learnt;
}

Status Replica::keepAuthority(const domain::Authority& next) {
    const std::uint32_t held = m_directory.directory().authority().version();
    CHECK_OK(setSetting(kLearntName, encodeLearnt(next, held)));
    m_authority = next;
    return {};
}

Status Replica::learnAuthority(std::span<const domain::Change> changes) {
    domain::Authority next = m_authority;
    std::optional<std::string> fault;
    for (const domain::Change& change : changes) {
        if (versionOf(change) <= next.version()) continue;
        if ((fault = next.apply(change))) break;
        if (next.province() != m_identity.province) {
            return fail(Code::Refused,
                        "This server belongs to another province than the invitation.");
        }
    }
    // A key from an invitation has no version: an older history would not name it.
    bool isOlder =
        !m_authority.hasGenesis() && next.hasGenesis() && !next.hasNamed(m_identity.serverKey);
    if (isOlder) {
        return fail(Code::Refused,
                    "The server does not show the charter whose key this device was told: it is "
                    "older than the invitation, or not the province's. Nothing of it was taken; "
                    "ask the office.");
    }
    if (next.version() > m_authority.version()) CHECK_OK(keepAuthority(next));
    if (!fault) return {};
    return fail(Code::Refused, "The server shows a charter that the province has not signed (" +
                                   *fault + "). Nothing of it was taken; tell the office.");
}

Status Replica::learnAuthority(std::uint32_t version, ByteView body) {
    if (version != 0 && version < m_authority.version()) {
        return fail(Code::Forked,
                    "The server is older than it was: it does not know keys that the province has "
                    "signed since. Nothing was taken from it, nothing is lost here; tell the "
                    "office that the server was put back, or that another one answers for it.");
    }
    if (body.empty()) return {};
    TRY(std::vector<domain::Change> changes, wire::decodeBody(body));
    return learnAuthority(changes);
}

bool Replica::holdsAuthorityKey() const {
    if (!m_authority.hasGenesis()) return false;
    const std::vector<base::PublicKey>& valid = m_authority.set().keys;
    const auto& held = m_identity.authorityKeys;
    return std::any_of(held.begin(), held.end(), [&](const crypto::SigningKey& key) {
        return std::find(valid.begin(), valid.end(), key.publicKey) != valid.end();
    });
}

Status Replica::dropReplacedAuthorityKeys() {
    if (!m_authority.hasGenesis()) return {};
    Identity next = m_identity;
    const std::vector<base::PublicKey>& valid = m_authority.set().keys;
    std::erase_if(next.authorityKeys, [&](const crypto::SigningKey& key) {
        return std::find(valid.begin(), valid.end(), key.publicKey) == valid.end();
    });
    if (next.authorityKeys.size() == m_identity.authorityKeys.size()) return {};
    return keepIdentity(next);
}

}  // namespace replica
