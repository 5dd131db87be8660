#include "ledger/receipt.h"
#include "base/limits.h"

namespace ledger {
namespace {

using base::Code;
using base::fail;
namespace limits = base::limits;

constexpr std::string_view kMagic = "TSRC";
constexpr std::uint8_t kVersion = 1;
enum class Kind : std::uint8_t { Charter = 1, AuthoritySet = 2, Entry = 3 };

// ---- Writing -----------------------------------------------------------------------------------

void put(base::Writer& out, const SignedBytes& s) {
    out.sized(s.body).u8(static_cast<std::uint8_t>(s.signatures.size()));
    for (const base::Signature& signature : s.signatures) out.raw(signature.view());
}

void put(base::Writer& out, const std::vector<Hash>& hashes) {
    out.u8(static_cast<std::uint8_t>(hashes.size()));
    for (const Hash& hash : hashes) out.raw(hash.view());
}

void put(base::Writer& out, const Place& p) {
    out.u64(p.at.arrival).u64(p.at.directorySize).u64(p.at.firstArrival);
    out.raw(p.directoryRoot.view());
    put(out, p.path);
}

void put(base::Writer& out, const EntryProof& p) {
    out.raw(p.device.view()).raw(p.incarnation.view()).u64(p.seq).raw(p.prev.view());
    out.u64(static_cast<std::uint64_t>(p.claimed)).u32(p.seen.epoch).u64(p.seen.ledgerSize);
    out.u64(p.seen.directorySize).raw(p.seen.root.view()).sized(p.entry);
    put(out, p.later);
    out.raw(p.seal.view()).u64(p.position);
    put(out, p.place);
    if (p.place.at.firstArrival != p.place.at.arrival)
        out.sized(p.former ? p.former->encode() : Bytes());
}

void put(base::Writer& out, const LeafProof& p) {
    out.raw(p.hash.view());
    put(out, p.place);
}

// ---- Reading -----------------------------------------------------------------------------------

void get(base::Reader& in, SignedBytes& out) {
    out.body = base::copy(in.sized(limits::kSignedBytesMax));
    std::size_t count = in.u8();
    if (count > limits::kAuthorityKeysMax) in.failHere();
    for (std::size_t i = 0; i < count && in.ok(); ++i)
        out.signatures.push_back(in.fixed<base::Signature>());
}

std::vector<Hash> getHashes(base::Reader& in, std::size_t countMax) {
    std::vector<Hash> out;
    std::size_t count = in.u8();
    if (count > countMax) in.failHere();
    for (std::size_t i = 0; i < count && in.ok(); ++i) out.push_back(in.fixed<Hash>());
    return out;
}

Place getPlace(base::Reader& in) {
    Place out;
    out.at.arrival = in.u64();
    out.at.directorySize = in.u64();
    out.at.firstArrival = in.u64();
    out.directoryRoot = in.fixed<Hash>();
    out.path = getHashes(in, limits::kAuditPathMax);
    return out;
}

EntryProof getEntry(base::Reader& in) {
    EntryProof out;
    out.device = in.fixed<base::DeviceId>();
    out.incarnation = in.fixed<base::IncarnationId>();
    out.seq = in.u64();
    out.prev = in.fixed<Hash>();
    out.claimed = static_cast<base::TimeMs>(in.u64());
    out.seen.epoch = in.u32();
    out.seen.ledgerSize = in.u64();
    out.seen.directorySize = in.u64();
    out.seen.root = in.fixed<ShortRoot>();
    out.entry = base::copy(in.sized(limits::kEntryBytesMax));
    out.later = getHashes(in, limits::kSegmentEntriesMax - 1);
    if (out.seq > UINT64_MAX - limits::kSegmentEntriesMax) in.failHere();
    out.seal = in.fixed<base::Signature>();
    out.position = in.u64();
    out.place = getPlace(in);
    if (out.place.at.firstArrival == out.place.at.arrival) return out;
    const ByteView former = in.sized(kFormerPlaceBytesMax);
    if (former.empty()) return out;  // unproven, which the verifier says
    if (auto place = FormerPlace::decode(former)) {
        out.former = std::move(*place);
    } else {
        in.failHere();
    }
    return out;
}

LeafProof getLeaf(base::Reader& in) {
    LeafProof out;
    out.hash = in.fixed<Hash>();
    out.place = getPlace(in);
    return out;
}

Receipt::Item getItem(base::Reader& in) {
    switch (static_cast<Kind>(in.u8())) {
        case Kind::Charter: {
            CharterBytes out;
            get(in, out);
            return out;
        }
        case Kind::AuthoritySet: {
            AuthoritySetBytes out;
            get(in, out);
            return out;
        }
        case Kind::Entry:
            return getEntry(in);
    }
    in.failHere();
    return EntryProof();
}

/// h of the last entry of the record.
Hash recordTip(const EntryProof& proof, const Entry& entry) {
    Hash tip = entry.hash;
    for (const Hash& e : proof.later) tip = linkHash(tip, e);
    return tip;
}

}  // namespace

bool Receipt::namesLedgerLeaf() const {
    return entry.seen.epoch == head.epoch && entry.seen.ledgerSize >= 1 &&
           entry.seen.ledgerSize <= entry.position;
}

bool Receipt::namesDirectoryLeaf() const {
    return entry.seen.epoch == head.epoch && entry.seen.directorySize >= 1 &&
           entry.seen.directorySize <= entry.place.at.directorySize;
}

Bytes Receipt::encode() const {
    Bytes out;
    base::Writer w(out);
    w.raw(base::view(kMagic)).u8(kVersion);
    put(w, genesis);
    w.varint(items.size());
    for (const Item& item : items) {
        if (auto* charter = std::get_if<CharterBytes>(&item)) {
            w.u8(static_cast<std::uint8_t>(Kind::Charter));
            put(w, *charter);
        } else if (auto* set = std::get_if<AuthoritySetBytes>(&item)) {
            w.u8(static_cast<std::uint8_t>(Kind::AuthoritySet));
            put(w, *set);
        } else {
            w.u8(static_cast<std::uint8_t>(Kind::Entry));
            put(w, std::get<EntryProof>(item));
        }
    }
    w.raw(head.encode());
    put(w, entry);
    if (seenLedger) put(w, *seenLedger);
    if (seenDirectory) put(w, *seenDirectory);
    w.u8(opening ? 1 : 0);
    if (opening) w.raw(opening->view());
    return out;
}

Result<Receipt> Receipt::decode(ByteView bytes) {
    auto malformed = [] { return fail(Code::Malformed, "a receipt's layout is broken"); };
    if (bytes.size() > limits::kReceiptBytesMax)
        return fail(Code::Limit, "a receipt is longer than 4 MiB");
    base::Reader in(bytes);
    if (base::text(in.raw(kMagic.size())) != kMagic)
        return fail(Code::InvalidInput, "this file is no receipt");
    if (in.u8() != kVersion) {
        return in.ok() ? fail(Code::Unsupported, "a receipt of another version") : malformed();
    }
    Receipt out;
    get(in, out.genesis);
    std::uint64_t count = in.varint();
    if (count > limits::kReceiptItemsMax) return malformed();
    for (std::uint64_t i = 0; i < count && in.ok(); ++i) out.items.push_back(getItem(in));
    ByteView head = in.raw(kHeadBytes);
    if (!in.ok()) return malformed();
    TRY(out.head, Head::decode(head));
    out.entry = getEntry(in);
    if (out.namesLedgerLeaf()) out.seenLedger = getLeaf(in);
    if (out.namesDirectoryLeaf()) out.seenDirectory = getLeaf(in);
    std::uint8_t opened = in.u8();
    if (opened > 1) return malformed();
    if (opened == 1) {
        ByteView keys = in.raw(64);
        if (!in.ok()) return malformed();
        out.opening = BodyKeys::from(keys);
    }
    if (!in.atEnd()) return malformed();
    return out;
}

Result<Entry> proofHolds(const EntryProof& proof, const base::ProvinceId& province,
                         const base::ScopeId& scope, std::uint64_t size, const Hash& root) {
    TRY(Entry entry,
        readAlone(proof.seq, proof.prev, proof.claimed, proof.seen, ByteView(proof.entry)));
    ledger::ChainId chain{scope, proof.device, proof.incarnation};
    if (proof.seq == 0 && proof.prev != ChainState::start(province, chain).tip)
        return fail(Code::Malformed, "an entry that begins another chain than its own");
    if (!verifyInclusion<LedgerHash>(proof.place.leaf(entry.hash), proof.position, size, root,
                                     proof.place.path)) {
        return fail(Code::BadSignature, "an entry that is not in the ledger under this root");
    }
    return entry;
}

bool firstArrivalHolds(const EntryProof& proof, const Entry& entry,
                       const base::ProvinceId& province, const base::ScopeId& scope,
                       std::uint32_t epoch) {
    const Arrival& at = proof.place.at;
    if (at.firstArrival == at.arrival) return !proof.former;
    return proof.former && at.firstArrival < at.arrival && proof.former->head.epoch < epoch &&
           proof.former->at.firstArrival == at.firstArrival &&
           mayHaveArrived(proof.former->head, proof.former->at) &&
           proof.former->holds(province, scope, recordTip(proof, entry));
}

bool isSealedBy(const base::PublicKey& deviceKey, const EntryProof& proof, const Entry& entry,
                const base::ProvinceId& province, const base::ScopeId& scope) {
    const Hash tip = recordTip(proof, entry);
    Bytes sealed = sealedBytes(province, {scope, proof.device, proof.incarnation},
                               proof.seq + proof.later.size(), tip);
    return crypto::verify(deviceKey, crypto::Context::Seal, sealed, proof.seal);
}

bool leafHolds(const LeafProof& proof, std::uint64_t position, std::uint64_t size, const Hash& root,
               Hash& rootThere) {
    return verifyInclusion<LedgerHash>(proof.place.leaf(proof.hash), position, size, root,
                                       proof.place.path, &rootThere);
}

}  // namespace ledger
