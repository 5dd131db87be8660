#include "store/vault.h"
#include <chrono>

namespace store {

using base::Code;
using base::fail;
using crypto::SecretKey;

namespace {

constexpr std::string_view kMagic{"TSVAULT\0", 8};
constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kSlotsMax = 8;
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kWrappedBytes = crypto::kXNonceBytes + kKeyBytes + crypto::kTagBytes;
constexpr std::size_t kHeaderBytes = 60, kSlotBytes = 32 + kWrappedBytes, kEndBytes = 32;
constexpr std::size_t kVaultBytesMax = kHeaderBytes + kSlotsMax * kSlotBytes + kEndBytes;
constexpr double kPassSecondsMax = 0.15;
constexpr std::uint64_t kMemoryStepBytes = 16 * 1024 * 1024;

bool isAllowed(const StretchCost& cost) {
    return cost.passes >= kStretchCostMin.passes && cost.passes <= kStretchCostMax.passes &&
           cost.memoryBytes >= kStretchCostMin.memoryBytes &&
           cost.memoryBytes <= kStretchCostMax.memoryBytes;
}

base::Hash checksum(ByteView bytes) {
    return crypto::hash("", {bytes});
}

SecretKey derive(ByteView key, std::string_view label, ByteView salt) {
    return SecretKey::from(crypto::keyedHash64(key, {base::view(label), salt}).view().first(32));
}

Result<SecretKey> readKeyFile(const Path& path) {
    auto bytes = readFile(path, kKeyBytes);
    if (!bytes && bytes.error().code != Code::Limit) return tl::unexpected(bytes.error());
    if (!bytes || bytes->size() != kKeyBytes) {
        return fail(Code::Malformed,
                    "'" + path.string() + "' is not a key file: it must have 32 bytes.");
    }
    SecretKey key = SecretKey::from(*bytes);
    crypto::wipe(*bytes);
    return key;
}

Status checkAbsent(const Path& path) {
    std::error_code error;
    if (!std::filesystem::exists(std::filesystem::symlink_status(path, error))) return {};
    return fail(Code::InvalidInput, "'" + path.string() + "' exists already; choose another name.");
}

Status checkPassphrase(std::string_view passphrase) {
    if (!passphrase.empty()) return {};
    return fail(Code::InvalidInput, "The passphrase is empty; choose one of several words.");
}

}  // namespace

Result<StretchCost> calibrateStretch() {
    const std::array<std::uint8_t, 16> salt{};
    const auto start = std::chrono::steady_clock::now();
    CHECK_OK(
        crypto::stretch("calibration", salt, kStretchCostMin.passes, kStretchCostMin.memoryBytes));
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    const double passSeconds = taken.count() / static_cast<double>(kStretchCostMin.passes);
    const double factor = kPassSecondsMax / std::max(passSeconds, 1e-6);
    if (factor <= 1) return kStretchCostMin;
    const double memory = std::min(factor * static_cast<double>(kStretchCostMin.memoryBytes),
                                   static_cast<double>(kStretchCostMax.memoryBytes));
    const auto steps = static_cast<std::uint64_t>(memory) / kMemoryStepBytes;
    return StretchCost{kStretchCostMin.passes, steps * kMemoryStepBytes};
}

// ---- The file ----

Bytes Vault::adOf(const Slot& slot) const {
    Bytes ad;
    base::Writer(ad).raw(base::view(kMagic)).u16(kVersion).raw(m_id);
    base::Writer(ad).u8(static_cast<std::uint8_t>(slot.kind)).u8(0).u8(0).u8(0);
    base::Writer(ad).u32(static_cast<std::uint32_t>(slot.cost.passes)).u64(slot.cost.memoryBytes);
    base::Writer(ad).raw(slot.salt);
    return ad;
}

Bytes Vault::encode() const {
    Bytes out;
    base::Writer writer(out);
    writer.raw(base::view(kMagic))
        .u16(kVersion)
        .u8(static_cast<std::uint8_t>(m_slots.size()))
        .u8(0);
    writer.raw(m_id).raw(m_proof.view());
    for (const Slot& slot : m_slots) {
        writer.raw(ByteView(adOf(slot)).last(32)).raw(slot.wrapped);
    }
    const base::Hash end = checksum(out);
    writer.raw(end.view());
    return out;
}

Status Vault::parse(ByteView bytes) {
    auto damaged = [this] {
        return fail(Code::Corrupt,
                    "The vault '" + m_path.string() + "' is damaged; restore it from a backup.");
    };
    base::Reader reader(bytes);
    const ByteView magic = reader.raw(kMagic.size());
    const std::uint16_t version = reader.u16();
    if (!reader.ok() || base::text(magic) != kMagic) return damaged();
    if (bytes.size() < kHeaderBytes + kSlotBytes + kEndBytes) return damaged();
    const ByteView body = bytes.first(bytes.size() - kEndBytes);
    if (checksum(body) != base::Hash::from(bytes.last(kEndBytes))) return damaged();
    if (version > kVersion) {
        return fail(Code::Unsupported, "The vault '" + m_path.string() +
                                           "' was written by a newer version of the program; "
                                           "update this one.");
    }
    const std::size_t slots = reader.u8();
    const bool isSound = version == kVersion && reader.u8() == 0 && slots >= 1 &&
                         slots <= kSlotsMax && body.size() == kHeaderBytes + slots * kSlotBytes;
    if (!isSound) return damaged();
    std::memcpy(m_id.data(), reader.raw(m_id.size()).data(), m_id.size());
    m_proof = reader.fixed<base::Hash>();
    for (std::size_t i = 0; i < slots; ++i) {
        Slot slot{};
        slot.kind = static_cast<Kind>(reader.u8());
        const ByteView reserved = reader.raw(3);
        slot.cost.passes = reader.u32();
        slot.cost.memoryBytes = reader.u64();
        std::memcpy(slot.salt.data(), reader.raw(slot.salt.size()).data(), slot.salt.size());
        slot.wrapped = base::copy(reader.raw(kWrappedBytes));
        // Bounded before a byte of memory is taken for stretching.
        const bool isKind =
            slot.kind == Kind::KeyFile || (slot.kind == Kind::Passphrase && isAllowed(slot.cost));
        if (!isKind || (reserved[0] | reserved[1] | reserved[2]) != 0) return damaged();
        m_slots.push_back(std::move(slot));
    }
    return {};
}

Status Vault::save() {
    return writeFileDurably(m_path, encode());
}

Result<Vault> Vault::open(const Path& path) {
    auto bytes = readFile(path, kVaultBytesMax);
    if (!bytes && bytes.error().code == Code::Limit) {
        return fail(Code::Corrupt, "'" + path.string() + "' is no vault: it is too long.");
    }
    if (!bytes) return tl::unexpected(bytes.error());
    Vault vault(path);
    CHECK_OK(vault.parse(*bytes));
    return vault;
}

// ---- Slots ----

base::Hash Vault::proofOf(const SecretKey& masterKey) const {
    return base::Hash::from(derive(masterKey.view(), "thongsuot vault proof", m_id).view());
}

void Vault::seal(Slot& slot, const SecretKey& wrappingKey, const SecretKey& masterKey,
                 base::Random& random) const {
    slot.wrapped.clear();
    crypto::sealX(wrappingKey.view(), random, adOf(slot), masterKey.view(), slot.wrapped);
}

std::optional<SecretKey> Vault::unwrap(const Slot& slot, const SecretKey& key) const {
    Bytes plain;
    if (!crypto::openX(key.view(), adOf(slot), slot.wrapped, plain)) return {};
    const SecretKey masterKey = SecretKey::from(plain);
    crypto::wipe(plain);
    if (!crypto::equalConstantTime(proofOf(masterKey).view(), m_proof.view())) return {};
    return masterKey;
}

Result<Vault::Slot> Vault::passphraseSlot(std::string_view passphrase, const SecretKey& masterKey,
                                          base::Random& random,
                                          std::optional<StretchCost> cost) const {
    if (!cost) {
        TRY(cost, calibrateStretch());
    }
    if (!isAllowed(*cost)) {
        return fail(Code::Internal, "The cost of a passphrase lies outside what a vault allows.");
    }
    Slot slot{Kind::Passphrase, *cost, {}, {}};
    random.fill(slot.salt);
    TRY(const SecretKey key,
        crypto::stretch(passphrase, slot.salt, cost->passes, cost->memoryBytes));
    seal(slot, key, masterKey, random);
    return slot;
}

Result<std::pair<std::size_t, SecretKey>> Vault::findByPassphrase(std::string_view text) const {
    for (std::size_t i = 0; i < m_slots.size(); ++i) {
        const Slot& slot = m_slots[i];
        if (slot.kind != Kind::Passphrase) continue;
        TRY(const SecretKey key,
            crypto::stretch(text, slot.salt, slot.cost.passes, slot.cost.memoryBytes));
        if (const auto masterKey = unwrap(slot, key)) return std::pair(i, *masterKey);
    }
    return fail(Code::WrongPassphrase,
                "The passphrase does not open '" + m_path.string() + "'; type it again.");
}

// ---- What callers do ----

Result<Vault::Created> Vault::create(const Path& path, std::string_view passphrase,
                                     base::Random& random, std::optional<StretchCost> cost) {
    CHECK_OK(checkPassphrase(passphrase));
    CHECK_OK(checkAbsent(path));
    Created created{Vault(path), SecretKey::random(random)};
    Vault& vault = created.vault;
    random.fill(vault.m_id);
    vault.m_proof = vault.proofOf(created.masterKey);
    TRY(Slot slot, vault.passphraseSlot(passphrase, created.masterKey, random, cost));
    vault.m_slots.push_back(std::move(slot));
    CHECK_OK(vault.save());
    return created;
}

Result<SecretKey> Vault::unlock(std::string_view passphrase) const {
    TRY(const auto found, findByPassphrase(passphrase));
    return found.second;
}

Result<SecretKey> Vault::unlockWithKeyFile(const Path& keyFile) const {
    TRY(const SecretKey fileKey, readKeyFile(keyFile));
    for (const Slot& slot : m_slots) {
        if (slot.kind != Kind::KeyFile) continue;
        const SecretKey key = derive(fileKey.view(), "thongsuot vault key file", slot.salt);
        if (const auto masterKey = unwrap(slot, key)) return *masterKey;
    }
    return fail(Code::WrongPassphrase, "The key file '" + keyFile.string() + "' does not open '" +
                                           m_path.string() + "'; it belongs to another one.");
}

Status Vault::addKeyFileSlot(const SecretKey& masterKey, const Path& keyFile,
                             base::Random& random) {
    if (!crypto::equalConstantTime(proofOf(masterKey).view(), m_proof.view())) {
        return fail(Code::WrongPassphrase, "The key is not the one of '" + m_path.string() + "'.");
    }
    if (m_slots.size() >= kSlotsMax) {
        return fail(Code::Limit,
                    "The vault '" + m_path.string() + "' has no room for another key.");
    }
    CHECK_OK(checkAbsent(keyFile));
    const SecretKey fileKey = SecretKey::random(random);
    Slot slot{Kind::KeyFile, {0, 0}, {}, {}};
    random.fill(slot.salt);
    seal(slot, derive(fileKey.view(), "thongsuot vault key file", slot.salt), masterKey, random);
    // The key first: a key without its slot is harmless, a slot without its key only takes room.
    CHECK_OK(writeFileDurably(keyFile, fileKey.view()));
    m_slots.push_back(std::move(slot));
    Status saved = save();
    if (!saved) m_slots.pop_back();
    return saved;
}

Status Vault::changePassphrase(std::string_view before, std::string_view after,
                               base::Random& random, std::optional<StretchCost> cost) {
    CHECK_OK(checkPassphrase(after));
    TRY(const auto found, findByPassphrase(before));
    TRY(Slot slot, passphraseSlot(after, found.second, random, cost));
    std::swap(m_slots[found.first], slot);
    Status saved = save();
    if (!saved) std::swap(m_slots[found.first], slot);
    return saved;
}

}  // namespace store
