#include "store/lmdb_txn.h"
#include <cassert>
#include "store/lmdb_error.h"

namespace store {

using base::Code;
using base::Error;
using base::fail;

namespace {

tl::unexpected<Error> unexpected(Error error) {
    return tl::unexpected<Error>(std::move(error));
}

/// Cursors end before their transaction does.
struct Cursor {
    Cursor() = default;
    Cursor(const Cursor&) = delete;
    Cursor& operator=(const Cursor&) = delete;
    ~Cursor() {
        if (cursor != nullptr) mdb_cursor_close(cursor);
    }
    MDB_cursor* cursor = nullptr;
};

struct Counted {
    explicit Counted(int& count) : m_count(++count) {}
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    ~Counted() { --m_count; }

private:
    int& m_count;
};

}  // namespace

AdBuilder::AdBuilder(ByteView storeId, std::uint16_t storeVersion, std::uint32_t generation) {
    Bytes bytes;
    base::Writer(bytes).raw(storeId).u8(0).u16(storeVersion).u32(generation);
    assert(bytes.size() == m_prefix.size());
    std::copy(bytes.begin(), bytes.end(), m_prefix.begin());
}

ByteView AdBuilder::build(std::uint8_t tableId, ByteView key, Buffer& buffer) const {
    std::memcpy(buffer.data(), m_prefix.data(), m_prefix.size());
    buffer[16] = tableId;
    if (!key.empty()) std::memcpy(buffer.data() + m_prefix.size(), key.data(), key.size());
    return ByteView(buffer).first(m_prefix.size() + key.size());
}

LmdbEnvironment::LmdbEnvironment(Path f, const crypto::SecretKey& k, base::Random& r)
    : folder(std::move(f)), key(k), random(r), ballast(folder) {
    tables.fill(kNotDeclared);
}

LmdbEnvironment::~LmdbEnvironment() {
    assert(transactions == 0 && "a transaction outlives its store");
    if (env != nullptr) mdb_env_close(env);
}

Error LmdbEnvironment::error(int rc, const std::string& what) const {
    return lmdbError(rc, what, folder);
}

// ---- Reading -----------------------------------------------------------------------------------

void LmdbView::end() {
    if (m_txn != nullptr) mdb_txn_abort(std::exchange(m_txn, nullptr));
}

Result<MDB_dbi> LmdbView::handle(const Table& table) const {
    if (m_txn == nullptr) return unexpected(errorEnded());
    const MDB_dbi dbi = m_env.tables[table.id];
    if (table.id == 0 || dbi == kNotDeclared) {
        return fail(Code::Internal, "Table '" + std::string(table.name) +
                                        "' was not declared when the store was opened.");
    }
    return dbi;
}

Status LmdbView::open(const Table& table, ByteView key, const MDB_val& sealed, Bytes& out) const {
    AdBuilder::Buffer buffer;
    out.clear();
    if (key.size() <= kKeyBytesMax &&
        crypto::openX(m_env.key.view(), m_env.ad.build(table.id, key, buffer), toView(sealed),
                      out)) {
        return {};
    }
    return fail(Code::Corrupt, "A value in table '" + std::string(table.name) + "' of the store '" +
                                   m_env.folder.string() +
                                   "' is damaged; restore the store from a backup.");
}

Result<bool> LmdbView::get(const Table& table, ByteView key, Bytes& out) const {
    out.clear();
    CHECK_OK(checkKey(table, key));
    TRY(const MDB_dbi dbi, handle(table));
    if (dbi == kNotMade) return false;
    MDB_val k = toVal(key), v{};
    const int rc = mdb_get(m_txn, dbi, &k, &v);
    if (rc == MDB_NOTFOUND) return false;
    if (rc != 0) return unexpected(m_env.error(rc, "read"));
    CHECK_OK(open(table, key, v, out));
    return true;
}

Status LmdbView::scan(const Table& table, ByteView from, const Visitor& visit) const {
    TRY(const MDB_dbi dbi, handle(table));
    if (dbi == kNotMade) return {};
    Cursor cursor;
    const int rc = mdb_cursor_open(m_txn, dbi, &cursor.cursor);
    if (rc != 0) return unexpected(m_env.error(rc, "read"));
    Counted counted(m_scans);
    return walk(cursor.cursor, table, from, visit);
}

Status LmdbView::walk(MDB_cursor* cursor, const Table& table, ByteView from,
                      const Visitor& visit) const {
    MDB_val k = toVal(from), v{};
    int rc = mdb_cursor_get(cursor, &k, &v, from.empty() ? MDB_FIRST : MDB_SET_RANGE);
    Bytes plain = std::move(m_plain);  // a scan inside this one makes its own
    while (rc == 0) {
        CHECK_OK(open(table, toView(k), v, plain));
        TRY(const bool more, visit(toView(k), plain));
        if (!more) break;
        rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
    }
    m_plain = std::move(plain);
    if (rc != 0 && rc != MDB_NOTFOUND) return unexpected(m_env.error(rc, "read"));
    return {};
}

Result<std::optional<Bytes>> LmdbView::lastKey(const Table& table, ByteView prefix) const {
    TRY(const MDB_dbi dbi, handle(table));
    if (dbi == kNotMade) return std::optional<Bytes>();
    Cursor cursor;
    int rc = mdb_cursor_open(m_txn, dbi, &cursor.cursor);
    if (rc != 0) return unexpected(m_env.error(rc, "read"));
    const Bytes end = endOfPrefix(prefix);
    MDB_val k = toVal(end), v{};
    // Either the entry before the first one behind the prefix, or, with nothing behind it, the last
    // of all.
    rc = end.empty() ? MDB_NOTFOUND : mdb_cursor_get(cursor.cursor, &k, &v, MDB_SET_RANGE);
    if (rc == 0) {
        rc = mdb_cursor_get(cursor.cursor, &k, &v, MDB_PREV);
    } else if (rc == MDB_NOTFOUND) {
        rc = mdb_cursor_get(cursor.cursor, &k, &v, MDB_LAST);
    }
    if (rc != 0 && rc != MDB_NOTFOUND) return unexpected(m_env.error(rc, "read"));
    if (rc == MDB_NOTFOUND || !startsWith(toView(k), prefix)) return std::optional<Bytes>();
    return std::optional<Bytes>(base::copy(toView(k)));
}

Result<bool> LmdbReadTxn::get(const Table& table, ByteView key, Bytes& out) const {
    return m_view.get(table, key, out);
}
Status LmdbReadTxn::scan(const Table& table, ByteView from, const Visitor& visit) const {
    return m_view.scan(table, from, visit);
}
Result<std::optional<Bytes>> LmdbReadTxn::lastKey(const Table& table, ByteView prefix) const {
    return m_view.lastKey(table, prefix);
}

// ---- Writing -----------------------------------------------------------------------------------

Result<bool> LmdbWriteTxn::get(const Table& table, ByteView key, Bytes& out) const {
    return m_view.get(table, key, out);
}
Status LmdbWriteTxn::scan(const Table& table, ByteView from, const Visitor& visit) const {
    return m_view.scan(table, from, visit);
}
Result<std::optional<Bytes>> LmdbWriteTxn::lastKey(const Table& table, ByteView prefix) const {
    return m_view.lastKey(table, prefix);
}

Status LmdbWriteTxn::checkChange(const Table& table, ByteView key) const {
    if (m_view.isScanning()) return unexpected(errorScanning());
    return checkKey(table, key);
}

Error LmdbWriteTxn::diskError(int rc, const std::string& what) {
    if (isDiskTrouble(rc)) m_env.ballast.giveUp();
    return m_env.error(rc, what);
}

Status LmdbWriteTxn::store(const Table& table, ByteView key, ByteView value, unsigned flags) {
    CHECK_OK(checkChange(table, key));
    TRY(const MDB_dbi dbi, m_view.handle(table));
    if (m_room == DiskRoom::Tight) {
        return fail(Code::Io, "The disk of '" + m_env.folder.string() +
                                  "' is nearly full, so nothing new is stored; free some space.");
    }
    AdBuilder::Buffer buffer;
    m_env.sealed.clear();
    crypto::sealX(m_env.key.view(), m_env.random, m_env.ad.build(table.id, key, buffer), value,
                  m_env.sealed);
    MDB_val k = toVal(key), v = toVal(m_env.sealed);
    const int rc = mdb_put(m_view.txn(), dbi, &k, &v, flags);
    if (rc == MDB_KEYEXIST) return unexpected(errorOutOfOrder());
    if (rc != 0) return unexpected(diskError(rc, "write to"));
    return {};
}

Status LmdbWriteTxn::put(const Table& table, ByteView key, ByteView value) {
    return store(table, key, value, 0);
}

Status LmdbWriteTxn::append(const Table& table, ByteView key, ByteView value) {
    return store(table, key, value, MDB_APPEND);
}

Status LmdbWriteTxn::erase(const Table& table, ByteView key) {
    CHECK_OK(checkChange(table, key));
    TRY(const MDB_dbi dbi, m_view.handle(table));
    if (m_room == DiskRoom::Tight && m_env.ballast.isWhole()) m_env.ballast.giveUp();
    MDB_val k = toVal(key);
    const int rc = mdb_del(m_view.txn(), dbi, &k, nullptr);
    if (rc != 0 && rc != MDB_NOTFOUND) return unexpected(diskError(rc, "write to"));
    return {};
}

Status LmdbWriteTxn::commit() {
    if (m_view.isScanning()) return unexpected(errorScanning());
    MDB_txn* txn = m_view.take();
    if (txn == nullptr) return unexpected(errorEnded());
    const int rc = mdb_txn_commit(txn);
    // After BAD_TXN nothing was written: a put had failed. Any other error may have left either
    // state.
    if (rc != 0 && rc != MDB_BAD_TXN) m_env.refusesWrites = true;
    m_turn.release();
    if (rc != 0) return unexpected(diskError(rc, "write to"));
    return {};
}

}  // namespace store
