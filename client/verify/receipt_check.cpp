#include "verify/receipt_check.h"
#include <algorithm>
#include "base/limits.h"
#include "session/directory_ledger.h"
#include "wire/body.h"
#include "wire/compress.h"

namespace verify {
namespace {

using ledger::EntryProof;
using ledger::Receipt;

Fault faultOf(const base::Error& error) {
    if (error.code == base::Code::InvalidInput) return Fault::NotOurs;
    return Fault::Damaged;
}

/// Each signature is of another of these keys, in ascending order: none is there for nothing.
bool areSigned(std::vector<base::PublicKey> keys, crypto::Context context,
               const ledger::SignedBytes& bytes) {
    std::sort(keys.begin(), keys.end());
    auto key = keys.begin();
    for (const base::Signature& signature : bytes.signatures) {
        key = std::find_if(key, keys.end(), [&](const base::PublicKey& k) {
            return crypto::verify(k, context, bytes.body, signature);
        });
        if (key == keys.end()) return false;
        ++key;
    }
    return true;
}

/// A receipt on its way: the directory as far as it is shown.
class Check {
public:
    Check(const Receipt& receipt, const base::Hash& root) : m_receipt(receipt), m_root(root) {}
    Verdict<CheckedReceipt> run();

private:
    Verdict<void> takeGenesis();
    Verdict<void> takeItems();
    template <class Signed, class Decode>
    Verdict<void> takeSigned(const ledger::SignedBytes& bytes, Decode decode);
    Verdict<void> takeEntry(const EntryProof& proof);
    bool isFirstArrivalProven(const EntryProof& proof, const ledger::Entry& entry,
                              const base::ScopeId& scope) const;
    Verdict<base::PublicKey> sealKey(const EntryProof& proof,
                                     const std::vector<domain::Change>& changes) const;
    Verdict<void> checkHead() const;
    Verdict<ledger::Entry> checkEntry() const;
    Verdict<Bound> ledgerBound() const;
    Verdict<Bound> directoryBound() const;

    const Receipt& m_receipt;
    const base::Hash& m_root;
    domain::Directory m_directory;
    std::uint64_t m_nextPosition = 0;
    std::uint64_t m_lastArrival = 0;
};

Verdict<void> Check::takeGenesis() {
    const ledger::SignedBytes& signedBytes = m_receipt.genesis;
    domain::SignedGenesis genesis;
    PROVE(genesis.content, Fault::GenesisUnsigned, wire::decodeGenesis(signedBytes.body));
    const domain::Genesis& g = genesis.content;
    if (domain::authorityFingerprint(g.threshold, g.authorityKeys) != m_root)
        return refuse(Fault::OtherRoot);
    if (!areSigned(g.authorityKeys, crypto::Context::Genesis, signedBytes))
        return refuse(Fault::GenesisUnsigned, "a signature of nobody");
    genesis.body = signedBytes.body;
    genesis.signatures = signedBytes.signatures;
    domain::DirectoryAuthor author;
    author.device = domain::deviceIdOf(domain::provinceIdOf(genesis.body), g.deviceKey);
    if (auto reason = m_directory.apply(author, genesis))
        return refuse(Fault::GenesisUnsigned, *reason);
    m_directory.setSize(1);
    m_nextPosition = 1;
    return {};
}

template <class Signed, class Decode>
Verdict<void> Check::takeSigned(const ledger::SignedBytes& bytes, Decode decode) {
    Signed change;
    PROVE(change.content, Fault::CharterUnsigned, decode(bytes.body));
    if (!areSigned(m_directory.authorityKeys(), crypto::Context::Charter, bytes))
        return refuse(Fault::CharterUnsigned, "a signature of nobody");
    change.body = bytes.body;
    change.signatures = bytes.signatures;
    if (auto reason = m_directory.apply({}, change)) return refuse(Fault::CharterUnsigned, *reason);
    return {};
}

/// The key of a device that is shown, or of the one that this very entry enrols.
Verdict<base::PublicKey> Check::sealKey(const EntryProof& proof,
                                        const std::vector<domain::Change>& changes) const {
    if (const domain::Device* device = m_directory.device(proof.device)) return device->key;
    if (proof.seq != 0 || changes.empty()) return refuse(Fault::DeviceUnknown);
    const domain::DeviceEnrolled* enrolled = domain::recoveryIn(changes);
    if (enrolled == nullptr) enrolled = std::get_if<domain::DeviceEnrolled>(&changes[0]);
    bool isItself = enrolled != nullptr &&
                    domain::deviceIdOf(m_directory.province(), enrolled->deviceKey) == proof.device;
    if (!isItself) return refuse(Fault::DeviceUnknown);
    return enrolled->deviceKey;
}

/// By a history that the server had signed before the epoch of the receipt's head.
bool Check::isFirstArrivalProven(const EntryProof& proof, const ledger::Entry& entry,
                                 const base::ScopeId& scope) const {
    if (!ledger::firstArrivalHolds(proof, entry, m_directory.province(), scope,
                                   m_receipt.head.epoch))
        return false;
    if (!proof.former) return true;
    const ledger::Head& head = proof.former->head;
    const domain::Charter* charter = m_directory.charterVersion(head.charterVersion);
    return charter != nullptr && head.verify(charter->headKey);
}

Verdict<void> Check::takeEntry(const EntryProof& proof) {
    const base::ProvinceId& province = m_directory.province();
    const base::ScopeId& scope = m_directory.directoryScopeId();
    const ledger::Place& leaf = m_receipt.entry.place;
    const ledger::Arrival& at = proof.place.at;
    PROVE(ledger::Entry entry, Fault::NotInDirectory,
          ledger::proofHolds(proof, province, scope, leaf.at.directorySize, leaf.directoryRoot));
    bool inOrder = proof.position >= m_nextPosition && at.directorySize == proof.position;
    if (!inOrder) return refuse(Fault::NotInDirectory, "an item out of its place");
    if (!isFirstArrivalProven(proof, entry, scope)) return refuse(Fault::FirstArrivalUnproven);
    if (at.arrival < m_lastArrival || at.arrival > leaf.at.arrival)
        return refuse(Fault::TimesContradict, "an item of the directory");
    PROVE(std::vector<domain::Change> changes, Fault::NotInDirectory,
          session::directoryChanges(entry));
    auto key = sealKey(proof, changes);
    if (!key) return tl::unexpected(key.error());
    if (!ledger::isSealedBy(*key, proof, entry, province, scope))
        return refuse(Fault::SealBroken, "an item of the directory");
    domain::DirectoryAuthor author{proof.position, static_cast<base::TimeMs>(at.firstArrival),
                                   proof.device,   proof.incarnation,
                                   proof.seq,      domain::recoveryIn(changes)};
    for (const domain::Change& change : changes) {
        bool isUnknown = std::holds_alternative<domain::UnknownChange>(change);
        if (isUnknown && m_directory.administers(proof.device, proof.position))
            return refuse(Fault::NewerVersion, "an administrator's change of an unknown kind");
        m_directory.apply(author, change);  // one without effect shows nothing
    }
    m_nextPosition = proof.position + 1;
    m_lastArrival = at.arrival;
    m_directory.setSize(m_nextPosition);
    return {};
}

Verdict<void> Check::takeItems() {
    for (const Receipt::Item& item : m_receipt.items) {
        if (auto* charter = std::get_if<ledger::CharterBytes>(&item)) {
            PASS(takeSigned<domain::SignedCharter>(*charter, wire::decodeCharter));
        } else if (auto* set = std::get_if<ledger::AuthoritySetBytes>(&item)) {
            PASS(takeSigned<domain::SignedAuthoritySet>(*set, wire::decodeAuthoritySet));
        } else {
            PASS(takeEntry(std::get<EntryProof>(item)));
        }
    }
    return {};
}

Verdict<void> Check::checkHead() const {
    const ledger::Head& head = m_receipt.head;
    if (head.province != m_directory.province()) return refuse(Fault::OtherProvince);
    const domain::Charter* charter = m_directory.charterVersion(head.charterVersion);
    if (charter == nullptr) return refuse(Fault::HeadUnsigned, "its charter is not shown");
    if (!head.verify(charter->headKey)) return refuse(Fault::HeadUnsigned);
    if (m_directory.unitOfScope(head.scope) == nullptr) return refuse(Fault::OtherLedger);
    return {};
}

Verdict<ledger::Entry> Check::checkEntry() const {
    const ledger::Head& head = m_receipt.head;
    const EntryProof& proof = m_receipt.entry;
    const ledger::Arrival& at = proof.place.at;
    PROVE(ledger::Entry entry, Fault::NotInLedger,
          ledger::proofHolds(proof, head.province, head.scope, head.size, head.root));
    if (!isFirstArrivalProven(proof, entry, head.scope)) return refuse(Fault::FirstArrivalUnproven);
    if (at.arrival > head.time) return refuse(Fault::TimesContradict, "the head is older");
    const domain::Device* device = m_directory.device(proof.device);
    if (device == nullptr) return refuse(Fault::DeviceUnknown);
    if (!ledger::isSealedBy(device->key, proof, entry, head.province, head.scope))
        return refuse(Fault::SealBroken);
    if (!m_directory.mayAppend(proof.device, head.scope, at.directorySize))
        return refuse(Fault::NoRight);
    return entry;
}

Verdict<Bound> Check::ledgerBound() const {
    const ledger::Seen& seen = m_receipt.entry.seen;
    Bound out{Bound::How::NothingSeen, 0, seen.ledgerSize};
    if (seen.ledgerSize == 0) return out;
    out.how = Bound::How::NotCovered;
    if (!m_receipt.seenLedger) return out;
    const ledger::LeafProof& leaf = *m_receipt.seenLedger;
    base::Hash rootThere;
    if (!ledger::leafHolds(leaf, seen.ledgerSize - 1, m_receipt.head.size, m_receipt.head.root,
                           rootThere)) {
        return refuse(Fault::SeenUnproven);
    }
    if (leaf.place.at.arrival > m_receipt.entry.place.at.arrival)
        return refuse(Fault::TimesContradict, "what was seen arrived later");
    out.how = Bound::How::OtherHistory;
    if (ledger::shortRoot(rootThere) != seen.root) return out;
    out.how = Bound::How::Shown;
    out.time = static_cast<base::TimeMs>(leaf.place.at.arrival);
    return out;
}

Verdict<Bound> Check::directoryBound() const {
    const ledger::Seen& seen = m_receipt.entry.seen;
    const ledger::Place& place = m_receipt.entry.place;
    Bound out{Bound::How::NothingSeen, 0, seen.directorySize};
    if (seen.directorySize == 0) return out;
    out.how = Bound::How::NotCovered;
    if (!m_receipt.seenDirectory) return out;
    const ledger::LeafProof& leaf = *m_receipt.seenDirectory;
    base::Hash rootThere;
    bool holds = leaf.place.at.directorySize == seen.directorySize - 1 &&
                 ledger::leafHolds(leaf, seen.directorySize - 1, place.at.directorySize,
                                   place.directoryRoot, rootThere);
    if (!holds) return refuse(Fault::SeenUnproven);
    if (leaf.place.at.arrival > place.at.arrival)
        return refuse(Fault::TimesContradict, "what was seen arrived later");
    out.how = Bound::How::Shown;
    out.time = static_cast<base::TimeMs>(leaf.place.at.arrival);
    return out;
}

Verdict<CheckedReceipt> Check::run() {
    PASS(takeGenesis());
    PASS(takeItems());
    PASS(checkHead());
    auto entry = checkEntry();
    if (!entry) return tl::unexpected(entry.error());
    const EntryProof& proof = m_receipt.entry;
    const domain::Unit* unit = m_directory.unitOfScope(m_receipt.head.scope);
    CheckedReceipt out;
    auto bound = ledgerBound();
    if (!bound) return tl::unexpected(bound.error());
    out.notBefore = *bound;
    bound = directoryBound();
    if (!bound) return tl::unexpected(bound.error());
    out.stated = *bound;
    out.directorySize = proof.place.at.directorySize;
    out.province = provinceOf(m_directory);
    out.scope = m_receipt.head.scope;
    out.unit = unit->code;
    out.unitName = unit->name;
    out.author = authorOf(m_directory, *m_directory.device(proof.device), out.directorySize);
    out.entry = entry->hash;
    out.entryBytes = proof.entry.size();
    out.seq = proof.seq;
    out.position = proof.position;
    out.claimed = proof.claimed;
    out.received = static_cast<base::TimeMs>(proof.place.at.firstArrival);
    if (proof.former) out.orderedAgain = static_cast<base::TimeMs>(proof.place.at.arrival);
    out.restates = entry->header.restates;
    out.head = m_receipt.head;
    out.facts = m_receipt.items.size();
    if (m_receipt.opening) {
        auto said = openEntry(*m_receipt.opening, *entry, m_directory, proof.device, out.scope,
                              out.directorySize);
        if (!said) return tl::unexpected(said.error());
        out.said = std::move(*said);
    }
    return out;
}

}  // namespace

CheckedProvince provinceOf(const domain::Directory& directory) {
    return {directory.province(), directory.genesis().name, directory.genesis().code};
}

Author authorOf(const domain::Directory& directory, const domain::Device& device,
                std::uint64_t directorySize) {
    Author out;
    out.device = device.id;
    out.unit = device.unit;
    if (const domain::Unit* unit = directory.unit(device.unit)) out.unitName = unit->name;
    for (const domain::Officer& officer : device.officers) {
        if (officer.since < directorySize) out.officers.push_back(officer);
    }
    return out;
}

Verdict<Said> openEntry(const crypto::Secret<64>& keys, const ledger::Entry& entry,
                        const domain::Directory& directory, const base::DeviceId& author,
                        const base::ScopeId& scope, std::uint64_t directorySize) {
    base::Bytes packed;
    if (auto opened = ledger::openBodyWith(keys, entry, packed); !opened)
        return refuse(Fault::OpeningWrong, opened.error());
    Said out;
    auto read = [&]() -> base::Result<std::vector<domain::Change>> {
        TRY(base::Bytes plain,
            wire::decompress(packed, entry.header.dictionary, base::limits::kPlainBodyBytesMax));
        return wire::decodeBody(plain);
    }();
    if (!read) {
        out.content =
            read.error().code == base::Code::Unsupported ? Content::NewerProgram : Content::Invalid;
        return out;
    }
    out.content = Content::Told;
    out.changes = std::move(*read);
    const domain::Device* device = directory.device(author);
    for (const domain::Change& change : out.changes) {
        out.withoutEffect.push_back(
            domain::reasonWithoutEffect(directory, author, scope, directorySize, change));
        // Without a reason the signature of a stated change was verified there.
        auto* stated = std::get_if<domain::Stated>(&change);
        const bool isVerified = stated != nullptr && device != nullptr && !out.withoutEffect.back();
        const domain::Officer* by = isVerified ? device->officer(stated->officer) : nullptr;
        out.signedBy.push_back(by == nullptr ? std::nullopt : std::optional(*by));
    }
    return out;
}

Verdict<CheckedReceipt> checkReceipt(base::ByteView bytes, const base::Hash& root) {
    auto receipt = Receipt::decode(bytes);
    if (!receipt) return refuse(faultOf(receipt.error()), receipt.error());
    return Check(*receipt, root).run();
}

}  // namespace verify
