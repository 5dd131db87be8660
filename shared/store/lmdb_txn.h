#pragma once
// The open LMDB environment as its transactions see it, and the transactions. Private to this
// folder.

#include <lmdb.h>
#include <atomic>
#include "crypto/secret_bytes.h"
#include "store/ballast.h"
#include "store/rules.h"

namespace store {

/// LMDB does not write through it.
inline MDB_val toVal(ByteView bytes) {
    return {bytes.size(), const_cast<std::uint8_t*>(bytes.data())};
}
inline ByteView toView(const MDB_val& value) {
    return {static_cast<const std::uint8_t*>(value.mv_data), value.mv_size};
}

inline constexpr std::size_t kAdPrefixBytes = 23;

/// What is authenticated with a value: store id (16) | u8 table | u16 storeVersion | u32 generation
/// | key. A value moved to another key, table or store does not open.
class AdBuilder {
public:
    AdBuilder() = default;
    AdBuilder(ByteView storeId, std::uint16_t storeVersion, std::uint32_t generation);
    using Buffer = std::array<std::uint8_t, kAdPrefixBytes + kKeyBytesMax>;
    /// The key has at most kKeyBytesMax bytes.
    ByteView build(std::uint8_t tableId, ByteView key, Buffer& buffer) const;

private:
    std::array<std::uint8_t, kAdPrefixBytes> m_prefix{};
};

inline constexpr MDB_dbi kNotDeclared = ~MDB_dbi{0};
inline constexpr MDB_dbi kNotMade =
    ~MDB_dbi{0} - 1;  // declared, but a reader came before the first writer

/// Everything that transactions share. The writer's members are guarded by `turn`.
struct LmdbEnvironment {
    LmdbEnvironment(Path f, const crypto::SecretKey& k, base::Random& r);
    ~LmdbEnvironment();

    /// `what` as for lmdbError.
    base::Error error(int rc, const std::string& what) const;

    Path folder;
    MDB_env* env = nullptr;
    std::array<MDB_dbi, 256> tables;
    AdBuilder ad;
    crypto::LockedKey key;
    base::Random& random;  // used by the writer only
    Ballast ballast;
    WriterTurn turn;
    std::atomic<bool> refusesWrites = false;  // after a failed commit
    std::atomic<int> transactions = 0;
    Bytes sealed;  // the writer's buffer: one allocation for many puts
};

/// The reading half of both transactions, on an LMDB transaction of whatever kind.
class LmdbView {
public:
    LmdbView(LmdbEnvironment& environment, MDB_txn* txn) : m_env(environment), m_txn(txn) {
        ++m_env.transactions;
    }
    LmdbView(const LmdbView&) = delete;
    ~LmdbView() {
        end();
        --m_env.transactions;
    }
    Result<bool> get(const Table& table, ByteView key, Bytes& out) const;
    Status scan(const Table& table, ByteView from, const Visitor& visit) const;
    Result<std::optional<Bytes>> lastKey(const Table& table, ByteView prefix) const;

    Result<MDB_dbi> handle(const Table& table) const;
    MDB_txn* txn() const { return m_txn; }
    bool isScanning() const { return m_scans > 0; }
    /// Aborts, unless the transaction was taken for commit.
    void end();
    MDB_txn* take() { return std::exchange(m_txn, nullptr); }

private:
    Status open(const Table& table, ByteView key, const MDB_val& sealed, Bytes& out) const;
    Status walk(MDB_cursor* cursor, const Table& table, ByteView from, const Visitor& visit) const;
    LmdbEnvironment& m_env;
    MDB_txn* m_txn;
    mutable int m_scans = 0;
    mutable Bytes m_plain;  // what scans decrypt into
};

class LmdbReadTxn final : public ReadTxn {
public:
    LmdbReadTxn(MDB_txn* txn, LmdbEnvironment& environment) : m_view(environment, txn) {}
    Result<bool> get(const Table& table, ByteView key, Bytes& out) const override;
    Status scan(const Table& table, ByteView from, const Visitor& visit) const override;
    Result<std::optional<Bytes>> lastKey(const Table& table, ByteView prefix) const override;

private:
    LmdbView m_view;
};

/// On a disk that is nearly full only erase and commit work, and the first of them gives up the
/// ballast.
enum class DiskRoom : int { Enough, Tight };

class LmdbWriteTxn final : public WriteTxn {
public:
    LmdbWriteTxn(MDB_txn* txn, LmdbEnvironment& environment, WriterTurn::Held turn, DiskRoom room)
        : m_env(environment), m_turn(std::move(turn)), m_room(room), m_view(environment, txn) {}
    Result<bool> get(const Table& table, ByteView key, Bytes& out) const override;
    Status scan(const Table& table, ByteView from, const Visitor& visit) const override;
    Result<std::optional<Bytes>> lastKey(const Table& table, ByteView prefix) const override;
    Status put(const Table& table, ByteView key, ByteView value) override;
    Status append(const Table& table, ByteView key, ByteView value) override;
    Status erase(const Table& table, ByteView key) override;
    Status commit() override;

private:
    Status store(const Table& table, ByteView key, ByteView value, unsigned flags);
    Status checkChange(const Table& table, ByteView key) const;
    base::Error diskError(int rc, const std::string& what);
    LmdbEnvironment& m_env;
    WriterTurn::Held
        m_turn;  // declared before m_view: LMDB's transaction ends before the turn is given back
    DiskRoom m_room;
    LmdbView m_view;
};

}  // namespace store
