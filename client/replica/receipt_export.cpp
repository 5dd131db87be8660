#include "replica/receipt_export.h"
#include <algorithm>
#include "base/limits.h"
#include "ledger/body.h"
#include "replica/id_prefix.h"

namespace replica {
namespace {

using base::Code;
using base::fail;
using ledger::EntryProof;
using Visit = std::function<Status(const store::StoredRecord&, const store::OpenedRecord&)>;

constexpr std::uint64_t kAll = UINT64_MAX;

base::Error errorOfNoHead() {
    return {Code::NotFound,
            "The server has begun a new epoch and has signed nothing of this ledger in it yet; run "
            "thongsuot sync, and try again once it holds something new."};
}

/// Records from the beginning, opened, up to the one that ends at or behind `size`.
Status eachOpened(const Replica& replica, const base::ScopeId& scope, std::uint64_t size,
                  const Visit& visit) {
    if (size == 0) return {};
    return replica.eachRecord(scope, 0, [&](const store::StoredRecord& stored) -> Result<bool> {
        TRY(store::OpenedRecord opened, store::openRecord(stored));
        CHECK_OK(visit(stored, opened));
        return stored.end() < size;
    });
}

/// The entry `index` of a record; its path comes later.
Result<EntryProof> proofOf(const store::StoredRecord& stored, const store::OpenedRecord& opened,
                           std::size_t index) {
    TRY(ledger::Record record, ledger::parseRecord(stored.bytes));
    const ledger::Entry& entry = opened.entries[index];
    EntryProof out;
    out.device = opened.chain.device;
    out.incarnation = opened.chain.incarnation;
    out.seq = entry.seq;
    out.prev = entry.prev;
    out.claimed = entry.header.claimed;
    out.seen = entry.header.seen;
    out.entry = base::copy(entry.bytes);
    for (std::size_t i = index + 1; i < opened.entries.size(); ++i)
        out.later.push_back(opened.entries[i].entryHash);
    out.seal = record.segment.seal;
    out.position = stored.first + index;
    out.place.at = opened.at;
    out.former = std::move(record.former);
    return out;
}

// ---- Which facts of the directory show an author ------------------------------------------------

/// The facts of the directory that had effect, by position, as far as a receipt may need them: the
/// author with its officers' keys, and whether completions had to be signed by one of them.
class Facts {
public:
    Status fold(const Replica& replica, std::uint64_t directorySize, std::uint32_t charterVersion);
    /// The positions of all entries that show these, and what holds for statements.
    std::set<std::uint64_t> showing(const base::DeviceId& device, const std::string& ledgerUnit);

    const domain::Directory& directory() const { return m_directory; }
    const ledger::SignedBytes& genesis() const { return m_genesis; }
    /// Charters and authority sets, by position.
    const std::map<std::uint64_t, ledger::Receipt::Item>& signedItems() const { return m_signed; }

private:
    void note(std::uint64_t position, const base::DeviceId& author, const domain::Change& change);
    template <class Signed>
    void noteSigned(std::uint64_t position, const domain::Change& change);
    void need(std::uint64_t position);
    void needDevice(const base::DeviceId& device);
    void needInvitation(const base::InvitationNumber& number);
    void needUnit(const std::string& code, bool asNamedNow);

    domain::Directory m_directory;
    std::vector<base::PublicKey> m_authorityBefore;
    std::vector<base::DeviceId> m_authors;
    ledger::SignedBytes m_genesis;
    std::map<std::uint64_t, ledger::Receipt::Item> m_signed;
    struct Described {
        std::uint64_t position;
        std::string parent;
    };
    std::map<std::string, std::vector<Described>> m_units;
    std::map<base::InvitationNumber, std::uint64_t> m_invited;
    struct Enrolled {
        std::uint64_t position;
        base::InvitationNumber number;
    };
    std::map<base::DeviceId, std::vector<Enrolled>> m_enrolled;  // devices, and officers on them
    std::optional<std::uint64_t> m_statements;                   // the newest rule of that name
    std::set<std::uint64_t> m_needed;
};

/// Those signatures that verify, one for each key, in ascending order of keys.
std::vector<base::Signature> byKey(std::vector<base::PublicKey> keys, crypto::Context context,
                                   ByteView body, const std::vector<base::Signature>& signatures) {
    std::sort(keys.begin(), keys.end());
    std::vector<base::Signature> out;
    for (const base::PublicKey& key : keys) {
        auto made = std::find_if(signatures.begin(), signatures.end(), [&](const auto& signature) {
            return crypto::verify(key, context, body, signature);
        });
        if (made != signatures.end()) out.push_back(*made);
    }
    return out;
}

template <class Signed>
void Facts::noteSigned(std::uint64_t position, const domain::Change& change) {
    auto put = [&](const auto& c) {
        Signed item;
        item.body = c.body;
        item.signatures = byKey(m_authorityBefore, crypto::Context::Charter, c.body, c.signatures);
        m_signed.emplace(position, std::move(item));
    };
    if (auto* charter = std::get_if<domain::SignedCharter>(&change)) put(*charter);
    if (auto* set = std::get_if<domain::SignedAuthoritySet>(&change)) put(*set);
}

void Facts::note(std::uint64_t position, const base::DeviceId& author,
                 const domain::Change& change) {
    if (auto* c = std::get_if<domain::SignedGenesis>(&change)) {
        m_genesis.body = c->body;
        m_genesis.signatures =
            byKey(c->content.authorityKeys, crypto::Context::Genesis, c->body, c->signatures);
    }
    if (std::holds_alternative<domain::SignedCharter>(change))
        noteSigned<ledger::CharterBytes>(position, change);
    if (std::holds_alternative<domain::SignedAuthoritySet>(change))
        noteSigned<ledger::AuthoritySetBytes>(position, change);
    if (auto* c = std::get_if<domain::UnitDescribed>(&change))
        m_units[c->code].push_back({position, c->parent});
    if (auto* c = std::get_if<domain::Invited>(&change)) m_invited.emplace(c->number, position);
    if (auto* c = std::get_if<domain::DeviceEnrolled>(&change))
        m_enrolled[author].push_back({position, c->number});
    if (auto* c = std::get_if<domain::OfficerEnrolled>(&change))
        m_enrolled[c->device].push_back({position, c->number});
    auto* rule = std::get_if<domain::RuleSet>(&change);
    if (rule != nullptr && rule->name == "statements") m_statements = position;
}

Status Facts::fold(const Replica& replica, std::uint64_t directorySize,
                   std::uint32_t charterVersion) {
    base::ScopeId scope = domain::directoryScope(replica.identity().province);
    std::uint64_t position = 0;
    auto take = [&](const store::StoredRecord&, const store::OpenedRecord& opened) -> Status {
        for (const ledger::Entry& entry : opened.entries) {
            TRY(std::vector<domain::Change> changes, session::directoryChanges(entry));
            domain::DirectoryAuthor author{position,
                                           static_cast<base::TimeMs>(opened.at.firstArrival),
                                           opened.chain.device,
                                           opened.chain.incarnation,
                                           entry.seq,
                                           domain::recoveryIn(changes)};
            for (const domain::Change& change : changes) {
                m_authorityBefore = m_directory.authorityKeys();
                if (m_directory.apply(author, change)) continue;
                auto* charter = std::get_if<domain::SignedCharter>(&change);
                auto* set = std::get_if<domain::SignedAuthoritySet>(&change);
                // Behind the entry, only what leads to the key of the head counts.
                bool leadsToHead = (charter && charter->content.version <= charterVersion) ||
                                   (set && set->content.version <= charterVersion);
                if (position < directorySize || leadsToHead) note(position, author.device, change);
            }
            m_authors.push_back(author.device);
            m_directory.setSize(++position);
        }
        return {};
    };
    return eachOpened(replica, scope, kAll, take);
}

void Facts::need(std::uint64_t position) {
    if (position == 0 || !m_needed.insert(position).second) return;  // genesis stands apart
    needDevice(m_authors[static_cast<std::size_t>(position)]);
}

void Facts::needDevice(const base::DeviceId& device) {
    for (const Enrolled& enrolled : m_enrolled[device]) {
        if (m_needed.contains(enrolled.position)) continue;
        need(enrolled.position);
        needInvitation(enrolled.number);
    }
}

void Facts::needInvitation(const base::InvitationNumber& number) {
    auto it = m_invited.find(number);
    const domain::Invitee* invitee = m_directory.invitation(number);
    if (it == m_invited.end() || invitee == nullptr) return;
    need(it->second);
    needUnit(invitee->invited.unit, false);
}

void Facts::needUnit(const std::string& code, bool asNamedNow) {
    auto it = m_units.find(code);
    if (it == m_units.end()) return;  // the province's own, by genesis
    auto take = [this](const Described& described) {
        if (m_needed.contains(described.position)) return;
        need(described.position);
        needUnit(described.parent, false);
    };
    take(it->second.front());
    if (asNamedNow) take(it->second.back());
}

std::set<std::uint64_t> Facts::showing(const base::DeviceId& device,
                                       const std::string& ledgerUnit) {
    needDevice(device);
    if (const domain::Device* author = m_directory.device(device)) needUnit(author->unit, true);
    needUnit(ledgerUnit, true);
    if (m_statements) need(*m_statements);
    return m_needed;
}

// ---- The entry itself ---------------------------------------------------------------------------

struct Found {
    base::ScopeId scope;
    std::uint64_t position = 0;
    base::Hash hash;
    bool isPending = false;
};

Result<Found> findEntry(const Replica& replica, std::string_view prefix) {
    TRY(std::string digits, idPrefix(prefix));
    std::vector<Found> found;
    for (const base::Hash& hash : replica.pendingActs()) {
        if (hash.hex().starts_with(digits)) found.push_back({{}, 0, hash, true});
    }
    for (const base::ScopeId& scope : replica.heldLedgers()) {
        auto look = [&](const store::StoredRecord&, const store::OpenedRecord& opened) -> Status {
            for (std::size_t i = 0; i < opened.entries.size(); ++i) {
                const base::Hash& hash = opened.entries[i].hash;
                if (hash.hex().starts_with(digits))
                    found.push_back({scope, opened.first + i, hash, false});
            }
            return {};
        };
        CHECK_OK(eachOpened(replica, scope, kAll, look));
    }
    if (found.empty()) {
        return fail(Code::NotFound,
                    "There is no entry " + digits + " on this device; has it been synchronised?");
    }
    if (found.size() > 1) {
        return fail(Code::InvalidInput,
                    "Several entries begin with " + digits + "; give more letters of the entry.");
    }
    if (found[0].isPending) {
        return fail(Code::InvalidInput,
                    "This entry has not been received by the province yet, so there is no receipt: "
                    "run thongsuot sync first.");
    }
    if (found[0].scope == replica.directory().directory().directoryScopeId()) {
        return fail(Code::InvalidInput,
                    "This entry stands in the directory, which is shown as a whole: run thongsuot "
                    "ledger export directory.");
    }
    return found[0];
}

/// Fills the audit paths in, of the places that were asked for, and calls `meet` for each of them
/// as it comes by.
class Paths {
public:
    using Meet = std::function<Status(const store::StoredRecord&, const store::OpenedRecord&,
                                      std::size_t index, const base::Hash& directoryRoot)>;
    void want(std::uint64_t position, Meet meet) { m_wanted[position].push_back(std::move(meet)); }
    Status walk(const Replica& replica, const base::ScopeId& scope, std::uint64_t size);
    std::vector<base::Hash> path(std::uint64_t position) const {
        return m_paths.path(m_numbers.at(position));
    }

private:
    std::map<std::uint64_t, std::vector<Meet>> m_wanted;
    std::map<std::uint64_t, std::size_t> m_numbers;
    ledger::AuditPaths m_paths;
};

Status Paths::walk(const Replica& replica, const base::ScopeId& scope, std::uint64_t size) {
    const session::DirectoryLedger& directory = replica.directory();
    bool ofDirectory = scope == directory.directory().directoryScopeId();
    for (const auto& [position, meets] : m_wanted) m_numbers[position] = m_paths.want(position);
    auto take = [&](const store::StoredRecord& stored,
                    const store::OpenedRecord& opened) -> Status {
        for (std::size_t i = 0; i < opened.entries.size() && m_paths.size() < size; ++i) {
            std::uint64_t position = m_paths.size();
            ledger::Arrival at = opened.at;
            if (ofDirectory) at.directorySize = position;
            if (at.directorySize > directory.size())
                return fail(Code::Corrupt, "a stored record names a directory that is not held");
            const base::Hash& root = directory.rootAt(at.directorySize);
            m_paths.append(ledger::leafHash(opened.entries[i].hash, at, root));
            auto wanted = m_wanted.find(position);
            if (wanted == m_wanted.end()) continue;
            for (const Meet& meet : wanted->second) CHECK_OK(meet(stored, opened, i, root));
        }
        return {};
    };
    CHECK_OK(eachOpened(replica, scope, size, take));
    if (m_paths.size() != size)
        return fail(Code::Corrupt, "a stored ledger does not end where it says");
    return {};
}

Status open(const Replica& replica, const base::ScopeId& scope, const ledger::Entry& entry,
            ledger::Receipt& out) {
    const crypto::SecretKey* key =
        entry.header.keyVersion > UINT32_MAX
            ? nullptr
            : replica.keys().find(scope, static_cast<std::uint32_t>(entry.header.keyVersion));
    if (key == nullptr) {
        return fail(Code::WaitingForKey,
                    "The key of this entry is not held here, so it cannot be opened; export the "
                    "receipt without --open.");
    }
    Bytes plain;
    CHECK_OK(ledger::openBody(*key, entry, plain));
    out.opening = ledger::bodyKeys(*key, entry.prev);
    return {};
}

/// The entry with its place, and the leaf of the ledger that its author had seen.
Status addEntry(const Replica& replica, const Found& found, Bodies bodies, ledger::Receipt& out) {
    auto read = [&](const store::StoredRecord& stored) -> Result<bool> {
        TRY(store::OpenedRecord opened, store::openRecord(stored));
        auto index = static_cast<std::size_t>(found.position - stored.first);
        TRY(out.entry, proofOf(stored, opened, index));
        if (bodies == Bodies::Opened)
            CHECK_OK(open(replica, found.scope, opened.entries[index], out));
        return false;
    };
    CHECK_OK(replica.eachRecord(found.scope, found.position, read));
    Paths paths;
    paths.want(found.position, [&](const auto&, const auto&, std::size_t, const base::Hash& root) {
        out.entry.place.directoryRoot = root;
        return Status();
    });
    std::uint64_t seenAt = out.entry.seen.ledgerSize - 1;
    if (out.namesLedgerLeaf()) {
        out.seenLedger.emplace();
        paths.want(seenAt, [&](const auto&, const store::OpenedRecord& opened, std::size_t index,
                               const base::Hash& root) {
            out.seenLedger->hash = opened.entries[index].hash;
            out.seenLedger->place = {opened.at, root, {}};
            return Status();
        });
    }
    CHECK_OK(paths.walk(replica, found.scope, out.head.size));
    out.entry.place.path = paths.path(found.position);
    if (out.seenLedger) out.seenLedger->place.path = paths.path(seenAt);
    return {};
}

/// What shows the author, as it stood in the directory that the entry's leaf names.
Status addDirectory(const Replica& replica, const std::string& unit, ledger::Receipt& out) {
    std::uint64_t size = out.entry.place.at.directorySize;
    Facts facts;
    CHECK_OK(facts.fold(replica, size, out.head.charterVersion));
    out.genesis = facts.genesis();
    std::map<std::uint64_t, ledger::Receipt::Item> items = facts.signedItems();
    Paths paths;
    for (std::uint64_t position : facts.showing(out.entry.device, unit)) {
        paths.want(position,
                   [&items, position](const auto& stored, const auto& opened, std::size_t index,
                                      const base::Hash& root) -> Status {
                       TRY(EntryProof proof, proofOf(stored, opened, index));
                       proof.place.at.directorySize = position;
                       proof.place.directoryRoot = root;
                       items[position] = std::move(proof);
                       return {};
                   });
    }
    std::uint64_t seenAt = out.entry.seen.directorySize - 1;
    if (out.namesDirectoryLeaf()) {
        out.seenDirectory.emplace();
        paths.want(seenAt, [&](const auto&, const store::OpenedRecord& opened, std::size_t index,
                               const base::Hash& root) {
            out.seenDirectory->hash = opened.entries[index].hash;
            out.seenDirectory->place = {
                {opened.at.arrival, seenAt, opened.at.firstArrival}, root, {}};
            return Status();
        });
    }
    CHECK_OK(paths.walk(replica, domain::directoryScope(replica.identity().province), size));
    for (auto& [position, item] : items) {
        if (auto* proof = std::get_if<EntryProof>(&item)) proof->place.path = paths.path(position);
        out.items.push_back(std::move(item));
    }
    if (out.seenDirectory) out.seenDirectory->place.path = paths.path(seenAt);
    return {};
}

}  // namespace

Result<ledger::Receipt> makeReceipt(Replica& replica, std::string_view entry, Bodies bodies) {
    TRY(Found found, findEntry(replica, entry));
    const domain::Unit* unit = replica.directory().directory().unitOfScope(found.scope);
    if (unit == nullptr) return fail(Code::Corrupt, "a stored ledger of no unit");
    ledger::Receipt out;
    const store::LedgerInfo info = replica.ledgerInfo(found.scope);
    if (info.head.empty()) return tl::unexpected(errorOfNoHead());
    TRY(out.head, ledger::Head::decode(info.head));
    CHECK_OK(addEntry(replica, found, bodies, out));
    CHECK_OK(addDirectory(replica, unit->code, out));
    if (out.items.size() > base::limits::kReceiptItemsMax)
        return fail(Code::Limit, "This receipt would need more than 1,024 facts of the directory.");
    return out;
}

Status exportLedger(Replica& replica, const base::ScopeId& scope, const Sink& sink) {
    store::LedgerInfo info = replica.ledgerInfo(scope);
    if (info.size() == 0) {
        return fail(Code::NotFound,
                    "Nothing of this ledger has been received yet; run thongsuot sync first.");
    }
    if (info.head.empty()) return tl::unexpected(errorOfNoHead());
    TRY(ledger::Head head, ledger::Head::decode(info.head));
    CHECK_OK(sink(ledger::encodeLedgerFileHead(head)));
    return replica.eachRecord(scope, 0, [&](const store::StoredRecord& stored) -> Result<bool> {
        Bytes length;
        base::Writer(length).u32(static_cast<std::uint32_t>(stored.bytes.size()));
        CHECK_OK(sink(length));
        CHECK_OK(sink(stored.bytes));
        return stored.end() < head.size;
    });
}

Result<std::uint64_t> exportOpenings(Replica& replica, const base::ScopeId& scope,
                                     const Sink& sink) {
    CHECK_OK(sink(ledger::encodeOpeningsFileHead(scope)));
    std::uint64_t opened = 0;
    auto take = [&](const store::StoredRecord&, const store::OpenedRecord& record) -> Status {
        for (const ledger::Entry& entry : record.entries) {
            ledger::Receipt one;
            if (open(replica, scope, entry, one)) ++opened;
            CHECK_OK(sink(one.opening.value_or(ledger::BodyKeys()).view()));
        }
        return {};
    };
    CHECK_OK(eachOpened(replica, scope, kAll, take));
    return opened;
}

base::Hash rootFingerprint(const domain::Directory& directory) {
    const domain::Genesis& genesis = directory.genesis();
    return domain::authorityFingerprint(genesis.threshold, genesis.authorityKeys);
}

}  // namespace replica
