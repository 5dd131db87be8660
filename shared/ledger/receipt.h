#pragma once
// A receipt proves to anybody, without a line, who handed what in and when the server had it
// (PROTOCOL.md, section 20). It begins at the authority keys and ends at one entry:
//
// clang-format off
//   "TSRC" · u8 version (1)
//   genesis         signed body, signed by the authority keys
//   v count · items u8 1 charter | 2 authority set: signed body · u8 3: proof of a directory entry
//   head 169        of the entry's ledger
//   scope's entry   proof
//   [seen leaf]     of the ledger, iff seen is of the head's epoch and 1 ≤ seen.ledgerSize ≤ position
//   [seen leaf]     of the directory, iff of the head's epoch and 1 ≤ seen.directorySize ≤ directorySize
//   u8 0 | u8 1 · k 32 · s 32     what opens the body
//
//   signed body     sized body · u8 count · count x signature
//   proof           device 16 · incarnation 16 · u64 seq · prev 32 · u64 claimed · u32 epoch · u64 ledgerSize ·
//                   u64 directorySize · root 16 · sized entry · u8 count · count x e of a later entry of the
//                   record · seal 64 · u64 position · place · [sized former place (record.h), iff the first
//                   arrival is not the arrival]
//   seen leaf       h 32 · place
//   place           arrival 24 (as in a record) · directory root there 32 · u8 count · count x hash: audit path
// clang-format on
//
// Decoding checks the layout and its limits. What the parts prove is for proofHolds() and the
// folder client/verify.

#include <variant>
#include "ledger/body.h"
#include "ledger/head.h"
#include "ledger/merkle.h"
#include "ledger/record.h"

namespace ledger {

/// Bytes that authority keys signed.
struct SignedBytes {
    Bytes body;
    std::vector<base::Signature> signatures;
    bool operator==(const SignedBytes&) const = default;
};
struct CharterBytes : SignedBytes {
    bool operator==(const CharterBytes&) const = default;
};
struct AuthoritySetBytes : SignedBytes {
    bool operator==(const AuthoritySetBytes&) const = default;
};

/// What makes a leaf of an entry's hash, and the leaf's path to a root.
struct Place {
    Arrival at;
    Hash directoryRoot;
    std::vector<Hash> path;  // bottom up
    bool operator==(const Place&) const = default;

    Hash leaf(const Hash& entryHash) const { return leafHash(entryHash, at, directoryRoot); }
};

/// One entry with what shows its author and its place in a ledger.
struct EntryProof {
    base::DeviceId device;
    base::IncarnationId incarnation;
    std::uint64_t seq = 0;
    Hash prev;
    base::TimeMs claimed = 0;
    Seen seen;
    Bytes entry;
    std::vector<Hash> later;  // e of the entries behind it in its record, whose last is sealed
    base::Signature seal;
    std::uint64_t position = 0;
    Place place;
    std::optional<FormerPlace>
        former;  // of its record's last entry: proves an earlier first arrival
    bool operator==(const EntryProof&) const = default;
};

struct LeafProof {
    Hash hash;  // h of the entry there
    Place place;
    bool operator==(const LeafProof&) const = default;
};

struct Receipt {
    using Item = std::variant<CharterBytes, AuthoritySetBytes, EntryProof>;

    SignedBytes genesis;
    std::vector<Item> items;
    Head head;
    EntryProof entry;
    std::optional<LeafProof> seenLedger;
    std::optional<LeafProof> seenDirectory;
    std::optional<BodyKeys> opening;

    /// Whether the entry names a leaf that the receipt must hold.
    bool namesLedgerLeaf() const;
    bool namesDirectoryLeaf() const;
    Bytes encode() const;
    /// Unsupported for another version, Limit, Malformed.
    static Result<Receipt> decode(ByteView bytes);
};

/// The entry read, if it stands at its position of the ledger with that size and root: its header
/// and hashes, at seq 0 the beginning of its chain, the inclusion. Malformed or BadSignature.
Result<Entry> proofHolds(const EntryProof& proof, const base::ProvinceId& province,
                         const base::ScopeId& scope, std::uint64_t size, const Hash& root);
/// Whether this device key sealed the record in which `entry` (of proofHolds) stands.
bool isSealedBy(const base::PublicKey& deviceKey, const EntryProof& proof, const Entry& entry,
                const base::ProvinceId& province, const base::ScopeId& scope);
/// Whether the entry (of proofHolds) had arrived first when its place says: at its arrival, or as a
/// former place of its record shows, of an epoch before `epoch`. The signature of that one's head
/// is for the caller to look at.
bool firstArrivalHolds(const EntryProof& proof, const Entry& entry,
                       const base::ProvinceId& province, const base::ScopeId& scope,
                       std::uint32_t epoch);
/// Whether the leaf stands there; `rootThere` becomes the root of the ledger up to it.
bool leafHolds(const LeafProof& proof, std::uint64_t position, std::uint64_t size, const Hash& root,
               Hash& rootThere);

}  // namespace ledger
