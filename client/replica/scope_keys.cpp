#include "replica/scope_keys.h"
#include "crypto/secret_bytes.h"
#include "ledger/body.h"

namespace replica {
namespace {

/// AD of a wrap: "ts-wrap" ‖ scope ‖ u32 version of the wrapped key.
Bytes wrapAd(const base::ScopeId& scope, std::uint32_t version) {
    Bytes out = base::copy(base::view("ts-wrap"));
    base::Writer(out).raw(scope.view()).u32(version);
    return out;
}

/// What a grant's box holds: key ‖ scope ‖ u32 version ‖ device.
crypto::SecretBytes grantBody(const crypto::SecretKey& key, const base::ScopeId& scope,
                              std::uint32_t version, const base::DeviceId& device) {
    auto out = crypto::SecretBytes::withRoom(key.view().size() + base::ScopeId::kSize +
                                             sizeof version + base::DeviceId::kSize);
    base::Writer(out.bytes()).raw(key.view()).raw(scope.view()).u32(version).raw(device.view());
    return out;
}

}  // namespace

void ScopeKeys::refresh(const domain::Directory& directory, const Identity& identity) {
    if (!directory.hasGenesis()) return;
    // The province's unit first: the others are wrapped under its keys.
    std::vector<base::ScopeId> scopes{directory.provinceUnit().scope};
    for (const auto& [code, unit] : directory.units()) scopes.push_back(unit.scope);
    for (const base::ScopeId& scope : scopes) {
        auto versions = directory.keysOf(scope);
        for (std::size_t i = versions.size(); i-- > 0;)
            openOne(directory, identity, scope, versions, i);
    }
}

bool ScopeKeys::learn(const domain::Directory& directory, const base::ScopeId& scope,
                      std::uint32_t version, const crypto::SecretKey& key) {
    auto versions = directory.keysOf(scope);
    bool isKnown = version >= 1 && version <= versions.size();
    bool fits = isKnown && ledger::keyCommitment(directory.province(), scope, version, key) ==
                               versions[version - 1]->made.commitment;
    if (fits) m_keys.emplace(std::make_pair(scope, version), key);
    return fits;
}

bool ScopeKeys::openOne(const domain::Directory& directory, const Identity& identity,
                        const base::ScopeId& scope,
                        const std::vector<const domain::ScopeKeyVersion*>& versions,
                        std::size_t index) {
    const domain::KeyMade& made = versions[index]->made;
    auto id = std::make_pair(scope, made.version);
    if (m_keys.contains(id)) return true;
    auto take = [&](const crypto::SecretBytes& plain) {
        if (plain.size() < 32) return false;
        crypto::SecretKey key = crypto::SecretKey::from(plain.view());
        if (ledger::keyCommitment(directory.province(), scope, made.version, key) !=
            made.commitment)
            return false;
        m_keys.emplace(id, key);
        return true;
    };
    auto unwrap = [&](const crypto::SecretKey* outer, ByteView wrapped) {
        crypto::SecretBytes plain;
        return outer != nullptr &&
               crypto::openX(outer->view(), wrapAd(scope, made.version), wrapped, plain.bytes()) &&
               take(plain);
    };
    if (const domain::Granted* grant = directory.grantFor(scope, made.version, identity.device)) {
        auto opened = crypto::boxOpen(identity.exchangeKey, grant->box);
        if (opened && take(crypto::SecretBytes(std::move(*opened)))) return true;
    }
    bool hasSuccessor = index + 1 < versions.size();
    if (hasSuccessor && unwrap(find(scope, made.version + 1), versions[index + 1]->made.previous))
        return true;
    return unwrap(find(directory.provinceUnit().scope, made.provinceVersion), made.province);
}

const crypto::SecretKey* ScopeKeys::find(const base::ScopeId& scope, std::uint32_t version) const {
    auto it = m_keys.find({scope, version});
    return it == m_keys.end() ? nullptr : &it->second;
}

Result<ScopeKeys::Made> ScopeKeys::make(const domain::Directory& directory,
                                        const base::ScopeId& scope, base::Random& random,
                                        const Made* newOuter) const {
    Made out;
    out.key = crypto::SecretKey::random(random);
    auto versions = directory.keysOf(scope);
    out.change.scope = scope;
    out.change.version = static_cast<std::uint32_t>(versions.size() + 1);
    out.change.commitment =
        ledger::keyCommitment(directory.province(), scope, out.change.version, out.key);
    if (!versions.empty()) {
        const crypto::SecretKey* before = find(scope, out.change.version - 1);
        // Nobody may hold it: the server cannot tell a wrap that opens from one that does not.
        if (before != nullptr) {
            crypto::sealX(out.key.view(), random, wrapAd(scope, out.change.version - 1),
                          before->view(), out.change.previous);
        }
    }
    const base::ScopeId& provinceScope = directory.provinceUnit().scope;
    if (scope != provinceScope) {
        out.change.provinceVersion = directory.newestKeyVersion(provinceScope, directory.size());
        const crypto::SecretKey* outer = find(provinceScope, out.change.provinceVersion);
        if (newOuter != nullptr) {
            out.change.provinceVersion = newOuter->change.version;
            outer = &newOuter->key;
        }
        if (outer == nullptr) {
            return base::fail(base::Code::WaitingForKey,
                              "The province unit's key is not held here yet; synchronise first.");
        }
        crypto::sealX(outer->view(), random, wrapAd(scope, out.change.version), out.key.view(),
                      out.change.province);
    }
    TRY(out.change.recovery,
        crypto::boxSeal(random, directory.genesis().recoveryKey,
                        grantBody(out.key, scope, out.change.version, {}).view()));
    return out;
}

Result<domain::Granted> grantOf(const crypto::SecretKey& key, const base::ScopeId& scope,
                                std::uint32_t version, const domain::Device& to,
                                base::Random& random) {
    domain::Granted out{scope, version, to.id, {}};
    TRY(out.box,
        crypto::boxSeal(random, to.exchangeKey, grantBody(key, scope, version, to.id).view()));
    return out;
}

}  // namespace replica
