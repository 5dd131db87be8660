#include "store/vault.h"
#include <algorithm>
#include <cmath>
#include <ctime>

namespace store {

using base::Code;
using base::fail;
using crypto::SecretKey;

namespace {

constexpr std::string_view kMagic{"TSVAULT\0", 8};
constexpr std::uint16_t kVersion = 2;
constexpr std::uint16_t kVersionWithoutRecovery = 1;
constexpr std::uint16_t kSealedVersion = 1;  // in the AD: no slot of version 1 is sealed anew
constexpr std::size_t kSlotsMax = 8;
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kWrappedBytes = crypto::kXNonceBytes + kKeyBytes + crypto::kTagBytes;
constexpr std::size_t kHeaderBytes = 60, kSlotBytes = 32 + kWrappedBytes, kEndBytes = 32;
constexpr std::size_t kVaultBytesMax = kHeaderBytes + kSlotsMax * kSlotBytes + kEndBytes;
constexpr std::size_t kNameBytes = 4;
constexpr double kGuessSeconds = 0.7;  // in the middle of 0.5 and 1 s, by factors
constexpr std::uint64_t kMemoryStepBytes = 16 * 1024 * 1024;
constexpr std::string_view kKeyFileLabel = "thongsuot vault key file";
constexpr std::string_view kRecoveryLabel = "thongsuot vault recovery code";

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
    auto bytes = readSecretFile(path, kKeyBytes);
    if (!bytes && bytes.error().code != Code::Limit) return tl::unexpected(bytes.error());
    if (!bytes || bytes->size() != kKeyBytes) {
        return fail(Code::Malformed,
                    "'" + path.string() + "' is not a key file: it must have 32 bytes.");
    }
    CHECK_OK(checkPrivate(path, "The key file"));
    return SecretKey::from(bytes->view());
}

Status checkAbsent(const Path& path) {
    std::error_code error;
    if (!std::filesystem::exists(std::filesystem::symlink_status(path, error))) return {};
    return fail(Code::InvalidInput, "'" + path.string() + "' exists already; choose another name.");
}

}  // namespace

Status checkNewPassphrase(std::string_view passphrase) {
    const auto characters =
        static_cast<std::size_t>(std::count_if(passphrase.begin(), passphrase.end(), [](char c) {
            return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
        }));
    if (characters >= kPassphraseCharactersMin) return {};
    return fail(Code::InvalidInput, "A new passphrase needs at least " +
                                        std::to_string(kPassphraseCharactersMin) +
                                        " characters; several words are best.");
}

StretchCost stretchCostFor(double secondsAtFloor) {
    const double factor = kGuessSeconds / std::max(secondsAtFloor, 1e-6);
    const auto floorBytes = static_cast<double>(kStretchCostMin.memoryBytes);
    const auto steps =
        std::llround(std::min(factor * floorBytes, 1e12) / static_cast<double>(kMemoryStepBytes));
    StretchCost out;
    out.memoryBytes = std::clamp(static_cast<std::uint64_t>(steps) * kMemoryStepBytes,
                                 kStretchCostMin.memoryBytes, kStretchCostMax.memoryBytes);
    const double memoryFactor = static_cast<double>(out.memoryBytes) / floorBytes;
    const auto passes = std::llround(std::min(factor / memoryFactor, 1e6) *
                                     static_cast<double>(kStretchCostMin.passes));
    out.passes = std::clamp(static_cast<std::uint64_t>(passes), kStretchCostMin.passes,
                            kStretchCostMax.passes);
    return out;
}

Result<StretchCost> calibrateStretch() {
    const std::array<std::uint8_t, 16> salt{};
    // Processor time: what else runs while a home is made must not make it cheaper to guess for
    // good. The shorter of two, since the first may have to warm up.
    double seconds = 1e9;
    for (int i = 0; i < 2; ++i) {
        const std::clock_t start = std::clock();
        CHECK_OK(crypto::stretch("calibration", salt, kStretchCostMin.passes,
                                 kStretchCostMin.memoryBytes));
        seconds = std::min(seconds, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
    }
    return stretchCostFor(seconds);
}

// ---- The file ----

Bytes Vault::adOf(const Slot& slot) const {
    Bytes ad;
    base::Writer(ad).raw(base::view(kMagic)).u16(kSealedVersion).raw(m_id);
    base::Writer(ad).u8(static_cast<std::uint8_t>(slot.kind)).u8(0).u8(0).u8(0);
    base::Writer(ad).u32(static_cast<std::uint32_t>(slot.cost.passes)).u64(slot.cost.memoryBytes);
    base::Writer(ad).raw(slot.salt);
    return ad;
}

Bytes Vault::encode(const std::vector<Slot>& slots) const {
    Bytes out;
    base::Writer writer(out);
    writer.raw(base::view(kMagic)).u16(kVersion).u8(static_cast<std::uint8_t>(slots.size())).u8(0);
    writer.raw(m_id).raw(m_proof.view());
    for (const Slot& slot : slots) {
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
    const bool isSound = version >= kVersionWithoutRecovery && reader.u8() == 0 && slots >= 1 &&
                         slots <= kSlotsMax && body.size() == kHeaderBytes + slots * kSlotBytes;
    if (!isSound) return damaged();
    std::memcpy(m_id.data(), reader.raw(m_id.size()).data(), m_id.size());
    m_proof = reader.fixed<base::Hash>();
    for (std::size_t i = 0; i < slots; ++i) {
        Slot slot{};
        slot.kind = static_cast<SlotKind>(reader.u8());
        const ByteView reserved = reader.raw(3);
        slot.cost.passes = reader.u32();
        slot.cost.memoryBytes = reader.u64();
        std::memcpy(slot.salt.data(), reader.raw(slot.salt.size()).data(), slot.salt.size());
        slot.wrapped = base::copy(reader.raw(kWrappedBytes));
        // Bounded before a byte of memory is taken for stretching.
        const bool isKind =
            slot.kind == SlotKind::KeyFile ||
            (slot.kind == SlotKind::Passphrase && isAllowed(slot.cost)) ||
            (slot.kind == SlotKind::RecoveryCode && version > kVersionWithoutRecovery);
        if (!isKind || (reserved[0] | reserved[1] | reserved[2]) != 0) return damaged();
        m_slots.push_back(std::move(slot));
    }
    return {};
}

Status Vault::save(std::vector<Slot> slots) {
    if (slots.size() > kSlotsMax) {
        return fail(Code::Limit, "The vault '" + m_path.string() +
                                     "' has no room for another key; remove one first.");
    }
    CHECK_OK(writeFileDurably(m_path, encode(slots)));
    m_slots = std::move(slots);
    return {};
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
    crypto::SecretBytes plain;
    if (!crypto::openX(key.view(), adOf(slot), slot.wrapped, plain.bytes())) return {};
    const SecretKey masterKey = SecretKey::from(plain.view());
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
    Slot slot{SlotKind::Passphrase, *cost, {}, {}};
    random.fill(slot.salt);
    TRY(const SecretKey key,
        crypto::stretch(passphrase, slot.salt, cost->passes, cost->memoryBytes));
    seal(slot, key, masterKey, random);
    return slot;
}

Vault::Slot Vault::recoverySlot(const RecoveryCode& code, const SecretKey& masterKey,
                                base::Random& random) const {
    Slot slot{SlotKind::RecoveryCode, {0, 0}, {}, {}};
    random.fill(slot.salt);
    seal(slot, derive(code.secret.view(), kRecoveryLabel, slot.salt), masterKey, random);
    return slot;
}

std::vector<Vault::Slot> Vault::slotsBut(SlotKind kind) const {
    std::vector<Slot> out;
    std::copy_if(m_slots.begin(), m_slots.end(), std::back_inserter(out),
                 [&](const Slot& slot) { return slot.kind != kind; });
    return out;
}

SlotInfo Vault::infoOf(const Slot& slot) {
    return {base::toHex(ByteView(slot.salt).first(kNameBytes)), slot.kind};
}

Status Vault::checkMaster(const SecretKey& masterKey) const {
    if (crypto::equalConstantTime(proofOf(masterKey).view(), m_proof.view())) return {};
    return fail(Code::WrongPassphrase, "The key is not the one of '" + m_path.string() + "'.");
}

Result<std::pair<SlotInfo, SecretKey>> Vault::openByKeyFile(const Path& keyFile) const {
    TRY(const SecretKey fileKey, readKeyFile(keyFile));
    for (const Slot& slot : m_slots) {
        if (slot.kind != SlotKind::KeyFile) continue;
        const SecretKey key = derive(fileKey.view(), kKeyFileLabel, slot.salt);
        if (const auto masterKey = unwrap(slot, key)) return std::pair(infoOf(slot), *masterKey);
    }
    return fail(Code::WrongPassphrase, "The key file '" + keyFile.string() + "' does not open '" +
                                           m_path.string() +
                                           "'; it belongs to another one, or was removed.");
}

// ---- What callers do ----

Result<Vault::Created> Vault::create(const Path& path, std::string_view passphrase,
                                     base::Random& random, std::optional<StretchCost> cost) {
    CHECK_OK(checkNewPassphrase(passphrase));
    CHECK_OK(checkAbsent(path));
    Created created{Vault(path), SecretKey::random(random)};
    Vault& vault = created.vault;
    random.fill(vault.m_id);
    vault.m_proof = vault.proofOf(created.masterKey);
    TRY(Slot slot, vault.passphraseSlot(passphrase, created.masterKey, random, cost));
    CHECK_OK(vault.save({std::move(slot)}));
    return created;
}

Result<SecretKey> Vault::unlock(std::string_view passphrase) const {
    bool hasRecovery = false;
    for (const Slot& slot : m_slots) {
        hasRecovery |= slot.kind == SlotKind::RecoveryCode;
        if (slot.kind != SlotKind::Passphrase) continue;
        TRY(const SecretKey key,
            crypto::stretch(passphrase, slot.salt, slot.cost.passes, slot.cost.memoryBytes));
        if (const auto masterKey = unwrap(slot, key)) return *masterKey;
    }
    return fail(Code::WrongPassphrase,
                "The passphrase does not open '" + m_path.string() + "'; type it again" +
                    (hasRecovery ? ", or set a new one with the recovery code." : "."));
}

Result<SecretKey> Vault::unlockWithKeyFile(const Path& keyFile) const {
    TRY(const auto opened, openByKeyFile(keyFile));
    return opened.second;
}

Result<SecretKey> Vault::unlockWithRecoveryCode(const RecoveryCode& code) const {
    bool hasRecovery = false;
    for (const Slot& slot : m_slots) {
        if (slot.kind != SlotKind::RecoveryCode) continue;
        hasRecovery = true;
        const SecretKey key = derive(code.secret.view(), kRecoveryLabel, slot.salt);
        if (const auto masterKey = unwrap(slot, key)) return *masterKey;
    }
    if (!hasRecovery) {
        return fail(Code::NotFound, "'" + m_path.string() +
                                        "' has no recovery code: only its passphrase or a key file "
                                        "opens it.");
    }
    return fail(Code::WrongPassphrase,
                "The recovery code is typed rightly but does not open '" + m_path.string() +
                    "': it belongs to another one, or was replaced by a newer code.");
}

std::vector<SlotInfo> Vault::slots() const {
    std::vector<SlotInfo> out;
    for (const Slot& slot : m_slots) out.push_back(infoOf(slot));
    return out;
}

Result<SlotInfo> Vault::addKeyFileSlot(const SecretKey& masterKey, const Path& keyFile,
                                       base::Random& random) {
    CHECK_OK(checkMaster(masterKey));
    CHECK_OK(checkAbsent(keyFile));
    const SecretKey fileKey = SecretKey::random(random);
    Slot slot{SlotKind::KeyFile, {0, 0}, {}, {}};
    random.fill(slot.salt);
    seal(slot, derive(fileKey.view(), kKeyFileLabel, slot.salt), masterKey, random);
    const SlotInfo info = infoOf(slot);
    std::vector<Slot> slots = m_slots;
    slots.push_back(std::move(slot));
    // The key first: a key without its slot is harmless, a slot without its key only takes room.
    CHECK_OK(writeFileDurably(keyFile, fileKey.view()));
    if (Status saved = save(std::move(slots)); !saved) {
        std::error_code ignored;
        std::filesystem::remove(keyFile, ignored);
        return tl::unexpected(saved.error());
    }
    return info;
}

Result<SlotInfo> Vault::slotOfKeyFile(const Path& keyFile) const {
    TRY(auto opened, openByKeyFile(keyFile));
    return std::move(opened.first);
}

Status Vault::removeKeyFileSlot(const SecretKey& masterKey, std::string_view name) {
    CHECK_OK(checkMaster(masterKey));
    std::vector<Slot> slots = m_slots;
    const auto removed = std::erase_if(slots, [&](const Slot& slot) {
        return slot.kind == SlotKind::KeyFile && infoOf(slot).name == name;
    });
    if (removed == 0) {
        return fail(Code::NotFound, "'" + m_path.string() + "' has no slot of a key file named \"" +
                                        std::string(name) + "\".");
    }
    return save(std::move(slots));
}

Status Vault::setPassphrase(const SecretKey& masterKey, std::string_view passphrase,
                            base::Random& random, std::optional<StretchCost> cost) {
    CHECK_OK(checkNewPassphrase(passphrase));
    CHECK_OK(checkMaster(masterKey));
    std::vector<Slot> slots = slotsBut(SlotKind::Passphrase);
    TRY(Slot slot, passphraseSlot(passphrase, masterKey, random, cost));
    slots.insert(slots.begin(), std::move(slot));
    return save(std::move(slots));
}

Result<RecoveryCode> Vault::newRecoveryCode(const SecretKey& masterKey, base::Random& random) {
    CHECK_OK(checkMaster(masterKey));
    const RecoveryCode code = RecoveryCode::random(random);
    std::vector<Slot> slots = slotsBut(SlotKind::RecoveryCode);
    slots.push_back(recoverySlot(code, masterKey, random));
    CHECK_OK(save(std::move(slots)));
    return code;
}

Result<RecoveryCode> Vault::reset(const RecoveryCode& code, std::string_view passphrase,
                                  base::Random& random, std::optional<StretchCost> cost) {
    CHECK_OK(checkNewPassphrase(passphrase));
    TRY(const SecretKey masterKey, unlockWithRecoveryCode(code));
    TRY(Slot slot, passphraseSlot(passphrase, masterKey, random, cost));
    const RecoveryCode next = RecoveryCode::random(random);
    std::vector<Slot> slots{std::move(slot)};
    for (const Slot& other : m_slots) {
        if (other.kind == SlotKind::KeyFile) slots.push_back(other);
    }
    slots.push_back(recoverySlot(next, masterKey, random));
    CHECK_OK(save(std::move(slots)));
    return next;
}

}  // namespace store
