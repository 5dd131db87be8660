#include "replica/replica.h"
#include <cassert>
#include "base/limits.h"

namespace replica {
namespace {

using base::Code;
using base::fail;

constexpr std::string_view kIndexKeyName = "index-key";

base::Error errorLost() {
    return {Code::Corrupt,
            "This home is damaged: it holds data, but not whose it is. Put it back from a backup; "
            "nothing was changed."};
}

Result<bool> isEmpty(store::Store& store) {
    TRY(auto txn, store.read());
    for (const store::Table& table : tables()) {
        TRY(std::optional<Bytes> key, txn->lastKey(table, {}));
        if (key) return false;
    }
    return true;
}

}  // namespace

Result<std::unique_ptr<Replica>> Replica::create(store::Store& store, const base::Clock& clock,
                                                 base::Random& random, const Beginning& beginning) {
    TRY(bool empty, isEmpty(store));
    if (!empty)
        return fail(Code::InvalidInput,
                    "This home already belongs to a device; choose another folder with --home.");
    {
        Replica author(store, clock, random);
        author.m_identity = beginning.identity;
        base::ScopeId scope = domain::directoryScope(beginning.identity.province);
        auto tip = ledger::ChainState::start(beginning.identity.province, author.ownChain(scope));
        TRY(PendingEntry entry,
            author.build(scope, std::span(&beginning.introduction, 1), Cost::Small, tip));
        crypto::SecretKey indexKey = crypto::SecretKey::random(random);
        TRY(auto txn, store.write());
        CHECK_OK(put(*txn, scope, entry));
        CHECK_OK(
            txn->put(kSettings, base::view(kIdentityName), beginning.identity.encode().view()));
        CHECK_OK(txn->put(kSettings, base::view(kIndexKeyName), indexKey.view()));
        for (const auto& [name, value] : beginning.settings)
            CHECK_OK(txn->put(kSettings, base::view(name), value));
        CHECK_OK(txn->commit());
    }
    return open(store, clock, random);
}

Result<std::unique_ptr<Replica>> Replica::open(store::Store& store, const base::Clock& clock,
                                               base::Random& random) {
    std::unique_ptr<Replica> out(new Replica(store, clock, random));
    CHECK_OK(out->load());
    return out;
}

Status Replica::load() {
    CHECK_OK(loadSettings());
    CHECK_OK(loadDirectory());
    CHECK_OK(loadAuthority());
    CHECK_OK(loadStranded());
    CHECK_OK(loadQuarantine());
    return loadPending();
}

Status Replica::loadSettings() {
    TRY(std::optional<Bytes> identity, setting(kIdentityName));
    if (!identity) {
        TRY(bool empty, isEmpty(m_store));
        if (!empty) return tl::unexpected(errorLost());
        return fail(Code::NotFound,
                    "This home belongs to no device yet; enrol it with an invitation first.");
    }
    const crypto::SecretBytes kept(std::move(*identity));
    TRY(m_identity, Identity::decode(kept.view()));
    TRY(std::optional<Bytes> indexKey, setting(kIndexKeyName));
    if (!indexKey || indexKey->size() != 32)
        return fail(Code::Corrupt, "This home's index key is missing.");
    const crypto::SecretBytes keptIndexKey(std::move(*indexKey));
    CHECK_OK(m_view.load(crypto::SecretKey::from(keptIndexKey.view())));
    TRY(std::optional<Bytes> known, setting(kTipsKnownName));
    m_tipsKnown = known && known->size() == 1 && (*known)[0] == 1;
    m_statement.reset();
    TRY(std::optional<Bytes> statement, setting(kStatementName));
    if (statement) {
        TRY(m_statement, ledger::EpochStatement::decode(*statement));
    }
    TRY(std::optional<Bytes> former, setting(kFormerName));
    m_former.clear();
    base::Reader in(former ? ByteView(*former) : ByteView());
    while (in.ok() && in.remaining() > 0) m_former.push_back(in.fixed<base::IncarnationId>());
    return in.ok() ? Status() : fail(Code::Corrupt, "This home's incarnations cannot be read.");
}

Status Replica::loadDirectory() {
    m_directory = session::DirectoryLedger();
    m_ledgers.clear();
    m_tables.reset();
    TRY(auto txn, m_store.read());
    TRY(auto all, m_tables.all(*txn));
    for (auto& [scope, info] : all) m_ledgers[scope] = std::move(info);
    base::ScopeId scope = domain::directoryScope(m_identity.province);
    m_directory.setEpoch(epoch());
    if (m_statement) m_directory.setFormerBounds({m_statement->since, m_statement->time});
    CHECK_OK(m_tables.read(*txn, scope, 0, [&](const store::StoredRecord& stored) -> Result<bool> {
        TRY(store::OpenedRecord record, store::openRecord(stored));
        CHECK_OK(m_directory.append(record.chain, record.entries, record.at));
        return true;
    }));
    auto info = m_ledgers.find(scope);
    const ledger::Frontier end =
        info == m_ledgers.end() ? ledger::Frontier() : info->second.frontier;
    CHECK_OK(m_directory.checkWhole(end.size(), end.root()));
    m_keys.refresh(m_directory.directory(), m_identity);
    return {};
}

Status Replica::loadPending() {
    m_pending.clear();
    m_tips.clear();
    TRY(auto txn, m_store.read());
    return txn->scan(kPending, {}, [&](ByteView key, ByteView value) -> Result<bool> {
        base::Reader in(value);
        base::ScopeId scope = in.fixed<base::ScopeId>();
        PendingEntry p;
        p.seal = in.fixed<base::Signature>();
        p.bytes = base::copy(in.raw(in.remaining()));
        if (!in.ok()) return fail(Code::Corrupt, "a pending entry cannot be read");
        p.ordinal = store::numberOfKey(key);
        TRY(ledger::ChainState tip, ownTip(scope));
        TRY(ledger::Entry entry, ledger::advance(tip, p.bytes));
        p.seq = entry.seq;
        p.claimed = entry.header.claimed;
        p.seen = entry.header.seen;
        p.prev = entry.prev;
        p.hash = entry.hash;
        p.act = ledger::actOf(entry);
        m_tips[scope] = tip;
        m_nextOrdinal = std::max(m_nextOrdinal, p.ordinal + 1);
        m_pending[scope].push_back(std::move(p));
        return true;
    });
}

const domain::Unit* Replica::ownUnit() const {
    const domain::Device* device = ownDevice();
    return device == nullptr ? nullptr : m_directory.directory().unit(device->unit);
}

Result<domain::Directory> Replica::projectedDirectory() const {
    domain::Directory out = m_directory.directory();
    const base::ScopeId scope = domain::directoryScope(m_identity.province);
    for (const auto& [ordinal, stranded] : m_stranded) {
        if (stranded.scope != scope || !stranded.kept.empty()) continue;
        TRY(ledger::Entry entry, stranded.read());
        CHECK_OK(project(entry, stranded.incarnation, out));
    }
    CHECK_OK(projectPending(out));
    return out;
}

Status Replica::projectPending(domain::Directory& out) const {
    const base::ScopeId scope = domain::directoryScope(m_identity.province);
    auto it = m_pending.find(scope);
    if (it == m_pending.end()) return {};
    TRY(ledger::ChainState state, orderedTip(scope));
    for (const PendingEntry& p : it->second) {
        TRY(ledger::Entry entry, ledger::advance(state, p.bytes));
        CHECK_OK(project(entry, m_identity.incarnation, out));
    }
    return {};
}

/// Applies an entry of the directory as if it came next.
Status Replica::project(const ledger::Entry& entry, const base::IncarnationId& by,
                        domain::Directory& out) const {
    TRY(std::vector<domain::Change> changes, session::directoryChanges(entry));
    const std::uint64_t position = out.size();
    domain::DirectoryAuthor author{position, m_clock.nowMs(), m_identity.device,
                                   by,       entry.seq,       domain::recoveryIn(changes)};
    for (const domain::Change& change : changes) out.apply(author, change);
    out.setSize(position + 1);
    return {};
}

ledger::ChainId Replica::ownChain(const base::ScopeId& scope) const {
    return {scope, m_identity.device, m_identity.incarnation};
}

Result<ledger::ChainState> Replica::orderedTip(const base::ScopeId& scope) const {
    TRY(auto txn, m_store.read());
    TRY(store::ChainTip tip, m_tables.chain(*txn, m_identity.province, ownChain(scope)));
    return tip.state;
}

Result<ledger::ChainState> Replica::ownTip(const base::ScopeId& scope) {
    auto it = m_tips.find(scope);
    if (it != m_tips.end()) return it->second;
    TRY(ledger::ChainState tip, orderedTip(scope));
    m_tips[scope] = tip;
    return tip;
}

Result<std::optional<Bytes>> Replica::setting(std::string_view name) const {
    TRY(auto txn, m_store.read());
    Bytes value;
    TRY(bool found, txn->get(kSettings, base::view(name), value));
    return found ? std::optional(std::move(value)) : std::nullopt;
}

Status Replica::setSetting(std::string_view name, ByteView value) {
    TRY(auto txn, m_store.write());
    CHECK_OK(txn->put(kSettings, base::view(name), value));
    return txn->commit();
}

Status Replica::setServer(const std::string& address) {
    if (address == m_identity.serverAddress) return {};
    Identity next = m_identity;
    next.serverAddress = address;
    return keepIdentity(std::move(next));
}

Status Replica::setOfficerKeys(std::vector<crypto::SigningKey> keys) {
    assert(!keys.empty() && keys.size() <= base::limits::kDeviceOfficersMax);
    Identity next = m_identity;
    next.officerKeys = std::move(keys);
    return keepIdentity(std::move(next));
}

Status Replica::keepIdentity(Identity next) {
    CHECK_OK(setSetting(kIdentityName, next.encode().view()));
    m_identity = std::move(next);
    return {};
}

}  // namespace replica
