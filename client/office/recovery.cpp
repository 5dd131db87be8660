#include "office/recovery.h"
#include "office/acts.h"

namespace office {
namespace {

using base::Code;
using base::fail;

struct Opened {
    base::ScopeId scope;
    std::uint32_t version = 0;
    crypto::SecretKey key;
};

/// Whether the recovery box of a key opens to that key.
std::optional<crypto::SecretKey> openBox(const domain::Directory& directory,
                                         const domain::KeyMade& made,
                                         const crypto::ExchangeKeyPair& recovery) {
    auto opened = crypto::boxOpen(recovery, made.recovery);
    if (!opened) return {};
    const crypto::SecretBytes plain(std::move(*opened));
    if (plain.size() < 32) return {};
    crypto::SecretKey key = crypto::SecretKey::from(plain.view().first(32));
    replica::ScopeKeys trial;
    if (!trial.learn(directory, made.scope, made.version, key)) return {};
    return key;
}

/// Adds what the boxes open and nothing else does. The province unit's come first: the others lie
/// under it; and of each unit the newest: its predecessors lie under that. Whoever writes keys that
/// lead nowhere makes this no dearer.
std::vector<Opened> openAll(const domain::Directory& directory, const replica::Identity& identity,
                            const crypto::ExchangeKeyPair& recovery, replica::ScopeKeys& keys) {
    std::vector<Opened> out;
    enum class Which { Newest, All };
    auto openUnit = [&](const domain::Unit& unit, Which which) {
        auto versions = directory.keysOf(unit.scope);
        for (auto it = versions.rbegin(); it != versions.rend(); ++it) {
            const domain::KeyMade& made = (*it)->made;
            if (keys.find(unit.scope, made.version) != nullptr) continue;
            auto key = openBox(directory, made, recovery);
            if (!key) continue;
            keys.learn(directory, unit.scope, made.version, *key);
            out.push_back({unit.scope, made.version, *key});
            if (which == Which::Newest) return;
        }
    };
    auto pass = [&](const auto& openSome) {
        const std::size_t before = out.size();
        openSome();
        if (out.size() > before) keys.refresh(directory, identity);
    };
    for (Which which : {Which::Newest, Which::All})
        pass([&] { openUnit(directory.provinceUnit(), which); });
    for (Which which : {Which::Newest, Which::All}) {
        pass([&] {
            for (const auto& [code, unit] : directory.units()) openUnit(unit, which);
        });
    }
    return out;
}

}  // namespace

Result<crypto::ExchangeKeyPair> readRecoveryKey(std::string_view text,
                                                const domain::Genesis& genesis) {
    auto bytes = base::fromBase32(text);
    const crypto::SecretBytes secret(bytes ? std::move(*bytes) : base::Bytes());
    if (secret.size() != 32) {
        return fail(Code::InvalidInput,
                    "This is no recovery key: it has 52 letters and digits. Give it as @FILE, or - "
                    "to type it.");
    }
    auto pair = crypto::ExchangeKeyPair::fromSecret(crypto::SecretKey::from(secret.view()));
    if (pair.publicKey == genesis.recoveryKey) return pair;
    return fail(Code::InvalidInput,
                "This is not the recovery key of this province: a letter is wrong, or the paper is "
                "another province's. Nothing was changed.");
}

RecoveryCheck checkRecoveryKey(const domain::Directory& directory,
                               const crypto::ExchangeKeyPair& key) {
    RecoveryCheck out;
    for (const auto& [code, unit] : directory.units()) {
        auto versions = directory.keysOf(unit.scope);
        if (versions.empty()) continue;
        ++out.ledgers;
        out.versions += versions.size();
        if (!openBox(directory, versions.back()->made, key)) out.shut.push_back(code);
        for (std::size_t i = 0; i + 1 < versions.size(); ++i) {
            if (openBox(directory, versions[i]->made, key)) continue;
            out.shutPast.push_back(code);
            break;
        }
    }
    return out;
}

Result<std::size_t> grantRecovered(replica::Replica& replica, const crypto::ExchangeKeyPair& key) {
    TRY(domain::Directory directory, replica.projectedDirectory());
    const domain::Device* own = directory.device(replica.identity().device);
    if (own == nullptr)
        return fail(Code::NotFound, "This device is not enrolled yet; run the command again.");
    replica::ScopeKeys keys = replica.keys();
    keys.refresh(directory, replica.identity());  // what was granted here and is not ordered yet
    std::vector<domain::Change> changes;
    for (const Opened& one : openAll(directory, replica.identity(), key, keys)) {
        if (directory.grantFor(one.scope, one.version, own->id) != nullptr) continue;
        TRY(domain::Granted grant,
            replica::grantOf(one.key, one.scope, one.version, *own, replica.random()));
        changes.push_back(std::move(grant));
    }
    const std::size_t count = changes.size();
    if (count == 0) return 0;
    auto acts = actsOf(directory.directoryScopeId(), std::move(changes));
    CHECK_OK(replica.appendAll(acts, replica::Cost::Bulk));
    return count;
}

}  // namespace office
