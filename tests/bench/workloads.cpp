#include "workloads.h"
#include "saving.h"

namespace bench {
namespace {

using base::Code;
using base::fail;
using replica::Act;
using replica::Replica;

constexpr std::size_t kDeltas = 50;
constexpr std::size_t kImportChanges = 100;
constexpr int kIdleSyncs = 21;
constexpr std::size_t kPreparedActs = 512;
constexpr int kSessionsMax = 4;
constexpr std::chrono::milliseconds kOneWay{50};

class Run {
public:
    Run(const Options& options, const std::vector<Save>& saves, Measured& out)
        : m_options(options), m_saves(saves), m_out(out) {}

    Status repetition(int number) {
        m_number = number;
        bool isPlain =
            wants("A1") || wants("W1") || wants("W2") || wants("W3") || wants("W4") || wants("W5");
        if (isPlain) CHECK_OK(plain());
        if (wants("W1b")) CHECK_OK(imported());
        if (wants("W1_rtt")) CHECK_OK(delayed());
        if (wants("W5")) CHECK_OK(cut());
        return {};
    }

private:
    bool wants(const char* workload) const { return m_options.wants(workload); }

    Result<std::unique_ptr<Province>> province(const std::string& name) {
        auto out = std::make_unique<Province>(m_options.server,
                                              m_options.folder / (name + std::to_string(m_number)));
        CHECK_OK(out->prepare());
        return out;
    }

    void put(const std::string& workload, Figures figures, std::size_t changes) {
        figures.changes = changes;
        m_out[workload].push_back(std::move(figures));
    }

    /// Writes all saves without measuring, in acts of so many changes.
    Status author(Province& p, std::size_t changesPerAct, replica::Cost cost) {
        std::vector<Act> acts;
        for (std::size_t i = 0; i < m_saves.size(); ++i) {
            if (i % changesPerAct == 0) acts.push_back({p.scope(), {}});
            acts.back().changes.push_back(m_saves[i].change);
            bool full = acts.size() == kPreparedActs && acts.back().changes.size() == changesPerAct;
            if (!full && i + 1 < m_saves.size()) continue;
            CHECK_OK(p.author().replica().appendAll(acts, cost));
            acts.clear();
        }
        return {};
    }

    Status plain() {
        TRY(auto p, province("plain"));
        Replica& author = p->author().replica();
        if (wants("A1")) {
            TRY(Figures a1, timed(*p, [&]() -> Status {
                    for (const Save& save : m_saves)
                        CHECK_OK(author.append({p->scope(), {save.change}}));
                    return {};
                }));
            put("A1", a1, m_saves.size());
        } else {
            CHECK_OK(this->author(*p, 1, replica::Cost::Small));
        }
        TRY(Figures w1, timed(*p, [&] { return oneSession(author); }));
        TRY(w1.signatures, p->author().recordsOf(p->scope()));
        m_bytesUp = w1.passed.up;
        put("W1", w1, m_saves.size());
        if (wants("W4")) CHECK_OK(idle(*p));
        if (wants("W2")) CHECK_OK(taken(*p));
        if (wants("W3")) CHECK_OK(both(*p));
        return {};
    }

    /// One repetition is the median of several, since each takes but a millisecond or two.
    Status idle(Province& p) {
        TRY(Figures figures,
            medianOf(kIdleSyncs, p, [&] { return oneSession(p.author().replica()); }));
        put("W4", figures, 0);
        return {};
    }

    Status taken(Province& p) {
        Device& reader = p.reader();
        syncing::SyncReport report;
        TRY(Figures w2, timed(p, [&]() -> Status {
                CHECK_OK(syncing::runSession(reader.replica(), report));
                return reader.replica().settle();
            }));
        if (report.entries.entriesDown != m_saves.size())
            return fail(Code::Internal, "the second device did not get everything");
        TRY(auto audit, reader.replica().audit());
        if (!audit.empty())
            return fail(Code::Internal,
                        "changes had no effect at the second device: " + audit.front().reason);
        TRY(w2.signatures, reader.recordsOf(p.scope()));
        put("W2", w2, m_saves.size());
        return {};
    }

    Status both(Province& p) {
        if (!wants("W2")) CHECK_OK(oneSession(p.reader().replica()));
        CHECK_OK(p.reader().replica().settle());
        std::size_t deltas = std::min(2 * kDeltas, m_saves.size() / 2);
        for (std::size_t i = 0; i < deltas; ++i) {
            CHECK_OK(saveAgain(i % 2 == 0 ? p.author() : p.reader(), p.scope(), m_saves[i],
                               m_saves[m_saves.size() - 1 - i]));
        }
        CHECK_OK(oneSession(p.reader().replica()));
        TRY(Figures w3, timed(p, [&] { return oneSession(p.author().replica()); }));
        put("W3", w3, deltas);
        return {};
    }

    Status imported() {
        TRY(auto p, province("import"));
        CHECK_OK(author(*p, kImportChanges, replica::Cost::Bulk));
        TRY(Figures figures, timed(*p, [&] { return oneSession(p->author().replica()); }));
        TRY(figures.signatures, p->author().recordsOf(p->scope()));
        put("W1b", figures, m_saves.size());
        return {};
    }

    Status delayed() {
        TRY(auto p, province("delayed"));
        CHECK_OK(author(*p, 1, replica::Cost::Small));
        p->proxy().setLine({.oneWay = kOneWay});
        TRY(Figures figures, timed(*p, [&] { return oneSession(p->author().replica()); }));
        TRY(figures.signatures, p->author().recordsOf(p->scope()));
        put("W1_rtt", figures, m_saves.size());
        return {};
    }

    Status cut() {
        TRY(auto p, province("cut"));
        CHECK_OK(author(*p, 1, replica::Cost::Small));
        Replica& replica = p->author().replica();
        TRY(Figures figures, timed(*p, [&]() -> Status {
                p->proxy().cutAfter(m_bytesUp / 2);
                for (int i = 0; i < kSessionsMax; ++i) {
                    syncing::SyncReport report;
                    auto session = syncing::runSession(replica, report);
                    if (session && replica.pendingEntries() == 0) return {};
                    if (!session && session.error().code != Code::Cut)
                        return tl::unexpected(session.error());
                }
                return fail(Code::Cut, "a cut session was not made up for");
            }));
        put("W5", figures, m_saves.size());
        return {};
    }

    const Options& m_options;
    const std::vector<Save>& m_saves;
    Measured& m_out;
    int m_number = 0;
    std::uint64_t m_bytesUp = 0;
};

}  // namespace

Status measureOnce(const Options& options, const std::vector<Save>& saves, int number,
                   Measured& out) {
    CHECK_OK(Run(options, saves, out).repetition(number));
    std::erase_if(out, [&](const auto& one) { return !options.wants(one.first); });
    return {};
}

}  // namespace bench
