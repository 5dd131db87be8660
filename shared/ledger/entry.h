#pragma once
// An entry is header ‖ body. The header says only what cannot be derived: seq, prev and ids are
// inputs of the hashes or belong to the segment, and values equal to those of the chain's previous
// entry are left out.
//
//   u8        bits 0-3 format (1) · 4 seen · 5 restates · 6 continues · 7 zero
//   v         keyVersion (0 = plain, directory only)
//   u8        dictionary (0 = none)
//   zigzag v  claimed ms, difference to the previous entry (seq 0: to Unix 0)
//   [seen]      v epoch · v ledgerSize · v directorySize · 16 bytes of the ledger's root there
//   [restates]  32 bytes: the hash of the entry that is written again (the first of its kind)
//   [continues] seq 0 only: an older incarnation of the device (16) · v its next seq · its tip (32)
//
// clang-format off
//   e(n) = H("ts-entry", u64 seq ‖ u64 claimed ‖ u32 epoch ‖ u64 ledgerSize ‖ u64 directorySize ‖ root16 ‖ entry)
//   h(n) = H("ts-link", h(n-1) ‖ e(n)),  h(-1) = H("ts-chain", P ‖ scope ‖ device ‖ incarnation)
// clang-format on

#include <optional>
#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/crypto.h"

namespace ledger {

using base::Bytes;
using base::ByteView;
using base::Hash;
using base::Result;
using base::Status;

using ShortRoot = base::Fixed<struct ShortRootTag, 16>;
inline ShortRoot shortRoot(const Hash& root) {
    return ShortRoot::from(root.view());
}

/// The newest verified heads that the author held when it wrote; zeros if none.
struct Seen {
    std::uint32_t epoch = 0;
    std::uint64_t ledgerSize = 0;
    std::uint64_t directorySize = 0;
    ShortRoot root;
    bool operator==(const Seen&) const = default;
};

/// Where an incarnation goes on from an older one of the same device, as far as its author knew
/// that one to be ordered in the same scope: the author's word, which the ledger bears out.
struct Continues {
    base::IncarnationId incarnation;
    std::uint64_t seq = 0;  // the number of its entries
    Hash tip;               // h(seq - 1)
    bool operator==(const Continues&) const = default;
};

/// A header with its values resolved.
struct Header {
    std::uint64_t keyVersion = 0;
    std::uint8_t dictionary = 0;
    base::TimeMs claimed = 0;
    Seen seen;
    std::optional<Hash> restates;
    std::optional<Continues> continues;
    bool operator==(const Header&) const = default;
};

struct ChainId {
    base::ScopeId scope;
    base::DeviceId device;
    base::IncarnationId incarnation;
    auto operator<=>(const ChainId&) const = default;
    Bytes key() const;  // scope ‖ device ‖ incarnation
    static Result<ChainId> ofKey(ByteView key);
};

/// What the next entry of a chain is checked against.
struct ChainState {
    std::uint64_t nextSeq = 0;
    Hash tip;  // h(nextSeq - 1)
    base::TimeMs claimed = 0;
    Seen seen;
    bool operator==(const ChainState&) const = default;

    static ChainState start(const base::ProvinceId& province, const ChainId& chain);
    Bytes encode() const;
    static Result<ChainState> decode(ByteView bytes);
};

/// An entry in its place; the views borrow from the bytes it was read from.
struct Entry {
    std::uint64_t seq = 0;
    Header header;
    ByteView bytes;  // header ‖ body, verbatim
    ByteView headerBytes;
    ByteView body;
    Hash prev;       // h(n-1)
    Hash entryHash;  // e(n)
    Hash hash;       // h(n)
};

/// What an entry and those that restate it have in common: the hash of the first. Writes and notes
/// are named after it, so that a name holds however often the act was written again.
inline const Hash& actOf(const Entry& entry) {
    return entry.header.restates ? *entry.header.restates : entry.hash;
}

/// The id by which later writes name the writes of an act: the first 8 bytes of its hash,
/// little-endian.
std::uint64_t writeIdOf(const Hash& hash);

/// The header of the next entry of the chain; the body is appended by the caller.
Bytes encodeHeader(const Header& header, const ChainState& before);

/// Reads the next entry of a chain and advances the state. Malformed if it does not fit; the state
/// is then unchanged.
Result<Entry> advance(ChainState& state, ByteView bytes);

/// The entry `seq` behind `prev`, read without its chain: claimed and seen are its resolved values,
/// which e(n) covers. Malformed if its header says otherwise.
Result<Entry> readAlone(std::uint64_t seq, const Hash& prev, base::TimeMs claimed, const Seen& seen,
                        ByteView bytes);

/// h(n) = H("ts-link", h(n-1) ‖ e(n)).
Hash linkHash(const Hash& prev, const Hash& entryHash);

/// Signed by a seal: P ‖ scope ‖ device ‖ incarnation ‖ u64 seq ‖ h(n).
Bytes sealedBytes(const base::ProvinceId& province, const ChainId& chain, std::uint64_t seq,
                  const Hash& hash);

}  // namespace ledger
