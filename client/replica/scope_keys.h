#pragma once
// The scope keys that this device can open: by grants to it, by a newer version that wraps its
// predecessor, and at the province unit by the wrap under that unit's own key. Only keys whose
// commitment fits count.

#include "domain/directory.h"
#include "replica/identity.h"

namespace replica {

class ScopeKeys {
public:
    /// Opens what the directory has brought since the last call.
    void refresh(const domain::Directory& directory, const Identity& identity);
    /// Takes a key that was opened in another way; false if its commitment does not fit. The next
    /// refresh() opens what it leads to.
    bool learn(const domain::Directory& directory, const base::ScopeId& scope,
               std::uint32_t version, const crypto::SecretKey& key);
    const crypto::SecretKey* find(const base::ScopeId& scope, std::uint32_t version) const;

    /// A new key with its KeyMade change: wrapped under the province unit's newest key (but for
    /// that unit's own), over its predecessor if that is held, and boxed to the recovery key.
    /// WaitingForKey if the province unit's newest key is not held.
    struct Made {
        domain::KeyMade change;
        crypto::SecretKey key;
    };
    /// `outer` replaces the province unit's key where that is being changed in the same act.
    Result<Made> make(const domain::Directory& directory, const base::ScopeId& scope,
                      base::Random& random, const Made* outer = nullptr) const;

private:
    bool openOne(const domain::Directory& directory, const Identity& identity,
                 const base::ScopeId& scope,
                 const std::vector<const domain::ScopeKeyVersion*>& versions, std::size_t index);

    std::map<std::pair<base::ScopeId, std::uint32_t>, crypto::SecretKey> m_keys;
};

/// A grant of a key: boxed to the device's exchange key as key ‖ scope ‖ u32 version ‖ device.
Result<domain::Granted> grantOf(const crypto::SecretKey& key, const base::ScopeId& scope,
                                std::uint32_t version, const domain::Device& to,
                                base::Random& random);

}  // namespace replica
