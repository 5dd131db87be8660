#pragma once
// The file that keeps the master key of a home: the key lies in slots, each wrapped under one way
// to open it.
//
// Layout, little-endian, "|" joins, at most 924 bytes:
//   header:   "TSVAULT" 0 | u16 version = 1 | u8 number of slots (1 to 8) | u8 0
//             | vault id (16, random) | proof (32)
//   slots:    slot header (32): u8 kind (1 passphrase, 2 key file) | 3 x u8 0 | u32 passes
//             | u64 memory in bytes | salt (16)
//             wrapped (72): XChaCha20-Poly1305 of the master key, as
//             nonce (24) | ciphertext (32) | tag (16)
//   end:      BLAKE2b-256 of all before; it has no key, and tells damage from a wrong passphrase
// K(key, text) is the first half of BLAKE2b-512 keyed with `key` over `text`:
//   proof:    K(master key, "thongsuot vault proof" | vault id)
// The AD of `wrapped` is magic | version | vault id | slot header, so that weaker parameters, or a
// slot of another vault, do not open. Its key is
//   kind 1:   Argon2id (RFC 9106) of the passphrase with the salt, passes and memory of the slot
//   kind 2:   K(the 32 bytes of the key file, "thongsuot vault key file" | salt)
// The file says nothing about its age: an older copy opens with the passphrase of its time.

#include <optional>
#include <string_view>
#include "crypto/crypto.h"
#include "store/files.h"

namespace store {

/// What guessing one passphrase costs.
struct StretchCost {
    std::uint64_t passes;
    std::uint64_t memoryBytes;
};
inline constexpr StretchCost kStretchCostMin{3, 64 * 1024 * 1024};
inline constexpr StretchCost kStretchCostMax{16, 256 * 1024 * 1024};
/// Raises the memory as far as one pass takes less than 0.15 s on this machine. Takes about as long
/// as one unlock.
Result<StretchCost> calibrateStretch();

/// Not thread-safe. A change is durable when its function returns; after an error the file holds
/// the old slots.
class Vault {
public:
    struct Created;
    /// Makes the file, which must not exist (InvalidInput), and a random master key. Without `cost`
    /// it is calibrated. Takes up to a second. InvalidInput for an empty passphrase. Callers pass
    /// passphrases in NFC.
    static Result<Created> create(const Path& path, std::string_view passphrase,
                                  base::Random& random, std::optional<StretchCost> cost = {});
    /// Reads and checks the file; no key is needed. NotFound, Corrupt, Unsupported (newer version),
    /// Io.
    static Result<Vault> open(const Path& path);

    /// WrongPassphrase if no slot opens. Takes what the slot's cost says: 0.2 to 1 s.
    Result<crypto::SecretKey> unlock(std::string_view passphrase) const;
    /// WrongPassphrase if the file is the key of another vault; NotFound, Malformed (not 32 bytes),
    /// Io.
    Result<crypto::SecretKey> unlockWithKeyFile(const Path& keyFile) const;

    /// Makes `keyFile` (mode 0600, 32 random bytes; InvalidInput if it exists) and a slot for it.
    /// WrongPassphrase unless the master key is this vault's; Limit when all slots are taken.
    Status addKeyFileSlot(const crypto::SecretKey& masterKey, const Path& keyFile,
                          base::Random& random);
    /// The master key stays, so nothing is encrypted anew. The other slots stay too.
    Status changePassphrase(std::string_view before, std::string_view after, base::Random& random,
                            std::optional<StretchCost> cost = {});

private:
    enum class Kind : std::uint8_t { Passphrase = 1, KeyFile = 2 };
    struct Slot {
        Kind kind;
        StretchCost cost;  // zeros for key files
        std::array<std::uint8_t, 16> salt;
        Bytes wrapped;
    };
    explicit Vault(Path path) : m_path(std::move(path)) {}
    Status parse(ByteView bytes);
    Bytes encode() const;
    Status save();
    Bytes adOf(const Slot& slot) const;
    base::Hash proofOf(const crypto::SecretKey& masterKey) const;
    std::optional<crypto::SecretKey> unwrap(const Slot& slot, const crypto::SecretKey& key) const;
    Result<std::pair<std::size_t, crypto::SecretKey>> findByPassphrase(std::string_view text) const;
    Result<Slot> passphraseSlot(std::string_view passphrase, const crypto::SecretKey& masterKey,
                                base::Random& random, std::optional<StretchCost> cost) const;
    void seal(Slot& slot, const crypto::SecretKey& wrappingKey, const crypto::SecretKey& masterKey,
              base::Random& random) const;

    Path m_path;
    std::array<std::uint8_t, 16> m_id{};
    base::Hash m_proof;
    std::vector<Slot> m_slots;
};

struct Vault::Created {
    Vault vault;
    crypto::SecretKey masterKey;
};

}  // namespace store
