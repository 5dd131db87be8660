#pragma once
// A run of a ledger's entries, read and opened for folding: decrypted, unpacked, decoded. That
// depends on the ledger and the keys alone, so one portion may be opened while another is folded.

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include "domain/change.h"
#include "replica/scope_keys.h"
#include "store/ledger_tables.h"

namespace replica {

/// One record's entries, with their changes or why there are none. It may be moved, not copied: the
/// record borrows from what is stored.
struct OpenedChanges {
    OpenedChanges() = default;
    OpenedChanges(OpenedChanges&&) noexcept = default;
    OpenedChanges& operator=(OpenedChanges&&) noexcept = default;

    store::StoredRecord stored;
    store::OpenedRecord record;
    std::size_t firstOpened = 0;                               // of record.entries
    std::vector<Result<std::vector<domain::Change>>> changes;  // from there on, perhaps not all
};

struct Portion {
    enum class Stopped { AtEnd, Full, KeyMissing };
    std::vector<OpenedChanges> records;
    std::uint64_t end = 0;  // the position after the last entry
    std::size_t bytes = 0;  // of changes, unpacked
    Stopped stopped = Stopped::AtEnd;
};

/// Opens the entries from position `from` on: at most 1,024, and no more once they unpack to 8 MiB.
/// Stops behind an entry whose key is missing. Corrupt if the stored ledger has a gap. Any thread;
/// the keys must not change meanwhile.
Result<Portion> openPortion(store::Store& store, const store::LedgerTables& tables,
                            const base::ScopeId& scope, std::uint64_t from, const ScopeKeys& keys);

/// A ledger's portions, one after another. Behind a full one a thread of its own opens what
/// follows, up to kPortionsAhead portions or kPortionsAheadBytes ahead; where no thread can be had,
/// and behind any other portion, next() opens. One caller's thread; whatever `open` reads must not
/// change as long as this lives.
class PortionsAhead {
public:
    using Open = std::function<Result<Portion>(std::uint64_t from)>;

    PortionsAhead(Open open, std::uint64_t from) : m_open(std::move(open)), m_position(from) {}
    ~PortionsAhead() { stop(); }
    PortionsAhead(const PortionsAhead&) = delete;
    PortionsAhead& operator=(const PortionsAhead&) = delete;

    /// The next portion, or the error of `open`. An exception of `open` comes out here.
    Result<Portion> next();

private:
    void start();
    void stop();
    void openAhead(std::uint64_t from);
    bool isFull() const;

    const Open m_open;
    std::uint64_t m_position;  // of the next portion
    std::mutex m_mutex;        // guards what follows, as long as the thread runs
    std::condition_variable m_changed;
    std::deque<Result<Portion>> m_ready;
    std::size_t m_readyBytes = 0;
    std::exception_ptr m_thrown;
    bool m_mustStop = false;
    std::thread m_thread;
};

/// Opens the body of a unit's entry. WaitingForKey if its key is not held; other errors mean that
/// it is invalid. `plainBytes`, where it is given, becomes the body's size unpacked.
Result<std::vector<domain::Change>> openChanges(const ledger::Entry& entry,
                                                const base::ScopeId& scope, const ScopeKeys& keys,
                                                std::size_t* plainBytes = nullptr);

}  // namespace replica
