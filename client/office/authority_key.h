#pragma once
// An authority key in a file of its own, for a machine without a line: a key-slot file
// (store/vault.h) whose master key is the seed of the signing key, opened by a code of 128 random
// bits that is kept on paper, apart from the file.
//
//   seed = KH(master key, 32, "thongsuot authority key")

#include <optional>
#include <string>
#include "crypto/crypto.h"
#include "store/vault.h"

namespace office {

struct AuthorityKeyMade {
    crypto::SigningKey key;
    std::string code;  // XXXXX-XXXXX-XXXXX-XXXXX-XXXXXX
};
/// Makes the file, which must not exist (InvalidInput); durable on return. Takes up to a second.
base::Result<AuthorityKeyMade> makeAuthorityKey(const store::Path& file, base::Random& random,
                                                std::optional<store::StretchCost> cost = {});
/// WrongPassphrase if the code is another file's; InvalidInput if it is none; else as Vault::open.
base::Result<crypto::SigningKey> openAuthorityKey(const store::Path& file, std::string_view code);

/// Makes `count` keys in the folder: authority-1.key, authority-1.code and so on, durable on
/// return. InvalidInput, and nothing made, if one of the files exists.
base::Result<std::vector<crypto::SigningKey>> makeAuthorityKeys(
    const store::Path& folder, std::size_t count, base::Random& random,
    std::optional<store::StretchCost> cost = {});
/// Removes what makeAuthorityKeys() made, where nothing was founded with it.
void removeAuthorityKeys(const store::Path& folder, std::size_t count);

}  // namespace office
