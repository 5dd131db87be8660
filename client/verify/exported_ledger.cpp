#include "verify/exported_ledger.h"
#include <algorithm>
#include "base/limits.h"
#include "session/ledger_check.h"

namespace verify {
namespace {

using base::Bytes;

/// Up to `size` bytes; fewer only at the end.
Verdict<Bytes> readSome(std::istream& in, std::size_t size) {
    Bytes out(size);
    in.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(size));
    if (in.bad()) return refuse(Fault::CannotRead);
    out.resize(static_cast<std::size_t>(in.gcount()));
    return out;
}

Fault faultOf(const base::Error& error) {
    return error.code == base::Code::InvalidInput ? Fault::NotOurs : Fault::Damaged;
}

/// One ledger file: its head, then record by record.
class LedgerFile {
public:
    explicit LedgerFile(std::istream& in) : m_in(in) {}

    Verdict<ledger::Head> head() {
        auto bytes = readSome(m_in, ledger::kLedgerFileHeadBytes);
        if (!bytes) return tl::unexpected(bytes.error());
        auto head = ledger::decodeLedgerFileHead(*bytes);
        if (!head) return refuse(faultOf(head.error()), head.error());
        return *head;
    }
    /// The next record's bytes; empty at the end.
    Verdict<Bytes> next() {
        auto prefix = readSome(m_in, sizeof(std::uint32_t));
        if (!prefix || prefix->empty()) return prefix;
        base::Reader in(*prefix);
        std::size_t size = in.u32();
        if (!in.ok() || size == 0 || size > ledger::kRecordBytesMax)
            return refuse(Fault::Damaged, "a record's length");
        auto record = readSome(m_in, size);
        if (record && record->size() != size) return refuse(Fault::Damaged, "a record cut short");
        return record;
    }

private:
    std::istream& m_in;
};

/// What opens the bodies, entry by entry.
class OpeningsFile {
public:
    explicit OpeningsFile(std::istream& in) : m_in(in) {}

    Verdict<void> checkHead(const base::ScopeId& scope) {
        auto bytes = readSome(m_in, ledger::kOpeningsFileHeadBytes);
        if (!bytes) return tl::unexpected(bytes.error());
        auto named = ledger::decodeOpeningsFileHead(*bytes);
        if (!named) return refuse(faultOf(named.error()), named.error());
        if (*named != scope) return refuse(Fault::OtherLedger, "openings of another ledger");
        return {};
    }
    /// Nothing if the next entry stays closed.
    Verdict<std::optional<ledger::BodyKeys>> next() {
        auto bytes = readSome(m_in, ledger::kOpeningBytes);
        if (!bytes) return tl::unexpected(bytes.error());
        if (bytes->size() != ledger::kOpeningBytes)
            return refuse(Fault::Damaged, "openings cut short");
        bool isClosed = std::all_of(bytes->begin(), bytes->end(), [](auto b) { return b == 0; });
        if (isClosed) return std::optional<ledger::BodyKeys>();
        return std::optional(ledger::BodyKeys::from(*bytes));
    }
    Verdict<void> checkEnd() {
        auto bytes = readSome(m_in, 1);
        if (!bytes) return tl::unexpected(bytes.error());
        if (!bytes->empty()) return refuse(Fault::Damaged, "bytes behind the openings");
        return {};
    }

private:
    std::istream& m_in;
};

class Check {
public:
    Check(const Parts& parts, const base::Hash& root, const OnEntry& onEntry)
        : m_parts(parts), m_root(root), m_onEntry(onEntry) {}
    Verdict<CheckedLedger> run();

private:
    using OnRecord =
        std::function<Verdict<void>(const ledger::Record&, std::span<const ledger::Entry>)>;
    Verdict<ledger::Head> checkFile(std::istream& in, const OnRecord& onRecord);
    Verdict<void> checkHead(const ledger::Head& head, const session::LedgerTip& tip) const;
    Verdict<void> checkRoot() const;
    Verdict<void> checkDirectory();
    Verdict<void> checkUnit();
    Verdict<void> takeUnitEntry(const ledger::Record& record, const ledger::Entry& entry,
                                OpeningsFile* openings);
    Verdict<void> tell(const CheckedEntry& entry);

    const Parts& m_parts;
    const base::Hash& m_root;
    const OnEntry& m_onEntry;
    session::DirectoryLedger m_directory;
    std::uint64_t m_position = 0;  // in the ledger that is told
    CheckedLedger m_out;
};

/// Genesis is what the fingerprint is of.
Verdict<void> Check::checkRoot() const {
    const domain::Directory& directory = m_directory.directory();
    if (!directory.hasGenesis()) return refuse(Fault::GenesisUnsigned);
    const domain::Genesis& g = directory.genesis();
    if (domain::authorityFingerprint(g.threshold, g.authorityKeys) != m_root)
        return refuse(Fault::OtherRoot);
    return {};
}

Verdict<void> Check::checkHead(const ledger::Head& head, const session::LedgerTip& tip) const {
    if (head.province != m_directory.directory().province()) return refuse(Fault::OtherProvince);
    const domain::Charter* charter = m_directory.directory().charterVersion(head.charterVersion);
    if (charter == nullptr) return refuse(Fault::HeadUnsigned, "its charter is not shown");
    if (!head.verify(charter->headKey)) return refuse(Fault::HeadUnsigned);
    if (tip.frontier.size() != head.size || tip.frontier.root() != head.root)
        return refuse(Fault::NotInLedger, "the records are not those under the head");
    if (tip.epochMin > head.epoch)
        return refuse(Fault::HistoryBroken, "a history that is not over stands in it");
    if (tip.lastArrival > head.time) return refuse(Fault::TimesContradict, "the head is older");
    return {};
}

Verdict<ledger::Head> Check::checkFile(std::istream& in, const OnRecord& onRecord) {
    LedgerFile file(in);
    auto head = file.head();
    if (!head) return head;
    session::LedgerTip tip;
    m_directory.setEpoch(head->epoch);
    std::map<ledger::ChainId, ledger::ChainState> chains;
    while (true) {
        auto bytes = file.next();
        if (!bytes) return tl::unexpected(bytes.error());
        if (bytes->empty()) break;
        PROVE(ledger::Record record, Fault::Damaged, ledger::parseRecord(*bytes));
        const ledger::ChainId& chain = record.segment.chain;
        if (chain.scope != head->scope) return refuse(Fault::OtherLedger, "a record elsewhere");
        auto [state, isNew] = chains.try_emplace(chain);
        if (isNew) state->second = ledger::ChainState::start(head->province, chain);
        std::vector<ledger::Entry> entries;
        std::string where = "at position " + std::to_string(tip.frontier.size()) + ": ";
        auto extended =
            session::extendLedger(record, head->province, m_directory, tip, state->second, entries);
        if (!extended) {
            extended.error().message.insert(0, where);
            return refuse(Fault::HistoryBroken, extended.error());
        }
        PASS(onRecord(record, entries));
    }
    PASS(checkHead(*head, tip));
    return head;
}

Verdict<void> Check::tell(const CheckedEntry& entry) {
    Contribution& by = m_out.authors[entry.device];
    if (by.entries == 0) by.first = entry.received;
    ++by.entries;
    by.last = entry.received;
    if (m_onEntry && !m_onEntry(entry, m_directory.directory())) return refuse(Fault::TooLong);
    return {};
}

Verdict<void> Check::checkDirectory() {
    bool isTold = m_parts.unit == nullptr;
    bool isFirst = true;
    auto take = [&](const ledger::Record& record,
                    std::span<const ledger::Entry> entries) -> Verdict<void> {
        if (isFirst) PASS(checkRoot());
        isFirst = false;
        if (!isTold) return {};
        for (const ledger::Entry& entry : entries) {
            CheckedEntry out;
            out.position = m_position++;
            out.hash = entry.hash;
            out.device = record.segment.chain.device;
            out.claimed = entry.header.claimed;
            out.received = static_cast<base::TimeMs>(record.at.firstArrival);
            out.said.content = Content::Told;
            PROVE(out.said.changes, Fault::HistoryBroken, session::directoryChanges(entry));
            out.said.withoutEffect.resize(out.said.changes.size());
            out.said.signedBy.resize(out.said.changes.size());
            PASS(tell(out));
        }
        return {};
    };
    auto head = checkFile(*m_parts.directory, take);
    if (!head) return tl::unexpected(head.error());
    if (head->scope != m_directory.directory().directoryScopeId())
        return refuse(Fault::OtherLedger, "not the directory");
    m_out.directoryHead = *head;
    return {};
}

Verdict<void> Check::takeUnitEntry(const ledger::Record& record, const ledger::Entry& entry,
                                   OpeningsFile* openings) {
    const domain::Directory& directory = m_directory.directory();
    const ledger::ChainId& chain = record.segment.chain;
    std::uint64_t size = record.at.directorySize;
    CheckedEntry out;
    out.position = m_position++;
    out.hash = entry.hash;
    out.device = chain.device;
    out.claimed = entry.header.claimed;
    out.received = static_cast<base::TimeMs>(record.at.firstArrival);
    out.hadRight = directory.mayAppend(chain.device, chain.scope, size);
    if (!out.hadRight) ++m_out.withoutRight;
    std::uint64_t version = entry.header.keyVersion;
    bool isAllowed = version >= 1 && version <= directory.newestKeyVersion(chain.scope, size) &&
                     entry.header.dictionary <= directory.dictionaryAllowed(size);
    if (!isAllowed) ++m_out.notAllowed;
    if (openings != nullptr) {
        auto keys = openings->next();
        if (!keys) return tl::unexpected(keys.error());
        if (*keys) {
            auto said = openEntry(**keys, entry, directory, chain.device, chain.scope, size);
            if (!said) return tl::unexpected(said.error());
            out.said = std::move(*said);
            if (!isAllowed) out.said = {Content::Invalid, {}, {}, {}};
            ++m_out.opened;
        }
    }
    return tell(out);
}

Verdict<void> Check::checkUnit() {
    if (m_parts.unit == nullptr) return {};
    std::optional<OpeningsFile> openings;
    if (m_parts.openings != nullptr) openings.emplace(*m_parts.openings);
    bool isFirst = true;
    auto take = [&](const ledger::Record& record,
                    std::span<const ledger::Entry> entries) -> Verdict<void> {
        const base::ScopeId& scope = record.segment.chain.scope;
        if (isFirst && openings) PASS(openings->checkHead(scope));
        isFirst = false;
        for (const ledger::Entry& entry : entries)
            PASS(takeUnitEntry(record, entry, openings ? &*openings : nullptr));
        return {};
    };
    auto head = checkFile(*m_parts.unit, take);
    if (!head) return tl::unexpected(head.error());
    const domain::Unit* unit = m_directory.directory().unitOfScope(head->scope);
    if (unit == nullptr || isFirst) return refuse(Fault::OtherLedger, "not a unit's ledger");
    if (openings) PASS(openings->checkEnd());
    m_out.hasOpenings = openings.has_value();
    m_out.head = *head;
    m_out.unit = unit->code;
    m_out.unitName = unit->name;
    return {};
}

Verdict<CheckedLedger> Check::run() {
    PASS(checkDirectory());
    m_out.head = m_out.directoryHead;
    PASS(checkUnit());
    m_out.isDirectory = m_parts.unit == nullptr;
    m_out.province = provinceOf(m_directory.directory());
    m_out.directory = m_directory.directory();
    m_out.withoutEffect = m_directory.withoutEffect().size();
    return std::move(m_out);
}

}  // namespace

Verdict<CheckedLedger> checkLedger(const Parts& parts, const base::Hash& root,
                                   const OnEntry& onEntry) {
    if (parts.directory == nullptr) return refuse(Fault::MissingFile);
    if (parts.openings != nullptr && parts.unit == nullptr) return refuse(Fault::UnknownFile);
    return Check(parts, root, onEntry).run();
}

}  // namespace verify
