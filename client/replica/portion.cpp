#include "replica/portion.h"
#include <system_error>
#include "base/limits.h"
#include "ledger/body.h"
#include "wire/body.h"
#include "wire/compress.h"

namespace replica {
namespace {

using base::Code;
using base::fail;

/// The body of an entry, unpacked.
Result<Bytes> openBody(const ledger::Entry& entry, const base::ScopeId& scope,
                       const ScopeKeys& keys) {
    if (entry.header.keyVersion == 0 || entry.header.keyVersion > UINT32_MAX) {
        return fail(Code::Malformed, "an entry without a key version");
    }
    const crypto::SecretKey* key =
        keys.find(scope, static_cast<std::uint32_t>(entry.header.keyVersion));
    if (key == nullptr)
        return fail(Code::WaitingForKey, "The unit's key has not been granted to this device yet.");
    Bytes packed;
    CHECK_OK(ledger::openBody(*key, entry, packed));
    return wire::decompress(packed, entry.header.dictionary, base::limits::kPlainBodyBytesMax);
}

}  // namespace

Result<Portion> openPortion(store::Store& store, const store::LedgerTables& tables,
                            const base::ScopeId& scope, std::uint64_t from, const ScopeKeys& keys) {
    using Stopped = Portion::Stopped;
    Portion out;
    out.end = from;
    std::size_t entries = 0;
    auto open = [&](const ledger::Entry& entry) -> Result<std::vector<domain::Change>> {
        TRY(Bytes plain, openBody(entry, scope, keys));
        out.bytes += plain.size();
        return wire::decodeBody(plain);
    };
    auto take = [&](const store::StoredRecord& stored) -> Result<bool> {
        OpenedChanges& opened = out.records.emplace_back();
        opened.stored = stored;
        TRY(opened.record, store::openRecord(opened.stored));
        if (stored.first > out.end || stored.end() <= out.end)
            return fail(Code::Corrupt, "a stored ledger has a gap");
        const auto& all = opened.record.entries;
        opened.firstOpened = static_cast<std::size_t>(out.end - stored.first);
        for (std::size_t i = opened.firstOpened; i < all.size(); ++i) {
            const auto& changes = opened.changes.emplace_back(open(all[i]));
            ++out.end;
            if (++entries == base::limits::kPortionEntries ||
                out.bytes >= base::limits::kPortionBytes)
                out.stopped = Stopped::Full;
            if (!changes && changes.error().code == Code::WaitingForKey)
                out.stopped = Stopped::KeyMissing;
            if (out.stopped != Stopped::AtEnd) return false;
        }
        return true;
    };
    TRY(auto txn, store.read());
    CHECK_OK(tables.read(*txn, scope, from, take));
    return out;
}

Result<Portion> PortionsAhead::next() {
    auto remember = [this](const Result<Portion>& portion) {
        if (portion) m_position = portion->end;
        return portion && portion->stopped == Portion::Stopped::Full;
    };
    if (!m_thread.joinable()) {
        Result<Portion> portion = m_open(m_position);
        if (remember(portion)) start();
        return portion;
    }
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [this] { return !m_ready.empty() || m_thrown; });
    if (m_ready.empty()) std::rethrow_exception(m_thrown);
    Result<Portion> portion = std::move(m_ready.front());
    m_ready.pop_front();
    if (portion) m_readyBytes -= portion->bytes;
    lock.unlock();
    m_changed.notify_one();
    if (!remember(portion)) stop();
    return portion;
}

void PortionsAhead::start() {
    try {
        m_thread = std::thread([this, from = m_position] { openAhead(from); });
    } catch (const std::system_error&) {
        // No thread to be had: next() opens.
    }
}

void PortionsAhead::stop() {
    if (!m_thread.joinable()) return;
    {
        std::lock_guard lock(m_mutex);
        m_mustStop = true;
    }
    m_changed.notify_one();
    m_thread.join();
    m_mustStop = false;
}

bool PortionsAhead::isFull() const {
    return m_ready.size() >= base::limits::kPortionsAhead ||
           m_readyBytes >= base::limits::kPortionsAheadBytes;
}

/// On the thread: until a portion is not full, or fails, or nobody wants more.
void PortionsAhead::openAhead(std::uint64_t from) {
    try {
        for (bool more = true; more;) {
            Result<Portion> portion = m_open(from);
            more = portion && portion->stopped == Portion::Stopped::Full;
            const std::size_t bytes = portion ? portion->bytes : 0;
            if (portion) from = portion->end;
            std::unique_lock lock(m_mutex);
            m_changed.wait(lock, [this] { return m_mustStop || !isFull(); });
            if (m_mustStop) return;
            m_ready.push_back(std::move(portion));
            m_readyBytes += bytes;
            lock.unlock();
            m_changed.notify_one();
        }
    } catch (...) {
        std::lock_guard lock(m_mutex);
        m_thrown = std::current_exception();
        m_changed.notify_one();
    }
}

Result<std::vector<domain::Change>> openChanges(const ledger::Entry& entry,
                                                const base::ScopeId& scope, const ScopeKeys& keys,
                                                std::size_t* plainBytes) {
    TRY(Bytes plain, openBody(entry, scope, keys));
    if (plainBytes != nullptr) *plainBytes = plain.size();
    return wire::decodeBody(plain);
}

}  // namespace replica
