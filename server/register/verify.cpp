#include "register/verify.h"
#include "domain/names.h"
#include "session/ledger_check.h"

namespace reg {
namespace {

using base::Code;
using base::fail;

constexpr std::uint64_t kProgressEntries = 1000;

class Verifier {
public:
    Verifier(const store::ReadTxn& txn, const Progress& progress)
        : m_txn(txn), m_progress(progress) {}

    Result<Verified> run() {
        TRY(auto all, m_tables.all(m_txn));
        Verified out;
        for (const auto& [scope, info] : all) {
            m_all += info.size();
            out.epoch = std::max(out.epoch, info.epoch);
        }
        TRY(auto statement, epochStatement(m_txn));
        if (statement) m_directory.setFormerBounds({statement->since, statement->time});
        TRY(auto directory, findDirectory(m_txn, m_tables, all));
        for (bool ofDirectory : {true, false}) {  // units' records name its sizes
            for (const auto& [scope, info] : all) {
                if ((scope == directory) != ofDirectory) continue;
                CHECK_OK(verify(scope, info));
                out.lastArrival = std::max(out.lastArrival, info.lastArrival);
            }
        }
        CHECK_OK(checkChains());
        CHECK_OK(checkEpoch(all, out.epoch));
        for (const auto& [scope, info] : all)
            out.ledgers.push_back({scope, info.epoch, info.size(), info.frontier.root()});
        out.province = m_province;
        if (directory) out.charterVersion = m_directory.directory().charter().version;
        return out;
    }

private:
    static tl::unexpected<base::Error> damaged(const base::ScopeId& scope, std::uint64_t position,
                                               const std::string& how) {
        return fail(Code::Corrupt, "The ledger " + scope.hex() + " is damaged at position " +
                                       std::to_string(position) + ": " + how + ".");
    }

    Status verify(const base::ScopeId& scope, const store::LedgerInfo& info) {
        session::LedgerTip tip;
        CHECK_OK(
            m_tables.read(m_txn, scope, 0, [&](const store::StoredRecord& stored) -> Result<bool> {
                if (auto taken = take(scope, stored, tip); !taken) {
                    return damaged(scope, stored.first, taken.error().message);
                }
                return true;
            }));
        if (tip.epochMin > info.epoch)
            return damaged(scope, 0, "it holds records that an epoch ordered again, before it");
        bool isSame = tip.frontier == info.frontier && tip.lastArrival == info.lastArrival &&
                      tip.lastDirectorySize == info.lastDirectorySize;
        if (!isSame) return damaged(scope, tip.frontier.size(), "it does not end where it says");
        return {};
    }

    Status take(const base::ScopeId& scope, const store::StoredRecord& stored,
                session::LedgerTip& tip) {
        TRY(ledger::Record record, ledger::parseRecord(stored.bytes));
        const ledger::ChainId& chain = record.segment.chain;
        if (!m_directory.directory().hasGenesis()) {
            TRY(m_province, provinceOfGenesis(record.segment));
        }
        auto [at, isFirst] = m_chains.try_emplace(chain);
        store::ChainTip& end = at->second;
        if (isFirst) end.state = ledger::ChainState::start(m_province, chain);
        bool isIndexed = chain.scope == scope && stored.first == tip.frontier.size() &&
                         stored.count == record.segment.entries.size() &&
                         stored.before.state == end.state &&
                         stored.before.recordEnd == end.recordEnd;
        if (!isIndexed) return fail(Code::Corrupt, "the index says something else than the record");
        std::vector<ledger::Entry> entries;
        CHECK_OK(session::extendLedger(record, m_province, m_directory, tip, end.state, entries));
        end.recordEnd = stored.end();
        if (stored.rootAfter != tip.frontier.root())
            return fail(Code::Corrupt, "the index holds another root than its records");
        tell(entries.size());
        return {};
    }

    /// The stored ends of chains are those of their records, neither more nor less.
    Status checkChains() {
        std::size_t stored = 0;
        CHECK_OK(m_txn.scan(store::kChains, {}, [&](ByteView, ByteView) -> Result<bool> {
            ++stored;
            return true;
        }));
        bool isSame = stored == m_chains.size();
        for (const auto& [chain, end] : m_chains) {
            TRY(store::ChainTip held, m_tables.chain(m_txn, m_province, chain));
            isSame = isSame && held.state == end.state && held.recordEnd == end.recordEnd;
        }
        return isSame ? Status()
                      : fail(Code::Corrupt, "The ends of the chains are not those of the records.");
    }

    /// All ledgers are of one epoch, and hold what it began with.
    Status checkEpoch(const std::vector<std::pair<base::ScopeId, store::LedgerInfo>>& all,
                      std::uint32_t epoch) {
        for (const auto& [scope, info] : all) {
            if (info.epoch != epoch) return damaged(scope, 0, "it is of another epoch than others");
        }
        TRY(auto statement, epochStatement(m_txn));
        if (!statement) return {};
        const domain::Directory& directory = m_directory.directory();
        const domain::Charter* charter = directory.charterVersion(statement->charterVersion);
        bool isSigned = statement->epoch == epoch && statement->province == m_province &&
                        charter != nullptr && statement->verify(charter->headKey);
        if (!isSigned)
            return fail(Code::Corrupt, "The statement of the epoch is not what the server signed.");
        for (const ledger::EpochStatement::Kept& kept : statement->ledgers) {
            TRY(auto root, m_tables.rootAt(m_txn, kept.scope, kept.size));
            if (root != kept.root)
                return damaged(kept.scope, kept.size, "it is not what its epoch began with");
        }
        return {};
    }

    void tell(std::uint64_t entries) {
        m_done += entries;
        if (!m_progress || m_done - m_told < kProgressEntries) return;
        m_told = m_done;
        m_progress(m_done, m_all);
    }

    const store::ReadTxn& m_txn;
    const Progress& m_progress;
    store::LedgerTables m_tables;
    session::DirectoryLedger m_directory;
    base::ProvinceId m_province;
    std::map<ledger::ChainId, store::ChainTip> m_chains;
    std::uint64_t m_all = 0, m_done = 0, m_told = 0;
};

}  // namespace

Result<base::ProvinceId> provinceOfGenesis(const ledger::Segment& segment) {
    ledger::ChainState start;
    TRY(ledger::Entry entry, ledger::advance(start, segment.entries.front()));
    TRY(std::vector<domain::Change> changes, session::directoryChanges(entry));
    auto* genesis = changes.size() == 1 ? std::get_if<domain::SignedGenesis>(&changes[0]) : nullptr;
    if (genesis == nullptr) return fail(Code::Refused, "an empty server takes genesis only");
    return domain::provinceIdOf(genesis->body);
}

Result<std::optional<base::ScopeId>> findDirectory(
    const store::ReadTxn& txn, const store::LedgerTables& tables,
    const std::vector<std::pair<base::ScopeId, store::LedgerInfo>>& all) {
    std::optional<base::ScopeId> out;
    for (const auto& [scope, info] : all) {
        TRY(auto first, tables.recordAt(txn, scope, 0));
        TRY(auto last, tables.recordAt(txn, scope, info.size() - 1));
        if (!first || !last || last->end() != info.size())
            return fail(Code::Corrupt, "A ledger's first or last record is missing.");
        TRY(ledger::Record record, ledger::parseRecord(first->bytes));
        auto province = provinceOfGenesis(record.segment);
        if (province && domain::directoryScope(*province) == scope) out = scope;
    }
    if (!all.empty() && !out)
        return fail(Code::Corrupt, "The store holds ledgers but no directory.");
    return out;
}

Result<Verified> verifyLedgers(const store::ReadTxn& txn, const Progress& progress) {
    return Verifier(txn, progress).run();
}

}  // namespace reg
