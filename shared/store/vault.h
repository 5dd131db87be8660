#pragma once
// The file that keeps the master key of a home: the key lies in slots, each wrapped under one way
// to open it.
//
// Layout, little-endian, "|" joins, at most 924 bytes:
//   header:   "TSVAULT" 0 | u16 version = 2 | u8 number of slots (1 to 8) | u8 0
//             | vault id (16, random) | proof (32)
//   slots:    slot header (32): u8 kind (1 passphrase, 2 key file, 3 recovery code) | 3 x u8 0
//             | u32 passes | u64 memory in bytes | salt (16); the first four bytes of the salt name
//             the slot
//             wrapped (72): XChaCha20-Poly1305 of the master key, as
//             nonce (24) | ciphertext (32) | tag (16)
//   end:      BLAKE2b-256 of all before; it has no key, and tells damage from a wrong passphrase
// K(key, text) is the first half of BLAKE2b-512 keyed with `key` over `text`:
//   proof:    K(master key, "thongsuot vault proof" | vault id)
// The AD of `wrapped` is magic | u16 1 | vault id | slot header, so that weaker parameters, or a
// slot of another vault, do not open. Its key is
//   kind 1:   Argon2id (RFC 9106) of the passphrase with the salt, passes and memory of the slot
//   kind 2:   K(the 32 bytes of the key file, "thongsuot vault key file" | salt)
//   kind 3:   K(the 16 bytes of the recovery code, "thongsuot vault recovery code" | salt)
// Version 1 has no kind 3 and is still read; what is written is version 2.
// The file says nothing about its age: an older copy opens with what opened it in its time, and the
// master key is the same.

#include <optional>
#include <string_view>
#include "store/private_file.h"
#include "store/recovery_code.h"

namespace store {

/// What guessing one passphrase costs.
struct StretchCost {
    std::uint64_t passes;
    std::uint64_t memoryBytes;
};
inline constexpr StretchCost kStretchCostMin{3, 64 * 1024 * 1024};
inline constexpr StretchCost kStretchCostMax{16, 256 * 1024 * 1024};
/// What lets one guess take 0.5 to 1 s on a machine that takes `secondsAtFloor` for the least cost:
/// first more memory, which costs an attacker most, then more passes; never outside the two bounds.
StretchCost stretchCostFor(double secondsAtFloor);
/// Measures this machine, which takes about two unlocks at the least cost.
Result<StretchCost> calibrateStretch();

inline constexpr std::size_t kPassphraseCharactersMin = 8;
/// InvalidInput for fewer code points. Only new passphrases have to pass.
Status checkNewPassphrase(std::string_view passphrase);

enum class SlotKind : std::uint8_t { Passphrase = 1, KeyFile = 2, RecoveryCode = 3 };
/// What is told of a slot without any key.
struct SlotInfo {
    std::string name;  // eight hexadecimal digits
    SlotKind kind;
};

/// Not thread-safe. A change is durable when its function returns; after an error the file holds
/// the old slots. Changes need the master key: WrongPassphrase if it is another vault's. Callers
/// pass passphrases in NFC.
class Vault {
public:
    struct Created;
    /// Makes the file, which must not exist (InvalidInput), with one slot, and a random master key.
    /// Without `cost` it is calibrated. Takes up to two seconds. InvalidInput for a passphrase that
    /// is too short.
    static Result<Created> create(const Path& path, std::string_view passphrase,
                                  base::Random& random, std::optional<StretchCost> cost = {});
    /// Reads and checks the file; no key is needed. NotFound, Corrupt, Unsupported (newer version),
    /// Io.
    static Result<Vault> open(const Path& path);

    /// WrongPassphrase if no slot opens. Takes what the slot's cost says: 0.2 to 1 s.
    Result<crypto::SecretKey> unlock(std::string_view passphrase) const;
    /// WrongPassphrase if the file is the key of another vault; NotFound, Malformed (not 32 bytes),
    /// Io, also if others may read it.
    Result<crypto::SecretKey> unlockWithKeyFile(const Path& keyFile) const;
    /// NotFound if the vault has no recovery code; WrongPassphrase if it is another one.
    Result<crypto::SecretKey> unlockWithRecoveryCode(const RecoveryCode& code) const;
    std::vector<SlotInfo> slots() const;
    /// Of this vault and its copies, 32 hexadecimal digits.
    std::string id() const { return base::toHex(m_id); }

    /// Makes `keyFile` (mode 0600, 32 random bytes; InvalidInput if it exists) and a slot for it,
    /// which is told. Limit when all slots are taken.
    Result<SlotInfo> addKeyFileSlot(const crypto::SecretKey& masterKey, const Path& keyFile,
                                    base::Random& random);
    /// The slot that this file opens; errors as unlockWithKeyFile.
    Result<SlotInfo> slotOfKeyFile(const Path& keyFile) const;
    /// NotFound if no key file has a slot of that name.
    Status removeKeyFileSlot(const crypto::SecretKey& masterKey, std::string_view name);
    /// One passphrase in place of those before. The master key stays, so nothing is encrypted anew.
    Status setPassphrase(const crypto::SecretKey& masterKey, std::string_view passphrase,
                         base::Random& random, std::optional<StretchCost> cost = {});
    /// A new code in place of the one before, if there was one. Limit when all slots are taken.
    Result<RecoveryCode> newRecoveryCode(const crypto::SecretKey& masterKey, base::Random& random);
    /// Both of these at once, for whoever has the code and no passphrase.
    Result<RecoveryCode> reset(const RecoveryCode& code, std::string_view passphrase,
                               base::Random& random, std::optional<StretchCost> cost = {});

private:
    struct Slot {
        SlotKind kind;
        StretchCost cost;  // zeros but for passphrases
        std::array<std::uint8_t, 16> salt;
        Bytes wrapped;
    };
    explicit Vault(Path path) : m_path(std::move(path)) {}
    Status parse(ByteView bytes);
    Bytes encode(const std::vector<Slot>& slots) const;
    Status save(std::vector<Slot> slots);
    static SlotInfo infoOf(const Slot& slot);
    Status checkMaster(const crypto::SecretKey& masterKey) const;
    Bytes adOf(const Slot& slot) const;
    base::Hash proofOf(const crypto::SecretKey& masterKey) const;
    std::optional<crypto::SecretKey> unwrap(const Slot& slot, const crypto::SecretKey& key) const;
    std::vector<Slot> slotsBut(SlotKind kind) const;
    Result<std::pair<SlotInfo, crypto::SecretKey>> openByKeyFile(const Path& keyFile) const;
    Slot recoverySlot(const RecoveryCode& code, const crypto::SecretKey& masterKey,
                      base::Random& random) const;
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
