#include "store/memory_store.h"

namespace store {

using base::Code;
using base::Error;
using base::fail;

namespace {

/// Byte strings in the order of LMDB's keys; looks up by view.
struct KeyLess {
    using is_transparent = void;
    bool operator()(ByteView a, ByteView b) const {
        return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
    }
};

using Map = std::map<Bytes, Bytes, KeyLess>;
using State = std::map<std::uint8_t, std::shared_ptr<Map>>;      // by table id
using Changes = std::map<Bytes, std::optional<Bytes>, KeyLess>;  // nothing: erased
const Map kEmptyMap;
const Changes kNoChanges;

tl::unexpected<Error> unexpected(Error error) {
    return tl::unexpected<Error>(std::move(error));
}

const Map& tableOf(const State& state, const Table& table) {
    const auto it = state.find(table.id);
    return it == state.end() ? kEmptyMap : *it->second;
}

/// The committed entries and the changes over them, as one ascending sequence.
class Merged {
public:
    Merged(const Map& map, const Changes& changes, ByteView from)
        : m_map(map),
          m_changes(changes),
          m_entry(map.lower_bound(from)),
          m_change(changes.lower_bound(from)) {
        settle();
    }
    bool atEnd() const { return m_key == nullptr; }
    const Bytes& key() const { return *m_key; }
    const Bytes& value() const { return *m_value; }
    void next() {
        const Bytes& done = *m_key;
        if (m_change != m_changes.end() && &m_change->first == m_key) {
            if (m_entry != m_map.end() && m_entry->first == done) ++m_entry;
            ++m_change;
        } else {
            ++m_entry;
        }
        settle();
    }

private:
    /// Points at the lesser of both; a change hides the entry of the same key, an erased one is
    /// passed over.
    void settle() {
        for (;;) {
            const bool hasEntry = m_entry != m_map.end();
            if (m_change == m_changes.end() ||
                (hasEntry && KeyLess()(m_entry->first, m_change->first))) {
                m_key = hasEntry ? &m_entry->first : nullptr;
                m_value = hasEntry ? &m_entry->second : nullptr;
                return;
            }
            if (m_change->second) {
                m_key = &m_change->first;
                m_value = &*m_change->second;
                return;
            }
            if (hasEntry && m_entry->first == m_change->first) ++m_entry;
            ++m_change;
        }
    }
    const Map& m_map;
    const Changes& m_changes;
    Map::const_iterator m_entry;
    Changes::const_iterator m_change;
    const Bytes* m_key = nullptr;
    const Bytes* m_value = nullptr;
};

/// The greatest key below `end` (of all, if `end` is empty) that is not erased.
const Bytes* lastBelow(const Map& map, const Changes& changes, const Bytes& end) {
    auto entry = end.empty() ? map.end() : map.lower_bound(end);
    auto change = end.empty() ? changes.end() : changes.lower_bound(end);
    for (;;) {
        const Bytes* a = entry == map.begin() ? nullptr : &std::prev(entry)->first;
        const Bytes* b = change == changes.begin() ? nullptr : &std::prev(change)->first;
        if (b == nullptr || (a != nullptr && KeyLess()(*b, *a))) return a;
        if (std::prev(change)->second) return b;
        if (a != nullptr && *a == *b) --entry;
        --change;
    }
}

}  // namespace

struct MemoryStore::Shared {
    std::shared_ptr<std::mutex> mutex =
        std::make_shared<std::mutex>();  // guards state, also its counts
    std::shared_ptr<State> state = std::make_shared<State>();
    std::optional<FailedCommit> failure;
    bool refusesWrites = false;
    bool isFull = false;
    WriterTurn turn;

    std::shared_ptr<State> snapshot() const {
        std::lock_guard lock(*mutex);
        return state;
    }
};

namespace {

/// A view of the state as of one commit, and the changes over it that a writer may have.
class MemoryView {
public:
    explicit MemoryView(MemoryStore::Shared& shared)
        : m_mutex(shared.mutex), m_state(shared.snapshot()) {}
    MemoryView(const MemoryView&) = delete;
    MemoryView& operator=(const MemoryView&) = delete;
    ~MemoryView() { end(); }
    void end() {
        std::lock_guard lock(*m_mutex);  // a commit relies on the counts
        m_state.reset();
    }
    bool hasEnded() const { return m_state == nullptr; }
    bool isScanning() const { return m_scans > 0; }
    std::map<std::uint8_t, Changes>& changes() { return m_changes; }

    Result<bool> get(const Table& table, ByteView key, Bytes& out) const {
        out.clear();
        CHECK_OK(checkKey(table, key));
        CHECK_OK(checkUse(table));
        const Changes& changes = changesOf(table);
        if (const auto change = changes.find(key); change != changes.end()) {
            if (change->second) out = *change->second;
            return change->second.has_value();
        }
        const Map& map = tableOf(*m_state, table);
        const auto entry = map.find(key);
        if (entry == map.end()) return false;
        out = entry->second;
        return true;
    }

    Status scan(const Table& table, ByteView from, const Visitor& visit) const {
        CHECK_OK(checkUse(table));
        ++m_scans;
        Status status;
        for (Merged at(tableOf(*m_state, table), changesOf(table), from); !at.atEnd(); at.next()) {
            const Result<bool> more = visit(at.key(), at.value());
            if (!more) status = unexpected(more.error());
            if (!more || !*more) break;
        }
        --m_scans;
        return status;
    }

    Result<std::optional<Bytes>> lastKey(const Table& table, ByteView prefix) const {
        CHECK_OK(checkUse(table));
        const Bytes* key =
            lastBelow(tableOf(*m_state, table), changesOf(table), endOfPrefix(prefix));
        if (key == nullptr || !startsWith(*key, prefix)) return std::optional<Bytes>();
        return std::optional<Bytes>(*key);
    }

    Status checkUse(const Table& table) const {
        if (hasEnded()) return unexpected(errorEnded());
        if (table.id == 0)
            return fail(Code::Internal, "Table number 0 belongs to the store itself.");
        return {};
    }

private:
    const Changes& changesOf(const Table& table) const {
        const auto it = m_changes.find(table.id);
        return it == m_changes.end() ? kNoChanges : it->second;
    }
    std::shared_ptr<std::mutex> m_mutex;
    std::shared_ptr<State> m_state;
    std::map<std::uint8_t, Changes> m_changes;
    mutable int m_scans = 0;
};

class MemoryReadTxn final : public ReadTxn {
public:
    explicit MemoryReadTxn(MemoryStore::Shared& shared) : m_view(shared) {}
    Result<bool> get(const Table& table, ByteView key, Bytes& out) const override {
        return m_view.get(table, key, out);
    }
    Status scan(const Table& table, ByteView from, const Visitor& visit) const override {
        return m_view.scan(table, from, visit);
    }
    Result<std::optional<Bytes>> lastKey(const Table& table, ByteView prefix) const override {
        return m_view.lastKey(table, prefix);
    }

private:
    MemoryView m_view;
};

/// Copies what readers and clones still hold, then changes the rest in place. The mutex is held.
void apply(std::shared_ptr<State>& state, std::map<std::uint8_t, Changes>&& changes) {
    if (state.use_count() > 1) state = std::make_shared<State>(*state);
    for (auto& [id, tableChanges] : changes) {
        std::shared_ptr<Map>& map = (*state)[id];
        if (map == nullptr) {
            map = std::make_shared<Map>();
        } else if (map.use_count() > 1) {
            map = std::make_shared<Map>(*map);
        }
        for (auto& [key, value] : tableChanges) {
            if (value) {
                (*map)[key] = std::move(*value);
            } else {
                map->erase(key);
            }
        }
    }
}

class MemoryWriteTxn final : public WriteTxn {
public:
    MemoryWriteTxn(MemoryStore::Shared& shared, WriterTurn::Held turn)
        : m_shared(shared), m_turn(std::move(turn)), m_view(shared) {}
    Result<bool> get(const Table& table, ByteView key, Bytes& out) const override {
        return m_view.get(table, key, out);
    }
    Status scan(const Table& table, ByteView from, const Visitor& visit) const override {
        return m_view.scan(table, from, visit);
    }
    Result<std::optional<Bytes>> lastKey(const Table& table, ByteView prefix) const override {
        return m_view.lastKey(table, prefix);
    }

    Status put(const Table& table, ByteView key, ByteView value) override {
        CHECK_OK(checkChange(table, key));
        {
            std::lock_guard lock(*m_shared.mutex);
            if (m_shared.isFull) return fail(Code::Io, "The disk of the store in memory is full.");
        }
        m_view.changes()[table.id].insert_or_assign(base::copy(key), base::copy(value));
        return {};
    }
    Status append(const Table& table, ByteView key, ByteView value) override {
        CHECK_OK(checkChange(table, key));
        TRY(const std::optional<Bytes> last, m_view.lastKey(table, {}));
        if (last && !KeyLess()(*last, key)) return unexpected(errorOutOfOrder());
        return put(table, key, value);
    }
    Status erase(const Table& table, ByteView key) override {
        CHECK_OK(checkChange(table, key));
        m_view.changes()[table.id].insert_or_assign(base::copy(key), std::nullopt);
        return {};
    }

    Status commit() override {
        if (m_view.isScanning()) return unexpected(errorScanning());
        if (m_view.hasEnded()) return unexpected(errorEnded());
        m_view.end();
        std::optional<FailedCommit> failure;
        {
            std::lock_guard lock(*m_shared.mutex);
            failure = std::exchange(m_shared.failure, std::nullopt);
            if (failure) m_shared.refusesWrites = true;
            if (failure != FailedCommit::Lost) apply(m_shared.state, std::move(m_view.changes()));
        }
        m_turn.release();
        if (failure)
            return fail(Code::Io, "Cannot write to the store in memory: a planned failure.");
        return {};
    }

private:
    Status checkChange(const Table& table, ByteView key) const {
        if (m_view.isScanning()) return unexpected(errorScanning());
        CHECK_OK(checkKey(table, key));
        return m_view.checkUse(table);
    }
    MemoryStore::Shared& m_shared;
    WriterTurn::Held m_turn;
    MemoryView m_view;
};

}  // namespace

MemoryStore::MemoryStore() : m_shared(std::make_unique<Shared>()) {}
MemoryStore::MemoryStore(std::unique_ptr<Shared> shared) : m_shared(std::move(shared)) {}
MemoryStore::~MemoryStore() {
    const std::shared_ptr<std::mutex> mutex = m_shared->mutex;
    std::lock_guard lock(*mutex);  // clones rely on the counts
    m_shared->state.reset();
}

Result<std::unique_ptr<ReadTxn>> MemoryStore::read() {
    return std::make_unique<MemoryReadTxn>(*m_shared);
}

Result<std::unique_ptr<WriteTxn>> MemoryStore::write() {
    TRY(WriterTurn::Held turn, m_shared->turn.take());
    {
        std::lock_guard lock(*m_shared->mutex);
        if (m_shared->refusesWrites) return unexpected(errorReopen());
    }
    return std::make_unique<MemoryWriteTxn>(*m_shared, std::move(turn));
}

std::unique_ptr<MemoryStore> MemoryStore::clone() const {
    auto shared = std::make_unique<Shared>();
    shared->mutex = m_shared->mutex;
    {
        // The maps are shared, the table of them is not: each store replaces its own.
        std::lock_guard lock(*m_shared->mutex);
        shared->state = std::make_shared<State>(*m_shared->state);
    }
    return std::unique_ptr<MemoryStore>(new MemoryStore(std::move(shared)));
}

void MemoryStore::failNextCommit(FailedCommit outcome) {
    std::lock_guard lock(*m_shared->mutex);
    m_shared->failure = outcome;
}

void MemoryStore::setFull(bool isFull) {
    std::lock_guard lock(*m_shared->mutex);
    m_shared->isFull = isFull;
}

bool MemoryStore::isFull() const {
    std::lock_guard lock(*m_shared->mutex);
    return m_shared->isFull;
}

Result<bool> MemoryStore::hasRoom() {
    return !isFull();
}

Status MemoryStore::reopen() {
    std::lock_guard lock(*m_shared->mutex);
    m_shared->refusesWrites = false;
    m_shared->failure.reset();
    return {};
}

}  // namespace store
